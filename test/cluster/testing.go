package cluster

import (
	"os"
	"testing"
)

// ForTest starts a cluster for a test, or fails it. The cluster ends with the
// test; if that failed, the ends of all logs are shown first. Building the
// programs takes longer than a test may by default, so have them built before
// (see cmd/controlplane -build).
func ForTest(tb testing.TB, o Options) *Cluster {
	tb.Helper()
	if o.Progress == nil {
		o.Progress = os.Stderr
	}
	c, err := Start(tb.Context(), o)
	if err != nil {
		tb.Fatalf("a control plane for the test: %v", err)
	}
	tb.Cleanup(func() {
		if tb.Failed() && !o.Existing {
			for _, component := range o.components() {
				tb.Logf("the end of the log of %s:\n%s", component, c.Log(component))
			}
		}
		if err := c.Stop(); err != nil {
			tb.Errorf("stop the control plane: %v", err)
		}
	})
	return c
}
