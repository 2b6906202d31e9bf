package filter

import (
	"regexp"
	"regexp/syntax"
	"slices"
)

// static evaluates what can be known of an expression when only some of its
// variables are known. Evaluation never fails, so it is sound in any order.
type static struct {
	known func(variable string) (value any, ok bool)
}

func (s static) eval(n *node) (value any, ok bool) {
	switch n.kind {
	case nodeLiteral:
		return n.value, true
	case nodeVariable:
		return s.known(n.text)
	case nodeUnary:
		value, ok := s.eval(n.kids[0])
		truth, isBool := value.(bool)
		return !truth, ok && isBool && n.text == "!"
	case nodeBinary:
		return s.binary(n)
	case nodeTernary:
		return s.ternary(n)
	case nodeCall:
		return s.call(n)
	case nodeList:
	}
	return nil, false
}

func (s static) binary(n *node) (any, bool) {
	switch n.text {
	case "&&":
		return s.logical(n, false)
	case "||":
		return s.logical(n, true)
	case "in":
		return s.in(n)
	case "==", "!=":
		if n.kids[0].is != n.kids[1].is {
			return n.text == "!=", true
		}
	}
	left, leftOK := s.eval(n.kids[0])
	if n.text == "??" {
		return left, leftOK
	}
	right, rightOK := s.eval(n.kids[1])
	if !leftOK || !rightOK {
		return nil, false
	}
	switch n.text {
	case "==":
		return left == right, true
	case "!=":
		return left != right, true
	case "=~", "!~":
		return matchLate(left, right) == (n.text == "=~"), true
	}
	return nil, false
}

// logical is && and ||: decides is the value of one side that decides alone.
func (s static) logical(n *node, decides bool) (any, bool) {
	known := 0
	for _, kid := range n.kids {
		value, ok := s.eval(kid)
		if ok && value == decides {
			return decides, true
		}
		if ok {
			known++
		}
	}
	return !decides, known == len(n.kids)
}

func (s static) in(n *node) (any, bool) {
	left, leftOK := s.eval(n.kids[0])
	all := true
	for _, item := range n.kids[1].kids {
		if item.is != n.kids[0].is {
			continue
		}
		value, ok := s.eval(item)
		switch {
		case !ok || !leftOK:
			all = false
		case value == left:
			return true, true
		}
	}
	return false, all
}

func (s static) ternary(n *node) (any, bool) {
	condition, ok := s.eval(n.kids[0])
	switch {
	case ok && condition == true:
		return s.eval(n.kids[1])
	case ok:
		return s.eval(n.kids[2])
	}
	then, thenOK := s.eval(n.kids[1])
	otherwise, otherwiseOK := s.eval(n.kids[2])
	return then, thenOK && otherwiseOK && then == otherwise
}

func (s static) call(n *node) (any, bool) {
	args := make([]any, len(n.kids))
	for i, kid := range n.kids {
		value, ok := s.eval(kid)
		if !ok {
			return nil, false
		}
		args[i] = value
	}
	return n.apply(args...), true
}

// matchesAll says whether a pattern matches every text: it matches the empty
// text at the start of any, because it asks for nothing at a place but that it
// is the start.
func matchesAll(pattern *regexp.Regexp) bool {
	tree, err := syntax.Parse(pattern.String(), syntax.Perl)
	return err == nil && !asksForPlace(tree) && pattern.MatchString("")
}

func asksForPlace(tree *syntax.Regexp) bool {
	places := []syntax.Op{syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary}
	return slices.Contains(places, tree.Op) || slices.ContainsFunc(tree.Sub, asksForPlace)
}
