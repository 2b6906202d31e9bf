package appliesto

import (
	"strconv"
	"strings"
)

// A function is one entry of the language's function table.
type function struct {
	min, max int // number of arguments
	eval     func(h Host, args []node) value
}

// functionTable lists what an expression may call. The meaning of the is...() functions beyond
// isDevice is a guess: LogicMonitor documents their names only.
func functionTable(o Options) map[string]function {
	return map[string]function{
		"getpropvalue":      {1, 2, getPropValue},
		"hascategory":       {1, 1, hasCategory},
		"exists":            {1, 1, existsFunc(o.ExistsByValue)},
		"contains":          {2, 2, contains},
		"join":              {2, 2, join},
		"startswith":        {2, 2, startsWith},
		"startswithall":     {2, 2, startsWith},
		"sum":               {1, 64, sum},
		"true":              {0, 0, func(Host, []node) value { return boolean(true) }},
		"false":             {0, 0, func(Host, []node) value { return boolean(false) }},
		"isdevice":          {0, 0, ofTypes(0)},
		"isservice":         {0, 0, ofTypes(3, 6)},
		"isaws":             {0, 0, ofTypes(2)},
		"isazure":           {0, 0, ofTypes(4)},
		"isgcp":             {0, 0, ofTypes(7)},
		"isk8spod":          {0, 0, kubernetes("KubernetesPod")},
		"isk8snode":         {0, 0, kubernetes("KubernetesNode")},
		"isk8sservice":      {0, 0, kubernetes("KubernetesService")},
		"islinux":           {0, 0, sysinfo("linux")},
		"iswindows":         {0, 0, sysinfo("windows")},
		"ismisc":            {0, 0, isMisc},
		"iscollectordevice": {0, 0, propertyIs("system.collector", "true")},
	}
}

func getPropValue(h Host, args []node) value {
	v, ok := h.Property(strings.ToLower(args[0].eval(h).text))
	if !ok && len(args) == 2 {
		return args[1].eval(h)
	}
	return value{text: v, set: ok && v != ""}
}

func hasCategory(h Host, args []node) value {
	return boolean(inCategories(h, args[0].eval(h).text))
}

func inCategories(h Host, want string) bool {
	list, _ := h.Property("system.categories")
	for list != "" {
		var head string
		head, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(strings.TrimSpace(head), want) {
			return true
		}
	}
	return false
}

func existsFunc(byValue bool) func(Host, []node) value {
	if byValue {
		return func(h Host, args []node) value { return boolean(h.HasValue(args[0].eval(h).text)) }
	}
	return func(h Host, args []node) value {
		v, ok := h.Property(strings.ToLower(args[0].eval(h).text))
		return boolean(ok && v != "")
	}
}

func contains(h Host, args []node) value {
	want := args[1].eval(h).text
	for _, e := range elements(args[0].eval(h).text) {
		if e == want {
			return boolean(true)
		}
	}
	return boolean(false)
}

func join(h Host, args []node) value {
	text := strings.Join(elements(args[0].eval(h).text), args[1].eval(h).text)
	return value{text: text, set: text != ""}
}

func startsWith(h Host, args []node) value {
	return boolean(strings.HasPrefix(args[0].eval(h).text, args[1].eval(h).text))
}

func sum(h Host, args []node) value {
	total := 0.0
	for _, a := range args {
		for _, e := range elements(a.eval(h).text) {
			if f, err := strconv.ParseFloat(e, 64); err == nil {
				total += f
			}
		}
	}
	return value{text: strconv.FormatFloat(total, 'f', -1, 64), set: true}
}

func ofTypes(types ...int) func(Host, []node) value {
	return func(h Host, _ []node) value {
		for _, t := range types {
			if h.DeviceType() == t {
				return boolean(true)
			}
		}
		return boolean(false)
	}
}

func kubernetes(category string) func(Host, []node) value {
	return func(h Host, _ []node) value {
		return boolean(h.DeviceType() == 8 && inCategories(h, category))
	}
}

func sysinfo(word string) func(Host, []node) value {
	return func(h Host, _ []node) value { return boolean(sysinfoSays(h, word)) }
}

func sysinfoSays(h Host, word string) bool {
	v, _ := h.Property("system.sysinfo")
	return strings.Contains(strings.ToLower(v), word)
}

func isMisc(h Host, _ []node) value {
	return boolean(h.DeviceType() == 0 && !sysinfoSays(h, "linux") && !sysinfoSays(h, "windows"))
}

func propertyIs(name, want string) func(Host, []node) value {
	return func(h Host, _ []node) value {
		v, _ := h.Property(name)
		return boolean(strings.EqualFold(v, want))
	}
}

// ordered compares numbers. Anything that is not a number is neither less nor greater.
func ordered(op, left, right string) bool {
	l, errL := strconv.ParseFloat(left, 64)
	r, errR := strconv.ParseFloat(right, 64)
	if errL != nil || errR != nil {
		return false
	}
	switch op {
	case "<":
		return l < r
	case "<=":
		return l <= r
	case ">":
		return l > r
	default: // ">="
		return l >= r
	}
}
