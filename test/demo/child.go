package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// argus is the process that the demo shows.
type argus struct {
	address string // of its probes and metrics
	log     string // file
	cmd     *exec.Cmd
	exited  chan struct{} // closed once it is gone
	err     error         // how it ended; readable once exited is closed
	guard   *guard
}

// build makes the program as a user does, and returns its path. It is kept, so
// that the next demo only looks whether it is still fresh.
func build(ctx context.Context, progress io.Writer) (string, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	cache := os.Getenv("ARGUS_CACHE")
	if cache == "" {
		if cache, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("find the cache folder: %w", err)
		}
		cache = filepath.Join(cache, "argus")
	}
	bin := filepath.Join(cache, "demo", "argus")
	if _, err := os.Stat(bin); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(progress, "building Argus (once: a minute or two on 2 cores with a cold build cache, seconds with a warm one)")
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", bin, "./cmd/argus")
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build Argus: %w\n%s", err, bytes.TrimSpace(out))
	}
	return bin, nil
}

// startArgus runs the program in a folder of its own and returns once it answers.
func startArgus(ctx context.Context, bin, dir, kubeconfig, lmURL string) (*argus, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	a := &argus{address: address, log: filepath.Join(dir, "argus.log"), exited: make(chan struct{})}
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte(configuration(address)), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	log, err := os.OpenFile(a.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of Argus: %w", err)
	}
	defer log.Close() // the program has its own copy
	token := lmsim.DemoToken()
	a.cmd = exec.Command(bin, "run", "--kubeconfig", kubeconfig, "--config", config, "--lm-url", lmURL)
	a.cmd.Stdout, a.cmd.Stderr = log, log
	a.cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "ACCESS_ID=" + token.AccessID, "ACCESS_KEY=" + token.AccessKey}
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not reach it before the demo ends it
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Argus: %w", err)
	}
	go func() {
		a.err = a.cmd.Wait()
		close(a.exited)
	}()
	if a.guard, err = newGuard(a.cmd.Process.Pid, dir); err == nil {
		err = a.await(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, a.stop())
	}
	return a, nil
}

// configuration of Argus: what a user would write, and little of it.
func configuration(address string) string {
	return `clusterName: ` + clusterName + `
kinds:
  preset: standard
  enable: [configmaps, secrets] # their metadata; never what is in them
log:
  format: text
server:
  address: ` + address + "\n"
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// await returns once Argus answers to probes.
func (a *argus) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("waited a minute for Argus to answer at "+a.address))
	defer cancel()
	for {
		if body, err := a.fetch(ctx, "/healthz"); err == nil && body != nil {
			return nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		if err := a.gone(); err != nil {
			return err
		}
	}
}

// gone tells how Argus ended, if it did.
func (a *argus) gone() error {
	select {
	case <-a.exited:
		return fmt.Errorf("argus ended by itself (%v); the end of its log:\n%s", a.cmd.ProcessState, a.tail())
	default:
		return nil
	}
}

// fetch asks the server of Argus.
func (a *argus) fetch(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// tail returns the last lines of the log.
func (a *argus) tail() string {
	content, err := os.ReadFile(a.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// stop ends Argus, politely first, and returns when it is gone.
func (a *argus) stop() error {
	const grace = 10 * time.Second
	_ = a.cmd.Process.Signal(syscall.SIGTERM) // fails if it is gone, as it should be
	timer := time.NewTimer(grace)
	defer timer.Stop()
	var err error
	select {
	case <-a.exited:
	case <-timer.C:
		_ = a.cmd.Process.Kill()
		<-a.exited
		err = fmt.Errorf("argus did not end within %s and was killed", grace)
	}
	http.DefaultClient.CloseIdleConnections()
	return errors.Join(err, a.guard.dismiss())
}

// pause waits, or returns why the context ended.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// A guard kills a process and removes a folder when the demo is killed itself and
// cannot: it reads from a pipe that the kernel closes however the demo ends.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// guardScript does nothing when it is sent a line.
const guardScript = `read -r line || { kill -KILL "$1"; rm -rf -- "$2"; }`

func newGuard(pid int, dir string) (*guard, error) {
	g := &guard{cmd: exec.Command("/bin/sh", "-c", guardScript, "argus-demo-guard", fmt.Sprint(pid), dir)}
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if g.pipe, err = g.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start a guard: %w", err)
	}
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a guard: %w", err)
	}
	return g, nil
}

// dismiss ends the guard without it doing anything.
func (g *guard) dismiss() error {
	if g == nil {
		return nil
	}
	_, err := io.WriteString(g.pipe, "done\n")
	return errors.Join(err, g.cmd.Wait())
}
