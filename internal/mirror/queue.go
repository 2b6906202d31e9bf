package mirror

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// fairness is how many keys are taken by priority before one is taken by age, so
// that nothing waits for ever behind what is more urgent.
const fairness = 8

// Back-off of a key that failed, and the pause of one that is parked.
const (
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
	parkPause  = time.Hour
)

// item is a key's one place in the queue.
type item struct {
	key      resource.Key
	lane     plan.Op
	priority int
	turn     uint64    // order of arrival; also tells whether a heap's entry is current
	since    time.Time // when it began to wait
	due      time.Time // of a delayed item
	delayed  bool
	parked   bool // delayed, and not because something failed
	running  bool
	dirty    bool // touched while it ran: run it again
	again    bool // dropped while it ran: see whether that still holds
	failures int
}

// place is an item's entry in a lane. It is stale when the item has moved on.
type place struct {
	item     *item
	turn     uint64
	priority int
	due      time.Time
}

func (p place) current() bool { return p.item.turn == p.turn }

// Queue holds each key that needs a look once, in the lane of the change it will
// probably come to, so that a limit on one kind of request holds up no other. A
// key that settles itself while it waits leaves without a trace. It is safe for
// concurrent use; no key is handed out twice at a time.
type Queue struct {
	mu    sync.Mutex
	items map[resource.Key]*item
	lanes map[plan.Op]*lane
	late  byDue
	timer *time.Timer
	turn  uint64
	// linger is how long a key lingers.
	linger time.Duration
}

type lane struct {
	first  byPriority
	oldest []place
	taken  int
	length int
	wake   chan struct{}
}

// lanesOf are the lanes there are: one for each kind of request that changes
// something.
var lanesOf = []plan.Op{plan.Create, plan.Update, plan.Delete}

// NewQueue returns an empty Queue.
func NewQueue() *Queue {
	q := &Queue{items: map[resource.Key]*item{}, lanes: map[plan.Op]*lane{}}
	for _, op := range lanesOf {
		q.lanes[op] = &lane{wake: make(chan struct{}, 1)}
	}
	return q
}

// Put has the key looked at in a lane; a lower priority goes first. A key that
// waits already keeps its age and takes the new lane and the better priority; one
// that waits out a failure is looked at at once, since something changed, and its
// earlier failures are forgotten.
func (q *Queue) Put(key resource.Key, op plan.Op, priority int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[key]
	switch {
	case it == nil:
		it = &item{key: key, since: time.Now()}
		q.items[key] = it
	case it.running:
		it.dirty, it.lane, it.priority = true, op, priority
		return
	case !it.delayed && it.lane == op && it.priority <= priority:
		return
	case !it.delayed:
		priority = min(priority, it.priority)
		q.lanes[it.lane].length--
	}
	it.delayed, it.failures = false, 0
	q.enqueue(it, op, priority)
}

// Drop takes the key out of the queue: nothing is due for it any more. Of a key
// that is being worked on that may be said too early, so Finish tells of it.
func (q *Queue) Drop(key resource.Key) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[key]
	switch {
	case it == nil:
		return
	case it.running:
		it.again = true
		return
	case !it.delayed:
		q.lanes[it.lane].length--
	}
	it.turn = 0
	delete(q.items, key)
}

// Wait blocks until the lane holds a key.
func (q *Queue) Wait(ctx context.Context, op plan.Op) error {
	l := q.lanes[op]
	for {
		q.mu.Lock()
		length := l.length
		q.mu.Unlock()
		if length > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.wake:
		}
	}
}

// Take hands out the next key of a lane, if it holds one. Finish must follow.
func (q *Queue) Take(op plan.Op) (key resource.Key, waited time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lanes[op]
	if l.length == 0 {
		return resource.Key{}, 0, false
	}
	l.taken++
	it := l.take(l.taken%fairness == 0)
	l.length--
	it.turn, it.running, it.dirty, it.again = 0, true, false, false
	return it.key, time.Since(it.since), true
}

func (l *lane) take(oldest bool) *item {
	if oldest {
		for len(l.oldest) > 0 {
			p := l.oldest[0]
			l.oldest = l.oldest[1:]
			if p.current() {
				return p.item
			}
		}
	}
	for {
		if p := heap.Pop(&l.first).(place); p.current() { //nolint:errcheck,forcetypeassert // the heap holds places only
			return p.item
		}
	}
}

// End is how work on a key ended.
type End uint8

// The ends.
const (
	Settled   End = iota // nothing is due
	Failed               // try again, later each time
	Parked               // try again after a long while
	Moved                // look again at once, in another lane
	Lingering            // look again when an object has been gone for long enough
)

