package chaos_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/argus-k8s/argus/test/chaos/proxy"
)

// leaseNamespace is where the Lease is.
const leaseNamespace = "default"

// elect makes a subject one of several replicas, with an election that is quick.
func (s *subject) elect() {
	s.elects = true
	s.args = append(s.args, "--leader-elect", "--leader-elect-resource-namespace", leaseNamespace, "--leader-elect-resource-name", "chaos",
		"--leader-elect-lease-duration", "7s", "--leader-elect-renew-deadline", "5s", "--leader-elect-retry-period", "500ms")
}

// awaitLog waits until a process has said something.
func (s *subject) awaitLog(tb testing.TB, message string) {
	tb.Helper()
	eventually(tb, "argus says "+message, func(context.Context) error {
		if len(s.Log.Lines(message)) == 0 {
			return errors.New("it does not")
		}
		return nil
	})
}

// awaitStop waits until a gate has stopped the world.
func awaitStop(tb testing.TB, stopped <-chan struct{}) {
	tb.Helper()
	eventually(tb, "the request comes at which the world stops", func(context.Context) error {
		select {
		case <-stopped:
			return nil
		default:
			return errors.New("it has not come")
		}
	})
}

// What a replica says of itself.
const (
	leads    = "this replica leads"
	standsBy = "standing by; another replica leads"
)

// replicas are two subjects with one account, of which the first leads, and one
// that nothing disturbs.
func replicas(t *testing.T) (r *run, a, b *subject) {
	t.Helper()
	sim := newAccount(t)
	a, b = newSubjectAs(t, kube.Config(), sim), newSubjectAs(t, kube.Config(), sim)
	a.elect()
	b.elect()
	r = &run{TB: t, reference: newSubject(t)}
	populate(t)
	r.reference.start(t)
	a.start(t)
	a.awaitLog(t, leads)
	b.start(t)
	b.awaitLog(t, standsBy)
	r.await("both accounts equal the cluster", func(ctx context.Context) error {
		return errors.Join(r.reference.equal(ctx, t), a.equal(ctx, t))
	})
	eventually(t, "the other replica is ready", func(ctx context.Context) error {
		return b.Ready(ctx, http.StatusOK, "[+]leader: standing by", "[+]kinds")
	})
	return r, a, b
}

// agree judges both replicas in the end.
func (r *run) agree(a, b *subject) {
	r.Helper()
	measure, wrong := history(r.reference.sim)
	r.reference.judgeAlone(r, wrong)
	a.judge(r, measure)
	b.judge(r, measure)
}

// A leader is stopped with the answer to a fresh read on its way, so that what it
// would write next is decided on that read. While it is stopped the other replica
// takes over and the cluster goes on. When it wakes it has the old read in its
// hand and a lease that is over: it must change nothing, and end.
func TestLeader(t *testing.T) {
	began := time.Now()
	defer func() {
		results.add("F20", "a leader stops with a read in its hand, and wakes too late", outcome(t.Failed()), time.Since(began))
	}()
	r, a, b := replicas(t)
	stopped := a.gate.Arm(proxy.Stop{At: 1, After: true, Only: func(r proxy.Request) bool {
		return r.Side == proxy.SideKubernetes && r.Verb == "get" && r.Target == "deployments" && r.Name == "web"
	}})
	steps := life()
	r.step(steps[0])
	awaitStop(t, stopped)
	must(t, a.Pause())
	a.gate.Release() // the answer is there when it wakes
	sent := a.lm.Changes()
	b.awaitLog(t, leads)
	for _, step := range steps[1:3] {
		r.step(step)
	}
	r.await("the other replica has taken over", func(ctx context.Context) error { return b.equal(ctx, t) })

	must(t, a.Resume())
	if code := a.Wait(t, patience); code != 1 || !strings.Contains(a.Log.String(), "the lease was lost") {
		t.Errorf("the leader that woke too late ended with code %d, want 1 and the reason", code)
	}
	if n := a.lm.Changes() - sent; n != 0 {
		t.Errorf("the leader that woke too late sent %d requests that change something: it holds an old read", n)
	}
	r.agree(a, b)
}

// leaderKilled kills the leader right before it changes something. The replica that
// stands by does what was left, and the one that comes back stands by.
func leaderKilled(t *testing.T) {
	t.Helper()
	r, a, b := replicas(t)
	stopped := a.gate.Arm(proxy.Stop{At: 3, Only: func(r proxy.Request) bool { return r.Side == proxy.SideLogicMonitor && r.Changes() }})
	steps := life()
	for _, step := range steps[:2] {
		r.step(step)
	}
	awaitStop(t, stopped)
	a.Kill(t)
	a.gate.Discard()
	b.awaitLog(t, leads)
	a.start(t)
	a.awaitLog(t, standsBy)
	for _, step := range steps[2:5] {
		r.step(step)
	}
	r.await("the other replica has taken over", func(ctx context.Context) error { return b.equal(ctx, t) })
	r.agree(a, b)
}
