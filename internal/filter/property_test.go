package filter_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/casbin/govaluate"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/filter"
	"github.com/argus-k8s/argus/internal/kind"
)

// A simple rule, its text, and what it means: an evaluator of a few lines that
// shares nothing with the one that is tested.
type simple struct {
	text string
	eval func(values map[string]string) bool
}

var words = []string{"", "a", "b", "ab", "web-1", "kube-system", "x.y", "a/b"}

func drawText(t *rapid.T) string { return rapid.SampledFrom(words).Draw(t, "text") }

func drawSimple(t *rapid.T, variables []string, depth int) simple {
	shape := rapid.IntRange(0, 7).Draw(t, "shape")
	if depth == 0 {
		shape %= 5
	}
	variable := rapid.SampledFrom(variables).Draw(t, "variable")
	name := strings.Trim(variable, "[]")
	switch shape {
	case 0, 1:
		text := drawText(t)
		if shape == 0 {
			return simple{fmt.Sprintf("%s == %q", variable, text), func(v map[string]string) bool { return v[name] == text }}
		}
		return simple{fmt.Sprintf("%s!='%s'", variable, text), func(v map[string]string) bool { return v[name] != text }}
	case 2:
		list := rapid.SliceOfN(rapid.SampledFrom(words), 2, 4).Draw(t, "list")
		return simple{fmt.Sprintf("%s in ('%s')", variable, strings.Join(list, "', '")), func(v map[string]string) bool { return slices.Contains(list, v[name]) }}
	case 3, 4:
		pattern := rapid.SampledFrom([]string{"^a", "b$", "e", "^$", "^web-[0-9]+$", "k.*m", ".*"}).Draw(t, "pattern")
		compiled := regexp.MustCompile(pattern)
		if shape == 3 {
			return simple{fmt.Sprintf("%s =~ '%s'", variable, pattern), func(v map[string]string) bool { return compiled.MatchString(v[name]) }}
		}
		return simple{fmt.Sprintf("%s !~ \"%s\"", variable, pattern), func(v map[string]string) bool { return !compiled.MatchString(v[name]) }}
	case 5:
		inner := drawSimple(t, variables, depth-1)
		return simple{"!(" + inner.text + ")", func(v map[string]string) bool { return !inner.eval(v) }}
	}
	left, right := drawSimple(t, variables, depth-1), drawSimple(t, variables, depth-1)
	// Without parentheses && binds before ||; a side that holds one gets them.
	operator := []string{"&&", "||"}[shape-6]
	return simple{"(" + left.text + ") " + operator + " (" + right.text + ")", func(v map[string]string) bool {
		if shape == 6 {
			return left.eval(v) && right.eval(v)
		}
		return left.eval(v) || right.eval(v)
	}}
}

func drawValues(t *rapid.T, keys []string) map[string]string {
	values := make(map[string]string)
	for _, key := range keys {
		values[key] = rapid.SampledFrom(words).Draw(t, key)
	}
	return values
}

// The rules mean what a naive evaluator says and, when no label is missing and
// no trap is in them, what govaluate makes of the same text.
func TestExpression_meansWhatItMeant(t *testing.T) {
	pod := kind.Pod
	rapid.Check(t, func(t *rapid.T) {
		labels := []string{"app", "x.y/z-1"}
		rule := drawSimple(t, []string{"name", "ns", "namespace", "app", "[app]", "[x.y/z-1]"}, 3)
		values := drawValues(t, append(labels, "name", "ns"))
		values["namespace"] = values["ns"]
		obj := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: values["name"], Namespace: values["ns"]}}
		obj.Labels = map[string]string{"app": values["app"], "x.y/z-1": values["x.y/z-1"]}

		s, _, err := filter.Compile(list("", rule.text))
		if err != nil {
			t.Fatalf("%s: %v", rule.text, err)
		}
		got := s.Exclude(pod, obj, filter.NamespaceInfo{}).Excluded
		if want := rule.eval(values); got != want {
			t.Fatalf("%s with %q: excluded = %v, want %v", rule.text, values, got, want)
		}
		engine, err := govaluate.NewEvaluableExpression(rule.text)
		if err != nil {
			t.Fatalf("%s: govaluate: %v", rule.text, err)
		}
		parameters := make(map[string]any)
		for key, value := range values {
			parameters[key] = value
		}
		if want, err := engine.Evaluate(parameters); err != nil || got != want {
			t.Fatalf("%s with %q: excluded = %v, govaluate says %v, %v", rule.text, values, got, want, err)
		}
		// A label that is missing is the empty text, one at a time.
		gone := rapid.SampledFrom(labels).Draw(t, "gone")
		delete(obj.Labels, gone)
		delete(values, gone)
		if got, want := s.Exclude(pod, obj, filter.NamespaceInfo{}).Excluded, rule.eval(values); got != want {
			t.Fatalf("%s with %q, %s missing: excluded = %v, want %v", rule.text, values, gone, got, want)
		}
	})
}