// Finish ends the work on a key that Take handed out. A key that was put meanwhile
// is looked at again at once, however it ended. One that was dropped meanwhile was
// judged by what the work has since changed: again asks to judge it once more.
func (q *Queue) Finish(key resource.Key, end End, op plan.Op, priority int) (again bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.items[key]
	it.running = false
	switch {
	case it.dirty:
		it.failures, it.since = 0, time.Now()
		q.enqueue(it, it.lane, it.priority)
	case end == Settled:
		delete(q.items, key)
	case end == Moved:
		q.enqueue(it, op, priority)
	case end == Parked:
		q.delay(it, op, priority, parkPause)
		it.parked = true
	case end == Lingering:
		q.delay(it, op, priority, q.linger)
		it.parked = true
	case end == Failed:
		it.failures++
		d := min(retryFirst<<min(it.failures-1, 12), retryMost)
		q.delay(it, op, priority, d/2+rand.N(d)) //nolint:gosec // jitter, not a secret
	}
	return it.again
}

// Depths returns how many keys wait in each lane, and how many are delayed after
// a failure. One that is parked is in neither: nothing will come of looking again.
func (q *Queue) Depths() (lanes map[plan.Op]int, delayed int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lanes = map[plan.Op]int{}
	for op, l := range q.lanes {
		lanes[op] = l.length
	}
	for _, it := range q.items {
		if it.delayed && !it.parked {
			delayed++
		}
	}
	return lanes, delayed
}

// Idle says whether no key waits, is delayed or is worked on.
func (q *Queue) Idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items) == 0
}

// enqueue makes the item wait in a lane. q.mu is held.
func (q *Queue) enqueue(it *item, op plan.Op, priority int) {
	q.turn++
	it.turn, it.lane, it.priority, it.delayed = q.turn, op, priority, false
	p := place{item: it, turn: it.turn, priority: priority}
	l := q.lanes[op]
	heap.Push(&l.first, p)
	l.oldest = append(l.oldest, p)
	l.length++
	l.compact()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// compact drops stale places once they are the greater part, so that churn does
// not grow a lane beyond the keys in it.
func (l *lane) compact() {
	if len(l.oldest) > 2*l.length+64 {
		l.oldest = keepCurrent(l.oldest)
	}
	if len(l.first) > 2*l.length+64 {
		l.first = keepCurrent(l.first)
		heap.Init(&l.first)
	}
}

func keepCurrent(places []place) []place {
	kept := make([]place, 0, len(places)/2)
	for _, p := range places {
		if p.current() {
			kept = append(kept, p)
		}
	}
	return kept
}

// delay makes the item wait for a time before it enters a lane. q.mu is held.
func (q *Queue) delay(it *item, op plan.Op, priority int, d time.Duration) {
	q.turn++
	it.turn, it.lane, it.priority, it.delayed, it.parked = q.turn, op, priority, true, false
	it.due = time.Now().Add(d)
	heap.Push(&q.late, place{item: it, turn: it.turn, due: it.due})
	q.arm()
}

// arm sets the timer to the item that is due first. q.mu is held.
func (q *Queue) arm() {
	for len(q.late) > 0 && !q.late[0].current() {
		heap.Pop(&q.late)
	}
	if len(q.late) == 0 {
		return
	}
	d := time.Until(q.late[0].due)
	if q.timer == nil {
		q.timer = time.AfterFunc(d, q.release)
		return
	}
	q.timer.Reset(d)
}

// release moves what is due into its lane.
func (q *Queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.late) > 0 && (!q.late[0].current() || !q.late[0].due.After(time.Now())) {
		p := heap.Pop(&q.late).(place) //nolint:errcheck,forcetypeassert // the heap holds places only
		if p.current() {
			q.enqueue(p.item, p.item.lane, p.item.priority)
		}
	}
	q.arm()
}

// Close stops the timer. Keys that wait are forgotten with the Queue.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.timer != nil {
		q.timer.Stop()
	}
}

type byPriority []place

func (h byPriority) Len() int { return len(h) }
func (h byPriority) Less(i, j int) bool {
	if h[i].priority != h[j].priority {
		return h[i].priority < h[j].priority
	}
	return h[i].turn < h[j].turn
}
func (h byPriority) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *byPriority) Push(x any)   { *h = append(*h, x.(place)) } //nolint:errcheck,forcetypeassert // the heap holds places only
func (h *byPriority) Pop() any     { return pop((*[]place)(h)) }

type byDue []place

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h byDue) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byDue) Push(x any)        { *h = append(*h, x.(place)) } //nolint:errcheck,forcetypeassert // the heap holds places only
func (h *byDue) Pop() any          { return pop((*[]place)(h)) }

func pop(places *[]place) place {
	last := len(*places) - 1
	p := (*places)[last]
	*places = (*places)[:last]
	return p
}
