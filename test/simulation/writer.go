package simulation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
)

// ask is what a writer waits for.
type ask uint8

// What a writer may ask. Each is one request but for idle.
const (
	idle ask = iota
	askObject
	askResource
	askName
	askPage
	askChange
)

// request is the one thing a writer waits for.
type request struct {
	what   ask
	key    int
	id     resource.ID
	name   string
	offset int
	change plan.Change
}

// text is the request for people.
func (q request) text(l *Lab) string {
	switch q.what {
	case askObject:
		return fmt.Sprintf("read %s", l.keys[q.key])
	case askResource:
		return fmt.Sprintf("read resource %d", q.id)
	case askName:
		return fmt.Sprintf("find %q", q.name)
	case askPage:
		return fmt.Sprintf("list from %d", q.offset)
	case askChange:
		return fmt.Sprintf("%s %s (resource %d): %s", q.change.Op, q.change.Key, q.change.ID, q.change.Reason)
	case idle:
	}
	return "nothing"
}

// answer is what comes back.
type answer struct {
	object plan.Object
	found  []resource.Observed // of askName and askPage, and at most one of askResource
	total  int                 // of askPage
	err    error
	result plan.Result
	panics bool
}

// errDead ends what a writer was at when it was killed; errPanic is what a fault
// within Argus throws.
var (
	errDead  = errors.New("killed")
	errPanic = errors.New("a fault within Argus")
)

// job is what a writer is at: a listing, or deciding on a key.
type job struct {
	key   int
	op    plan.Op
	began int
	asked int // requests so far
	// saw are resources as read in this job.
	saw map[resource.ID]resource.Observed
}

// lane is one coroutine of a writer. It stands still at each request until that
// is answered.
type lane struct {
	job     job
	pending request
	reply   answer
	next    func() (request, bool)
	end     func()
	yield   func(request) bool
	dead    bool
}

// start makes the coroutine, which does its work each time it has a job.
func (l *lane) start(work func()) {
	l.job.saw = map[resource.ID]resource.Observed{}
	l.next, l.end = iter.Pull(func(yield func(request) bool) {
		l.yield = yield
		for yield(request{what: idle}) {
			work()
		}
	})
	l.pending, _ = l.next()
}

// begin starts a job; the lane must be idle.
func (l *lane) begin(key int, op plan.Op, now int) {
	clear(l.job.saw)
	l.job = job{key: key, op: op, began: now, saw: l.job.saw}
	l.pending, _ = l.next()
}

func (l *lane) busy() bool { return l.pending.what != idle }

// ask stands still until the request is answered.
func (l *lane) ask(q request) answer {
	if l.dead || !l.yield(q) {
		l.dead = true
		return answer{err: errDead, result: plan.Result{Outcome: plan.Lost, Reason: "killed"}}
	}
	if l.reply.panics {
		panic(errPanic)
	}
	return l.reply
}

// resume answers the request that is pending and runs to the next.
func (l *lane) resume(a answer) {
	l.reply = a
	l.job.asked++
	l.pending, _ = l.next()
}

// maxRequests is more than any decision or listing of a world this small needs.
const maxRequests = 100

// doubt is how a create ended that was not carried out for certain.
type doubt uint8

// A create that was refused because the name is taken must be looked for before
// the next, one that was not answered must be looked for with success.
const (
	none doubt = iota
	taken
	lost
)

// writer is one Argus: the real Manager and its real cache, in two coroutines: one
// decides on keys, one lists the account meanwhile. What the real one does with
// its queue and timers is here a set of keys that are due, of which the schedule
// picks.
type writer struct {
	world *World
	id    int
	life  int // how often it was started; zero is not running

	watch      *watching
	cache      *resourcecache.Cache
	manager    *mirror.Manager
	cancel     context.CancelFunc
	keys, list lane

	// due are keys that need a look, with the change each will probably come to.
	due     []plan.Op
	delayed []bool              // waits out a failure
	again   bool                // the key of the job was touched while it was worked on
	resting bool                // a listing failed and waits
	turn    int                 // the key that was looked at last
	seen    map[resource.ID]int // when it first knew of a resource
	unsure  []doubt             // how the last create of each key ended
}

