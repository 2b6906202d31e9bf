package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// Decide says what to do next about a Case. The caller does it, adds the answer
// to the Case and asks again, until the Step is Rest, Wait, Park, Withhold or
// Linger.
//
// Nothing is changed on the strength of a Hint: the object is read first, and so
// is every resource that is to be updated or deleted.
func Decide(c Case) Step {
	switch {
	case c.Frozen != "":
		return Step{Do: Park, Reason: c.Frozen}
	case c.refused != "":
		return Step{Do: Park, Reason: c.refused}
	case c.failed != "":
		return Step{Do: Wait, Reason: c.failed}
	}
	switch c.Object.Sight {
	case Present:
		return c.mirror()
	case Absent:
		if c.lingers() {
			return Step{Do: Linger, Reason: "the object no longer exists; its resource is kept for one that is created again under its name"}
		}
		return c.remove("the object no longer exists")
	case Excluded:
		reason := "excluded by " + c.Object.Reason
		if c.Held != "" && c.Object.Configured && len(c.Settled()) > 0 {
			return Step{Do: Withhold, Reason: reason + "; " + c.Held}
		}
		return c.remove(reason)
	case NotReady:
		return c.hold()
	case Unreadable:
		return Step{Do: Wait, Reason: c.Object.Reason}
	case Unseen:
	}
	return c.consult()
}

// Expect says which change a Case will most likely come to, going by its Hint:
// the place in the queue where it waits for its turn. It decides nothing.
func Expect(c Case) Op {
	gone := Delete
	if c.Policy.Retention.After > 0 {
		gone = Update // marked deleted
	}
	if c.Hint.Sight != Present {
		return gone
	}
	if len(c.Known) == 0 {
		return Create
	}
	if len(c.Known) > 1 || c.Known[0].UID != c.Hint.UID && c.Known[0].UID != "" && !c.Policy.reuses(c.Key.Kind) {
		return gone
	}
	return Update
}

// consult goes by the Hint: either nothing is due, or the object must be read.
func (c Case) consult() Step {
	if c.Hint.Sight == Unseen {
		return Step{Do: Rest, Reason: "its kind has not been listed yet"}
	}
	if len(c.Known) == 0 && c.Doubt == "" && c.Hint.Sight != Present {
		return Step{Do: Rest, Reason: "neither in the cluster nor in the account"}
	}
	if c.Kept && c.Hint.Sight != Present {
		return Step{Do: Withhold, Reason: c.Held}
	}
	if len(c.Known) == 1 && c.Doubt == "" && c.Known[0].UID == c.Hint.UID {
		switch {
		case c.Hint.Sight == NotReady:
			return Step{Do: Rest, Reason: "not ready: left as it is"}
		case c.Hint.Sight == Present && c.Known[0].Dismissed:
			return Step{Do: Rest, Reason: dismissed}
		case c.Hint.Sight == Present && c.inSync(&c.Known[0], c.Hint.Print):
			return Step{Do: Rest, Reason: "in step"}
		}
	}
	return Step{Do: ReadObject, Reason: "the account and the watch differ"}
}

// mirror: the object exists and belongs into the account.
func (c Case) mirror() Step {
	keep := c.keep()
	if step, due := c.removeAllBut(keep); due {
		return step
	}
	switch {
	case keep == nil && slices.ContainsFunc(c.Known, c.dismisses):
		return Step{Do: Rest, Reason: dismissed}
	case keep == nil:
		return c.create()
	}
	if c.inSync(keep, c.Object.Want.Fingerprint(c.Policy.Ownership)) {
		return Step{Do: Rest, Reason: "in step"}
	}
	if keep.Look == Unread {
		return Step{Do: ReadResource, ID: keep.ID, Reason: "to see what differs"}
	}
	change := Diff(keep.Seen, c.Object.Want, c.Policy.Ownership)
	if change.Op == Update || keep.Wrote != 0 && keep.Wrote != c.Object.Want.Fingerprint(c.Policy.Ownership).Full {
		change.writeMasked(keep.Seen, c.Policy.Ownership)
	}
	if c.Rename {
		change.rename(keep.Seen, c.Policy.Ownership)
	}
	if change.Op == None {
		return Step{Do: Rest, Reason: "in step"}
	}
	change.Reason = "the object changed, or somebody changed its resource"
	if keep.UID != c.Object.UID {
		change.Reason = "the object was created again: its resource is kept"
	}
	return Step{Do: Act, Change: change, Reason: change.Reason}
}

const dismissed = "somebody deleted its resource, and it is to stay so (lm.resource.whenDeleted)"

// dismisses says whether somebody else deleted the resource of the very object
// and the policy lets that be.
func (c Case) dismisses(k Known) bool {
	return c.Policy.LeaveDeleted && len(c.Known) == 1 && k.Look == Missing && k.UID == c.Object.UID && !k.Retiring && c.Object.Sight == Present
}

// inSync says whether a resource needs no write.
func (c Case) inSync(k *Known, want resource.Fingerprint) bool {
	return k.InSync(want) && !(c.Rename && k.Misnamed)
}

