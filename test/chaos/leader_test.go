package chaos_test

import (
	"context"
	"errors"
	"net/http"
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
		"--leader-elect-lease-duration", "9s", "--leader-elect-renew-deadline", "6s", "--leader-elect-retry-period", "500ms")
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

// A leader is stopped with the answer to a fresh read on its way, so that what it
// would write next is decided on that read. While it is stopped the other replica
// takes over and the cluster goes on. When it wakes it has the old read in its
// hand and a lease that is over: it must change nothing, and end. Then the other
// is killed right before a change, and the first takes over again.
func TestLeader(t *testing.T) {
	began := time.Now()
	defer func() {
		results.add("F20", "a leader stops with a read in its hand, and wakes too late", outcome(t.Failed()), time.Since(began))
	}()
	sim := newAccount(t)
	a, b, reference := newSubjectAs(t, kube.Config(), sim), newSubjectAs(t, kube.Config(), sim), newSubject(t)
	a.elect()
	b.elect()
	r := &run{TB: t, reference: reference}
	populate(t)
	reference.start(t)
	a.start(t)
	a.awaitLog(t, leads)
	b.start(t)
	b.awaitLog(t, standsBy)
	r.await("both accounts equal the cluster", func(ctx context.Context) error { return errors.Join(reference.equal(ctx, t), a.equal(ctx, t)) })
	eventually(t, "the other replica is ready", func(ctx context.Context) error {
		return b.Ready(ctx, http.StatusOK, "[+]leader: standing by", "[+]kinds")
	})

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
	if code := a.Wait(t, patience); code != 1 || len(a.Log.Lines(leads)) != 1 {
		t.Errorf("the leader that woke too late ended with code %d, want 1", code)
	}
	if n := a.lm.Changes() - sent; n != 0 {
		t.Errorf("the leader that woke too late sent %d requests that change something: it holds an old read", n)
	}

	a.start(t)
	a.awaitLog(t, standsBy)
	stopped = b.gate.Arm(proxy.Stop{At: 1, Only: func(r proxy.Request) bool { return r.Side == proxy.SideLogicMonitor && r.Changes() }})
	r.step(steps[3])
	awaitStop(t, stopped)
	b.Kill(t)
	b.gate.Discard()
	a.awaitLog(t, leads)
	r.await("the first replica has taken over again", func(ctx context.Context) error { return a.equal(ctx, t) })
	a.awaitIdle(t)

	measure, wrong := history(reference.sim)
	reference.judgeAlone(t, wrong)
	a.judge(t, measure)
	b.judge(t, measure)
}
