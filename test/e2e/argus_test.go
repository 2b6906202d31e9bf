package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/cli"
	"github.com/argus-k8s/argus/internal/lmsim"
)

// setup is how an Argus is started. Zero fields have working values.
type setup struct {
	portal     *portal
	cluster    string            // its clusterName
	kubeconfig string            // default: the administrator's; "-" for none
	config     string            // more of the configuration file
	file       string            // the whole configuration file instead
	path       string            // where it is written; default a folder of the test
	flags      []string          // of run, beside the usual
	env        map[string]string // over the simulator's credentials
}

// args of a command.
func (s setup) args(tb testing.TB, command string) []string {
	tb.Helper()
	file := s.path
	if file == "" {
		file = filepath.Join(tb.TempDir(), "config.yaml")
	}
	text := fmt.Sprintf("clusterName: %s\nlm: {collectorID: 1, timeout: 2s}\nserver: {address: 127.0.0.1:0}\n%s", s.cluster, s.config)
	must(tb, os.WriteFile(file, []byte(cmp.Or(s.file, text)), 0o600))
	args := []string{command, "--config", file, "--lm-url", s.portal.URL}
	switch s.kubeconfig {
	case "":
		args = append(args, "--kubeconfig", kube.Kubeconfig())
	case "-":
	default:
		args = append(args, "--kubeconfig", s.kubeconfig)
	}
	return args
}

// environment of the process: the credentials of the simulator.
func (s setup) environment() map[string]string {
	token := lmsim.DemoToken()
	env := map[string]string{"ACCESS_ID": token.AccessID, "ACCESS_KEY": token.AccessKey}
	for name, value := range s.env {
		env[name] = value
	}
	return env
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

// run runs a command to its end, in this process.
func (s setup) run(tb testing.TB, command string) (code int, stdout, stderr string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	code, stdout, stderr = runMain(ctx, s.args(tb, command), s.environment())
	if ctx.Err() != nil {
		tb.Errorf("argus %s did not end by itself within %v; it said: %s", command, patience, stderr)
	}
	return code, stdout, stderr
}

func runMain(ctx context.Context, args []string, env map[string]string) (code int, stdout, stderr string) {
	var out, errs output
	code = cli.Main(ctx, args, cli.Process{Lookup: lookup(env), Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

// output is what a process writes. It is safe for concurrent use.
type output struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String is all that was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// lines of a log that have this message.
func (o *output) lines(message string) []map[string]any {
	var found []map[string]any
	for line := range strings.Lines(o.String()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields["msg"] == message {
			found = append(found, fields)
		}
	}
	return found
}

// argus is a running Argus, in this process or in one of its own.
type argus struct {
	log  *output
	done chan struct{} // closed when it has ended
	code int           // valid once done is closed
	end  func()        // asks it to end
}

// start starts Argus in this process. It ends with the test, cleanly.
func (s setup) start(tb testing.TB) *argus {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	a := &argus{log: &output{}, done: make(chan struct{}), end: cancel}
	args, env := append(s.args(tb, "run"), s.flags...), s.environment()
	go func() {
		defer close(a.done)
		a.code = cli.Main(ctx, args, cli.Process{Lookup: lookup(env), Stdout: io.Discard, Stderr: a.log})
	}()
	a.watchOver(tb)
	return a
}

// watchOver ends Argus with the test, and shows its log if that failed.
func (a *argus) watchOver(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() {
		a.stop(tb)
		if tb.Failed() {
			const most = 20000
			text := a.log.String()
			tb.Logf("the log of Argus, its end:\n%s", text[max(0, len(text)-most):])
		}
	})
}

// stop ends Argus as a signal does, and expects it to have ended well.
func (a *argus) stop(tb testing.TB) {
	tb.Helper()
	select {
	case <-a.done:
		return // a test that expected it has looked at the code
	default:
	}
	a.end()
	if code := a.wait(tb, 10*time.Second); code != 0 {
		tb.Errorf("argus ended with code %d, want 0", code)
	}
}

// wait returns the exit code.
func (a *argus) wait(tb testing.TB, within time.Duration) int {
	tb.Helper()
	select {
	case <-a.done:
		return a.code
	case <-time.After(within):
		tb.Fatalf("argus has not ended within %v", within)
		return 0
	}
}

// address of its probes and metrics, from its own log.
func (a *argus) address() (string, error) {
	select {
	case <-a.done:
		return "", fmt.Errorf("argus has ended with code %d: %s", a.code, a.log)
	default:
	}
	started := a.log.lines("argus is starting")
	if len(started) == 0 {
		return "", errors.New("argus has not started yet")
	}
	return fmt.Sprint(started[0]["address"]), nil
}

// ask sends a GET to the server of Argus.
func (a *argus) ask(ctx context.Context, path string) (status int, body string, err error) {
	address, err := a.address()
	if err != nil {
		return 0, "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Close = true // leaves no connection behind
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// awaitReady waits until /readyz answers with a status and a text that holds
// every one of parts.
func (a *argus) awaitReady(tb testing.TB, status int, parts ...string) {
	tb.Helper()
	eventually(tb, patience, fmt.Sprintf("/readyz says %d and %q", status, parts), func(ctx context.Context) error {
		got, body, err := a.ask(ctx, "/readyz?verbose")
		if err != nil {
			return err
		}
		if got != status {
			return fmt.Errorf("got %d: %s", got, body)
		}
		for _, part := range parts {
			if !strings.Contains(body, part) {
				return fmt.Errorf("got %s", body)
			}
		}
		return nil
	})
}

// awaitIdle waits until Argus is ready and nothing waits.
func (a *argus) awaitIdle(tb testing.TB) {
	tb.Helper()
	a.awaitReady(tb, http.StatusOK, "[+]backlog", " 0 changes wait")
}

// metric is the value of a line of /metrics.
func (a *argus) metric(ctx context.Context, name string) (string, error) {
	_, body, err := a.ask(ctx, "/metrics")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("there is no metric %s", name)
}
