package kind

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/resource"
)

// A selector is what an object says of the objects it goes with, in the two
// forms of the newest open version of the first Argus (6.2.1-rc3): as kubectl takes
// it, and as a LogicMonitor expression that finds their resources. The expression
// is that version's to the letter: it does not name cluster, namespace or kind.
type selector struct {
	property string // "selector", "podSelector", "nodeSelector"
	matches  []match
}

// match is one condition in both forms.
type match struct{ text, appliesTo string }

// What stands for a selector without conditions.
const (
	noSelector  = resource.Empty
	noAppliesTo = "false()"
)

// selecting lets a kind tell a selector where the view asks for it. The kind is
// then read whole.
func selecting[T any, P pointer[T]](k *Kind, read func(obj P) selector) *Kind {
	k.newWhole = func() Object { return P(new(T)) }
	k.tellSelector = func(obj Object, b *resource.Builder) error {
		typed, ok := obj.(P)
		if !ok {
			return fmt.Errorf("map the selector of %s %s/%s: got a %T", k.ID, obj.GetNamespace(), obj.GetName(), obj)
		}
		read(typed).tell(b)
		return nil
	}
	return k
}

func (s selector) tell(b *resource.Builder) {
	texts, expressions := make([]string, len(s.matches)), make([]string, len(s.matches))
	for i, m := range s.matches {
		texts[i], expressions[i] = m.text, m.appliesTo
	}
	text, appliesTo := noSelector, noAppliesTo
	if len(s.matches) > 0 {
		text, appliesTo = strings.Join(texts, ", "), strings.Join(expressions, " && ")
	}
	name := resource.PrefixSpec + s.property
	b.Custom(name, text, "spec."+s.property)
	b.Custom(name+".appliesto", appliesTo, "spec."+s.property)
}

// selectorOf a set of labels that must all be there.
func selectorOf(property string, labels map[string]string) selector {
	s := selector{property: property}
	for _, key := range sortedKeys(labels) {
		s.matches = append(s.matches, match{
			text:      key + "=" + labels[key],
			appliesTo: resource.PrefixLabel + key + ` == "` + labels[key] + `"`,
		})
	}
	return s
}

// labelSelectorOf conditions on labels. No selector is one without conditions.
func labelSelectorOf(property string, from *metav1.LabelSelector) selector {
	if from == nil {
		return selector{property: property}
	}
	s := selectorOf(property, from.MatchLabels)
	for _, r := range from.MatchExpressions {
		if m, known := requirement(r); known {
			s.matches = append(s.matches, m)
		}
	}
	return s
}

func requirement(r metav1.LabelSelectorRequirement) (match, bool) {
	property, list := resource.PrefixLabel+r.Key, "("+strings.Join(r.Values, ", ")+")"
	switch r.Operator {
	case metav1.LabelSelectorOpIn:
		return match{r.Key + " in " + list, property + ` =~ "` + anyOf(r.Values) + `"`}, true
	case metav1.LabelSelectorOpNotIn:
		return match{r.Key + " notin " + list, property + ` !~ "` + anyOf(r.Values) + `"`}, true
	case metav1.LabelSelectorOpExists:
		return match{r.Key, `exists("` + property + `")`}, true
	case metav1.LabelSelectorOpDoesNotExist:
		return match{"!" + r.Key, `!exists("` + property + `")`}, true
	}
	return match{}, false // the apiserver knows no other
}

// anyOf is a regular expression that matches any of the values.
func anyOf(values []string) string {
	alternatives := make([]string, len(values))
	for i, v := range values {
		alternatives[i] = "(?=^" + v + "$)"
	}
	return strings.Join(alternatives, "|")
}