// keep is the resource that stays for the object: the oldest that carries its
// UID, or where the policy reuses resources the oldest of all; nil for none.
func (c Case) keep() *Known {
	var best *Known
	for i := range c.Known {
		k := &c.Known[i]
		if k.Look == Missing || k.Look == Foreign {
			continue
		}
		if best == nil || c.prefer(k, best) < 0 {
			best = k
		}
	}
	if best == nil || !c.carries(best) && !c.Policy.reuses(c.Key.Kind) {
		return nil
	}
	return best
}

// carries says whether a resource is this very object's. One that does not tell
// its UID is taken at its name.
func (c Case) carries(k *Known) bool { return k.UID == c.Object.UID || k.UID == "" }

// prefer orders the resources that might stay: the object's own, then one that
// does not tell whose it is, then any other; the older of two alike.
func (c Case) prefer(a, b *Known) int {
	rank := func(k *Known) int {
		switch k.UID {
		case c.Object.UID:
			return 0
		case "":
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.CreatedOn, b.CreatedOn), cmp.Compare(a.ID, b.ID))
}

// create: the account has no resource for the object.
func (c Case) create() Step {
	want := c.Object.Want
	switch {
	case c.taken && !c.asked:
		return Step{Do: FindName, Name: want.DisplayName, Reason: "the account says that the name is taken"}
	case c.Doubt != "" && !c.asked:
		return Step{Do: FindName, Name: c.Doubt, Reason: "an earlier create was not answered"}
	case c.blocker != "":
		return Step{Do: Park, Reason: fmt.Sprintf("the display name %q is taken by %s", want.DisplayName, c.blocker)}
	case c.taken:
		return Step{Do: Wait, Reason: fmt.Sprintf("the account says that the name %q or the display name %q is taken, and shows nobody who has it", want.Name, want.DisplayName)}
	}
	return Step{Do: Act, Change: Change{Op: Create, Key: c.Key, Want: want, Reason: "the object has no resource"},
		Reason: "the object has no resource"}
}

// lingers says whether the resource of an object that is gone waits for one that is
// created again: those who delete a pod of a StatefulSet make another at once.
func (c Case) lingers() bool {
	waited := time.Duration(0)
	if !c.GoneSince.IsZero() {
		waited = c.Now.Sub(c.GoneSince)
	}
	return c.Policy.reuses(c.Key.Kind) && waited < c.Policy.ReuseWithin && len(c.Settled()) > 0
}

// remove: the object is proven not to belong into the account.
func (c Case) remove(reason string) Step {
	for i := range c.Known {
		if step, due := c.removeOne(&c.Known[i], reason); due {
			return step
		}
	}
	if c.Doubt != "" && !c.asked {
		return Step{Do: FindName, Name: c.Doubt, Reason: "an earlier create was not answered"}
	}
	return Step{Do: Rest, Reason: reason}
}

// hold: the object exists and cannot be mirrored yet. A resource of its own
// stays; one of an earlier object of that name goes.
func (c Case) hold() Step {
	if step, due := c.removeAllBut(c.keep()); due {
		return step
	}
	return Step{Do: Rest, Reason: "not ready: " + c.Object.Reason}
}

// removeAllBut removes what other objects of that name, or other programs, left.
// Before one of several goes for the sake of the one that stays, that one is
// looked at: it must be there.
func (c Case) removeAllBut(keep *Known) (Step, bool) {
	if keep != nil && keep.Look == Unread && len(c.Settled()) > 1 {
		return Step{Do: ReadResource, ID: keep.ID, Reason: "to be sure that it is there before its duplicates are removed"}, true
	}
	for i := range c.Known {
		k := &c.Known[i]
		if keep != nil && k.ID == keep.ID {
			continue
		}
		reason := "the object was created again under the same name"
		if keep != nil && c.carries(k) {
			reason = fmt.Sprintf("a duplicate of resource %d", keep.ID)
		}
		if step, due := c.removeOne(k, reason); due {
			return step, true
		}
	}
	return Step{}, false
}

func (c Case) removeOne(k *Known, reason string) (Step, bool) {
	switch k.Look {
	case Unread:
		return Step{Do: ReadResource, ID: k.ID, Reason: "to be sure that it is ours before it is removed"}, true
	case Ours:
		change := c.retire(k.Seen, reason)
		change.Configured = c.Object.Sight == Excluded && c.Object.Configured
		return Step{Do: Act, Change: change, Reason: change.Reason}, true
	case Missing, Foreign:
	}
	return Step{}, false
}

// Settled returns what is known to be in the account after all that was read and
// done: what a cache of it should hold for the key. What somebody dismissed is
// remembered too, as unlisted.
func (c Case) Settled() []Known {
	settled := slices.Clone(c.Known)
	for i := range settled {
		if k := &settled[i]; c.dismisses(*k) {
			k.Dismissed, k.Unlisted, k.Look = true, true, Unread
		}
	}
	return slices.DeleteFunc(settled, func(k Known) bool { return k.Look == Missing || k.Look == Foreign })
}
