package e2e_test

import (
	"os/exec"
	"testing"

	"github.com/argus-k8s/argus/test/harness"
)

// program is the real program, built when the first test asks for it.
var program harness.Program

// process is Argus in a process of its own.
type process struct {
	*argus
	child *harness.Process
}

// startProcess starts the real program. It ends with the test. Tests that run side
// by side use it, because client-go has one logger for a process.
func (s setup) startProcess(tb testing.TB) *process {
	tb.Helper()
	return s.launch(tb, program.Command(tb, s.args(tb, "run")...))
}

// launch starts a command that becomes Argus.
func (s setup) launch(tb testing.TB, cmd *exec.Cmd) *process {
	tb.Helper()
	child := harness.Start(tb, cmd, s.environment())
	return &process{&argus{child.Argus}, child}
}

// Kill ends the process at once and returns when it is gone.
func (p *process) Kill(tb testing.TB) {
	tb.Helper()
	p.child.Kill(tb)
}
