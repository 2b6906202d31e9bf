package chaos_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/argus-k8s/argus/test/chaos/proxy"
	"github.com/argus-k8s/argus/test/demo/equal"
)

// together is how many subjects follow one cluster side by side.
const together = 14

// A run is one life of the cluster with several subjects that follow it side by
// side: one that nothing disturbs, which is the measure, and one for each scenario.
type run struct {
	testing.TB
	scenarios []scenario
	reference *subject
	subjects  []*subject
	measure   counts
}

// begin prepares the subjects and the cluster, and starts everything.
func begin(tb testing.TB, all []scenario) *run {
	tb.Helper()
	r := &run{TB: tb, scenarios: all, reference: newSubject(tb)}
	for _, s := range all {
		subject := newSubject(tb)
		subject.counted = s.counted
		r.subjects = append(r.subjects, subject)
	}
	populate(tb)
	r.turn(atStart)
	r.reference.start(tb)
	for _, s := range r.subjects {
		s.start(tb)
	}
	r.await("the undisturbed account equals the cluster", func(ctx context.Context) error { return r.reference.equal(ctx, tb) })
	return r
}

// live takes the cluster through its life. After each step the undisturbed
// account equals it; the others come after as they can.
func (r *run) live() {
	r.Helper()
	for _, step := range life() {
		r.turn(step.name)
		r.step(step)
	}
	r.turn(atEnd)
	var wrong []string
	r.measure, wrong = history(r.reference.sim)
	r.reference.judgeAlone(r, wrong)
}

// step does one step, and waits for the undisturbed account.
func (r *run) step(s step) {
	r.Helper()
	must(r, s.do(r.Context()))
	settle(r)
	r.await("the undisturbed account equals the cluster after "+s.name, func(ctx context.Context) error { return r.reference.equal(ctx, r) })
}

// turn carries out what is ordered before a step.
func (r *run) turn(step string) {
	r.Helper()
	for i, s := range r.scenarios {
		for _, order := range s.orders[step] {
			r.subjects[i].do(r, order)
		}
	}
}

// await waits, and meanwhile kills and starts again those whose turn it is.
func (r *run) await(what string, check func(ctx context.Context) error) {
	r.Helper()
	eventually(r, what, func(ctx context.Context) error {
		for _, s := range r.subjects {
			s.revive(r)
		}
		return check(ctx)
	})
}

// recover lifts all faults and gives the subjects the time that they may take,
// all at once. Who needs more is told by the verdict.
func (r *run) recover() {
	r.Helper()
	for _, s := range r.subjects {
		s.lift(r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil && r.behind(ctx) != nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// behind is nil when every account equals the cluster.
func (r *run) behind(ctx context.Context) error {
	r.Helper()
	c, err := equal.ReadCluster(ctx, kube.Config(), clusterName)
	if err != nil {
		return err
	}
	var found []error
	for _, s := range r.subjects {
		s.revive(r)
		found = append(found, s.differences(r, c))
	}
	return errors.Join(found...)
}

// verdict judges one subject.
func (r *run) verdict(tb testing.TB, i int) {
	tb.Helper()
	s := r.subjects[i]
	must(tb, s.equal(tb.Context(), tb))
	s.awaitIdle(tb)
	if s.doomed && s.killedAt == (proxy.Request{}) {
		tb.Error("it was to be killed, and there was no such request")
	}
	s.judge(tb, r.measure)
}

// TestScenarios runs the scenarios, some side by side at a time, and then kills at
// every request as long as there is time; in the fast part those that heal in
// moments, and a few kills, in one life.
func TestScenarios(t *testing.T) {
	if *budget == 0 {
		runAll(t, slices.Concat(quick(scenarios()), someKills()))
		return
	}
	for batch := range slices.Chunk(scenarios(), together) {
		if results.left() > 0 {
			runAll(t, batch)
			continue
		}
		for _, s := range batch {
			results.add(s.class, s.name, skipped, 0)
		}
	}
	t.Run("killed", killEverywhere)
}

// runAll runs scenarios side by side, and tells what became of each.
func runAll(t *testing.T, batch []scenario) {
	t.Helper()
	t.Run("together", func(t *testing.T) {
		began := time.Now()
		r := begin(t, batch)
		r.live()
		r.recover()
		for i, s := range batch {
			ok := t.Run(s.class+" "+s.name, func(t *testing.T) { r.verdict(t, i) })
			results.add(s.class, s.name, outcome(!ok), time.Since(began))
		}
	})
}

// quick are the scenarios that heal in moments.
func quick(all []scenario) []scenario {
	return slices.DeleteFunc(all, func(s scenario) bool { return s.slow })
}
