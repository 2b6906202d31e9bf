package proxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// LogicMonitor stands before a simulated account. What the simulator can do wrong
// itself is set through it too, so that there is one vocabulary.
type LogicMonitor struct {
	gate   *Gate
	sim    *lmsim.Server
	faults *faults
	before func(*http.Request)

	limits   lmsim.Limits // as they are without a fault
	switches lmsim.Switches
	changes  atomic.Int64
}

// NewLogicMonitor returns a proxy before an account. Before, which may be nil,
// sees each request right before the account does.
func NewLogicMonitor(sim *lmsim.Server, gate *Gate, before func(*http.Request)) *LogicMonitor {
	if before == nil {
		before = func(*http.Request) {}
	}
	return &LogicMonitor{gate: gate, sim: sim, faults: newFaults(SideLogicMonitor), before: before, limits: sim.Limits(), switches: sim.Switches()}
}

// Set sets one more fault. It and Lift are for one goroutine.
func (p *LogicMonitor) Set(f Fault) error {
	method, path, _ := strings.Cut(f.Target, " ")
	switch {
	case f.Action == Limit:
		limits := p.sim.Limits()
		limits.Window, limits.Endpoints = int(f.For.Seconds()), map[string]int{f.Target: f.N}
		p.faults.note(Limit, 1)
		return p.sim.PutLimits(limits)
	case f.Action == Late:
		switches := p.sim.Switches()
		switches.ListLag, switches.GetLag = f.For.Seconds(), f.For.Seconds()
		p.faults.note(Late, 1)
		return p.sim.SetSwitches(switches)
	case slices.Contains(simulated(), f.Action):
		return p.sim.SetFaults(append(p.rest(), lmsim.Fault{
			Name: fmt.Sprint(f), Action: f.Action, Method: method, Endpoint: path, Nth: f.Nth, Times: f.Times, Status: f.N,
		})...)
	}
	return p.faults.add(f, "")
}

// rest is what the simulator's faults have still to do: they count anew when they
// are set anew. What they did is noted.
func (p *LogicMonitor) rest() []lmsim.Fault {
	var rest []lmsim.Fault
	for _, f := range p.sim.Faults() {
		p.faults.note(f.Action, f.Struck)
		if f.Nth > 0 && f.Fit >= f.Nth || f.Times > 0 && f.Struck >= f.Times {
			continue
		}
		if f.Nth > 0 {
			f.Nth -= f.Fit
		}
		if f.Times > 0 {
			f.Times -= f.Struck
		}
		rest = append(rest, f)
	}
	return rest
}

// Lift takes all faults back.
func (p *LogicMonitor) Lift() error {
	p.rest()
	p.faults.lift()
	if err := p.sim.SetFaults(); err != nil {
		return err
	}
	if err := p.sim.SetSwitches(p.switches); err != nil {
		return err
	}
	return p.sim.PutLimits(p.limits)
}

// Changes is the number of requests that came and were meant to change something.
func (p *LogicMonitor) Changes() int64 { return p.changes.Load() }

// Struck is how often an action was done.
func (p *LogicMonitor) Struck(action string) int {
	n := p.faults.struck(action)
	for _, f := range p.sim.Faults() {
		if f.Action == action {
			n += f.Struck
		}
	}
	return n
}

// ServeHTTP implements http.Handler.
func (p *LogicMonitor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(r.URL.Path, "/santaba/rest")
	request := Request{Side: SideLogicMonitor, Verb: r.Method, Target: path}
	if request.Changes() {
		p.changes.Add(1)
	}
	on, leave := p.gate.enter(r.Context(), request)
	if !on {
		abort()
	}
	p.faults.holdUp(r.Context(), request)
	if _, ok := p.faults.strike(DropBeforeCommit, request); ok {
		abort()
	}
	p.before(r)
	_, lost := p.faults.strike(CommitDrop, request)
	if !lost && leave == nil {
		p.sim.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	p.sim.ServeHTTP(answer, r)
	if leave != nil && !leave() || lost {
		abort()
	}
	copyAnswer(w, answer)
}

func copyAnswer(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the caller may have left
}
