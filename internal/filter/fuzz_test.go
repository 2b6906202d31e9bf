package filter_test

import (
	"testing"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/filter"
	"github.com/argus-k8s/argus/internal/kind"
)

// whatever asks a set about objects of several kinds that hold a value wherever
// one can stand. It is enough that it returns.
func whatever(t *testing.T, s *filter.Set, value string) {
	t.Helper()
	tally := filter.NewTally(s)
	for _, k := range []*kind.Kind{kind.Pod, kind.Node, kind.Namespace} {
		obj := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Name: value, Namespace: value,
			Labels:          map[string]string{"app": value, value: value, "pod-template-hash": value},
			Annotations:     map[string]string{"note": value},
			OwnerReferences: owned("ReplicaSet", "a-"+value),
		}}
		tally.Add(k, obj, filter.NamespaceInfo{Labels: obj.Labels})
	}
	for _, c := range tally.Counts() {
		// CEL may fail on what a value is; the older forms must not.
		if c.Failed > 0 && c.Place.Path != "exclude[0]" {
			t.Errorf("%s with value %q: could not be evaluated", c.Source, value)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, rule := range []string{
		`type in ("pod") && name =~ "nginx"`, `!(type in ("po", ("deploy"), "ep"))`, `[app.kubernetes.io/instance] != "lm-container"`,
		`contains(owner,"Job,CronJob") && type == "pod"`, `a ? b : c`, `name + 1 == "x1"`, `(team ?? "x") == "a"`, `name =~ app`, `a_b-c == "d_e" || (x =~ "_[_]")`,
		`1 << 70 == 2 ** 3 % 0`, `contains(type, name) == true`, `"a" in ("a", name, 1, true)`, `-1 < ~2`, "name == '\\", `key in ('a','b')`,
	} {
		f.Add(rule, "value", true)
		f.Add(rule, "(\x00\xff[", false)
	}
	f.Fuzz(func(t *testing.T, rule, value string, flag bool) {
		r := filter.Rule{Expression: rule, Joined: flag}
		if flag {
			r.Kind = "pod"
		}
		s, _, err := filter.Compile(filter.Config{Rules: []filter.Rule{r}})
		if err == nil {
			whatever(t, s, value)
		} else if text := err.Error(); utf8.ValidString(rule) && !utf8.ValidString(text) {
			t.Errorf("the fault of %q is not UTF-8: %q", rule, text)
		}
		if ignored, _, err := filter.CompileIgnore("ignore", []string{rule}); err == nil {
			ignored(value)
		}
	})
}

func FuzzBlock(f *testing.F) {
	f.Add(`labels[?"app"].orValue("") == "a" && kind in ["po"]`, "app in (a,b),!c", "kube-*", "value")
	f.Add(`annotations.all(k, annotations[k].matches(name))`, "a=b", "[a-", "(")
	f.Add(`namespace.startsWith('namespace') // namespace`, "", "?", "\xff")
	f.Add(`"""namespace""" == r'\' + namespace && labels.namespace != owners[0]`, "!", "", "")
	f.Fuzz(func(t *testing.T, expression, selector, glob, value string) {
		for _, block := range []filter.Block{{CEL: expression}, {Selector: selector}, {Namespaces: []string{glob}}} {
			s, _, err := filter.Compile(filter.Config{Exclude: []filter.Block{block}, Include: []filter.Block{{Kinds: []string{glob}}}})
			if err != nil {
				s, _, err = filter.Compile(filter.Config{Exclude: []filter.Block{block}})
			}
			if err == nil {
				whatever(t, s, value)
			}
		}
	})
}
