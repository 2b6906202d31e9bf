package simulation

import (
	"fmt"
	"slices"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Violation is a promise that was not kept.
type Violation struct {
	Invariant string // as docs/reliability.md numbers them
	Text      string
}

func (v *Violation) Error() string { return v.Invariant + ": " + v.Text }

// World is one cluster, one account and the writers between them. It is for one
// goroutine, and must be closed.
type World struct {
	Setting
	lab        *Lab
	policy     plan.Policy
	kubernetes *kubernetes
	account    *account
	writers    []*writer
	now        int // moments; each op is one
	asked      int // requests but for pages of lists

	violation *Violation
	coverage  *Coverage
	allowed   []int // resources a key may have
	born      map[resource.ID]resource.Observed
}

// New returns a world in which nothing has happened: no object, no resource, no
// writer that runs. Coverage may be nil.
func (l *Lab) New(s Setting, coverage *Coverage) *World {
	w := &World{
		Setting: s, lab: l, policy: s.policy(), kubernetes: newKubernetes(s.Objects), coverage: coverage,
		account: &account{lab: l, poison: map[int]bool{}, lists: map[int]int{}}, born: map[resource.ID]resource.Observed{},
	}
	for i := range s.Writers {
		w.writers = append(w.writers, &writer{world: w, id: i})
	}
	for range s.Objects {
		w.allowed = append(w.allowed, 1)
	}
	return w
}

// Close ends the writers.
func (w *World) Close() {
	for _, r := range w.writers {
		if r.life > 0 {
			r.kill()
		}
	}
}

// Run makes a world, has the schedule happen, and then judges whether the world
// comes to rest as it should. It returns what was broken, or nil.
func (l *Lab) Run(s Schedule, coverage *Coverage) *Violation {
	w := l.New(s.Setting, coverage)
	defer w.Close()
	for _, op := range s.Ops {
		if w.Apply(op); w.violation != nil {
			return w.violation
		}
	}
	return w.Settle()
}

// Apply has an op happen and says whether it could.
func (w *World) Apply(o Op) bool {
	w.now++
	if w.lab.Trace != nil {
		w.lab.Trace(fmt.Sprintf("%3d %s", w.now, o))
	}
	switch o.Verb {
	case ObjectCreate, ObjectDelete, ObjectChange, ObjectExclude, ObjectInclude, ObjectUnready, ObjectReady, ObjectHeartbeat:
		return w.happen(o.Verb, o.A)
	case PersonEdit, PersonAdd, PersonRename, PersonRemove, PersonStrip, PersonClash, PersonUnclash, PersonDuplicate:
		return w.person(o.Verb, o.A)
	case Revoke, Grant:
		return w.permit(o.A, o.Verb == Revoke)
	case Late, Hide, Show, Poison, Unfault:
		return w.applyAccount(o)
	default:
	}
	if o.A >= len(w.writers) {
		return false
	}
	r := w.writers[o.A]
	if o.Verb == Start {
		if r.life > 0 {
			return false
		}
		r.life = -r.life
		w.start(r)
		return true
	}
	return r.life > 0 && w.applyWriter(r, o)
}

func (w *World) permit(n int, revoke bool) bool {
	if n >= len(kinds()) || w.kubernetes.revoked[kinds()[n]] == revoke {
		return false
	}
	w.kubernetes.revoked[kinds()[n]] = revoke
	w.cover(8, revoke)
	return true
}

func (w *World) applyAccount(o Op) bool {
	a := w.account
	switch o.Verb {
	case Late:
		if len(a.hung) == 0 {
			return false
		}
		s := a.hung[0]
		a.hung = a.hung[1:]
		a.commit(w, s, false)
		return true
	case Hide:
		return a.lag()
	case Show:
		return a.show()
	case Poison:
		a.poison[o.A] = true
	default:
		delete(a.poison, o.A)
	}
	return true
}

// applyWriter has something happen to a writer that runs.
func (w *World) applyWriter(r *writer, o Op) bool {
	switch o.Verb {
	case Deliver:
		return w.deliver(r)
	case Drop:
		return w.lose(r)
	case Merge:
		return w.merge(r)
	case Swap:
		return w.swap(r)
	case List, ListCut, ListEmpty, ListOther:
		return o.B < len(kinds()) && w.list(r, o.Verb, kinds()[o.B])
	case ServeAt:
		return w.serveAt(r, o.B)
	case Wait:
		return r.wait()
	case Go:
		if r.keys.busy() {
			r.keys.resume(w.serve(r, r.keys.pending))
			return true
		}
		key, due := r.pick()
		return due && w.look(r, key)
	case Look:
		return o.B < w.Objects && r.due[o.B] != plan.None && w.look(r, o.B)
	case Listing:
		if r.list.busy() {
			r.list.resume(w.serve(r, r.list.pending))
			return true
		}
		return !r.cache.Loaded() && !r.resting && w.audit(r)
	case Audit:
		return w.audit(r)
	default:
		return w.fault(r, o)
	}
}

func (w *World) look(r *writer, key int) bool {
	if r.keys.busy() || !r.cache.Loaded() {
		return false
	}
	r.keys.begin(key, r.due[key], w.now)
	for _, other := range w.writers {
		w.cover(20, other != r && other.busyWith(key))
	}
	return true
}

func (w *World) audit(r *writer) bool {
	if r.list.busy() {
		return false
	}
	r.list.begin(0, plan.None, w.now)
	return true
}

// status is what an answer without the thing asked for says.
func status(code int) error {
	if code == 0 {
		return fmt.Errorf("no answer in time")
	}
	return fmt.Errorf("HTTP %d", code)
}

// fault has a request that is pending answered in another way than it should be,
// or not at all.
func (w *World) fault(r *writer, o Op) bool {
	if o.Verb == PageStatus {
		if !r.list.busy() {
			return false
		}
		w.cover(9, true)
		w.coverStatus(o.B)
		r.list.resume(answer{err: status(o.B)})
		return true
	}
	if !r.keys.busy() {
		return o.Verb == Kill && r.list.busy() && w.kill(r)
	}
	q := r.keys.pending
	switch o.Verb {
	case Kill:
		return w.kill(r)
	case KillAfter:
		w.unheard(r, q)
		return w.kill(r)
	case PanicBefore:
		w.cover(19, true)
		r.tried(q)
		r.keys.resume(answer{panics: true})
		return true
	case PanicAfter:
		w.cover(19, true)
		w.unheard(r, q)
		r.tried(q)
		r.keys.resume(answer{panics: true})
		return true
	default:
	}
	switch {
	case q.what == askObject && o.Verb == ReadStatus:
		w.cover(7, true)
		w.cover(8, o.B == 403 || o.B == 404)
		w.cover(22, o.B == 401)
		r.keys.resume(answer{err: status(o.B)})
	case q.what != askObject && o.Verb == Status && q.what != askChange:
		w.coverStatus(o.B)
		r.tried(q)
		r.keys.resume(answer{err: status(o.B)})
	case q.what == askChange:
		return w.failChange(r, o)
	default:
		return false
	}
	return true
}

// unheard carries a request out, whose answer nobody hears.
func (w *World) unheard(r *writer, q request) {
	if q.what == askChange {
		w.account.commit(w, w.sending(r, q.change), false)
	}
}

func (w *World) kill(r *writer) bool {
	w.cover(2, true)
	r.kill()
	return true
}

// failChange has a change that is pending end badly, as package account would tell
// of it.
func (w *World) failChange(r *writer, o Op) bool {
	q := r.keys.pending
	s := w.sending(r, q.change)
	result := plan.Result{Outcome: plan.Lost, Reason: "no answer"}
	switch o.Verb {
	case Status:
		result = plan.Result{Outcome: changeOutcome(o.B), Reason: status(o.B).Error()}
		w.coverStatus(o.B)
	case NoCommit:
		w.cover(17, true)
	case CommitDrop, HTML:
		w.cover(1, q.change.Op == plan.Create)
		w.account.commit(w, s, false)
	case Hang:
		w.cover(1, q.change.Op == plan.Create)
		w.cover(17, true)
		w.account.hung = append(w.account.hung, s)
	case Partial:
		if len(q.change.Remove) == 0 || len(q.change.Set) == 0 {
			return false
		}
		w.cover(2, true)
		w.account.commit(w, s, true)
	default:
		return false
	}
	if q.change.Op == plan.Create && result.Outcome == plan.Lost {
		r.unsure[q.key] = lost
	}
	r.keys.resume(answer{result: result})
	return true
}

// changeOutcome is what package account makes of a status that answers a change.
func changeOutcome(code int) plan.Outcome {
	switch code {
	case 400:
		return plan.Refused
	case 401, 403, 429, 503:
		return plan.Postponed
	}
	return plan.Lost
}

// sending notes what a change rests on at the moment it is sent.
func (w *World) sending(r *writer, c plan.Change) sent {
	s := sent{by: r.id, began: r.keys.job.began, at: w.now, change: c}
	if saw, ok := r.keys.job.saw[c.ID]; ok {
		s.saw = &saw
	}
	w.judgeSending(s)
	return s
}

// serve answers a request truthfully.
func (w *World) serve(r *writer, q request) answer {
	if w.lab.Trace != nil {
		w.lab.Trace(fmt.Sprintf("      writer %d: %s", r.id, q.text(w.lab)))
	}
	a := w.account
	if r.keys.job.asked > maxRequests || r.list.job.asked > maxRequests {
		w.broken("I9", "writer %d made more than %d requests in one go", r.id, maxRequests)
	}
	if q.what != askPage {
		w.asked++
	}
	switch q.what {
	case askObject:
		if id := w.lab.keys[q.key].Kind; w.kubernetes.revoked[id] {
			w.relist(r, id, nil)
			return answer{err: status(403)}
		}
		return answer{object: w.read(q.key)}
	case askResource:
		return w.serveOne(r, q.id, a.find(q.id))
	case askName:
		r.unsure[r.keys.job.key] = none
		return w.serveOne(r, 0, a.named(q.name))
	case askPage:
		rows, total := a.page(q.offset)
		for i := range rows {
			r.list.job.saw[rows[i].ID] = rows[i]
		}
		w.cover(10, q.offset > 0 && a.lists[r.id] != total)
		a.lists[r.id] = total
		return answer{found: rows, total: total}
	case askChange:
		result := a.commit(w, w.sending(r, q.change), false)
		switch {
		case result.Outcome == plan.Done:
			r.unsure[q.key] = none
		case result.Outcome == plan.Taken && q.change.Op == plan.Create:
			r.unsure[q.key] = taken
		}
		if result.Seen != nil {
			r.saw(*result.Seen)
		}
		return answer{result: result}
	case idle:
	}
	return answer{err: errDead}
}

// serveOne answers with one resource or with none. A writer that is told that
// there is no such number knows of it no more.
func (*World) serveOne(r *writer, id resource.ID, d *device) answer {
	if d == nil || d.hidden {
		delete(r.seen, id)
		return answer{}
	}
	r.saw(d.obs)
	return answer{found: []resource.Observed{d.obs}}
}

func (w *World) cover(class int, happened bool) {
	if happened && w.coverage != nil {
		w.coverage.Count[class]++
	}
}

func (w *World) coverStatus(code int) {
	w.cover(16, code == 429)
	w.cover(17, slices.Contains([]int{0, 500, 502, 503}, code))
	w.cover(22, code == 401 || code == 403)
}
