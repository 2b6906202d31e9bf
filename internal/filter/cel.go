package filter

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// costLimit bounds one evaluation, in CEL's units: a comparison of short texts
// costs about one, ten characters searched cost one. It ends expressions that
// loop over annotations within loops, after some 40 ms.
const costLimit = 20_000

// celEnvironment is made when the first CEL expression asks for it.
type celEnvironment struct{ env *cel.Env }

func newCELEnvironment() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("kind", cel.StringType),
		cel.Variable("name", cel.StringType),
		cel.Variable("ns", cel.StringType), // namespace is a reserved word: see plainNames
		cel.Variable("labels", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("annotations", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("owner", cel.StringType),
		cel.Variable("owners", cel.ListType(cel.StringType)),
		cel.OptionalTypes(),
		ext.Strings(),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserExpressionSizeLimit(64*1024),
	)
}

// celTest is a compiled CEL expression.
type celTest struct {
	program cel.Program
	// partial also takes variables that are not known.
	partial cel.Program
	// statics are the answers known for the kinds of the table.
	statics map[resource.Kind]bool
}

// compile checks an expression and compiles it. What it cannot compile is a
// fail.
func (c *celEnvironment) compile(text string) (*celTest, error) {
	if c.env == nil {
		env, err := newCELEnvironment()
		if err != nil {
			return nil, fmt.Errorf("set up CEL: %w", err)
		}
		c.env = env
	}
	tree, issues := c.env.Parse(plainNames(text))
	if err := celFail(text, issues); err != nil {
		return nil, err
	}
	if err := nameKinds(text, tree.NativeRep()); err != nil {
		return nil, err
	}
	tree, issues = c.env.Check(tree)
	if err := celFail(text, issues); err != nil {
		return nil, err
	}
	if !tree.OutputType().IsExactType(types.BoolType) {
		return nil, fail{0, fmt.Sprintf("the expression is of type %s, not bool", tree.OutputType()), `compare it, such as name == "a"`}
	}
	program, err := c.env.Program(tree, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fail{0, err.Error(), "mend the constant in it"}
	}
	partial, err := c.env.Program(tree, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptPartialEval))
	if err != nil {
		return nil, fail{0, err.Error(), "mend the constant in it"}
	}
	t := &celTest{program: program, partial: partial, statics: make(map[resource.Kind]bool)}
	for _, k := range kind.All {
		if value, known := t.evaluateFor(k); known {
			t.statics[k.ID] = value
		}
	}
	return t, nil
}

// celFail is the first of the issues, or nil.
func celFail(text string, issues *cel.Issues) error {
	if issues == nil || issues.Err() == nil || len(issues.Errors()) == 0 {
		return nil
	}
	first := issues.Errors()[0]
	return fail{offsetOf(text, first.Location.Line(), first.Location.Column()), "not a CEL expression: " + first.Message,
		"it may use kind, name, namespace, labels, annotations, owner and owners"}
}

// offsetOf is the byte at a line, from 1, and column, in characters from 0.
func offsetOf(text string, line, column int) int {
	for i, r := range text {
		switch {
		case line <= 1 && column <= 0:
			return i
		case line <= 1:
			column--
		case r == '\n':
			line--
		}
	}
	return len(text)
}

func (t *celTest) match(s *subject) outcome {
	value, ok := evaluate(t.program, &activation{s})
	return outcome{matched: value, failed: !ok}
}

func (t *celTest) static(k *kind.Kind) (value, known bool) {
	value, known = t.statics[k.ID]
	return value, known
}

// evaluateFor evaluates with what is known of all objects of a kind.
func (t *celTest) evaluateFor(k *kind.Kind) (value, known bool) {
	unknown := []*cel.AttributePatternType{
		cel.AttributePattern("name"), cel.AttributePattern("labels"), cel.AttributePattern("annotations"),
		cel.AttributePattern("owner"), cel.AttributePattern("owners"),
	}
	vars := map[string]any{"kind": string(k.ID)}
	if k.Namespaced {
		unknown = append(unknown, cel.AttributePattern("ns"))
	} else {
		vars["ns"] = ""
	}
	partly, err := cel.PartialVars(vars, unknown...)
	if err != nil {
		return false, false
	}
	return evaluate(t.partial, partly)
}

// evaluate runs a program; ok is false when it fails or does not know.
func evaluate(program cel.Program, vars any) (value, ok bool) {
	defer func() {
		if recover() != nil {
			value, ok = false, false
		}
	}()
	out, _, err := program.Eval(vars)
	if err != nil {
		return false, false
	}
	truth, ok := out.(types.Bool)
	return bool(truth), ok
}

// activation gives a CEL program the values it asks for.
type activation struct{ s *subject }

// Parent is none.
func (*activation) Parent() cel.Activation { return nil }

// ResolveName is the value of a variable.
func (a *activation) ResolveName(name string) (any, bool) {
	s := a.s
	switch name {
	case "kind":
		return types.String(s.kind.ID), true
	case "name":
		return types.String(s.obj.GetName()), true
	case "ns":
		return types.String(s.obj.GetNamespace()), true
	case "labels":
		return stringMap(s.labels), true
	case "annotations":
		return stringMap(s.annotations), true
	case "owner":
		return types.String(s.owner()), true
	case "owners":
		if s.owner() == "" {
			return types.NewStringList(types.DefaultTypeAdapter, nil), true
		}
		return types.NewStringList(types.DefaultTypeAdapter, s.ownerWords()), true
	}
	return nil, false
}

func stringMap(m map[string]string) ref.Val {
	return types.NewStringStringMap(types.DefaultTypeAdapter, m)
}
