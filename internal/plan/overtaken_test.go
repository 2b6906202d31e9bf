package plan

import (
	"testing"

	"github.com/argus-k8s/argus/internal/resource"
)

// TestCase_OvertakenByAPerson: what an account makes of a value that was written
// may rest. What differs and was not written was changed by somebody between the
// read and the write, and is repaired at once.
func TestCase_OvertakenByAPerson(t *testing.T) {
	want := wanted("uid-2", "b")
	label := resource.PrefixLabel + "content"
	for name, tt := range map[string]struct {
		before *resource.Resource // as it was read
		set    resource.Property  // how the answer differs from what is wanted
		want   Do
	}{
		"shown as written":                         {wanted("uid-2", "a"), resource.Property{Name: label, Value: "b"}, Rest},
		"the account changes what was written":     {wanted("uid-2", "a"), resource.Property{Name: label, Value: "B!"}, Rest},
		"somebody changed what was not":            {wanted("uid-1", "b"), resource.Property{Name: label, Value: "of a person"}, Act},
		"somebody added one that looks like ours":  {wanted("uid-1", "b"), resource.Property{Name: resource.PrefixLabel + "more", Value: "of a person"}, Act},
		"somebody added one that is not like ours": {wanted("uid-1", "b"), resource.Property{Name: "owner", Value: "a person"}, Rest},
	} {
		t.Run(name, func(t *testing.T) {
			c := Case{Key: key, Hint: hint(want), Known: []Known{known(observed(7, tt.before))}}
			c.Policy.Reuse = func(resource.Kind) bool { return true }
			c = c.WithObject(Object{Sight: Present, UID: want.UID, Want: want}).WithResource(7, observed(7, tt.before))
			step := Decide(c)
			if step.Do != Act {
				t.Fatalf("got %+v, want an update", step)
			}
			seen := observed(7, want)
			seen.Properties = []resource.Property{tt.set}
			for _, p := range want.Properties {
				if p.Name != tt.set.Name {
					seen.Properties = append(seen.Properties, p)
				}
			}
			c = c.WithResult(step.Change, Result{Outcome: Done, Seen: seen})
			if got := Decide(c); got.Do != tt.want {
				t.Errorf("got %d (%s), want %d", got.Do, got.Reason, tt.want)
			}
			later := Case{Key: key, Hint: hint(want), Known: c.Settled()}
			if got, rests := Decide(later).Do, tt.want == Rest; (got == Rest) != rests {
				t.Errorf("looked at again: got %d, want rest to be %v", got, rests)
			}
		})
	}
}
