package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/resource"
)

// TestDecide_SomebodyDeleted: the resource of an object that exists, which
// somebody deleted, comes back, or stays so where the policy says it.
func TestDecide_SomebodyDeleted(t *testing.T) {
	one, two := wanted("uid-1", "a"), wanted("uid-2", "a")
	present := func(w *resource.Resource) Object { return Object{Sight: Present, UID: w.UID, Want: w} }
	tests := map[string]struct {
		recreate, retiring, twice bool
		hint                      Hint
		object                    Object
		want                      []string
		then                      []string // when it is decided on again
	}{
		"comes back":              {recreate: true, hint: hint(one), object: present(one), want: []string{"read object", "read 7", "create", "rest"}, then: []string{"rest"}},
		"stays so":                {hint: hint(one), object: present(one), want: []string{"read object", "read 7", "rest"}, then: []string{"rest"}},
		"we may have deleted it":  {retiring: true, hint: hint(one), object: present(one), want: []string{"read object", "read 7", "create", "rest"}, then: []string{"rest"}},
		"the object is a new one": {hint: hint(two), object: present(two), want: []string{"read object", "read 7", "create", "rest"}, then: []string{"rest"}},
		"the object went": {hint: Hint{Sight: Absent}, object: Object{Sight: Absent},
			want: []string{"read object", "read 7", "rest"}, then: []string{"rest"}},
		"one of two": {twice: true, hint: hint(one), object: present(one), want: []string{"read object", "read 7", "rest"}, then: []string{"rest"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gone := known(observed(7, one))
			gone.Unlisted, gone.Retiring = true, tt.retiring
			c := Case{Key: key, Hint: tt.hint, Known: []Known{gone}, Policy: Policy{LeaveDeleted: !tt.recreate}}
			w := world{object: tt.object}
			if tt.twice {
				w.resources = []*resource.Observed{observed(9, one)}
				c.Known = append(c.Known, known(w.resources[0]))
			}
			c, got := w.run(c)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			again := Case{Key: key, Hint: tt.hint, Known: c.Settled(), Policy: c.Policy}
			if _, got = w.run(again); !cmp.Equal(tt.then, got) {
				t.Errorf("requests when asked again: got %q, want %q", got, tt.then)
			}
		})
	}
}

// TestDecide_LostRemoval: a removal of ours that was not answered is no deletion
// by somebody else when its object is wanted again.
func TestDecide_LostRemoval(t *testing.T) {
	one := wanted("uid-1", "a")
	c := Case{Key: key, Hint: Hint{Sight: Excluded}, Known: []Known{known(observed(7, one))}, Policy: Policy{LeaveDeleted: true}}
	w := world{object: Object{Sight: Excluded, UID: one.UID, Reason: "rule 1"}, resources: []*resource.Observed{observed(7, one)}, fault: func(Op) Outcome { return Lost }}
	c, got := w.run(c)
	if want := []string{"read object", "read 7", "delete 7", "wait"}; !cmp.Equal(want, got) {
		t.Fatalf("requests: got %q, want %q", got, want)
	}
	w.object, w.fault = Object{Sight: Present, UID: one.UID, Want: one}, nil
	left := c.Settled()
	left[0].Unlisted = true // as the next listing says
	_, got = w.run(Case{Key: key, Hint: hint(one), Known: left, Policy: c.Policy})
	if want := []string{"read object", "read 7", "create", "rest"}; !cmp.Equal(want, got) {
		t.Errorf("requests when it is wanted again: got %q, want %q", got, want)
	}
}
