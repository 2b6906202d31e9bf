package plan

import (
	"testing"

	"github.com/argus-k8s/argus/internal/resource"
)

// TestCase_ProofIsYounger: a resource that came to be known after the object was read
// may belong to an object that came after that read, too. Nothing is concluded about
// it before the object is read once more.
func TestCase_ProofIsYounger(t *testing.T) {
	first, second := wanted("uid-1", "a"), wanted("uid-2", "b")
	other := observed(7, second)
	before := []Known{known(observed(7, first))}
	for name, tt := range map[string]struct {
		known  []Known
		object Object
		learn  func(Case) Case
	}{
		"gone, and found by name":           {nil, Object{Sight: Absent}, func(c Case) Case { return c.WithNames([]resource.Observed{*other}) }},
		"gone, and taken over meanwhile":    {before, Object{Sight: Absent}, func(c Case) Case { return c.WithResource(7, other) }},
		"another, and taken over meanwhile": {before, Object{Sight: Present, UID: "uid-1", Want: first}, func(c Case) Case { return c.WithResource(7, other) }},
		"excluded, and its own found by name": {nil, Object{Sight: Excluded, UID: "uid-2", Reason: "rule 1"},
			func(c Case) Case { return c.WithNames([]resource.Observed{*other}) }},
		"excluded, and found by name": {nil, Object{Sight: Excluded, UID: "uid-1", Reason: "rule 1"},
			func(c Case) Case { return c.WithNames([]resource.Observed{*other}) }},
	} {
		t.Run(name, func(t *testing.T) {
			c := tt.learn(Case{Key: key, Known: tt.known, Hint: Hint{Sight: Absent}}.WithObject(tt.object))
			if got := Decide(c); got.Do != ReadObject {
				t.Fatalf("after it: got %+v, want to read the object", got)
			}
			if got := Decide(c.WithObject(Object{Sight: Present, UID: second.UID, Want: second})); got.Do != Rest {
				t.Errorf("alive: got %+v, want rest", got)
			}
			if got := Decide(c.WithObject(Object{Sight: Absent})); got.Do != Act || got.Change.Op != Delete {
				t.Errorf("gone: got %+v, want to remove it", got)
			}
		})
	}
	same := Case{Key: key}.WithObject(Object{Sight: Present, UID: "uid-2", Want: second}).WithNames([]resource.Observed{*other})
	if got := Decide(same); got.Do != Rest {
		t.Errorf("its own resource found by name: got %+v, want rest without another read", got)
	}
}
