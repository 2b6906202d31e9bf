package appliesto

import (
	"regexp"
	"strings"
)

// Longest expression and deepest nesting that are parsed. The real limits are not published;
// these keep hostile input from exhausting the stack.
const (
	maxLength = 64 << 10
	maxDepth  = 200
)

// Parse reads an expression. The error is a *SyntaxError.
func Parse(text string, o Options) (*Expr, error) {
	if len(text) > maxLength {
		return nil, &SyntaxError{Offset: maxLength, Reason: "expression too long"}
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, options: o, functions: functionTable(o)}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != end {
		return nil, p.unexpected("an operator")
	}
	return &Expr{root: root}, nil
}

type parser struct {
	tokens    []token
	pos       int
	depth     int
	options   Options
	functions map[string]function
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) next() {
	if p.tokens[p.pos].kind != end {
		p.pos++
	}
}

// accept consumes the next token if it is one of these operators or words.
func (p *parser) accept(texts ...string) bool {
	t := p.peek()
	if t.kind != operator && t.kind != word {
		return false
	}
	for _, want := range texts {
		if strings.EqualFold(t.text, want) {
			p.next()
			return true
		}
	}
	return false
}

func (p *parser) unexpected(want string) error {
	t := p.peek()
	got := t.text
	if t.kind == end {
		got = "end of expression"
	}
	return &SyntaxError{Offset: t.offset, Reason: "expected " + want + ", found " + quoteShort(got)}
}

func quoteShort(s string) string {
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return "\"" + strings.ToValidUTF8(s, "?") + "\""
}

func (p *parser) or() (node, error) {
	return p.chain(p.and, []string{"||", "or"}, func(n []node) node { return orNode{n} })
}

func (p *parser) and() (node, error) {
	return p.chain(p.not, []string{"&&", "and"}, func(n []node) node { return andNode{n} })
}

func (p *parser) chain(operand func() (node, error), ops []string, combine func([]node) node) (node, error) {
	first, err := operand()
	if err != nil {
		return nil, err
	}
	list := []node{first}
	for p.accept(ops...) {
		n, err := operand()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	if len(list) == 1 {
		return first, nil
	}
	return combine(list), nil
}

func (p *parser) not() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, &SyntaxError{Offset: p.peek().offset, Reason: "nested too deeply"}
	}
	if p.accept("!", "not") {
		n, err := p.not()
		if err != nil {
			return nil, err
		}
		return notNode{n}, nil
	}
	return p.comparison()
}

func (p *parser) comparison() (node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	t := p.peek()
	if t.kind != operator {
		return left, nil
	}
	switch t.text {
	case "==", "!=", "<", "<=", ">", ">=":
		p.next()
		right, err := p.operand()
		if err != nil {
			return nil, err
		}
		return compare{op: t.text, left: left, right: right}, nil
	case "=~", "!~":
		p.next()
		return p.regex(left, t.text == "!~")
	}
	return left, nil
}

func (p *parser) regex(left node, negate bool) (node, error) {
	t := p.peek()
	if t.kind != text {
		return nil, p.unexpected("a quoted regular expression")
	}
	p.next()
	pattern := t.text
	if p.options.RegexIgnoresCase {
		pattern = "(?i)" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, &SyntaxError{Offset: t.offset, Reason: "bad regular expression: " + err.Error()}
	}
	return match{left: left, re: re, negate: negate}, nil
}

func (p *parser) operand() (node, error) {
	t := p.peek()
	switch t.kind {
	case text, number:
		p.next()
		return literal{t.text}, nil
	case word:
		return p.wordOperand()
	case operator:
		if t.text == "(" {
			p.next()
			n, err := p.or()
			if err != nil {
				return nil, err
			}
			if !p.accept(")") {
				return nil, p.unexpected(")")
			}
			return n, nil
		}
	case end:
	}
	return nil, p.unexpected("a property, a function, a string or (")
}

// wordOperand reads a property name or a call.
func (p *parser) wordOperand() (node, error) {
	t := p.peek()
	switch strings.ToLower(t.text) {
	case "and", "or", "not":
		return nil, p.unexpected("a property or a function")
	}
	p.next()
	if !p.accept("(") {
		return property{strings.ToLower(t.text)}, nil
	}
	fn, ok := p.functions[strings.ToLower(t.text)]
	if !ok {
		return nil, &SyntaxError{Offset: t.offset, Reason: "unknown function " + quoteShort(t.text)}
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) < fn.min || len(args) > fn.max {
		return nil, &SyntaxError{Offset: t.offset, Reason: "wrong number of arguments for " + quoteShort(t.text)}
	}
	return call{name: strings.ToLower(t.text), args: args, fn: fn}, nil
}

func (p *parser) arguments() ([]node, error) {
	if p.accept(")") {
		return nil, nil
	}
	var args []node
	for {
		n, err := p.operandDeep()
		if err != nil {
			return nil, err
		}
		args = append(args, n)
		if p.accept(")") {
			return args, nil
		}
		if !p.accept(",") {
			return nil, p.unexpected(", or )")
		}
	}
}

// operandDeep is operand with the nesting counted: calls nest without passing through not.
func (p *parser) operandDeep() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, &SyntaxError{Offset: p.peek().offset, Reason: "nested too deeply"}
	}
	return p.operand()
}