// Precedence and associativity are govaluate's own, for every operator.
func TestExpression_precedence(t *testing.T) {
	operators := []string{"+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", "==", "!=", "<", ">", "<=", ">=", "&&", "||"}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for i := range rapid.IntRange(2, 5).Draw(t, "operands") {
			if i > 0 {
				b.WriteString(" " + rapid.SampledFrom(operators).Draw(t, "operator") + " ")
			}
			if b.Len() > 0 && rapid.IntRange(0, 5).Draw(t, "negative") == 0 {
				b.WriteString("-")
			}
			b.WriteString(rapid.SampledFrom([]string{"1", "2", "3", "true", "false", "'a'"}).Draw(t, "operand"))
		}
		text := b.String()
		s, _, err := filter.Compile(list("", text))
		if err != nil {
			return // not true or false, or of mixed types
		}
		engine, err := govaluate.NewEvaluableExpression(text)
		if err != nil {
			return // govaluate has no -'a' and the like
		}
		want, err := engine.Evaluate(nil)
		if err != nil {
			return // it compares true with a number by <, after other precedence
		}
		obj := &metav1.PartialObjectMetadata{}
		if got := s.Exclude(kind.Pod, obj, filter.NamespaceInfo{}).Excluded; got != want {
			t.Fatalf("%s: excluded = %v, govaluate says %v", text, got, want)
		}
	})
}

// What is known without an object holds for every object: rules that are left
// out for a kind would not have matched, and a Tally, which leaves out none,
// agrees with the verdict.
func TestSet_leavesOutOnlyWhatCannotMatch(t *testing.T) {
	kinds := []*kind.Kind{kind.Pod, kind.Node, kind.Service, kind.Deployment}
	variables := []string{"name", "ns", "type", "owner", "app"}
	rapid.Check(t, func(t *rapid.T) {
		var config filter.Config
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			rule := drawSimple(t, variables, 3).text
			word := rapid.SampledFrom([]string{"pod", "no", "svc", "Deployment", "a"}).Draw(t, "word")
			joint := rapid.SampledFrom([]string{"%s", "type == '" + word + "' && (%s)", "(%s) || type in ('" + word + "', 'po')", "!(type != '" + word + "') && (%s)"}).Draw(t, "joint")
			config.Rules = append(config.Rules, filter.Rule{Expression: fmt.Sprintf(joint, rule)})
		}
		s, _, err := filter.Compile(config)
		if err != nil {
			t.Fatal(err)
		}
		k := rapid.SampledFrom(kinds).Draw(t, "kind")
		obj := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: drawText(t), Labels: map[string]string{"app": drawText(t)}}}
		if k.Namespaced {
			obj.Namespace = drawText(t)
		}
		tally := filter.NewTally(s)
		verdict := tally.Add(k, obj, filter.NamespaceInfo{})
		first := slices.IndexFunc(tally.Counts(), func(c filter.Count) bool { return c.Matched > 0 })
		if verdict.Index != first {
			t.Fatalf("rules %+v on %s %v: verdict %+v, but the first rule that matches is %d", config.Rules, k.ID, obj.ObjectMeta, verdict, first)
		}
		for _, c := range tally.Counts() {
			if c.Failed > 0 {
				t.Fatalf("%s could not be evaluated", c.Source)
			}
		}
	})
}
