package filter

import "slices"

// nodeKind is what a node of an expression's tree is.
type nodeKind uint8

const (
	nodeLiteral nodeKind = iota
	nodeVariable
	nodeUnary   // ! - ~
	nodeBinary  // all operators with two sides, "in" among them
	nodeTernary // condition, then, else
	nodeList    // the right side of "in"
	nodeCall
)

// A node is one part of an expression. start and end are bytes of its text.
type node struct {
	kind nodeKind
	// text is the operator, the variable's name or the function's.
	text string
	// value of a literal: string, float64 or bool.
	value      any
	kids       []*node
	start, end int
	// bare variables were written without brackets.
	bare bool
	// is is the type, known once the tree is checked.
	is valueType
	// apply is what a lowered call computes from its arguments.
	apply func(args ...any) bool
}

// levels are the operators with two sides, the loosest first.
var levels = [...][]string{
	{"??"},
	{"||"},
	{"&&"},
	{"==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"},
	{"&", "|", "^"},
	{"<<", ">>"},
	{"+", "-"},
	{"*", "/", "%"},
	{"**"},
}

// maxDepth bounds how deep parentheses may nest.
const maxDepth = 100

type parser struct {
	tokens []token
	at     int
	depth  int
}

// parse makes the tree of an expression in govaluate's grammar.
func parse(text string) (*node, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	if p.peek().kind == tokenEnd {
		return nil, fail{0, "the rule is empty", "write one or remove it"}
	}
	n, err := p.ternary()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, p.unexpected(t)
	}
	return n, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (*parser) unexpected(t token) error {
	switch {
	case t.kind == tokenEnd:
		return fail{t.start, "the rule ends too soon", "a value is missing, or a )"}
	case t.is(")"):
		return fail{t.start, "a ) too many", "remove it or open it before"}
	}
	return fail{t.start, "unexpected " + t.describe(), "is an operator such as == or && missing before it"}
}

func (t token) describe() string {
	switch t.kind {
	case tokenText:
		return `text "` + t.text + `"`
	case tokenKey:
		return "[" + t.text + "]"
	case tokenEnd, tokenWord, tokenNumber, tokenOperator:
	}
	return t.text
}

// ternary is condition ? then : else, or what binds tighter.
func (p *parser) ternary() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fail{p.peek().start, "too many parentheses within each other", "split the rule into several"}
	}
	defer func() { p.depth-- }()
	n, err := p.binary(0)
	if err != nil || !p.peek().is("?") {
		return n, err
	}
	p.next()
	then, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if t := p.next(); !t.is(":") {
		return nil, fail{t.start, "a ? without its :", "write condition ? this : that"}
	}
	otherwise, err := p.ternary()
	if err != nil {
		return nil, err
	}
	return &node{kind: nodeTernary, text: "?", kids: []*node{n, then, otherwise}, start: n.start, end: otherwise.end}, nil
}

func (p *parser) binary(level int) (*node, error) {
	if level == len(levels) {
		return p.operand()
	}
	left, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	for {
		operator, ok := p.operator(level)
		if !ok {
			return left, nil
		}
		p.next()
		right, err := p.right(operator, level)
		if err != nil {
			return nil, err
		}
		left = &node{kind: nodeBinary, text: operator, kids: []*node{left, right}, start: left.start, end: p.tokens[p.at-1].end}
	}
}

// operator is the next token if it is an operator of the level.
func (p *parser) operator(level int) (string, bool) {
	t := p.peek()
	text := t.text
	switch {
	case t.kind == tokenWord && text == "IN":
		text = "in"
	case t.kind == tokenWord && text == "in", t.kind == tokenOperator:
	default:
		return "", false
	}
	return text, slices.Contains(levels[level], text)
}

// right is the right side of an operator; that of "in" is a list, also when it
// has one element.
func (p *parser) right(operator string, level int) (*node, error) {
	if operator != "in" {
		return p.binary(level + 1)
	}
	open := p.next()
	if !open.is("(") {
		return nil, fail{open.start, "the right side of in is not a list", `write it in parentheses: in ("a", "b")`}
	}
	items, err := p.items()
	if err != nil {
		return nil, err
	}
	list := &node{kind: nodeList, start: open.start, end: p.tokens[p.at-1].end}
	for _, item := range items {
		list.kids = append(list.kids, flatten(item)...)
	}
	if len(list.kids) == 0 {
		return nil, fail{open.start, "an empty list", "nothing is in it; name at least one value"}
	}
	return list, nil
}

// flatten takes lists within a list apart.
func flatten(n *node) []*node {
	if n.kind != nodeList {
		return []*node{n}
	}
	var flat []*node
	for _, kid := range n.kids {
		flat = append(flat, flatten(kid)...)
	}
	return flat
}

// items are the values up to the closing parenthesis, which it takes too.
func (p *parser) items() ([]*node, error) {
	var items []*node
	for first := true; ; first = false {
		if first && p.peek().is(")") {
			p.next()
			return nil, nil
		}
		n, err := p.ternary()
		if err != nil {
			return nil, err
		}
		items = append(items, n)
		switch t := p.next(); {
		case t.is(")"):
			return items, nil
		case !t.is(","):
			return nil, p.unexpected(t)
		}
	}
}

// operand is a value, a variable, a call, something in parentheses, or one of
// these with a prefix, which binds tighter than any operator.
func (p *parser) operand() (*node, error) {
	t := p.next()
	n := &node{start: t.start, end: t.end}
	switch {
	case t.is("!"), t.is("-"), t.is("~"):
		return p.prefixed(n, t.text)
	case t.is("("):
		return p.parenthesised(t)
	case t.kind == tokenText:
		n.value = t.text
	case t.kind == tokenNumber:
		n.value = t.number
	case t.kind == tokenKey:
		n.kind, n.text = nodeVariable, t.text
	case t.kind == tokenWord && (t.text == "true" || t.text == "false"):
		n.value = t.text == "true"
	case t.kind == tokenWord && p.peek().is("("):
		p.next()
		items, err := p.items()
		n.kind, n.text, n.kids, n.end = nodeCall, t.text, items, p.tokens[p.at-1].end
		return n, err
	case t.kind == tokenWord && t.text != "in" && t.text != "IN":
		n.kind, n.text, n.bare = nodeVariable, t.text, true
	default:
		return nil, p.unexpected(t)
	}
	return n, nil
}

func (p *parser) prefixed(n *node, operator string) (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fail{n.start, "too many prefixes", "simplify the rule"}
	}
	defer func() { p.depth-- }()
	kid, err := p.operand()
	if err != nil {
		return nil, err
	}
	n.kind, n.text, n.kids, n.end = nodeUnary, operator, []*node{kid}, kid.end
	return n, nil
}

func (p *parser) parenthesised(open token) (*node, error) {
	items, err := p.items()
	if err != nil {
		return nil, err
	}
	end := p.tokens[p.at-1].end
	switch len(items) {
	case 0:
		return nil, fail{open.start, "nothing between the parentheses", "write a value or remove them"}
	case 1:
		items[0].start, items[0].end = open.start, end
		return items[0], nil
	}
	return &node{kind: nodeList, kids: items, start: open.start, end: end}, nil
}
