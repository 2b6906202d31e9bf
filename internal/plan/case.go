package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// Sight is what is known of a Kubernetes object.
type Sight uint8

// What may be known of an object.
const (
	Unseen     Sight = iota // nothing yet
	Present                 // it exists, and this is what it should be
	Absent                  // it does not exist
	Excluded                // it exists and must not be in the account
	NotReady                // it exists and cannot be mirrored yet
	Unreadable              // it could not be read, which says nothing about it
)

// Hint is what the watch last said of an object. It may be old or wrong: it says
// where to look, and proves nothing.
type Hint struct {
	Sight Sight
	UID   resource.UID
	Print resource.Fingerprint
}

// Object is a fresh, consistent read of an object. It is proof.
type Object struct {
	Sight  Sight
	UID    resource.UID       // while it exists
	Want   *resource.Resource // of a Present object
	Reason string             // of the other sights: the rule, the error
	// Configured says of an Excluded object that the configuration keeps it out,
	// and not what it is by itself.
	Configured bool
}

// Look says what the account was found to hold under an ID when it was read for
// this decision.
type Look uint8

// What a read of the account may find.
const (
	Unread  Look = iota
	Ours         // it is there and carries this key's identity
	Missing      // the account has no such resource
	Foreign      // it is there and is not, or no longer, this key's
)

// Known is a resource of the account that is held to be this key's.
type Known struct {
	ID        resource.ID
	UID       resource.UID
	CreatedOn int64
	// Visible is the fingerprint of what the account was last seen to hold.
	Visible uint64
	// Wrote is the full fingerprint of what Argus last wrote, zero if it has
	// not since it started; After is what the account then showed. Where
	// the account changes what is written, the two let it rest.
	Wrote, After uint64
	// Misnamed says that its display name is not the one its object gives it, or
	// that it carries the mark of a conflict.
	Misnamed bool
	// Unlisted says that the last complete listing did not have it, which
	// proves nothing about a list that shifts while it is read.
	Unlisted bool
	// Retiring says that a removal of ours may have happened unanswered.
	Retiring bool
	// Dismissed says that somebody else deleted it, and that it is to stay so.
	Dismissed bool

	Look Look
	Seen *resource.Observed // of Ours
}

// InSync says whether the account needs no write for a resource with this
// fingerprint.
func (k *Known) InSync(want resource.Fingerprint) bool {
	if k.Unlisted {
		return false
	}
	if k.Wrote == want.Full {
		return k.Visible == k.After || k.Visible == want.Visible
	}
	return k.Wrote == 0 && k.Visible == want.Visible
}

// Case is all that is known about one key while it is decided on. Its methods
// return a Case that knows more; none changes the Case it is called on.
type Case struct {
	Key    resource.Key
	Policy Policy
	// Now is when it is decided on: what a mark of deletion says.
	Now time.Time
	// GoneSince is when the object was first read to be gone; zero if it has not
	// been before this decision.
	GoneSince time.Time
	// Frozen says why nothing of this kind may be changed now, or is empty.
	Frozen string
	// Held says why removals that rest on the configuration are held now, or is
	// empty; Kept that this key's is among them already.
	Held string
	Kept bool
	// Rename has display names set back to what objects give them, and marks of
	// conflict removed, which a person asked for. Otherwise they stay.
	Rename bool
	Hint   Hint
	Object Object
	// Known are the live resources of the account that are this key's: none or
	// one, more only where somebody else made them.
	Known []Known
	// Doubt is the display name of a create that may have happened although its
	// answer was lost: the account is asked for it before anything else.
	Doubt string

	taken   bool   // the account refused to create: a name is taken
	asked   bool   // resources were looked for by display name since then
	blocker string // who has the name
	refused string // why the account will never take the change
	failed  string // why to try again later
}

// WithObject adds a fresh read of the object.
func (c Case) WithObject(o Object) Case {
	c.Object = o
	return c
}

// WithResource adds what the account was read to hold under an ID; nil says it
// holds nothing there.
func (c Case) WithResource(id resource.ID, seen *resource.Observed) Case {
	c.Known = slices.Clone(c.Known)
	for i := range c.Known {
		k := &c.Known[i]
		if k.ID != id {
			continue
		}
		switch {
		case seen == nil:
			k.Look = Missing
		case seen.Key != c.Key || seen.Life != resource.Live:
			k.Look = Foreign
		default:
			if seen.UID != k.UID {
				c.Object = c.stillProof(seen)
			}
			*k = c.known(seen, *k)
		}
	}
	return c
}

