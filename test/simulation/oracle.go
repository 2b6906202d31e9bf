package simulation

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// broken records the first promise that was not kept.
func (w *World) broken(invariant, format string, args ...any) {
	if w.violation == nil {
		w.violation = &Violation{invariant, fmt.Sprintf(format, args...)}
	}
}

// judgeSending looks at a change when it is sent: what it rests on must be proof
// that was had for this decision.
func (w *World) judgeSending(s sent) {
	c := s.change
	key := w.lab.index[c.Key]
	if c.Reason == "" {
		w.broken("I14", "%s of %s without a reason", c.Op, c.Key)
	}
	if at, frozen := w.writers[s.by].watch.frozen[c.Key.Kind]; frozen && at < s.began {
		w.broken("I10", "%s of %s, whose kind is frozen", c.Op, c.Key)
	}
	if c.Op == plan.Create && w.writers[s.by].unsure[key] != none {
		w.broken("I2", "another create of %s without having looked for the one before", c.Key)
	}
	if c.Op != plan.Create && (s.saw == nil || s.saw.Key != c.Key || s.saw.Life != resource.Live) {
		w.broken("I4", "%s of resource %d, which was not just read as %s", c.Op, c.ID, c.Key)
		return
	}
	if c.Op == plan.Delete || c.Retires {
		w.judgeRemoval(s, s.saw.UID)
		return
	}
	if !w.kubernetes.since(key, s.began, func(o object) bool {
		return o.sight == plan.Present && w.lab.want(key, o).res == c.Want
	}) {
		w.broken("I6", "%s of %s to what was true only before it was decided", c.Op, c.Key)
	}
}

// judgeRemoval: at some moment since the decision began, the object was not there
// or not to be mirrored, or another resource of its own was.
func (w *World) judgeRemoval(s sent, uid resource.UID) {
	key := w.lab.index[s.change.Key]
	if w.kubernetes.since(key, s.began, func(o object) bool { return !o.belongs(uid) }) || w.otherSince(s, uid) {
		return
	}
	w.broken("I5", "resource %d of %s is removed although its object lives", s.change.ID, s.change.Key)
}

// otherSince says whether another resource of the same object was in the account
// at some moment since the decision began.
func (w *World) otherSince(s sent, uid resource.UID) bool {
	same := func(d *device) bool {
		return d.obs.ID != s.change.ID && d.ours() && d.obs.Key == s.change.Key && (d.obs.UID == uid || d.obs.UID == "" || uid == "")
	}
	if slices.ContainsFunc(w.account.devices, same) {
		return true
	}
	return slices.ContainsFunc(w.account.ended, func(e ended) bool { return e.died >= s.began && same(&e.device) })
}

// judge looks at a change that was just committed. before is nil for a create; of
// a delete, after is what was deleted.
func (w *World) judge(s sent, before, after *device) {
	c := s.change
	key := w.lab.index[c.Key]
	switch n := len(w.account.of(c.Key)); {
	case n > w.allowed[key] && w.excuse(s):
		w.lab.Excused++
		w.allowed[key] = n
	case n > w.allowed[key]:
		w.broken("I2", "%s has %d resources after %s", c.Key, n, c.Op)
	default:
		w.allowed[key] = max(1, n)
	}
	if before == nil {
		return
	}
	if before.foreign || !before.ours() && before.changed < s.began {
		w.broken("I4", "%s of resource %d (%s), which is not ours", c.Op, c.ID, before.obs.DisplayName)
	}
	if c.Op == plan.Delete || c.Retires {
		if !w.kubernetes.since(key, before.born, func(o object) bool { return !o.belongs(before.obs.UID) }) && !w.otherSince(s, before.obs.UID) {
			w.broken("I5", "resource %d of %s was removed, and its object was there all its life", c.ID, c.Key)
		}
	}
	if c.Op == plan.Update {
		w.judgeUpdate(s, before, after)
	}
}

// excuse says whether the sender of a create could not know of the resource there
// was: a person had taken its display name away before the sender knew of it, or
// while the create was under way, or the account denied to have it. Nothing else tells an account that refuses
// second names that the two are one; the next listing does, and one goes.
func (w *World) excuse(s sent) bool {
	for _, d := range w.account.of(s.change.Key) {
		knew, known := w.writers[s.by].seen[d.obs.ID]
		if d.renamed > 0 && (d.renamed >= s.at || !known || knew >= s.began) {
			return true
		}
	}
	return false
}

// judgeUpdate: what a person put onto a resource of ours stays, unless it came
// between the read and the write of one property.
func (w *World) judgeUpdate(s sent, before, after *device) {
	if w.Policy != Reuse && before.obs.UID != "" && after.obs.UID != before.obs.UID {
		w.broken("F14", "resource %d of %s went over to another object", s.change.ID, s.change.Key)
	}
	was, _ := before.obs.Property(personProperty)
	if is, _ := after.obs.Property(personProperty); is != was {
		w.broken("I4", "the property of a person on resource %d was %q and is %q", s.change.ID, was, is)
	}
	for _, category := range s.saw.Categories {
		if _, _, ours := kind.ByCategory(category); !ours && slices.Contains(before.obs.Categories, category) && !slices.Contains(after.obs.Categories, category) {
			w.broken("I4", "the category %q of a person on resource %d is gone", category, s.change.ID)
		}
	}
}

