package filter

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
)

// A Tally counts what each rule of a Set does to a number of objects, so that a
// person can be told, before the rules count, which of them matches everything,
// or nothing. It is not safe for concurrent use.
type Tally struct {
	set    *Set
	counts []Count
	// Objects added, and those of them that are excluded.
	Objects, Excluded int
}

// A Count is what one rule does.
type Count struct {
	Source
	// Asked counts objects of the kinds that the rule concerns.
	Asked int
	// Matched counts those of them that it matches, and Decided those for which
	// it is the rule that the verdict names.
	Matched, Decided int
	// Missing counts matches for which it read a label that is not there: the
	// first Argus skipped the rule for these.
	Missing int
	// Failed counts objects for which it could not be evaluated, such as CEL
	// that asks for a missing label.
	Failed int
}

// NewTally counts nothing yet.
func NewTally(set *Set) *Tally {
	t := &Tally{set: set}
	for _, source := range set.Rules() {
		t.counts = append(t.counts, Count{Source: source})
	}
	return t
}

// Add asks every rule about the object and returns the verdict.
func (t *Tally) Add(k *kind.Kind, obj metav1.Object, namespace NamespaceInfo) Verdict {
	verdict := t.set.Exclude(k, obj, namespace)
	t.Objects++
	if verdict.Excluded {
		t.Excluded++
	}
	if verdict.Index >= 0 {
		t.counts[verdict.Index].Decided++
	}
	if t.set == nil {
		return verdict
	}
	object := newSubject(k, wordsOf(k), obj, obj.GetLabels())
	for i, r := range t.set.rules {
		if r.test.concerns(k) {
			t.counts[i].add(r.test.match(object))
		}
	}
	return verdict
}

func (c *Count) add(o outcome) {
	c.Asked++
	if o.failed {
		c.Failed++
	}
	if o.matched {
		c.Matched++
		if o.missing {
			c.Missing++
		}
	}
}

// Counts are in the order of Set.Rules.
func (t *Tally) Counts() []Count { return append([]Count(nil), t.counts...) }

// Notices are what the counts say about rules: that one matches all of the
// objects it was asked about, or none, that it matches because labels are
// missing, or that it fails.
func (t *Tally) Notices() []Notice {
	var notices []Notice
	for _, c := range t.counts {
		note := func(format string, args ...any) {
			notices = append(notices, Notice{Place: c.Place, Rule: c.Text, Text: fmt.Sprintf(format, args...)})
		}
		switch {
		case c.Asked == 0:
		case c.Matched == 0:
			note("the rule matches none of %d objects", c.Asked)
		case c.Matched == c.Asked && c.Asked > 1:
			note("the rule matches all of %d objects", c.Asked)
		}
		if c.Missing > 0 && !c.Include {
			note("the rule matches %d objects that lack a label it names; the first Argus skipped it for them", c.Missing)
		}
		if c.Failed > 0 {
			note("the rule could not be evaluated for %d of %d objects, so it does not match them", c.Failed, c.Asked)
		}
	}
	return notices
}
