// Package appliesto evaluates the expressions that decide which devices belong to a dynamic
// device group of a LogicMonitor account (docs/logicmonitor-api.md §6.4).
//
// It exists so that the simulator's dynamic groups follow from what a client wrote, not from what
// the client meant. It must stay pure: no I/O, no clock, and no knowledge of how devices are kept.
package appliesto

import (
	"fmt"
	"regexp"
	"strings"
)

// A Host is a device as an expression sees it.
type Host interface {
	// Property returns the host's own value of a property. The name is lower case.
	Property(name string) (value string, ok bool)
	// HasValue reports whether any of the host's own properties has exactly this value.
	HasValue(value string) bool
	// DeviceType is the account's number for the kind of device (0 regular, 8 Kubernetes).
	DeviceType() int
}

// Options settle what LogicMonitor's own documents leave open or contradict each other on.
type Options struct {
	// RegexIgnoresCase makes =~ and !~ ignore case.
	RegexIgnoresCase bool
	// ExistsByValue makes exists("x") ask for a property value instead of a property name.
	ExistsByValue bool
}

// An Expr is a parsed expression. It is immutable and safe for concurrent use.
type Expr struct {
	root node
}

// Match reports whether the host satisfies the expression.
func (e *Expr) Match(h Host) bool { return truth(e.root.eval(h)) }

// A SyntaxError says where an expression stops making sense.
type SyntaxError struct {
	Offset int // in bytes from the start of the expression
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("appliesTo syntax error at offset %d: %s", e.Offset, e.Reason)
}

// A value is what a node evaluates to: always a string, with presence apart, as the language has
// no types of its own.
type value struct {
	text string
	set  bool
}

func boolean(b bool) value {
	if b {
		return value{text: "true", set: true}
	}
	return value{text: "false", set: false}
}

// truth is how a value reads as a condition: a bare property name means "is set".
func truth(v value) bool { return v.set }

type node interface {
	eval(h Host) value
}

type (
	literal  struct{ text string }
	property struct{ name string } // lower case
	notNode  struct{ of node }
	andNode  struct{ of []node }
	orNode   struct{ of []node }
	compare  struct {
		op          string
		left, right node
	}
	match struct {
		left   node
		re     *regexp.Regexp
		negate bool
	}
	call struct {
		name string
		args []node
		fn   function
	}
)

func (n literal) eval(Host) value { return value{text: n.text, set: n.text != ""} }

func (n property) eval(h Host) value {
	v, ok := h.Property(n.name)
	return value{text: v, set: ok && v != ""}
}

func (n notNode) eval(h Host) value { return boolean(!truth(n.of.eval(h))) }

func (n andNode) eval(h Host) value {
	for _, c := range n.of {
		if !truth(c.eval(h)) {
			return boolean(false)
		}
	}
	return boolean(true)
}

func (n orNode) eval(h Host) value {
	for _, c := range n.of {
		if truth(c.eval(h)) {
			return boolean(true)
		}
	}
	return boolean(false)
}

func (n compare) eval(h Host) value {
	l, r := n.left.eval(h).text, n.right.eval(h).text
	switch n.op {
	case "==":
		return boolean(l == r)
	case "!=":
		return boolean(l != r)
	}
	return boolean(ordered(n.op, l, r))
}

func (n match) eval(h Host) value {
	return boolean(n.re.MatchString(n.left.eval(h).text) != n.negate)
}

func (n call) eval(h Host) value { return n.fn.eval(h, n.args) }

// elements splits a property that LogicMonitor treats as a list, such as system.categories.
func elements(list string) []string {
	if list == "" {
		return nil
	}
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
