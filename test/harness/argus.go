package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Argus is a running Argus, in this process or in one of its own.
type Argus struct {
	Log  *Output
	Done chan struct{} // closed when it has ended
	Code int           // valid once Done is closed
	End  func()        // asks it to end
}

// WatchOver ends Argus with the test, and shows its log if that failed.
func (a *Argus) WatchOver(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() {
		a.Stop(tb)
		if tb.Failed() {
			const most = 20000
			text := a.Log.String()
			tb.Logf("the log of Argus, its end:\n%s", text[max(0, len(text)-most):])
		}
	})
}

// Stop ends Argus as a signal does, and expects it to have ended well.
func (a *Argus) Stop(tb testing.TB) {
	tb.Helper()
	select {
	case <-a.Done:
		return // a test that expected it has looked at the code
	default:
	}
	a.End()
	if code := a.Wait(tb, 10*time.Second); code != 0 {
		tb.Errorf("argus ended with code %d, want 0", code)
	}
}

// Wait returns the exit code.
func (a *Argus) Wait(tb testing.TB, within time.Duration) int {
	tb.Helper()
	select {
	case <-a.Done:
		return a.Code
	case <-time.After(within):
		tb.Fatalf("argus has not ended within %v", within)
		return 0
	}
}

// Address of its probes and metrics, from its own log.
func (a *Argus) Address() (string, error) {
	select {
	case <-a.Done:
		return "", fmt.Errorf("argus has ended with code %d: %s", a.Code, a.Log)
	default:
	}
	started := a.Log.Lines("argus is starting")
	if len(started) == 0 {
		return "", errors.New("argus has not started yet")
	}
	return fmt.Sprint(started[0]["address"]), nil
}

// Ask sends a GET to the server of Argus.
func (a *Argus) Ask(ctx context.Context, path string) (status int, body string, err error) {
	address, err := a.Address()
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

// Ready is nil when /readyz answers with a status and a text that holds every one
// of parts.
func (a *Argus) Ready(ctx context.Context, status int, parts ...string) error {
	got, body, err := a.Ask(ctx, "/readyz?verbose")
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
}

// Idle is nil when Argus is ready and nothing waits.
func (a *Argus) Idle(ctx context.Context) error {
	return a.Ready(ctx, http.StatusOK, "[+]backlog", " 0 changes wait")
}

// Metric is the value of a line of /metrics.
func (a *Argus) Metric(ctx context.Context, name string) (string, error) {
	_, body, err := a.Ask(ctx, "/metrics")
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
