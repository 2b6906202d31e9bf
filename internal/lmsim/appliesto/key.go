package appliesto

import "strings"

// A Key is a property value that a matching host must have. For system.categories the value is one
// element, in lower case; for every other property it is the exact value.
type Key struct {
	Property string // lower case
	Value    string
}

// Categories is the property whose elements, not whole value, make keys.
const Categories = "system.categories"

// Keys returns keys of which every matching host has at least one, so that an index of hosts by
// property can find the few that are worth evaluating. ok is false when the expression gives no
// such set and every host must be evaluated.
func (e *Expr) Keys() (keys []Key, ok bool) { return keysOf(e.root) }

func keysOf(n node) ([]Key, bool) {
	switch n := n.(type) {
	case compare:
		return equality(n)
	case call:
		if n.name != "hascategory" {
			return nil, false
		}
		l, ok := n.args[0].(literal)
		return []Key{{Categories, strings.ToLower(l.text)}}, ok && l.text != ""
	case andNode:
		return narrowest(n.of)
	case orNode:
		return union(n.of)
	}
	return nil, false
}

func equality(n compare) ([]Key, bool) {
	if n.op != "==" {
		return nil, false
	}
	left, right := n.left, n.right
	if _, isLiteral := left.(literal); isLiteral {
		left, right = right, left
	}
	value, ok := right.(literal)
	name := propertyName(left)
	if !ok || name == "" || value.text == "" || name == Categories {
		return nil, false
	}
	return []Key{{name, value.text}}, true
}

func propertyName(n node) string {
	switch n := n.(type) {
	case property:
		return n.name
	case call:
		if l, ok := n.args0(); ok && n.name == "getpropvalue" && len(n.args) == 1 {
			return strings.ToLower(l)
		}
	}
	return ""
}

func (n call) args0() (string, bool) {
	if len(n.args) == 0 {
		return "", false
	}
	l, ok := n.args[0].(literal)
	return l.text, ok
}

// narrowest picks, of the conditions that must all hold, the one that likely selects the fewest
// hosts: a namespace before a category before a cluster, and fewer keys before more.
func narrowest(of []node) ([]Key, bool) {
	var best []Key
	bestCost := 0
	for _, c := range of {
		keys, ok := keysOf(c)
		if !ok {
			continue
		}
		cost := 0
		for _, k := range keys {
			cost += breadth(k)
		}
		if best == nil || cost < bestCost {
			best, bestCost = keys, cost
		}
	}
	return best, best != nil
}

func breadth(k Key) int {
	switch k.Property {
	case "auto.clustername":
		return 1000
	case Categories:
		if strings.HasSuffix(k.Value, "deleted") {
			return 5
		}
		return 100
	default:
		return 10
	}
}

func union(of []node) ([]Key, bool) {
	var all []Key
	for _, c := range of {
		keys, ok := keysOf(c)
		if !ok {
			return nil, false
		}
		all = append(all, keys...)
	}
	return all, true
}
