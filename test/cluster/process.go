package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// grace is how long a program may take to end before it is killed.
const grace = 10 * time.Second

// tailBytes bounds how much of a log an error or a failed test shows.
const tailBytes = 4 << 10

// ExitError says that a component ended although it should run.
type ExitError struct {
	Component Component
	Err       error  // how it ended; nil if with exit status 0
	Log       string // the end of what it wrote
}

func (e *ExitError) Error() string {
	how := "exit status 0"
	if e.Err != nil {
		how = e.Err.Error()
	}
	return fmt.Sprintf("%s ended (%s); the end of its log:\n%s", e.Component, how, e.Log)
}

func (e *ExitError) Unwrap() error { return e.Err }

// process is one running component, in a process group of its own so that a
// Ctrl-C on the terminal does not reach it before we end it in order.
type process struct {
	component Component
	logPath   string
	cmd       *exec.Cmd
	exited    chan struct{} // closed once the process is gone
	err       error         // how it ended; readable once exited is closed
}

// startProcess starts a component and tells the janitor of it.
func startProcess(component Component, l layout, args []string, j *janitor) (*process, error) {
	log, err := os.OpenFile(l.log(component), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of %s: %w", component, err)
	}
	defer log.Close() // the program has its own copy
	cmd := exec.Command(l.bin(component), args...)
	cmd.Dir = l.dir
	cmd.Stdout, cmd.Stderr = log, log
	// Nothing else, for etcd and KWOK take settings from the environment, and
	// so that no program finds or leaves a file outside of the folder.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + l.dir, "TMPDIR=" + l.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", component, err)
	}
	p := &process{component: component, logPath: l.log(component), cmd: cmd, exited: make(chan struct{})}
	err = j.watch(p.pid())
	go func() {
		p.err = cmd.Wait()
		j.forget(p.pid())
		close(p.exited)
	}()
	if err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

// pid is the ID of the process and of its group.
func (p *process) pid() int { return p.cmd.Process.Pid }

// signal sends a signal to the whole group, unless it is gone.
func (p *process) signal(s syscall.Signal) error {
	select {
	case <-p.exited:
		return p.exitError()
	default:
	}
	if err := syscall.Kill(-p.pid(), s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %v to %s: %w", s, p.component, err)
	}
	return nil
}

// end ends the process, politely first, and returns when it is gone. A paused
// process is resumed, for it could not hear the request otherwise.
func (p *process) end() {
	// An error here means that it is gone already, which is what end is for.
	_ = p.signal(syscall.SIGTERM)
	_ = p.signal(syscall.SIGCONT)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		p.kill()
	}
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill() {
	_ = p.signal(syscall.SIGKILL)
	<-p.exited
}

// exitError describes how the process ended. It must be gone.
func (p *process) exitError() error {
	return &ExitError{Component: p.component, Err: p.err, Log: tail(p.logPath)}
}

// tail returns the last lines of a file, or why it cannot be read.
func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if len(content) > tailBytes {
		content = content[len(content)-tailBytes:]
		if _, rest, ok := bytes.Cut(content, []byte("\n")); ok {
			content = rest
		}
	}
	return strings.TrimSpace(string(content))
}
