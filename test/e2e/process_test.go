package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// program is the real program, built when the first test asks for it.
var program struct {
	once sync.Once
	dir  string
	err  error
}

// programFile returns the path of the program.
func programFile(tb testing.TB) string {
	tb.Helper()
	program.once.Do(func() {
		if program.dir, program.err = os.MkdirTemp("", "argus-e2e-"); program.err != nil { //nolint:usetesting // it outlives the test that asks first
			return
		}
		build := exec.Command("go", "build", "-o", program.dir, "github.com/argus-k8s/argus/cmd/argus")
		if out, err := build.CombinedOutput(); err != nil {
			program.err = fmt.Errorf("build argus: %w\n%s", err, out)
		}
	})
	must(tb, program.err)
	return filepath.Join(program.dir, "argus")
}

// removeProgram removes what programFile built.
func removeProgram() error {
	if program.dir == "" {
		return nil
	}
	return os.RemoveAll(program.dir)
}

// process is Argus in a process of its own.
type process struct {
	*argus
	cmd *exec.Cmd
}

// startProcess starts the real program. It ends with the test. Tests that run side
// by side use it, because client-go has one logger for a process.
func (s setup) startProcess(tb testing.TB) *process {
	tb.Helper()
	file := programFile(tb)
	return s.launch(tb, exec.CommandContext(context.WithoutCancel(tb.Context()), file, s.args(tb, "run")...))
}

// launch starts a command that becomes Argus.
func (s setup) launch(tb testing.TB, cmd *exec.Cmd) *process {
	tb.Helper()
	a := &argus{log: &output{}, done: make(chan struct{})}
	for name, value := range s.environment() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stderr = a.log
	must(tb, cmd.Start())
	p := &process{argus: a, cmd: cmd}
	a.end = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	go func() {
		defer close(a.done)
		a.code = exitCode(cmd.Wait())
	}()
	tb.Cleanup(func() { _ = cmd.Process.Kill() }) // the last thing to be tried
	a.watchOver(tb)
	return p
}

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill(tb testing.TB) {
	tb.Helper()
	must(tb, p.cmd.Process.Kill())
	if code := p.wait(tb, patience); code != -1 {
		tb.Errorf("argus ended with code %d before it was killed: %s", code, bytes.TrimSpace([]byte(p.log.String())))
	}
}
