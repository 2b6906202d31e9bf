package simulation

import (
	"hash/fnv"
	"io"
	"slices"
	"strconv"

	"github.com/argus-k8s/argus/internal/plan"
)

// Scope bounds what Explore enumerates.
type Scope struct {
	Setting
	// Before happens before any writer starts, Work in this order while they run.
	Before, Work []Op
	// Switches is how often a schedule may go on with another actor than the one
	// whose turn it is: a writer's decisions, its listing, its watch, the next of
	// Work, or a request that hangs.
	Switches int
	// Faults is how many faults and crashes a schedule may have.
	Faults int
}

// Explored counts what Explore has seen.
type Explored struct {
	Schedules int
	Ops       int
	States    map[uint64]struct{} // distinct states of the world, by hash
	Coverage  Coverage
	Cut       bool // the limit was reached
}

// choice is a point of a schedule at which it could have gone on in several ways.
type choice struct{ taken, of int }

// Explore has every schedule of a scope happen, none by chance, until one breaks
// something or limit more schedules were run; that one is returned. A schedule
// begins with the choices of the one before it, but for the last that had an
// alternative left.
func (l *Lab) Explore(scope Scope, limit int, seen *Explored) (Schedule, *Violation) {
	var path []choice
	for range limit {
		x := explorer{Scope: scope, path: path, hashes: seen.States}
		v := x.run(l, &seen.Coverage)
		seen.Schedules++
		seen.Ops += len(x.ops)
		if v != nil {
			return Schedule{scope.Setting, x.ops}, v
		}
		path = x.path
		for len(path) > 0 && path[len(path)-1].taken+1 == path[len(path)-1].of {
			path = path[:len(path)-1]
		}
		if len(path) == 0 {
			return Schedule{}, nil
		}
		path[len(path)-1].taken++
	}
	seen.Cut = true
	return Schedule{}, nil
}

// explorer runs one schedule of a scope.
type explorer struct {
	Scope
	path   []choice
	depth  int
	ops    []Op
	hashes map[uint64]struct{}

	w       *World
	current int // the actor whose turn it is
	worked  int // of Work
	waits   int
}

// longest is more ops than any schedule of a scope needs; most is how often
// back-offs run out before the faults stop.
const (
	longest = 400
	most    = 2
)

func (x *explorer) run(l *Lab, coverage *Coverage) *Violation {
	x.w = l.New(x.Setting, coverage)
	defer x.w.Close()
	for _, o := range x.Before {
		x.apply(o)
	}
	for range longest {
		options := x.options()
		if len(options) == 0 {
			break
		}
		o := options[x.choose(len(options))]
		x.pay(o)
		if x.apply(o.Op); x.w.violation != nil {
			return x.w.violation
		}
		x.hashes[x.w.hash()] = struct{}{}
	}
	return x.w.Settle()
}

func (x *explorer) apply(o Op) {
	x.w.Apply(o)
	x.ops = append(x.ops, o)
}

// choose follows the path as far as it goes, and then takes the first way.
func (x *explorer) choose(of int) int {
	if x.depth == len(x.path) {
		x.path = append(x.path, choice{0, of})
	}
	x.depth++
	return x.path[x.depth-1].taken
}

// option is a way to go on: an op, by which actor, and what it costs.
type option struct {
	Op
	actor           int
	fault, switches bool
}

func (x *explorer) pay(o option) {
	if o.fault {
		x.Faults--
		return
	}
	if o.switches {
		x.Switches--
	}
	x.current = o.actor
	if o.actor == x.work() {
		x.worked++
	}
	if o.Verb == Wait {
		x.waits++
	}
}

// Each writer is three actors: its watch, its listing and its decisions. Then
// come the work, what hangs, and the back-offs.
const actorsOfWriter = 3

func (x *explorer) work() int { return actorsOfWriter * x.Writers }

// options are the ways to go on; the first is that of the actor whose turn it is.
func (x *explorer) options() []option {
	enabled := x.enabled()
	if len(enabled) == 0 {
		return nil
	}
	at := max(slices.IndexFunc(enabled, func(o option) bool { return o.actor >= x.current }), 0)
	options := []option{enabled[at]}
	for i, o := range enabled {
		if i != at && x.Switches > 0 && !x.symmetric(o) {
			o.switches = true
			options = append(options, o)
		}
	}
	if x.Faults > 0 {
		for _, f := range x.faults(enabled[at]) {
			options = append(options, option{Op: f, actor: x.current, fault: true})
		}
	}
	return options
}

// symmetric says whether going on so is the same as another schedule with the
// writers' names exchanged: the second moves although the first never has.
func (x *explorer) symmetric(o option) bool {
	return o.actor >= actorsOfWriter && o.actor < x.work() && x.w.writers[0].life == 0
}

// enabled are the actors that can do something, in order, and what that is.
func (x *explorer) enabled() []option {
	var all []option
	add := func(actor int, o Op) { all = append(all, option{Op: o, actor: actor}) }
	for i, r := range x.w.writers {
		all = append(all, x.enabledOf(r, actorsOfWriter*i)...)
	}
	if x.worked < len(x.Work) {
		add(x.work(), x.Work[x.worked])
	}
	if len(x.w.account.hung) > 0 {
		add(x.work()+1, Op{Verb: Late})
	}
	for i, r := range x.w.writers {
		if r.life > 0 && x.waits < most && r.waits() {
			add(x.work()+2+i, Op{Verb: Wait, A: i})
		}
	}
	return all
}

