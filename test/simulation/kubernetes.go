package simulation

import (
	"fmt"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// object is the state of one object from a moment on.
type object struct {
	at      int // when it came to be so
	sight   plan.Sight
	uid     int // of what exists; it grows with each creation
	content int
}

// exists says whether the apiserver has it.
func (o object) exists() bool { return o.sight != plan.Absent }

// belongs says whether a resource with this UID is this object's to have: it
// exists, is not excluded, and is that very one. One without a UID is taken at
// its name.
func (o object) belongs(uid resource.UID) bool {
	return (o.sight == plan.Present || o.sight == plan.NotReady) && (uid == "" || uid == uidOf(o.uid))
}

// kubernetes is the true state of the cluster with all of its history. What is
// known of it elsewhere came by reads and watches.
type kubernetes struct {
	history [][]object // by key, never empty
	revoked map[resource.Kind]bool
	uids    int
}

func newKubernetes(objects int) *kubernetes {
	k := &kubernetes{history: make([][]object, objects), revoked: map[resource.Kind]bool{}}
	for i := range k.history {
		k.history[i] = []object{{sight: plan.Absent}}
	}
	return k
}

// now is the true state of an object.
func (k *kubernetes) now(key int) object { return k.history[key][len(k.history[key])-1] }

// then is the state of an object at a moment.
func (k *kubernetes) then(key, at int) object {
	h := k.history[key]
	for i := len(h) - 1; i > 0; i-- {
		if h[i].at <= at {
			return h[i]
		}
	}
	return h[0]
}

// since says whether at any moment from at on, the state of an object was so.
func (k *kubernetes) since(key, at int, so func(object) bool) bool {
	h := k.history[key]
	for i := len(h) - 1; i >= 0; i-- {
		if so(h[i]) {
			return true
		}
		if h[i].at <= at {
			return false
		}
	}
	return false
}

// changed is what an object becomes by a verb; false where that cannot be.
func (k *kubernetes) changed(o object, verb Verb) (object, bool) {
	was := o.sight
	is := func(s plan.Sight) bool { return was == s }
	switch verb {
	case ObjectCreate:
		k.uids++
		return object{sight: plan.Present, uid: k.uids}, is(plan.Absent)
	case ObjectDelete:
		return object{sight: plan.Absent}, !is(plan.Absent)
	case ObjectChange:
		o.content++
		return o, is(plan.Present)
	case ObjectHeartbeat:
		return o, is(plan.Present)
	case ObjectExclude:
		o.sight = plan.Excluded
		return o, is(plan.Present) || is(plan.NotReady)
	case ObjectInclude:
		o.sight = plan.Present
		return o, is(plan.Excluded)
	case ObjectUnready:
		o.sight = plan.NotReady
		return o, is(plan.Present)
	case ObjectReady:
		o.sight = plan.Present
		return o, is(plan.NotReady)
	default:
		return o, false
	}
}

// read is a consistent read of an object: proof.
func (w *World) read(key int) plan.Object {
	o := w.kubernetes.now(key)
	switch o.sight {
	case plan.Present:
		return plan.Object{Sight: plan.Present, UID: uidOf(o.uid), Want: w.lab.want(key, o).res}
	case plan.Excluded:
		return plan.Object{Sight: plan.Excluded, UID: uidOf(o.uid), Reason: "rule 1"}
	case plan.NotReady:
		return plan.Object{Sight: plan.NotReady, UID: uidOf(o.uid), Reason: "no address"}
	case plan.Absent, plan.Unseen, plan.Unreadable:
	}
	return plan.Object{Sight: plan.Absent}
}

// hint is what a watch makes of a state of an object.
func (w *World) hint(key int, o object) plan.Hint {
	switch o.sight {
	case plan.Present:
		return plan.Hint{Sight: plan.Present, UID: uidOf(o.uid), Print: w.lab.want(key, o).print}
	case plan.NotReady:
		return plan.Hint{Sight: plan.NotReady, UID: uidOf(o.uid)}
	case plan.Absent, plan.Excluded, plan.Unseen, plan.Unreadable:
	}
	return plan.Hint{Sight: plan.Absent}
}

// event is one line of a watch.
type event struct {
	key   int
	state object
}

// happen changes an object and has every watch that is open tell of it.
func (w *World) happen(verb Verb, key int) bool {
	if key < 0 || key >= w.Objects {
		return false
	}
	next, ok := w.kubernetes.changed(w.kubernetes.now(key), verb)
	if !ok {
		return false
	}
	next.at = w.now
	w.kubernetes.history[key] = append(w.kubernetes.history[key], next)
	for _, r := range w.writers {
		if r.life > 0 {
			r.watch.push(event{key, next})
			w.cover(11, r.busyWith(key))
		}
	}
	w.cover(26, verb == ObjectExclude)
	w.cover(23, verb == ObjectHeartbeat)
	return true
}

// watching is what one writer last heard of the cluster, and what is on its way.
type watching struct {
	lab    *Lab
	listed map[resource.Kind]bool
	hints  []plan.Hint // by key; the zero Hint is of what is not there
	queue  []event
	frozen map[resource.Kind]int // since when
}

func newWatching(lab *Lab, objects int) *watching {
	return &watching{lab: lab, listed: map[resource.Kind]bool{}, hints: make([]plan.Hint, objects), frozen: map[resource.Kind]int{}}
}

// push puts an event on its way. Before a kind was listed nothing is watched.
func (x *watching) push(e event) {
	id := x.lab.keys[e.key].Kind
	if _, frozen := x.frozen[id]; x.listed[id] && !frozen {
		x.queue = append(x.queue, e)
	}
}

// forget drops the events of a kind that are on their way.
func (x *watching) forget(id resource.Kind) {
	kept := x.queue[:0:0]
	for _, e := range x.queue {
		if x.lab.keys[e.key].Kind != id {
			kept = append(kept, e)
		}
	}
	x.queue = kept
}

// deliver hands over the first event on its way.
func (w *World) deliver(r *writer) bool {
	if len(r.watch.queue) == 0 {
		return false
	}
	e := r.watch.queue[0]
	r.watch.queue = r.watch.queue[1:]
	h := w.hint(e.key, e.state)
	if h.Sight == plan.Absent {
		h = plan.Hint{}
	}
	if r.watch.hints[e.key] != h {
		r.watch.hints[e.key] = h
		r.touch(e.key)
	}
	return true
}

// lose drops the first event on its way.
func (w *World) lose(r *writer) bool {
	if len(r.watch.queue) == 0 {
		return false
	}
	r.watch.queue = r.watch.queue[1:]
	w.cover(4, true)
	return true
}

// merge makes one event of all that are on their way for the key of the first.
func (w *World) merge(r *writer) bool {
	q := r.watch.queue
	last := -1
	for i := 1; i < len(q); i++ {
		if q[i].key == q[0].key {
			last = i
		}
	}
	if last < 0 {
		return false
	}
	kept := []event{q[last]}
	w.cover(4, true)
	w.cover(14, q[0].state.uid != q[last].state.uid && q[last].state.exists())
	for _, e := range q[1:] {
		if e.key != q[0].key {
			kept = append(kept, e)
		}
	}
	r.watch.queue = kept
	return true
}

// swap has the second event on its way overtake the first.
func (w *World) swap(r *writer) bool {
	q := r.watch.queue
	if len(q) < 2 {
		return false
	}
	q[0], q[1] = q[1], q[0]
	w.cover(4, true)
	return true
}

// relist replaces what a writer knows of a kind by a list, each state as told;
// what follows the list is watched.
func (w *World) relist(r *writer, id resource.Kind, states func(key int) object) bool {
	if w.kubernetes.revoked[id] {
		if _, was := r.watch.frozen[id]; was {
			return false
		}
		r.watch.frozen[id] = w.now
		return true
	}
	delete(r.watch.frozen, id)
	r.watch.forget(id)
	for key := range w.Objects {
		if w.lab.keys[key].Kind != id {
			continue
		}
		h := w.hint(key, states(key))
		if h.Sight == plan.Absent {
			h = plan.Hint{}
			w.cover(5, r.watch.hints[key] != plan.Hint{} && !w.kubernetes.now(key).exists())
		}
		r.watch.hints[key] = h
	}
	r.watch.listed[id] = true
	for key := range w.Objects {
		if w.lab.keys[key].Kind == id {
			r.touch(key)
		}
	}
	return true
}

// list is a list that lies in one of the ways lists do.
func (w *World) list(r *writer, verb Verb, id resource.Kind) bool {
	seen, other := 0, 0
	lie := func(key int) object {
		o := w.kubernetes.now(key)
		switch verb {
		case ListEmpty:
			w.cover(7, o.exists())
			return object{sight: plan.Absent}
		case ListCut: // the token that leads to the next page was lost
			if o.exists() {
				seen++
			}
			if seen > pageSize-1 {
				w.cover(6, o.exists())
				return object{sight: plan.Absent}
			}
		case ListOther: // another cluster's apiserver: the same names, other objects
			other++
			w.cover(3, true)
			return object{sight: plan.Present, uid: 1000 + key, content: other}
		default:
		}
		return o
	}
	return w.relist(r, id, lie)
}

// serveAt has the watches of a writer end, and lists served by an apiserver that
// is a number of moments behind; it then catches up.
func (w *World) serveAt(r *writer, back int) bool {
	at := max(w.now-max(back, 1), 0)
	for _, id := range kinds() {
		if !w.relist(r, id, func(key int) object { return w.kubernetes.then(key, at) }) {
			return false
		}
	}
	for key := range w.Objects {
		for _, o := range w.kubernetes.history[key] {
			if o.at > at {
				r.watch.push(event{key, o})
				w.cover(3, true)
			}
		}
	}
	return true
}

// Hint implements mirror.Cluster.
func (r *writer) Hint(key resource.Key) plan.Hint {
	i := r.world.lab.index[key]
	h := r.watch.hints[i]
	if h.Sight == plan.Unseen && r.watch.listed[key.Kind] {
		h.Sight = plan.Absent
	}
	return h
}

// Keys implements mirror.Cluster.
func (r *writer) Keys(id resource.Kind) []resource.Key {
	var all []resource.Key
	for i, h := range r.watch.hints {
		if key := r.world.lab.keys[i]; key.Kind == id && h.Sight != plan.Unseen {
			all = append(all, key)
		}
	}
	return all
}

// Frozen implements mirror.Cluster.
func (r *writer) Frozen(id resource.Kind) string {
	if _, frozen := r.watch.frozen[id]; frozen {
		return fmt.Sprintf("kind %s may not be read", id)
	}
	return ""
}
