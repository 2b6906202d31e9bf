package account

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
	"unique"

	"github.com/argus-k8s/argus/internal/lmsim/filter"
)

// A Property is one name and value of a device or group. Names compare without case.
type Property = filter.Pair

// Names with a life of their own.
const (
	categories = "system.categories"
	systemIPs  = "system.ips"
)

// Mask is what a sensitive value reads as; written back, it keeps the stored value.
const Mask = "********"

// How a body's properties meet the stored ones (docs/logicmonitor-api.md §5.5).
const (
	OpRefresh = "refresh" // stored properties missing from the body are removed
	OpReplace = "replace" // they are kept
	OpAdd     = "add"     // they are kept, and existing ones are not changed
)

func property(list []Property, name string) (Property, bool) {
	for _, p := range list {
		if len(p.Name) == len(name) && strings.EqualFold(p.Name, name) {
			return p, true
		}
	}
	return Property{}, false
}

// setProperty returns a new list in which name has the value.
func setProperty(list []Property, name, value string) []Property {
	out := make([]Property, 0, len(list)+1)
	found := false
	for _, p := range list {
		if strings.EqualFold(p.Name, name) {
			p.Value, found = value, true
		}
		out = append(out, p)
	}
	if !found {
		out = append(out, newProperty(name, value))
	}
	return out
}

func withoutProperty(list []Property, name string) []Property {
	out := make([]Property, 0, len(list))
	for _, p := range list {
		if !strings.EqualFold(p.Name, name) {
			out = append(out, p)
		}
	}
	return out
}

// newProperty interns the name: an account holds few names and very many devices.
func newProperty(name, value string) Property {
	p := Property{Name: unique.Make(name).Value(), Value: value}
	switch name {
	case categories, "auto.clustername", "auto.namespace", "auto.createdBy", "auto.nodename":
		p.Value = unique.Make(value).Value()
	}
	return p
}

// mergeProperties applies a body's properties to the stored ones.
func mergeProperties(stored, body []Property, opType string) []Property {
	out := make([]Property, 0, len(stored)+len(body))
	for _, p := range stored {
		wanted, inBody := property(body, p.Name)
		switch {
		case inBody && opType != OpAdd && wanted.Value != Mask:
			p.Value = wanted.Value
			out = append(out, p)
		case inBody || opType != OpRefresh:
			out = append(out, p)
		}
	}
	for _, p := range body {
		if _, exists := property(out, p.Name); exists {
			continue
		}
		out = append(out, newProperty(p.Name, p.Value))
	}
	return out
}

// lastWins drops all but the last of properties with the same name.
func lastWins(list []Property) []Property {
	out := make([]Property, 0, len(list))
	for i, p := range list {
		if _, later := property(list[i+1:], p.Name); !later {
			out = append(out, p)
		}
	}
	return out
}

// checkProperties validates a body's properties and applies the rule for empty values.
func (a *Account) checkProperties(list []Property) ([]Property, error) {
	out := make([]Property, 0, len(list))
	for _, p := range lastWins(list) {
		if err := checkPropertyName(p.Name); err != nil {
			return nil, err
		}
		if utf8.RuneCountInString(p.Value) > 24_000 {
			return nil, badRequest("value of property %s is longer than 24000 characters", p.Name)
		}
		if p.Value == "" {
			switch a.Rules.EmptyPropertyValue {
			case "refuse":
				return nil, badRequest("value of property %s is empty", p.Name)
			case "drop":
				continue
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func checkPropertyName(name string) error {
	switch {
	case name == "" || name != strings.TrimSpace(name):
		return badRequest("property name is empty or has a space at an end")
	case utf8.RuneCountInString(name) > 255:
		return badRequest("property name is longer than 255 characters")
	case strings.Contains(name, "##"):
		return badRequest("property name contains ##")
	}
	if r, _ := utf8.DecodeRuneInString(name); !unicode.IsLetter(r) {
		return refuse(400, 14003, "property name must start with a letter: %s", name)
	}
	return nil
}

// masked reports whether values of this property are shown as stars.
func (a *Account) masked(name string) bool {
	for suffix := range strings.SplitSeq(a.Rules.MaskedSuffixes, ",") {
		suffix = strings.TrimSpace(suffix)
		if n := len(name) - len(suffix); suffix != "" && n >= 0 && strings.EqualFold(name[n:], suffix) {
			return true
		}
	}
	return false
}

func sortedByName(list []Property) []Property {
	out := append([]Property(nil), list...)
	sort.SliceStable(out, func(i, j int) bool { return fold(out[i].Name) < fold(out[j].Name) })
	return out
}

// elements splits a comma list such as system.categories into lower-case, trimmed elements.
func elements(list string) []string {
	var out []string
	for e := range strings.SplitSeq(list, ",") {
		if e = fold(strings.TrimSpace(e)); e != "" {
			out = append(out, e)
		}
	}
	return out
}