// enabledOf are those of the actors of a writer, the first of which is first.
func (x *explorer) enabledOf(r *writer, first int) []option {
	if r.life <= 0 {
		return []option{{Op: Op{Verb: Start, A: r.id}, actor: first}}
	}
	var all []option
	if o, ok := x.hear(r); ok {
		all = append(all, option{Op: o, actor: first})
	}
	keys, list := r.ready()
	if list {
		all = append(all, option{Op: Op{Verb: Listing, A: r.id}, actor: first + 1})
	}
	if keys {
		all = append(all, option{Op: Op{Verb: Go, A: r.id}, actor: first + 2})
	}
	return all
}

// hear is what the watch of a writer does next.
func (x *explorer) hear(r *writer) (Op, bool) {
	for n, id := range kinds() {
		_, frozen := r.watch.frozen[id]
		if !r.watch.listed[id] && !frozen || frozen && !x.w.kubernetes.revoked[id] {
			return Op{List, r.id, n}, true
		}
	}
	return Op{Verb: Deliver, A: r.id}, len(r.watch.queue) > 0
}

// faults are what may happen in place of what an actor would do, and what people
// may do before it.
func (x *explorer) faults(o option) []Op {
	var all []Op
	for _, verb := range []Verb{PersonEdit, PersonRename, PersonRemove, PersonStrip, PersonClash} {
		all = append(all, Op{Verb: verb, A: 0})
	}
	all = append(all, Op{Verb: Hide})
	if o.actor >= x.work() {
		return all
	}
	r := x.w.writers[o.A]
	switch {
	case o.Verb == List:
		all = append(all, Op{ListEmpty, r.id, o.B}, Op{ListCut, r.id, o.B}, Op{ListOther, r.id, o.B}, Op{ServeAt, r.id, 4})
	case o.Verb == Deliver:
		all = append(all, Op{Verb: Drop, A: r.id}, Op{Verb: Merge, A: r.id}, Op{Verb: Swap, A: r.id}, Op{ServeAt, r.id, 4})
	case o.Verb == Listing && r.list.busy():
		all = append(all, Op{PageStatus, r.id, 500}, Op{Verb: Kill, A: r.id})
	case o.Verb == Go && r.keys.busy():
		all = append(all, Op{Audit, r.id, 0}, Op{Verb: Kill, A: r.id}, Op{Verb: PanicBefore, A: r.id})
		all = append(all, faultsOf(r.id, r.keys.pending)...)
	}
	return all
}

// faultsOf are the ways a request can end badly.
func faultsOf(r int, q request) []Op {
	switch q.what {
	case askObject:
		return []Op{{ReadStatus, r, 503}}
	case askResource, askName:
		return []Op{{Status, r, 500}}
	case askChange:
		all := []Op{{Status, r, 429}, {Status, r, 400}, {Verb: CommitDrop, A: r}, {Verb: NoCommit, A: r}, {Verb: Hang, A: r},
			{Verb: KillAfter, A: r}, {Verb: PanicAfter, A: r}}
		if len(q.change.Remove) > 0 && len(q.change.Set) > 0 {
			all = append(all, Op{Verb: Partial, A: r})
		}
		return all
	case askPage, idle:
	}
	return nil
}

// hash is a number for the state of the world, without its history.
func (w *World) hash() uint64 {
	h := fnv.New64a()
	put := func(text string) { _, _ = io.WriteString(h, text); _, _ = h.Write([]byte{0}) }
	number := func(n int) { put(strconv.Itoa(n)) }
	for key := range w.Objects {
		o := w.kubernetes.now(key)
		number(int(o.sight))
		number(o.uid)
		number(o.content % 3)
	}
	for _, d := range w.account.devices {
		number(int(d.obs.ID))
		put(d.obs.DisplayName)
		put(string(d.obs.UID))
		label, _ := d.obs.Property("kubernetes.label.content")
		put(label)
		number(int(d.obs.Life))
	}
	number(len(w.account.hung))
	for _, r := range w.writers {
		number(r.life)
		if r.life > 0 {
			r.hash(put, number)
		}
	}
	return h.Sum64()
}

func (r *writer) hash(put func(string), number func(int)) {
	for key := range r.due {
		number(int(r.watch.hints[key].Sight))
		put(string(r.watch.hints[key].UID))
		number(int(r.due[key]))
		known, doubt := r.cache.Known(r.world.lab.keys[key])
		put(doubt)
		for i := range known {
			number(int(known[i].ID))
			put(strconv.FormatUint(known[i].Visible, 16))
		}
	}
	number(len(r.watch.queue))
	for _, l := range []*lane{&r.keys, &r.list} {
		number(int(l.pending.what))
		number(l.pending.key)
		number(l.pending.offset)
		if op := l.pending.change.Op; op != plan.None {
			number(int(op))
		}
	}
}
