package lm_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lmsim"
)

// TestGuard: what the guard refuses is not sent, reads are not asked for, and
// what was sent is given up when the guard's time is over.
func TestGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refusal := errors.New("somebody else leads")
		var until time.Time
		sim, c := newSim(t, lm.Config{Guard: func() (time.Time, error) { return until, refusal }})
		before := calls(sim, lm.EndpointCreateDevice)
		_, err := c.CreateDevice(t.Context(), pod("web-0"))
		if got := lm.ClassOf(err); got != lm.ClassUnavailable {
			t.Errorf("create: got %v, want it not sent", err)
		}
		if got := calls(sim, lm.EndpointCreateDevice) - before; got != 0 {
			t.Errorf("create: sent %d times, want never", got)
		}
		if _, err := c.Group(t.Context(), lm.RootGroup); err != nil {
			t.Errorf("read: got %v, want none", err)
		}
		refusal, until = nil, time.Now().Add(7*time.Second)
		strike(t, sim, lmsim.Hang, "POST")
		began := time.Now()
		if _, err = c.CreateDevice(t.Context(), pod("web-0")); !lm.IsAmbiguous(err) {
			t.Errorf("create while the account hangs: got %v, want ambiguous", err)
		}
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("gave up after %v, want 7s", took)
		}
	})
}
