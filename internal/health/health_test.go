package health

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// config that is alive and ready.
func config() Config {
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "argus_test_total", Help: "Test."})
	registry.MustRegister(counter)
	return Config{
		Address: "127.0.0.1:0", Live: NewLiveness(), Gatherer: registry,
		Ready: func() []Condition { return nil }, Log: slog.New(slog.DiscardHandler),
	}
}

// serve runs a server until the test ends, and proves that it ends well.
func serve(t *testing.T, c Config) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	server, err := Listen(ctx, c)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve ended with %v, want nil", err)
		}
	})
	return "http://" + server.Address()
}

// get returns status and body.
func get(t *testing.T, url, accept string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestReadyz(t *testing.T) {
	account := Condition{Name: "account", Detail: "no answer since 12:00"}
	events := Condition{Name: "secrets", Optional: true, Detail: "not permitted"}
	pods := Condition{Name: "pods", Ready: true}
	tests := map[string]struct {
		conditions []Condition
		query      string
		status     int
		body       string
	}{
		"all ready in short":        {[]Condition{pods}, "", 200, "ok\n"},
		"all ready in full":         {[]Condition{pods}, "?verbose", 200, "[+]pods\nok\n"},
		"one not ready says so":     {[]Condition{pods, account}, "", 503, "[+]pods\n[-]account: no answer since 12:00\nnot ok\n"},
		"foreign text stays text":   {[]Condition{{Name: "objects", Detail: "roles/x\x1b[2J\nok\n: no"}}, "", 503, "[-]objects: roles/x\ufffd[2J ok : no\nnot ok\n"},
		"optional is told, no more": {[]Condition{pods, events}, "?verbose", 200, "[+]pods\n[~]secrets: not permitted\nok\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Ready = func() []Condition { return test.conditions }
			status, body := get(t, serve(t, c)+"/readyz"+test.query, "*/*")
			if status != test.status || body != test.body {
				t.Errorf("got %d %q, want %d %q", status, body, test.status, test.body)
			}
		})
	}
}

func TestReadyz_json(t *testing.T) {
	c := config()
	want := []Condition{{Name: "pods", Ready: true}, {Name: "account", Detail: "down"}}
	c.Ready = func() []Condition { return want }
	status, body := get(t, serve(t, c)+"/readyz", "application/json")
	var got struct {
		OK         bool
		Conditions []Condition
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != 503 || got.OK || !cmp.Equal(want, got.Conditions) {
		t.Errorf("got %d %s, %v; want 503 and both conditions", status, body, err)
	}
}

func TestHealthz(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config()
		handler := newHandler(c)
		healthz := func() (int, string) {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			return w.Code, w.Body.String()
		}
		queue, audit := c.Live.Start("queue", time.Minute), c.Live.Start("audit", time.Hour)
		time.Sleep(time.Minute)
		if code, body := healthz(); code != 200 {
			t.Errorf("at the bound: got %d %q, want 200", code, body)
		}
		time.Sleep(time.Second)
		code, body := healthz()
		if want := "[+]audit\n[-]queue: has not turned for 1m1s; it should at least every 1m0s\nnot ok\n"; code != 503 || body != want {
			t.Errorf("beyond the bound: got %d %q, want 503 %q", code, body, want)
		}
		queue.Beat()
		if code, body := healthz(); code != 200 || body != "ok\n" {
			t.Errorf("after a beat: got %d %q, want 200", code, body)
		}
		audit.Done()
		queue.Done()
		time.Sleep(2 * time.Hour)
		if code, body := healthz(); code != 200 {
			t.Errorf("with no loop: got %d %q, want 200", code, body)
		}
	})
}

func TestMetrics(t *testing.T) {
	if status, body := get(t, serve(t, config())+"/metrics", "*/*"); status != 200 || !strings.Contains(body, "argus_test_total 0") {
		t.Errorf("got %d %q, want the metrics", status, body)
	}
}

func TestProfiling(t *testing.T) {
	for on, want := range map[bool]int{false: 404, true: 200} {
		c := config()
		c.Profiling = on
		if status, _ := get(t, serve(t, c)+"/debug/pprof/", "*/*"); status != want {
			t.Errorf("profiling %v: got %d, want %d", on, status, want)
		}
	}
	c := config()
	c.Profiling = true
	handler := newHandler(c)
	for _, path := range []string{"", "profile", "heap", "trace", "symbol"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/debug/pprof/"+path, nil)
		r.RemoteAddr = "10.1.2.3:4567"
		if handler.ServeHTTP(w, r); w.Code != http.StatusForbidden {
			t.Errorf("profile %q to another machine: got %d, want 403", path, w.Code)
		}
	}
}

func TestHandler_refusesTheRest(t *testing.T) {
	handler := newHandler(config())
	for _, path := range []string{"/", "/debug/vars", "/healthz/x"} {
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil)); w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/healthz", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d, want 405", w.Code)
	}
}

func TestListen_errorsSayWhatToDo(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for name, address := range map[string]string{"taken": taken.Addr().String(), "not here": "203.0.113.1:8080", "no port": "127.0.0.1"} {
		c := config()
		c.Address = address
		if _, err := Listen(t.Context(), c); err == nil || !strings.Contains(err.Error(), "server.address") || !strings.Contains(err.Error(), address) {
			t.Errorf("%s: got %v, want an error that names the address and server.address", name, err)
		}
	}
}
