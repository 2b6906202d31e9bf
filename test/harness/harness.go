// Package harness runs the real program as a child process and waits for what it
// does. Tests that judge Argus from the outside share it; it knows nothing of what
// Argus should do.
package harness

import (
	"context"
	"testing"
	"time"
)

// Must ends the test unless err is nil.
func Must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Eventually asks again and again until check is content, and fails with its last
// complaint when that takes longer than within.
func Eventually(tb testing.TB, within time.Duration, what string, check func(ctx context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), within)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		if last == nil || ctx.Err() == nil {
			last = err // and not that the time is over
		}
		select {
		case <-ctx.Done():
			tb.Fatalf("%s: not within %v: %v", what, within, last)
		case <-tick.C:
		}
	}
}
