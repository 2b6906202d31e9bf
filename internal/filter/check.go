package filter

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// valueType is what an expression or a part of it evaluates to.
type valueType uint8

const (
	typeText valueType = iota
	typeNumber
	typeBool
)

func (t valueType) String() string { return [...]string{"text", "a number", "true or false"}[t] }

// checker proves that an expression evaluates to true or false whatever the
// values of its variables are, so that no evaluation fails.
type checker struct {
	dialect
	text    string
	notices []string
}

func (c *checker) note(format string, args ...any) {
	c.notices = append(c.notices, fmt.Sprintf(format, args...))
}

// check wants the whole to be true or false.
func (c *checker) check(n *node) error {
	if err := c.visit(n); err != nil {
		return err
	}
	if n.is != typeBool {
		return fail{n.start, "the rule is " + n.is.String() + ", not true or false", `compare it, such as name == "a"`}
	}
	return nil
}

// visit checks a part and sets its type.
func (c *checker) visit(n *node) error {
	if n.kind == nodeList {
		return fail{n.start, "a list where a single value is wanted", "lists stand on the right side of in"}
	}
	for _, kid := range n.kids {
		if kid.kind == nodeList && n.text == "in" {
			if err := c.list(kid); err != nil {
				return err
			}
			continue
		}
		if err := c.visit(kid); err != nil {
			return err
		}
	}
	switch n.kind {
	case nodeVariable:
		return c.variable(n)
	case nodeUnary:
		return c.unary(n)
	case nodeBinary:
		return c.binary(n)
	case nodeTernary:
		return c.ternary(n)
	case nodeCall:
		return c.call(n)
	case nodeLiteral, nodeList:
	}
	switch n.value.(type) {
	case float64:
		n.is = typeNumber
	case bool:
		n.is = typeBool
	}
	return nil
}

func (c *checker) list(n *node) error {
	for _, kid := range n.kids {
		if err := c.visit(kid); err != nil {
			return err
		}
	}
	if len(n.kids) == 1 {
		c.note("a list of one element works here; older releases took it for no list")
	}
	return nil
}

func (c *checker) variable(n *node) error {
	if n.text == "" {
		return fail{n.start, "empty brackets", "write the key of a label or annotation in them"}
	}
	if c.ignore && n.text != "key" {
		return fail{n.start, fmt.Sprintf("unknown name %q", n.text), "the only one here is key"}
	}
	if c.object() && n.text == "object" {
		c.note("object is not known here; it is taken for a label of that name")
	}
	if n.bare && !c.loose && strings.ContainsAny(n.text, ".-/") {
		c.note("the key %s should stand in brackets: [%s]", n.text, n.text)
	}
	if c.loose && (n.text == "type" || n.text == "owner") {
		c.note("%s is the label of that name in rules under a kind; write the rule in the list form to ask for the object's %[1]s", n.text)
	}
	return nil
}

func (*checker) unary(n *node) error {
	kid := n.kids[0]
	n.is = typeNumber
	if n.text == "!" {
		n.is = typeBool
	}
	if kid.is != n.is {
		return fail{kid.start, fmt.Sprintf("%s before %s", n.text, kid.is), "put what it is for in parentheses: " + n.text + "(...)"}
	}
	return nil
}

func (c *checker) binary(n *node) error {
	left, right := n.kids[0], n.kids[1]
	n.is = typeBool
	switch n.text {
	case "&&", "||":
		return want(typeBool, n.text, `write a comparison, such as name == "a"`, left, right)
	case "==", "!=", "in":
		c.compare(n)
		return nil
	case "=~", "!~":
		if err := want(typeText, n.text, "put it in quotes", left, right); err != nil {
			return err
		}
		return c.pattern(right)
	case "<", ">", "<=", ">=":
		if left.is != right.is || left.is == typeBool {
			return fail{right.start, fmt.Sprintf("%s cannot be compared with %s by %s", left.is, right.is, n.text), "all values are text: put numbers in quotes"}
		}
		return nil
	case "??":
		n.is = left.is
		c.note("?? has no effect: a missing label is the empty text")
		return want(left.is, n.text, "both sides must be of one type", right)
	}
	return arithmetic(n)
}

// compare notes what can never be equal.
func (c *checker) compare(n *node) {
	others := n.kids[1:]
	if n.text == "in" {
		others = n.kids[1].kids
	}
	for _, other := range others {
		if other.is != n.kids[0].is {
			c.note("%s is never equal to %s; all values are text: put numbers in quotes", n.kids[0].is, other.is)
		}
	}
}

// pattern checks a regular expression that is known.
func (c *checker) pattern(n *node) error {
	pattern, ok := n.value.(string)
	if !ok {
		return nil
	}
	if _, err := regexp.Compile(pattern); err != nil {
		reason := err.Error()
		var bad *syntax.Error
		if errors.As(err, &bad) {
			reason = bad.Code.String() + ": " + bad.Expr
		}
		return fail{n.start, "not a regular expression: " + reason, "write it in Go's syntax"}
	}
	if strings.Contains(strings.ReplaceAll(c.text[n.start:n.end], `\\`, ""), `\`) {
		c.note(`a single backslash in a text is dropped; write two: \\`)
	}
	return nil
}

// arithmetic is on numbers, and + also joins texts.
func arithmetic(n *node) error {
	left, right := n.kids[0], n.kids[1]
	if n.text == "+" && (left.is == typeText || right.is == typeText) {
		n.is = typeText
		return nil
	}
	n.is = typeNumber
	return want(typeNumber, n.text, "keys with special characters stand in brackets", left, right)
}

func (*checker) ternary(n *node) error {
	if err := want(typeBool, "?", "write a comparison before it", n.kids[0]); err != nil {
		return err
	}
	n.is = n.kids[1].is
	return want(n.is, ":", "both sides must be of one type", n.kids[2])
}

func (c *checker) call(n *node) error {
	n.is = typeBool
	switch {
	case n.text == "jsonGet":
		return fail{n.start, "jsonGet is not offered", "only an object's metadata is known to rules; use its labels or annotations"}
	case n.text != "contains" || !c.object():
		mend := "there are none here"
		if c.object() {
			mend = `the only one is contains(owner, "Job,CronJob")`
		}
		return fail{n.start, fmt.Sprintf("unknown function %q", n.text), mend}
	case len(n.kids) != 2:
		return fail{n.start, fmt.Sprintf("contains wants 2 arguments, got %d", len(n.kids)), `write contains(owner, "Job,CronJob")`}
	}
	return want(typeText, "contains", "put it in quotes", n.kids...)
}

// want is a fault if a part is of another type.
func want(is valueType, operator, mend string, parts ...*node) error {
	for _, part := range parts {
		if part.is != is {
			return fail{part.start, fmt.Sprintf("%s wants %s here, this is %s", operator, is, part.is), mend}
		}
	}
	return nil
}
