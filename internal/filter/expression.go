package filter

import (
	"fmt"
	"strings"

	"github.com/casbin/govaluate"
)

// A dialect is what names mean in an expression.
type dialect struct {
	// loose rules stand under a kind: their texts were made when '.' and '-'
	// were read as '_', so '_' stands for any of the three.
	loose bool
	// ignore expressions are about key alone and do not mind case.
	ignore bool
}

// object says whether the expression is about objects.
func (d dialect) object() bool { return !d.ignore }

// Variables of a lowered expression, as the engine asks for them. A label or
// annotation is its key after prefixLabel.
const (
	varName       = "=name"
	varNamespace  = "=namespace"
	varType       = "=type"
	varOwner      = "=owner"
	varKey        = "=key"
	varTypeWords  = "*type"
	varOwnerWords = "*owner"
	prefixLabel   = ":"
	missingValue  = "" // a label that is missing is the empty text
)

// An expression is a compiled rule of the older forms. It is safe for concurrent
// use.
type expression struct {
	// checked is the tree as written, tree the lowered one.
	checked, tree *node
	engine        *govaluate.EvaluableExpression
	// labels are the keys of labels and annotations that it names.
	labels []string
}

// compileExpression compiles one checked expression. What it cannot compile is
// a fail.
func compileExpression(text string, d dialect) (*expression, []string, error) {
	tree, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	c := checker{dialect: d, text: text}
	if err := c.check(tree); err != nil {
		return nil, nil, err
	}
	e, notices, err := lowered(tree, d)
	return e, append(c.notices, notices...), err
}

// lowered makes the engine's form of a checked tree.
func lowered(tree *node, d dialect) (*expression, []string, error) {
	l := lowerer{dialect: d}
	e := &expression{checked: tree, tree: l.lower(tree)}
	e.labels = l.labels
	var err error
	if e.engine, err = plan(emit(nil, e.tree)); err != nil {
		return nil, nil, fail{tree.start, err.Error(), "simplify the rule"}
	}
	return e, l.notices, nil
}

// plan builds the engine's form. The engine panics on some inputs it does not
// expect.
func plan(tokens []govaluate.ExpressionToken) (engine *govaluate.EvaluableExpression, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the rule cannot be planned: %v", r)
		}
	}()
	return govaluate.NewEvaluableExpressionFromTokens(tokens)
}

// match evaluates the expression. It fails only where checking it has a gap;
// then it does not match.
func (e *expression) match(values govaluate.Parameters) (matched, ok bool) {
	defer func() {
		if recover() != nil {
			matched, ok = false, false
		}
	}()
	result, err := e.engine.Eval(values)
	if err != nil {
		return false, false
	}
	matched, ok = result.(bool)
	return matched, ok
}

// static evaluates it as far as it is known.
func (e *expression) static(known func(variable string) (any, bool)) (value, ok bool) {
	result, ok := static{known}.eval(e.tree)
	value, isBool := result.(bool)
	return value, ok && isBool
}

// disjuncts are the alternatives of an expression: what stands between the
// outermost ||.
func disjuncts(n *node) []*node {
	if n.kind == nodeBinary && n.text == "||" {
		return append(disjuncts(n.kids[0]), disjuncts(n.kids[1])...)
	}
	return []*node{n}
}

// emit appends the engine's tokens for a tree, with parentheses everywhere, so
// that only one grammar decides what belongs together: that of parse.
func emit(tokens []govaluate.ExpressionToken, n *node) []govaluate.ExpressionToken {
	add := func(kind govaluate.TokenKind, value any) {
		tokens = append(tokens, govaluate.ExpressionToken{Kind: kind, Value: value})
	}
	switch n.kind {
	case nodeLiteral:
		add(literalKind(n.is), n.value)
		return tokens
	case nodeVariable:
		add(govaluate.VARIABLE, n.text)
		return tokens
	case nodeCall:
		add(govaluate.FUNCTION, n.function())
	case nodeUnary, nodeBinary, nodeTernary, nodeList:
	}
	add(govaluate.CLAUSE, '(')
	switch n.kind {
	case nodeUnary:
		add(govaluate.PREFIX, n.text)
		tokens = emit(tokens, n.kids[0])
	case nodeBinary:
		tokens = emit(tokens, n.kids[0])
		add(binaryKind(n.text), n.text)
		tokens = emit(tokens, n.kids[1])
	case nodeTernary:
		add(govaluate.CLAUSE, '(')
		tokens = emit(tokens, n.kids[0])
		add(govaluate.TERNARY, "?")
		tokens = emit(tokens, n.kids[1])
		add(govaluate.CLAUSE_CLOSE, ')')
		add(govaluate.TERNARY, ":")
		tokens = emit(tokens, n.kids[2])
	case nodeCall, nodeList:
		tokens = emitItems(tokens, n)
	case nodeLiteral, nodeVariable:
	}
	add(govaluate.CLAUSE_CLOSE, ')')
	return tokens
}

// emitItems appends what stands between commas. A list of one element is none to
// the engine, so that element stands twice.
func emitItems(tokens []govaluate.ExpressionToken, n *node) []govaluate.ExpressionToken {
	kids := n.kids
	if n.kind == nodeList && len(kids) == 1 {
		kids = []*node{kids[0], kids[0]}
	}
	for i, kid := range kids {
		if i > 0 {
			tokens = append(tokens, govaluate.ExpressionToken{Kind: govaluate.SEPARATOR, Value: ","})
		}
		tokens = emit(tokens, kid)
	}
	return tokens
}

// function is a call as the engine makes it.
func (n *node) function() govaluate.ExpressionFunction {
	apply := n.apply
	return func(args ...any) (any, error) { return apply(args...), nil }
}

func literalKind(is valueType) govaluate.TokenKind {
	switch is {
	case typeNumber:
		return govaluate.NUMERIC
	case typeBool:
		return govaluate.BOOLEAN
	case typeText:
	}
	return govaluate.STRING
}

func binaryKind(operator string) govaluate.TokenKind {
	switch {
	case operator == "&&" || operator == "||":
		return govaluate.LOGICALOP
	case operator == "??":
		return govaluate.TERNARY
	case strings.Contains(" == != > >= < <= =~ !~ in ", " "+operator+" "):
		return govaluate.COMPARATOR
	}
	return govaluate.MODIFIER
}
