package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// Argus is killed while 500 pods are being created, at several moments, each in
// the middle of its creates, and started again. Each object ends with one
// resource, which was created once.
func TestKill(t *testing.T) {
	t.Parallel()
	const pods = 500
	p := newPortal(t)
	namespace(t, "killed")
	limits := plenty() // slow enough that there is always more to do
	limits.Window, limits.Endpoints = 1, map[string]int{"POST " + createDevice: 100}
	p.SetLimits(limits)
	s := setup{portal: p, cluster: "killed"}
	a := s.startProcess(t)
	creating := make(chan error, 1)
	go func() { creating <- createPodsNow(t.Context(), "killed", pods) }()
	for _, moment := range []int{1, 40, 90, 91, 200, 330, 450} {
		eventually(t, patience, fmt.Sprintf("%d creates", moment), func(context.Context) error {
			if n := p.CountCalls(http.MethodPost, createDevice, http.StatusOK); n < moment {
				return fmt.Errorf("there were %d", n)
			}
			return nil
		})
		a.Kill(t)
		a = s.startProcess(t)
	}
	must(t, <-creating)
	settle(t)
	p.awaitEqualWithin(t, "killed", 2*patience)
	a.awaitIdle(t)
	onlyOnce(t, p, "-pod-killed-killed")
	if names := p.displayNames(t, "killed"); len(names) < pods {
		t.Errorf("%d resources, want those of %d pods among them", len(names), pods)
	}

	a.End() // SIGTERM
	if code := a.Wait(t, 10*time.Second); code != 0 {
		t.Errorf("after SIGTERM argus ended with code %d, want 0", code)
	}
	if err := said(a.argus, "argus has stopped", 1); err != nil {
		t.Error(err)
	}
}

// SIGTERM ends Argus in seconds also while it waits for an account, or for an
// answer.
func TestTerminate(t *testing.T) {
	absent, silent := unreachablePortal(t), newPortal(t)
	silent.faults(t, lmsim.Fault{Action: lmsim.Hang})
	for name, p := range map[string]*portal{"no account": absent, "no answer": silent} {
		t.Run(name, func(t *testing.T) {
			a := setup{portal: p, cluster: "ended"}.startProcess(t)
			a.awaitReady(t, http.StatusServiceUnavailable, "[-]account")
			a.End()
			if code := a.Wait(t, 10*time.Second); code != 0 {
				t.Errorf("argus ended with code %d, want 0", code)
			}
		})
	}
}