var (
	_ mirror.Cluster = (*writer)(nil)
	_ mirror.Account = (*writer)(nil)
	_ mirror.Actions = (*writer)(nil)
	_ mirror.Turn    = (*writer)(nil)
)

// start begins a life with an empty memory.
func (w *World) start(r *writer) {
	lab := w.lab
	*r = writer{
		world: w, id: r.id, life: r.life + 1, watch: newWatching(lab, w.Objects),
		cache: resourcecache.New(w.policy), due: make([]plan.Op, w.Objects), delayed: make([]bool, w.Objects),
		unsure: make([]doubt, w.Objects), seen: map[resource.ID]int{},
	}
	r.manager = mirror.New(mirror.Config{
		Cluster: r, Account: r, Actions: r, Cache: r.cache, Kinds: lab.rows, Policy: w.policy, Log: lab.log, Metrics: lab.metrics,
	})
	for i := range r.due {
		r.due[i] = plan.None
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.keys.start(func() { r.reconcile(ctx) })
	r.list.start(func() { r.audit(ctx) })
}

// kill ends a life at once: what it knew is gone, and it sends nothing more.
func (r *writer) kill() {
	r.cancel()
	for _, l := range []*lane{&r.keys, &r.list} {
		l.dead = true
		l.end()
	}
	*r = writer{world: r.world, id: r.id, life: -r.life}
}

// saw notes what a writer was shown for a decision.
func (r *writer) saw(o resource.Observed) {
	r.keys.job.saw[o.ID] = o
	r.knows(o.ID)
}

func (r *writer) knows(id resource.ID) {
	if r.seen[id] == 0 {
		r.seen[id] = r.world.now
	}
}

// tried notes that a request was sent and came to nothing.
func (r *writer) tried(q request) {
	if key := r.keys.job.key; q.what == askName && r.unsure[key] == taken {
		r.unsure[key] = none
	}
}

// audit lists the account, within the coroutine.
func (r *writer) audit(ctx context.Context) {
	r.resting = true
	defer contain()
	if r.manager.Audit(ctx) == nil {
		r.resting = false
		for id := range r.list.job.saw {
			r.knows(id)
		}
		r.touchAll()
	}
}

// reconcile decides on a key and carries it out, within the coroutine.
func (r *writer) reconcile(ctx context.Context) {
	j := &r.keys.job
	r.again, r.turn = false, j.key
	r.due[j.key], r.delayed[j.key] = plan.None, false
	end, op := mirror.Failed, j.op
	defer func() {
		if ctx.Err() == nil {
			r.finish(end, op)
		}
	}()
	defer contain()
	end, op = r.manager.Reconcile(ctx, r.world.lab.keys[j.key], j.op, r)
}

// contain ends a panic that a schedule asked for, and no other.
func contain() {
	if p := recover(); p != nil && p != errPanic { //nolint:errorlint // the value itself was thrown
		panic(p)
	}
}

// busyWith says whether a writer is in the middle of deciding on a key.
func (r *writer) busyWith(key int) bool {
	return r.life > 0 && r.keys.busy() && r.keys.job.key == key
}

// touch has a key looked at if anything is due for it: what mirror.Manager.Touch
// does, with the set of due keys for the queue.
func (r *writer) touch(key int) {
	if !r.cache.Loaded() {
		return
	}
	if r.busyWith(key) {
		r.again = true
		return
	}
	c := r.gather(key)
	switch plan.Decide(c).Do {
	case plan.Rest, plan.Park, plan.Withhold, plan.Linger:
		r.due[key] = plan.None
	case plan.ReadObject, plan.ReadResource, plan.FindName, plan.Act, plan.Wait:
		r.due[key] = plan.Expect(c)
	}
	r.delayed[key] = false
}

func (r *writer) gather(key int) plan.Case {
	k := r.world.lab.keys[key]
	known, doubt := r.cache.Known(k)
	return plan.Case{Key: k, Policy: r.world.policy, Frozen: r.Frozen(k.Kind), Hint: r.Hint(k), Known: known, Doubt: doubt}
}

func (r *writer) touchAll() {
	for key := range r.due {
		r.touch(key)
	}
}

// finish is what mirror.Queue does at the end of work on a key.
func (r *writer) finish(end mirror.End, op plan.Op) {
	key := r.keys.job.key
	switch end {
	case mirror.Settled:
		r.due[key] = plan.None
	case mirror.Moved:
		r.due[key] = op
	case mirror.Failed, mirror.Parked, mirror.Lingering:
		r.due[key], r.delayed[key] = op, true
	}
	if r.again {
		r.keys.pending.what = idle // it was the last request
		r.touch(key)
	}
}

// pick is the next key that is due, in turn; false for none.
func (r *writer) pick() (int, bool) {
	for i := range r.due {
		key := (r.turn + 1 + i) % len(r.due)
		if r.due[key] != plan.None && !r.delayed[key] {
			return key, true
		}
	}
	return 0, false
}

// ready says whether deciding has anything to do now, and listing.
func (r *writer) ready() (keys, list bool) {
	if r.life <= 0 {
		return false, false
	}
	_, due := r.pick()
	loaded := r.cache.Loaded()
	return r.keys.busy() || loaded && due, r.list.busy() || !loaded && !r.resting
}

// waits says whether anything waits out a back-off.
func (r *writer) waits() bool { return r.resting || slices.Contains(r.delayed, true) }

// wait lets back-offs run out; false if there were none.
func (r *writer) wait() bool {
	waited := r.waits()
	r.resting = false
	clear(r.delayed)
	return waited
}

// Read implements mirror.Cluster.
func (r *writer) Read(_ context.Context, key resource.Key) plan.Object {
	a := r.keys.ask(request{what: askObject, key: r.world.lab.index[key]})
	if a.err != nil {
		return plan.Object{Sight: plan.Unreadable, Reason: a.err.Error()}
	}
	return a.object
}

// Resource implements mirror.Account.
func (r *writer) Resource(_ context.Context, id resource.ID) (*resource.Observed, error) {
	a := r.keys.ask(request{what: askResource, id: id})
	if a.err != nil || len(a.found) == 0 {
		return nil, a.err
	}
	return &a.found[0], nil
}

// FindName implements mirror.Account.
func (r *writer) FindName(_ context.Context, displayName string) ([]resource.Observed, error) {
	a := r.keys.ask(request{what: askName, name: displayName})
	return a.found, a.err
}

// List implements mirror.Account: page by page, each of which begins with the last
// row of the one before, so that rows that moved show; and complete only if no
// fewer rows came than there are.
func (r *writer) List(_ context.Context, yield func(*resource.Observed)) error {
	var last resource.ID
	rows := 0
	for offset, gaps := 0, 0; gaps < 20; {
		a := r.list.ask(request{what: askPage, offset: offset})
		if a.err != nil {
			return a.err
		}
		if offset > 0 && (len(a.found) == 0 || a.found[0].ID > last) {
			gaps++
			offset = max(0, offset-1<<gaps)
			continue
		}
		fresh := slices.DeleteFunc(a.found, func(o resource.Observed) bool { return o.ID <= last })
		rows += len(fresh)
		last = hand(fresh, last, yield)
		end := offset + len(a.found)
		switch {
		case end >= a.total && rows < a.total:
			return fmt.Errorf("%d rows were listed, but there are %d", rows, a.total)
		case end >= a.total:
			return nil
		}
		offset = end - 1
	}
	return errors.New("the list changed too often")
}

// hand hands over those of the rows that are ours, and returns the last ID.
func hand(rows []resource.Observed, last resource.ID, yield func(*resource.Observed)) resource.ID {
	for i := range rows {
		if rows[i].Key != (resource.Key{}) {
			yield(&rows[i])
		}
		last = rows[i].ID
	}
	return last
}

// Reserve implements mirror.Actions: limits are proven elsewhere.
func (r *writer) Reserve(context.Context, plan.Op) (mirror.Turn, error) { return r, nil }

// Cancel implements mirror.Turn.
func (*writer) Cancel() {}

// Carry implements mirror.Actions.
func (r *writer) Carry(_ context.Context, _ mirror.Turn, change plan.Change) plan.Result {
	return r.keys.ask(request{what: askChange, key: r.world.lab.index[change.Key], change: change}).result
}
