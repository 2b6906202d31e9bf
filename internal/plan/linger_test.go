package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/resource"
)

// TestDecide_Linger: where resources are reused, that of an object that is gone
// waits a while for one that is created again.
func TestDecide_Linger(t *testing.T) {
	one, two := wanted("uid-1", "a"), wanted("uid-2", "a")
	now := time.Unix(1_000_000, 0)
	gone, back := Object{Sight: Absent}, Object{Sight: Present, UID: two.UID, Want: two}
	tests := map[string]struct {
		object Object
		since  time.Duration // how long it has been gone; zero: seen just now
		replaced,
		unknown bool // to the account
		doubt string
		want  []string
	}{
		"gone just now":                {object: gone, want: []string{"read object", "linger"}},
		"gone for a while":             {object: gone, since: 59 * time.Second, want: []string{"read object", "linger"}},
		"gone for long enough":         {object: gone, since: time.Minute, want: []string{"read object", "read 7", "delete 7", "rest"}},
		"created again":                {object: back, since: 30 * time.Second, want: []string{"read object", "read 7", "update 7", "rest"}},
		"its kind is not reused":       {object: gone, replaced: true, want: []string{"read object", "read 7", "delete 7", "rest"}},
		"a rule keeps it out":          {object: Object{Sight: Excluded, UID: "uid-1", Reason: "rule 1"}, want: []string{"read object", "read 7", "delete 7", "rest"}},
		"an unanswered create alone":   {object: gone, unknown: true, doubt: one.DisplayName, want: []string{"read object", "find " + one.DisplayName, "rest"}},
		"gone, and not in the account": {object: gone, unknown: true, want: []string{"rest"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := Case{Key: key, Hint: Hint{Sight: Absent}, Now: now, Doubt: tt.doubt}
			if tt.since > 0 {
				c.GoneSince = now.Add(-tt.since)
			}
			c.Policy = Policy{ReuseWithin: time.Minute, Reuse: func(resource.Kind) bool { return !tt.replaced }}
			w := world{object: tt.object}
			if !tt.unknown {
				w.resources = []*resource.Observed{observed(7, one)}
				c.Known = []Known{known(w.resources[0])}
			}
			_, got := w.run(c)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}
