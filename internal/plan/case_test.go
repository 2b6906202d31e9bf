package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// TestCase_NameIsTaken: whoever has the display name of an object that has no
// resource yet, only a living resource of the same object is taken for it.
func TestCase_NameIsTaken(t *testing.T) {
	want := wanted("uid-1", "a")
	for name, tt := range map[string]struct {
		change func(o *resource.Observed)
		do     Do
		known  int
	}{
		"its own resource":         {func(*resource.Observed) {}, Rest, 1},
		"one that is marked":       {func(o *resource.Observed) { o.Life = resource.Deleted }, Park, 0},
		"another object's":         {func(o *resource.Observed) { o.Key.Namespace = "other" }, Park, 0},
		"somebody's, without keys": {func(o *resource.Observed) { o.Key = resource.Key{} }, Park, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := Case{Key: key}.WithObject(Object{Sight: Present, UID: want.UID, Want: want})
			create := Decide(c)
			if create.Do != Act || create.Change.Op != Create {
				t.Fatalf("first: got %+v, want to create", create)
			}
			c = c.WithResult(create.Change, Result{Outcome: Taken})
			if find := Decide(c); find.Do != FindName || find.Name != want.DisplayName {
				t.Fatalf("refused: got %+v, want to find who has %q", find, want.DisplayName)
			}
			found := observed(7, want)
			tt.change(found)
			c = c.WithNames([]resource.Observed{*found})
			got := Decide(c)
			if got.Do != tt.do || len(c.Settled()) != tt.known {
				t.Errorf("found: got %+v and %d known, want %d and %d", got, len(c.Settled()), tt.do, tt.known)
			}
			if tt.do == Park && !strings.Contains(got.Reason, "resource 7") {
				t.Errorf("reason: got %q, want it to name who has it", got.Reason)
			}
		})
	}
}

// TestCase_ReadAgain: what is read under a number counts only if it is this
// object's and lives; anything else is neither changed nor removed.
func TestCase_ReadAgain(t *testing.T) {
	want := wanted("uid-1", "a")
	for name, tt := range map[string]struct {
		seen func() *resource.Observed
		gone Do
	}{
		"ours":          {func() *resource.Observed { return observed(7, want) }, Act},
		"nothing there": {func() *resource.Observed { return nil }, Rest},
		"marked deleted": {func() *resource.Observed {
			o := observed(7, want)
			o.Life = resource.Deleted
			return o
		}, Rest},
		"another object's": {func() *resource.Observed {
			o := observed(7, want)
			o.Key.Name = "other"
			return o
		}, Rest},
	} {
		t.Run(name, func(t *testing.T) {
			c := Case{Key: key, Known: []Known{known(observed(7, want))}}.WithObject(Object{Sight: Absent})
			if read := Decide(c); read.Do != ReadResource || read.ID != 7 {
				t.Fatalf("first: got %+v, want to read resource 7", read)
			}
			if got := Decide(c.WithResource(7, tt.seen())); got.Do != tt.gone {
				t.Errorf("after the read: got %+v, want %d", got, tt.gone)
			}
		})
	}
}

// TestKnown_InSync: an account that changes what is written rests only in the
// state it was left in.
func TestKnown_InSync(t *testing.T) {
	want := resource.Fingerprint{Visible: 1, Full: 10}
	for name, tt := range map[string]struct {
		k    Known
		want bool
	}{
		"as it should be":                         {Known{Visible: 1}, true},
		"differs":                                 {Known{Visible: 2}, false},
		"written, and shown otherwise":            {Known{Visible: 2, Wrote: 10, After: 2}, true},
		"written, and somebody changed it since":  {Known{Visible: 3, Wrote: 10, After: 2}, false},
		"written, and now as it should be":        {Known{Visible: 1, Wrote: 10, After: 2}, true},
		"another was written that shows the same": {Known{Visible: 1, Wrote: 11, After: 1}, false},
		"not in the last listing":                 {Known{Visible: 1, Unlisted: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.k.InSync(want); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestCase_PostponedKeepsWhatIsKnown: a change that did not happen says nothing
// about the resource. It is tried again soon, unless it was refused for good.
func TestCase_PostponedKeepsWhatIsKnown(t *testing.T) {
	k := known(observed(7, wanted("uid-1", "a")))
	for outcome, then := range map[Outcome]Do{Postponed: Wait, Lost: Wait, Refused: Park} {
		c := Case{Key: key, Known: []Known{k}}.WithResult(Change{Op: Delete, Key: key, ID: 7}, Result{Outcome: outcome, Reason: "later"})
		if got := c.Settled(); len(got) != 1 || got[0].ID != 7 {
			t.Errorf("%s: got %+v, want resource 7 to stay known", outcome, got)
		}
		if got := Decide(c); got.Do != then || got.Reason != "later" {
			t.Errorf("%s: got %+v, want %d and why", outcome, got, then)
		}
	}
}

// TestDiff_LeavesPeoplesProperties: what is not Argus's is neither removed nor
// written.
func TestDiff_LeavesPeoplesProperties(t *testing.T) {
	want := wanted("uid-1", "a")
	have := observed(7, want)
	have.Properties = append(have.Properties[:len(have.Properties):len(have.Properties)], resource.Property{Name: "owner", Value: "somebody"})
	if got := Diff(have, want, resource.Ownership{}); got.Op != None {
		t.Errorf("got %+v, want no change", got)
	}
}

// TestDiff_LeavesMaskedValues: what the account does not show because it holds it
// to be secret is not held to be wrong. Eight asterisks anywhere else are.
func TestDiff_LeavesMaskedValues(t *testing.T) {
	for name, op := range map[string]Op{"kubernetes.label.db.password": None, "kubernetes.label.stars": Update} {
		b := resource.NewBuilder(key, "uid-1")
		b.Custom(name, "hidden", "")
		want := b.Build()
		have := observed(7, &want)
		have.Properties = []resource.Property{{Name: name, Value: resource.Masked}}
		if got := Diff(have, &want, resource.Ownership{}); got.Op != op {
			t.Errorf("%s is shown as %s: got %+v, want %s", name, resource.Masked, got, op)
		}
	}
}

// TestRetention_Expire: what is marked deleted goes when its time is over, not a
// second sooner, and what lives never.
func TestRetention_Expire(t *testing.T) {
	r := Retention{After: time.Minute}
	for name, tt := range map[string]struct {
		life resource.Life
		now  int64
		do   Do
	}{
		"a second too soon": {resource.Deleted, 159, Rest},
		"due":               {resource.Deleted, 160, Act},
		"lives":             {resource.Live, 999, Rest},
	} {
		t.Run(name, func(t *testing.T) {
			o := observed(7, wanted("uid-1", "a"))
			o.Life = tt.life
			o.Properties = append(o.Properties[:len(o.Properties):len(o.Properties)], resource.Property{Name: resource.PropDeletedOn, Value: "100"})
			if got := r.Expire(o, time.Unix(tt.now, 0)); got.Do != tt.do {
				t.Errorf("got %+v, want %d", got, tt.do)
			}
		})
	}
}
