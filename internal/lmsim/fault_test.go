package lmsim_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

const create = `{"name":"n","displayName":"d","preferredCollectorId":1}`

// TestFaults proves for each fault, in memory and over a socket, what the caller sees and whether
// the call took effect.
func TestFaults(t *testing.T) {
	cases := map[string]struct {
		fault   lmsim.Fault
		err     error // that the in-memory transport gives
		status  int   // without an error
		body    string
		effect  bool
		partial bool // the error comes while the body is read
	}{
		"drop":       {fault: lmsim.Fault{Action: lmsim.Drop}, err: io.ErrUnexpectedEOF},
		"lose":       {fault: lmsim.Fault{Action: lmsim.Lose}, err: io.ErrUnexpectedEOF, effect: true},
		"reset":      {fault: lmsim.Fault{Action: lmsim.Reset}, err: syscall.ECONNRESET, effect: true},
		"hang":       {fault: lmsim.Fault{Action: lmsim.Hang}, err: context.Canceled},
		"hang after": {fault: lmsim.Fault{Action: lmsim.HangAfter}, err: context.Canceled, effect: true},
		"html 503":   {fault: lmsim.Fault{Action: lmsim.HTML503}, status: 503, body: "Service Temporarily Unavailable"},
		"error 200":  {fault: lmsim.Fault{Action: lmsim.Error200}, status: 200, body: `"errorCode":1500`},
		"status":     {fault: lmsim.Fault{Action: lmsim.Status, Status: 502, Code: 7}, status: 502, body: `"errorCode":7`},
		"truncate":   {fault: lmsim.Fault{Action: lmsim.Truncate}, status: 200, err: io.ErrUnexpectedEOF, effect: true, partial: true},
		"slow body":  {fault: lmsim.Fault{Action: lmsim.SlowBody, Seconds: 0.01}, status: 200, body: `"displayName":"d"`, effect: true},
		"delay":      {fault: lmsim.Fault{Action: lmsim.Delay, Seconds: 0.01}, status: 200, body: `"displayName":"d"`, effect: true},
	}
	for name, c := range cases {
		for _, how := range []string{"in memory", "socket"} {
			t.Run(name+" "+how, func(t *testing.T) {
				// A caller of a hanging call gives up once the simulator has dealt with it.
				ctx, giveUp := context.WithCancel(t.Context())
				defer giveUp()
				done := onCall(func() {
					if errors.Is(c.err, context.Canceled) {
						giveUp()
					}
				})
				f := newFixtureWith(t, nil, slog.New(done))
				if err := f.SetFaults(c.fault); err != nil {
					t.Fatal(err)
				}
				rt, url := f.Transport(), "http://lm"
				if how == "socket" {
					server := httptest.NewServer(f)
					t.Cleanup(server.Close)
					transport := &http.Transport{DisableKeepAlives: true}
					t.Cleanup(transport.CloseIdleConnections)
					rt, url = transport, server.URL
				}
				r := f.request("POST", "/device/devices", create).WithContext(ctx)
				parsed, _ := http.NewRequest("POST", url, nil)
				r.URL.Scheme, r.URL.Host = parsed.URL.Scheme, parsed.URL.Host
				status, body, err := roundTrip(rt, r)
				if (err != nil) != (c.err != nil) {
					t.Fatalf("got error %v, want %v", err, c.err)
				}
				if how == "in memory" && !errors.Is(err, c.err) {
					t.Errorf("got error %v, want %v", err, c.err)
				}
				if status != c.status && !(how == "socket" && c.err != nil) || !strings.Contains(body, c.body) {
					t.Errorf("got %d %q, want %d with %q", status, body, c.status, c.body)
				}
				if n, _ := f.Size(); (n == 1) != c.effect {
					t.Errorf("got %d devices, want effect %v", n, c.effect)
				}
			})
		}
	}
}

// onCall is a log handler that is told of every call the simulator has dealt with.
type onCall func()