// stillProof is the read of the object, or none where the account has just shown a
// resource that this read would condemn and that was not known before. It may have
// come after the read, with whatever made the object wanted again, so that the
// object is read once more.
func (c Case) stillProof(seen *resource.Observed) Object {
	stays := c.Object.Sight == Present || c.Object.Sight == NotReady
	if stays && seen.UID != "" && seen.UID == c.Object.UID {
		return c.Object
	}
	return Object{}
}

// WithNames adds the answer to a search by display name.
func (c Case) WithNames(found []resource.Observed) Case {
	c.asked, c.blocker, c.Known = true, "", slices.Clone(c.Known)
	for i := range found {
		seen := &found[i]
		switch {
		case seen.Key != c.Key || seen.Life != resource.Live:
			c.blocker = fmt.Sprintf("resource %d (%s)", seen.ID, seen.Key)
		case !slices.ContainsFunc(c.Known, func(k Known) bool { return k.ID == seen.ID }):
			c.Known, c.Doubt = append(c.Known, c.known(seen, Known{})), ""
			c.Object = c.stillProof(seen)
		}
	}
	return c
}

// WithFailure adds that a read or a change could not be carried out and may be
// tried again.
func (c Case) WithFailure(reason string) Case {
	c.failed = reason
	return c
}

// known is old, brought up to date by what was just read.
func (c Case) known(seen *resource.Observed, old Known) Known {
	old.ID, old.UID, old.CreatedOn = seen.ID, seen.UID, seen.CreatedOn
	old.Visible = seen.Fingerprint(c.Policy.Ownership).Visible
	old.Unlisted, old.Retiring, old.Dismissed = false, false, false
	old.Misnamed = c.Policy.Misnamed(seen)
	old.Look, old.Seen = Ours, seen
	return old
}

// Outcome is how a change ended.
type Outcome uint8

// The ways a change may end.
const (
	Done      Outcome = iota // the account confirmed it
	Gone                     // there was nothing to change any more
	Taken                    // refused: a name is taken
	Lost                     // it may or may not have happened
	Refused                  // refused for good: trying again will not help
	Postponed                // it did not happen and may be tried again
)

// Result is the answer to a change.
type Result struct {
	Outcome Outcome
	Seen    *resource.Observed // what the account holds now, of Done
	Reason  string             // of the others
}

// WithResult adds the answer to a change.
func (c Case) WithResult(change Change, r Result) Case {
	c.Known = slices.Clone(c.Known)
	at := slices.IndexFunc(c.Known, func(k Known) bool { return k.ID == change.ID })
	switch r.Outcome {
	case Done:
		c = c.done(change, r.Seen, at)
	case Gone:
		if at >= 0 {
			c.Known[at].Look = Missing
		}
	case Taken:
		if change.Op == Create {
			c.taken, c.asked = true, false
		} else {
			c.failed = r.Reason // until whoever has the name lets go of it
		}
	case Lost:
		c = c.lost(change, r, at)
	case Refused:
		c.refused = r.Reason
	case Postponed:
		c.failed = r.Reason
	}
	return c
}

func (c Case) done(change Change, seen *resource.Observed, at int) Case {
	c.taken, c.Doubt, c.asked = false, "", false
	switch {
	case (change.Op == Delete || change.Retires) && at >= 0:
		c.Known = slices.Delete(c.Known, at, at+1)
	case change.Op == Create:
		c.Known = append(c.Known, c.wrote(change, c.known(seen, Known{})))
	case change.Op == Update && at >= 0:
		c.Known[at] = c.wrote(change, c.known(seen, c.Known[at]))
	}
	return c
}

// wrote remembers what was written and what the account then showed, so that what
// an account makes of it may rest. Where it shows something else in what was not
// written, somebody was there between the read and the write: that does not rest.
func (c Case) wrote(change Change, k Known) Known {
	if change.Op == Update && change.overtaken(k.Seen, c.Policy.Ownership) {
		k.Wrote, k.After = 0, 0
		return k
	}
	k.Wrote = change.Want.Fingerprint(c.Policy.Ownership).Full
	k.After = k.Visible
	return k
}

// lost: what may have happened is looked up before anything is tried again, and
// not at once, since the account may still be at it.
func (c Case) lost(change Change, r Result, at int) Case {
	c.failed = r.Reason
	switch {
	case change.Op == Create:
		c.Doubt = change.Want.DisplayName
	case at >= 0:
		k := &c.Known[at]
		k.Look, k.Seen, k.Retiring = Unread, nil, change.Op == Delete || change.Retires
	}
	return c
}

func (o Outcome) String() string {
	switch o {
	case Done:
		return "done"
	case Gone:
		return "gone"
	case Taken:
		return "taken"
	case Lost:
		return "lost"
	case Refused:
		return "refused"
	case Postponed:
		return "postponed"
	}
	return "unknown"
}