// Rounds are how often everything is looked at before the world must be at rest.
const rounds = 4

// Settle ends the faults and judges whether the account comes to be what the
// cluster asks for, within a number of rounds, and then stays so: first with what
// may last for ever (kinds that may not be read, keys the account refuses, names
// others have), which must hold up nothing else; then without.
func (w *World) Settle() *Violation {
	w.account.show()
	for len(w.account.hung) > 0 {
		w.Apply(Op{Verb: Late})
	}
	for _, r := range w.writers {
		w.Apply(Op{Verb: Start, A: r.id})
	}
	w.rest(true)
	for n := range kinds() {
		w.Apply(Op{Verb: Grant, A: n})
	}
	for key := range w.Objects {
		w.Apply(Op{Verb: Unfault, A: key})
		w.Apply(Op{Verb: PersonUnclash, A: key})
	}
	w.rest(false)
	for id, was := range w.born {
		if d := w.account.find(id); d == nil || !cmp.Equal(d.obs, was) {
			w.broken("I4", "resource %d of somebody else is not what it was", id)
		}
	}
	return w.violation
}

// rest gives everything its rounds, judges, and then asks for quiet.
func (w *World) rest(lasting bool) {
	for range rounds {
		asked := w.asked
		for _, r := range w.writers {
			w.round(r)
		}
		if w.asked == asked {
			break // nobody asked for anything but lists
		}
	}
	if w.violation == nil {
		w.compare(lasting)
	}
	writes := w.account.writes
	for key := range w.Objects {
		w.Apply(Op{Verb: ObjectHeartbeat, A: key})
	}
	for _, r := range w.writers {
		w.round(r)
	}
	if n := w.account.writes - writes; n > 0 {
		w.broken("I8", "%d writes although nothing changed", n)
	}
}

// round has a writer hear of everything, list the account and do what is due.
func (w *World) round(r *writer) {
	for n := range kinds() {
		w.Apply(Op{Verb: List, A: r.id, B: n})
	}
	w.drain(r)
	w.Apply(Op{Verb: Audit, A: r.id})
	w.drain(r)
	w.Apply(Op{Verb: Wait, A: r.id})
	w.drain(r)
}

// drain has a writer do all that it can do now.
func (w *World) drain(r *writer) {
	for range 40 * (w.Objects + 2) {
		if w.violation != nil {
			return
		}
		keys, list := r.ready()
		switch {
		case len(r.watch.queue) > 0:
			w.Apply(Op{Verb: Deliver, A: r.id})
		case list:
			w.Apply(Op{Verb: Listing, A: r.id})
		case keys:
			w.Apply(Op{Verb: Go, A: r.id})
		default:
			return
		}
	}
	w.broken("I1", "writer %d does not come to rest", r.id)
}

// compare holds the account against the cluster, key by key, as somebody would
// who knows nothing of Argus but what it is for.
func (w *World) compare(lasting bool) {
	for key := range w.Objects {
		k := w.lab.keys[key]
		if lasting && (w.kubernetes.revoked[k.Kind] || w.account.poison[key]) {
			continue
		}
		found := w.account.of(k)
		o := w.kubernetes.now(key)
		switch {
		case o.sight == plan.Present && len(found) == 0 && w.blocked(k):
		case o.sight == plan.Present && len(found) != 1:
			w.broken("I1", "%s has %d resources, want one", k, len(found))
		case o.sight == plan.Present:
			w.compareOne(k, o, found[0])
		case o.sight == plan.NotReady && len(found) > 1:
			w.broken("I1", "%s, which is not ready, has %d resources", k, len(found))
		case o.sight == plan.NotReady && len(found) == 1 && w.Policy != Reuse && !o.belongs(found[0].obs.UID):
			w.broken("I3", "%s, which is not ready, has a resource of an earlier object", k)
		case !o.exists() || o.sight == plan.Excluded:
			if len(found) > 0 {
				w.broken("I3", "%s is not to be mirrored and has %d resources", k, len(found))
			}
		}
	}
}

// blocked says whether a resource that is not the key's has its display name.
func (w *World) blocked(key resource.Key) bool {
	d := w.account.named(kind.DisplayName(key, cluster))
	return d != nil && !(d.ours() && d.obs.Key == key)
}

func (w *World) compareOne(key resource.Key, o object, d *device) {
	label, has := d.obs.Property(resource.PrefixLabel + "content")
	content := o.content % 3
	switch {
	case d.obs.UID != uidOf(o.uid):
		w.broken("I1", "%s has UID %q in the account, want %q", key, d.obs.UID, uidOf(o.uid))
	case has != (content > 0) || has && label != strconv.Itoa(content):
		w.broken("I1", "%s has the label %q in the account, want %d", key, label, content)
	case d.obs.Name != kind.DefaultName(key):
		w.broken("I1", "%s has the name %q in the account", key, d.obs.Name)
	}
}
