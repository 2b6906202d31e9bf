package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

// sleep starts a process that does nothing and tells when it is gone, at the
// latest when the context ends.
func sleep(ctx context.Context, t *testing.T) (*os.Process, <-chan struct{}) {
	t.Helper()
	cmd := exec.CommandContext(ctx, "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	return cmd.Process, exited
}