func (onCall) Enabled(context.Context, slog.Level) bool    { return true }
func (f onCall) Handle(context.Context, slog.Record) error { f(); return nil }
func (f onCall) WithAttrs([]slog.Attr) slog.Handler        { return f }
func (f onCall) WithGroup(string) slog.Handler             { return f }

func roundTrip(rt http.RoundTripper, r *http.Request) (int, string, error) {
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func TestFaultsStrikeChosenCalls(t *testing.T) {
	f := newFixture(t, nil)
	if err := f.SetFaults(
		lmsim.Fault{Action: lmsim.Lose, Method: "POST", Endpoint: "/device/groups", Nth: 2},
		lmsim.Fault{Action: lmsim.Status, Status: 500, Method: "GET", Endpoint: "/device/groups/{id}", Times: 2},
	); err != nil {
		t.Fatal(err)
	}
	f.group("one", "")
	if _, _, err := f.try("POST", "/device/groups", `{"name":"two"}`); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("second create: got %v, want its answer lost", err)
	}
	f.group("three", "")
	f.call(500, "GET", "/device/groups/1", "")
	f.call(500, "GET", "/device/groups/2", "")
	f.call(200, "GET", "/device/groups/3", "")
	f.want([]string{"", "one", "two", "three"}, f.names("/device/groups", ""))
	f.want(1, f.CountCalls("POST", "/device/groups", 0))
	for _, bad := range []lmsim.Fault{{Action: "x"}, {Action: lmsim.Status}, {Action: lmsim.Drop, Probability: 2}} {
		if err := f.SetFaults(bad); err == nil {
			t.Errorf("fault %+v was accepted", bad)
		}
	}
}

// TestProbabilitiesRepeat proves that a seed gives the same faults again.
func TestProbabilitiesRepeat(t *testing.T) {
	run := func(seed uint64) string {
		f := newFixture(t, func(w *lmsim.Switches) { w.Drop, w.HTML503, w.Seed = 0.3, 0.3, seed })
		var out strings.Builder
		for range 50 {
			status, _, err := f.try("GET", "/device/groups/1", "")
			switch {
			case err != nil:
				out.WriteByte('x')
			case status == 503:
				out.WriteByte('h')
			default:
				out.WriteByte('.')
			}
		}
		return out.String()
	}
	one := run(1)
	f := map[byte]int{}
	for i := range len(one) {
		f[one[i]]++
	}
	if f['x'] == 0 || f['h'] == 0 || f['.'] == 0 {
		t.Errorf("got %s, want some of each", one)
	}
	if again := run(1); again != one {
		t.Errorf("the same seed gave\n%s and\n%s", one, again)
	}
	if run(2) == one {
		t.Error("another seed gave the same faults")
	}
}

// TestLatencyUnderFakeTime proves that the in-memory transport works in a synctest bubble, takes as
// long as the switches say, and honors the caller's deadline on both sides of the effect.
func TestLatencyUnderFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lmsim.DefaultSwitches()
		w.Latency = 4
		s := lmsim.New(lmsim.Options{Switches: &w})
		if _, err := s.AddCollector(lmsim.Collector{}); err != nil {
			t.Fatal(err)
		}
		post := func(name string, patience time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			body := strings.ReplaceAll(create, `"d"`, `"`+name+`"`)
			r, err := http.NewRequestWithContext(ctx, "POST", "http://lm/santaba/rest/device/devices", strings.NewReader(strings.ReplaceAll(body, `"n"`, `"`+name+`"`)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Version", "3")
			r.Header.Set("Authorization", "Bearer "+lmsim.DemoToken().Bearer)
			_, _, err = roundTrip(s.Transport(), r)
			return err
		}
		start := time.Now()
		if err := post("patient", time.Minute); err != nil || time.Since(start) != 4*time.Second {
			t.Errorf("got %v after %v, want success after 4s", err, time.Since(start))
		}
		if err := post("hasty", time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if err := post("unlucky", 3*time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		for name, want := range map[string]bool{"patient": true, "hasty": false, "unlucky": true} {
			if _, ok := s.DeviceByDisplayName(name); ok != want {
				t.Errorf("%s: got device %v, want %v", name, ok, want)
			}
		}
	})
}
