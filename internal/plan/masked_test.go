package plan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/resource"
)

const secretLabel = "kubernetes.label.db.password"

// withSecret is an object with a label whose value the account masks.
func withSecret(content, secret string) *resource.Resource {
	r := wanted("uid-1", content)
	r.Properties = append(slices.Clip(r.Properties), resource.Property{Name: secretLabel, Value: secret})
	return r
}

// masked is the resource of such an object as the account shows it.
func masked(w *resource.Resource) *resource.Observed {
	o := observed(7, w)
	o.Properties = slices.Clone(o.Properties)
	o.Properties[len(o.Properties)-1].Value = resource.Masked
	return o
}

// TestDecide_Masked: a value that the account masks is followed too. It is written
// when Argus knows that it wrote another, and with whatever else is written; what may
// be as it should is left alone.
func TestDecide_Masked(t *testing.T) {
	full := func(w *resource.Resource) uint64 { return w.Fingerprint(resource.Ownership{}).Full }
	before := withSecret("a", "one")
	for name, tt := range map[string]struct {
		now   *resource.Resource
		wrote uint64 // zero: by a process before this one
		want  []string
	}{
		"as it was written":               {withSecret("a", "one"), full(before), nil},
		"another than was written":        {withSecret("a", "two"), full(before), []string{secretLabel + "=two"}},
		"written by a process before it":  {withSecret("a", "two"), 0, nil},
		"something else is to be written": {withSecret("b", "two"), 0, []string{"kubernetes.label.content=b", secretLabel + "=two"}},
	} {
		t.Run(name, func(t *testing.T) {
			seen := masked(before)
			k := known(seen)
			k.Wrote, k.After = tt.wrote, k.Visible
			c := Case{Key: key, Hint: hint(tt.now), Known: []Known{k}}
			w := world{object: Object{Sight: Present, UID: "uid-1", Want: tt.now}, resources: []*resource.Observed{seen}}
			var got []string
			step := Decide(c)
			for ; step.Do != Rest; step = Decide(c) {
				switch step.Do {
				case ReadObject:
					c = c.WithObject(w.object)
				case ReadResource:
					c = c.WithResource(step.ID, w.find(step.ID))
				case Act:
					for _, p := range step.Change.Set {
						got = append(got, p.Name+"="+p.Value)
					}
					c = c.WithResult(step.Change, Result{Outcome: Done, Seen: masked(tt.now)})
				default:
					t.Fatalf("got step %v, %s", step.Do, step.Reason)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
			if len(got) == 0 {
				return
			}
			c = Case{Key: key, Hint: hint(tt.now), Known: c.Settled()}
			if again := Decide(c); again.Do != Rest {
				t.Errorf("once it is written: got step %v, want rest", again.Do)
			}
		})
	}
}
