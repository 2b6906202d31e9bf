// Package filter decides which Kubernetes objects stay out of the account. It
// compiles the rules of a configuration, old forms and new, and answers for one
// object whether a rule excludes it, and which.
//
// It is pure: no I/O, no clock, no log. It neither reads configuration files nor
// fetches namespaces; both are given to it.
package filter

import (
	"fmt"
	"path"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// The label with which people keep an object, or all of a namespace, out of the
// account.
const (
	DisableLabel = "logicmonitor/monitoring"
	DisableValue = "disable"
)

// Config is everything that decides what is excluded.
type Config struct {
	// Rules are the expressions of the older forms: true excludes.
	Rules []Rule
	// Include, where a block concerns a kind, keeps only objects of that kind
	// that one of its blocks matches. Exclude wins over it.
	Include, Exclude []Block
	// HonorDisableLabel makes DisableLabel count, on objects and namespaces.
	HonorDisableLabel bool
	// Keep is a label selector for objects that no rule excludes, such as
	// Argus's own pods. Empty selects none. DisableLabel wins over it.
	Keep string
}

// A Rule is one expression of the older forms, and where it stands.
type Rule struct {
	// Kind is the word for the kind under which the rule stands, in the map
	// form; empty in the list form.
	Kind string
	// Expression as written.
	Expression string
	// Joined says that the rule was a single text and not part of a list: the
	// oldest form, in which || separates rules.
	Joined bool
	// File and Line tell the place, for messages.
	File string
	Line int
}

// A Block is one entry of include or exclude. It matches an object that meets
// everything it sets.
type Block struct {
	// Kinds by any of their names. Without it a block that sets Namespaces
	// concerns the kinds that live in namespaces, and another every kind that
	// makes resources.
	Kinds []string `yaml:"kinds"`
	// Namespaces are globs: * any characters, ? any one, [a-c] one of these. A
	// namespace counts as being in itself.
	Namespaces []string `yaml:"namespaces"`
	// Selector is a label selector as kubectl takes it.
	Selector string `yaml:"selector"`
	// CEL is an expression over kind, name, namespace, labels, annotations,
	// owner and owners. If it fails, such as on a missing label, the block does
	// not match.
	CEL string `yaml:"cel"`
	// File and Line tell the place, for messages.
	File string `yaml:"-"`
	Line int    `yaml:"-"`
}

// NamespaceInfo is what must be known of an object's namespace. The zero value
// is right for objects without one.
type NamespaceInfo struct {
	Labels map[string]string
}

// A Verdict is the answer for one object.
type Verdict struct {
	Excluded bool
	// Rule names the rule that decided, with its place and text; empty if none
	// excludes the object.
	Rule string
	// Index of that rule in Set.Rules; -1 if it is no single rule: nothing
	// excluded the object, a label did, or no include block matches it.
	Index int
}

// kept is the verdict that no rule excludes the object.
func kept() Verdict { return Verdict{Index: -1} }

// A Source is a compiled rule as its author knows it.
type Source struct {
	Place
	// Text is the rule in one line.
	Text string
	// Include says that the rule keeps objects rather than excluding them.
	Include bool
}

// String names the rule: its place and text.
func (s Source) String() string { return s.Place.String() + ": " + s.Text }

// outcome is what one rule says of one object.
type outcome struct {
	matched bool
	// failed says that the rule could not be evaluated, so it does not match.
	failed bool
	// missing says that it read a label the object does not have.
	missing bool
}

// test is the compiled condition of a rule. It is safe for concurrent use.
type test interface {
	// concerns says whether the rule is about the kind at all.
	concerns(k *kind.Kind) bool
	// match evaluates it for an object of a kind that it concerns.
	match(s *subject) outcome
	// static is the answer for all objects of a kind, if there is one.
	static(k *kind.Kind) (value, known bool)
}

type rule struct {
	Source
	name string
	test test
}

// A Set is a compiled Config. It does not change and is safe for concurrent use.
// A nil Set excludes nothing.
type Set struct {
	rules  []rule
	byKind map[resource.Kind]*forKind
	keep   labels.Selector
	// honorLabel says whether DisableLabel counts.
	honorLabel bool
}

// forKind is what a Set knows of one kind: the rules that can match its objects.
type forKind struct {
	words     words
	exclude   []int
	include   []int
	included  bool   // an include block concerns the kind
	unmatched string // the name of the verdict when none matches
}

// Compile checks and compiles all rules. The error is Faults: everything that is
// wrong. The notices are about rules that work, but maybe not as meant.
func Compile(config Config) (*Set, []Notice, error) {
	c := &compiler{set: &Set{honorLabel: config.HonorDisableLabel}}
	c.blocks("exclude", config.Exclude)
	c.legacy(config.Rules)
	c.blocks("include", config.Include)
	c.keep(config.Keep)
	if err := c.faults.err(); err != nil {
		return nil, nil, err
	}
	c.set.byKind = make(map[resource.Kind]*forKind, len(kind.All))
	for _, k := range kind.All {
		c.set.byKind[k.ID] = c.set.rulesFor(k)
	}
	c.constants()
	return c.set, c.notices, nil
}

// Rules are the compiled rules, in the order in which they are asked: exclude
// blocks, expressions, include blocks.
func (s *Set) Rules() []Source {
	if s == nil {
		return nil
	}
	sources := make([]Source, len(s.rules))
	for i, r := range s.rules {
		sources[i] = r.Source
	}
	return sources
}

// Exclude says whether a rule keeps the object out of the account, and which.
// The disable label decides first, then Keep, the exclude blocks, the
// expressions and the include blocks, each in their order.
func (s *Set) Exclude(k *kind.Kind, obj metav1.Object, namespace NamespaceInfo) Verdict {
	if s == nil {
		return kept()
	}
	own := obj.GetLabels()
	if s.honorLabel {
		switch DisableValue {
		case own[DisableLabel]:
			return Verdict{Excluded: true, Rule: "label " + DisableLabel + "=" + DisableValue, Index: -1}
		case namespace.Labels[DisableLabel]:
			return Verdict{Excluded: true, Rule: "label " + DisableLabel + "=" + DisableValue + " of its namespace", Index: -1}
		}
	}
	if s.keep != nil && s.keep.Matches(labels.Set(own)) {
		return kept()
	}
	f, ok := s.byKind[k.ID]
	if !ok {
		f = s.rulesFor(k)
	}
	if len(f.exclude) == 0 && !f.included {
		return kept()
	}
	return s.ask(f, newSubject(k, f.words, obj, own))
}

// ask goes through the rules that can match.
func (s *Set) ask(f *forKind, object *subject) Verdict {
	for _, i := range f.exclude {
		if s.rules[i].test.match(object).matched {
			return Verdict{Excluded: true, Rule: s.rules[i].name, Index: i}
		}
	}
	if !f.included {
		return kept()
	}
	for _, i := range f.include {
		if s.rules[i].test.match(object).matched {
			return kept()
		}
	}
	return Verdict{Excluded: true, Rule: f.unmatched, Index: -1}
}

// rulesFor picks the rules that can match objects of a kind.
func (s *Set) rulesFor(k *kind.Kind) *forKind {
	f := &forKind{words: wordsOf(k)}
	var blocks []string
	for i, r := range s.rules {
		if !r.test.concerns(k) {
			continue
		}
		if r.Include {
			f.included = true
			blocks = append(blocks, r.Path)
		}
		if value, known := r.test.static(k); known && !value {
			continue
		}
		if r.Include {
			f.include = append(f.include, i)
		} else {
			f.exclude = append(f.exclude, i)
		}
	}
	f.unmatched = "include: none of " + strings.Join(blocks, ", ") + " matches"
	return f
}

// wordsOf are the names of a kind, the singular first.
func wordsOf(k *kind.Kind) words {
	return append(append(words{}, k.Aliases...), string(k.ID), k.Title)
}

// matchesGlob says whether one of the globs, which are known to be well formed,
// matches.
func matchesGlob(globs []string, text string) bool {
	for _, glob := range globs {
		if ok, err := path.Match(glob, text); ok && err == nil {
			return true
		}
	}
	return false
}

// oneLine is a rule's text without line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// itemPath is the path of an element: "filters[2]".
func itemPath(list string, index int) string { return fmt.Sprintf("%s[%d]", list, index) }
