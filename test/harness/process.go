package harness

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
	"time"

	// The program is built from the same sources: with them as a dependency, a
	// result that go test remembers is one of this program and not of an older.
	_ "github.com/argus-k8s/argus/internal/cli"
)

// patience is how long a process that was killed may take to be gone.
const patience = 60 * time.Second

// Program is the real program, built when it is first asked for. Its zero value is
// ready.
type Program struct {
	once sync.Once
	dir  string
	err  error
}

// File returns the path of the program.
func (p *Program) File(tb testing.TB) string {
	tb.Helper()
	p.once.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", "argus-program-"); p.err != nil { //nolint:usetesting // it outlives the test that asks first
			return
		}
		build := exec.Command("go", "build", "-o", p.dir, "github.com/argus-k8s/argus/cmd/argus")
		if out, err := build.CombinedOutput(); err != nil {
			p.err = fmt.Errorf("build argus: %w\n%s", err, out)
		}
	})
	Must(tb, p.err)
	return filepath.Join(p.dir, "argus")
}

// Remove removes what File built.
func (p *Program) Remove() error {
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}

// Process is Argus in a process of its own.
type Process struct {
	*Argus
	cmd *exec.Cmd
}

// Command is the program with arguments. Start starts it.
func (p *Program) Command(tb testing.TB, args ...string) *exec.Cmd {
	tb.Helper()
	return exec.CommandContext(context.WithoutCancel(tb.Context()), p.File(tb), args...)
}

// Start starts a command that is Argus or becomes it, with these variables beside
// those that the command has. It ends with the test.
func Start(tb testing.TB, cmd *exec.Cmd, env map[string]string) *Process {
	tb.Helper()
	a := &Argus{Log: &Output{}, Done: make(chan struct{})}
	if cmd.Env == nil {
		cmd.Env = []string{} // and not this process's own
	}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stderr = a.Log
	Must(tb, cmd.Start())
	p := &Process{Argus: a, cmd: cmd}
	a.End = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	go func() {
		defer close(a.Done)
		a.Code = exitCode(cmd.Wait())
	}()
	tb.Cleanup(func() { _ = cmd.Process.Kill() }) // the last thing to be tried
	a.WatchOver(tb)
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

// Kill ends the process at once and returns when it is gone.
func (p *Process) Kill(tb testing.TB) {
	tb.Helper()
	Must(tb, p.cmd.Process.Kill())
	if code := p.Wait(tb, patience); code != -1 {
		tb.Errorf("argus ended with code %d before it was killed: %s", code, bytes.TrimSpace([]byte(p.Log.String())))
	}
}

// Pause stops the process in its tracks, like a machine that hangs; Resume lets it
// go on.
func (p *Process) Pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Largest is the largest resident set that a process which has ended ever had, in
// bytes, as Linux counted it.
func (p *Process) Largest(tb testing.TB) float64 {
	tb.Helper()
	usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		tb.Fatal("the system does not tell what a process used")
	}
	return float64(usage.Maxrss) * 1024
}
