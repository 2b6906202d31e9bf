package lm_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
)

// After any fault that may have let the change through, the request was sent once
// and its outcome is ambiguous; a read under the same fault is sent again.
func TestOutcome_afterFaults(t *testing.T) {
	for action, tt := range map[string]struct {
		change lm.Class
		read   bool // a second attempt helps
	}{
		lmsim.Lose:      {lm.ClassAmbiguous, true},
		lmsim.Drop:      {lm.ClassAmbiguous, true},
		lmsim.Reset:     {lm.ClassAmbiguous, true},
		lmsim.Hang:      {lm.ClassAmbiguous, true},
		lmsim.HangAfter: {lm.ClassAmbiguous, true},
		lmsim.HTML503:   {lm.ClassAmbiguous, true},
		lmsim.Truncate:  {lm.ClassAmbiguous, true},
		lmsim.Error200:  {lm.ClassAmbiguous, true}, // code 1500
	} {
		t.Run(action, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim, c := newSim(t, lm.Config{})
				device := must(c.CreateDevice(t.Context(), pod("web-0")))(t)
				for _, change := range []struct {
					endpoint lm.Endpoint
					do       func() error
				}{
					{lm.EndpointCreateDevice, func() error { _, err := c.CreateDevice(t.Context(), pod("web-1")); return err }},
					{lm.EndpointPatchDevice, func() error {
						_, err := c.PatchDevice(t.Context(), device.ID, lm.DeviceFields{Link: new("x")})
						return err
					}},
					{lm.EndpointDeleteDevice, func() error { return c.DeleteDevice(t.Context(), device.ID, lm.DeleteHard) }},
				} {
					endpoint := change.endpoint
					before := calls(sim, endpoint)
					strike(t, sim, action, endpoint.Method())
					if err := change.do(); lm.ClassOf(err) != tt.change {
						t.Errorf("%s: got %v, want class %v", endpoint, err, tt.change)
					}
					if n := calls(sim, endpoint) - before; n != 1 {
						t.Errorf("%s: sent %d times, want once", endpoint, n)
					}
				}
				strike(t, sim, action, "GET")
				if _, err := c.Group(t.Context(), lm.RootGroup); (err == nil) != tt.read {
					t.Errorf("read: got %v, want success %v", err, tt.read)
				}
			})
		})
	}
}

// strike lets a fault hit the next call of a method, once.
func strike(t *testing.T, sim *lmsim.Server, action, method string) {
	t.Helper()
	if err := sim.SetFaults(lmsim.Fault{Action: action, Method: method, Times: 1}); err != nil {
		t.Fatal(err)
	}
}

func calls(sim *lmsim.Server, e lm.Endpoint) int { return sim.CountCalls(e.Method(), e.Template(), -1) }

func TestOutcome_ofStatuses(t *testing.T) {
	for _, tt := range []struct {
		status, code int
		read, change lm.Class
	}{
		{400, 1400, lm.ClassInvalid, lm.ClassInvalid},
		{401, 1401, lm.ClassUnauthorized, lm.ClassUnauthorized},
		{403, 1403, lm.ClassForbidden, lm.ClassForbidden},
		{404, 1404, lm.ClassNotFound, lm.ClassNotFound},
		{404, 1400, lm.ClassNotFound, lm.ClassNotFound}, // the status decides, not the code
		{409, 1409, lm.ClassConflict, lm.ClassConflict},
		{412, 1412, lm.ClassInvalid, lm.ClassInvalid},
		{413, 1413, lm.ClassInvalid, lm.ClassInvalid},
		{500, 1500, lm.ClassUnavailable, lm.ClassAmbiguous},
		{502, 0, lm.ClassUnavailable, lm.ClassAmbiguous},
		{503, 0, lm.ClassUnavailable, lm.ClassAmbiguous},
		{504, 0, lm.ClassUnavailable, lm.ClassAmbiguous},
		{302, 0, lm.ClassMalformed, lm.ClassAmbiguous},
		{200, 1404, lm.ClassNotFound, lm.ClassNotFound}, // an error in a success
		{200, 1409, lm.ClassConflict, lm.ClassConflict},
		{200, 1429, lm.ClassRateLimited, lm.ClassRateLimited},
		{200, 1500, lm.ClassUnavailable, lm.ClassAmbiguous},
		{200, 1, lm.ClassInvalid, lm.ClassInvalid},
	} {
		synctest.Test(t, func(t *testing.T) {
			body, header := "", http.Header{"Content-Type": {"text/html"}}
			if tt.code != 0 {
				body = `{"errorMessage":"text that says 404 and 409","errorCode":` + strconv.Itoa(tt.code) + `,"errorDetail":null}`
			}
			c := clientOf(t, answering{tt.status, header, body}, lm.Config{})
			_, err := c.Device(t.Context(), 1)
			if got := lm.ClassOf(err); got != tt.read {
				t.Errorf("HTTP %d code %d on a read: got %v (%v), want %v", tt.status, tt.code, got, err, tt.read)
			}
			c = clientOf(t, answering{tt.status, header, body}, lm.Config{})
			_, err = c.CreateDevice(t.Context(), pod("x"))
			if got := lm.ClassOf(err); got != tt.change {
				t.Errorf("HTTP %d code %d on a change: got %v (%v), want %v", tt.status, tt.code, got, err, tt.change)
			}
			var e *lm.Error
			if !errors.As(err, &e) || e.Status != tt.status || e.Code != tt.code || e.Endpoint != lm.EndpointCreateDevice {
				t.Errorf("HTTP %d code %d: got %+v", tt.status, tt.code, e)
			}
		})
	}
}

// A request for which no connection could be made was not sent, so even a change
// is sent again.
func TestRetry_whenNeverConnected(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":1}`)) }))
	t.Cleanup(s.Close)
	var dials atomic.Int32
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			return nil, errors.New("no route to host")
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	registry := prometheus.NewRegistry()
	c, err := lm.New(lm.Config{BaseURL: s.URL, Credentials: demo(), Transport: transport, Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDevice(t.Context(), pod("x")); err != nil {
		t.Fatal(err)
	}
	if n := dials.Load(); n != 2 {
		t.Errorf("dialed %d times, want 2", n)
	}
	if used := c.BucketState(lm.EndpointCreateDevice).Used; used != 1 {
		t.Errorf("%d requests count against the limit, want 1: the other was not sent", used)
	}
	want := `
# HELP argus_lm_retries_total Requests the client sent again by itself: reads, requests for which no connection was made, and requests refused by the rate limit.
# TYPE argus_lm_retries_total counter
argus_lm_retries_total{endpoint="/device/devices",method="POST"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "argus_lm_retries_total"); err != nil {
		t.Error(err)
	}
}

// While the account answers nothing but 503, repetitions are at most a tenth of
// first attempts, and nine of ten requests are not sent at all; when it recovers, work
// flows again while the failures are still remembered.
func TestOverload_sendsLittleAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		sim, c := newSim(t, lm.Config{Metrics: registry})
		if err := sim.SetFaults(lmsim.Fault{Action: lmsim.HTML503}); err != nil {
			t.Fatal(err)
		}
		const wanted = 3000 // in ten minutes
		for range wanted {
			_, _ = c.Group(t.Context(), lm.RootGroup)
			time.Sleep(200 * time.Millisecond)
		}
		sent := sim.CountCalls("GET", "", 503)
		if most := wanted / 10; sent > most {
			t.Errorf("%d of %d requests sent in ten minutes of 503, want at most %d", sent, wanted, most)
		}
		if n := metric(t, registry, "argus_lm_retries_total"); n > float64(sent)/10+2 {
			t.Errorf("%v repetitions for %d requests, want at most a tenth", n, sent)
		}
		if err := sim.SetFaults(); err != nil {
			t.Fatal(err)
		}
		down := time.Now()
		for done := 0; done < 20; {
			if _, err := c.Group(t.Context(), lm.RootGroup); err == nil {
				done++
			}
			time.Sleep(200 * time.Millisecond)
		}
		if took := time.Since(down); took > 2*time.Minute {
			t.Errorf("20 requests took %v after the account recovered, want less than the two minutes a Guard remembers", took)
		}
	})
}

// metric sums a counter over its labels.
func metric(t *testing.T, g prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// One hung call holds up nobody else, and itself no longer than the timeout.
func TestTimeout_oneHungCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, c := newSim(t, lm.Config{Timeout: 10 * time.Second})
		must(c.CreateDevice(t.Context(), pod("first")))(t) // the limit is known
		if err := sim.SetFaults(lmsim.Fault{Action: lmsim.Hang, Method: "POST", Nth: 1}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var done sync.WaitGroup
		done.Go(func() {
			if _, err := c.CreateDevice(t.Context(), pod("hung")); !lm.IsAmbiguous(err) {
				t.Errorf("hung: got %v, want ambiguous", err)
			}
			if took := time.Since(began); took != 10*time.Second {
				t.Errorf("hung call took %v, want the timeout", took)
			}
		})
		synctest.Wait()
		must(c.CreateDevice(t.Context(), pod("second")))(t)
		if took := time.Since(began); took > time.Second {
			t.Errorf("the next call took %v", took)
		}
		done.Wait()
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, c := newSim(t, lm.Config{})
		if err := sim.SetFaults(lmsim.Fault{Action: lmsim.Hang}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Group(ctx, 1); lm.ClassOf(err) != lm.ClassCanceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a read whose caller gave up: got %v (%v), want canceled", err, lm.ClassOf(err))
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.CreateDevice(ctx, pod("x")); !lm.IsAmbiguous(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a change whose caller gave up: got %v, want ambiguous", err)
		}
		if _, err := c.CreateDevice(ctx, pod("y")); lm.ClassOf(err) != lm.ClassCanceled {
			t.Errorf("a change that never got its turn: got %v, want canceled", err)
		}
	})
}

// Refused credentials are probed at most every 30 seconds, and new ones are used
// at once.
func TestCredentials_refusedAndRotated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "token")
		write := func(token string) {
			if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("revoked-token")
		sim, c := newSim(t, lm.Config{Credentials: credential.Config{BearerFile: file}})
		for range 600 { // ten minutes
			if _, err := c.Group(t.Context(), lm.RootGroup); !lm.IsUnauthorized(err) {
				t.Fatalf("got %v, want unauthorized", err)
			}
			if err := c.DeleteDevice(t.Context(), 1, lm.DeleteHard); !lm.IsUnauthorized(err) {
				t.Fatalf("got %v, want unauthorized", err)
			}
			time.Sleep(time.Second)
		}
		if n := sim.CountCalls("", "", 401); n > 21 {
			t.Errorf("%d requests in ten minutes of 401, want at most one in 30 seconds", n)
		}
		write(lmsim.DemoToken().Bearer)
		time.Sleep(time.Second)
		if _, err := c.Group(t.Context(), lm.RootGroup); err != nil {
			t.Errorf("with new credentials: %v", err)
		}
	})
}

// Credentials that change between signing and the answer do not fail the request.
func TestCredentials_changedMeanwhile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("old-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer old-token" {
			_ = os.WriteFile(file, []byte("newer-token"), 0o600)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"id":1}`))
	}, lm.Config{Credentials: credential.Config{BearerFile: file}})
	if _, err := c.CreateDevice(t.Context(), pod("x")); err != nil {
		t.Error(err)
	}
}

// A wrong clock is recognized by the account's Date and named.
func TestClock_skewIsSaid(t *testing.T) {
	for want, skew := range map[string]time.Duration{
		"the clock of this machine is 45m12s ahead of LogicMonitor's": 45*time.Minute + 12*time.Second,
		"the clock of this machine is 2h0m0s behind LogicMonitor's":   -2 * time.Hour,
		"": 5 * time.Minute, // within what is accepted: no such error
	} {
		synctest.Test(t, func(t *testing.T) {
			sim := lmsim.New(lmsim.Options{Clock: func() time.Time { return time.Now().Add(-skew) }})
			c := clientOf(t, sim.Transport(), lm.Config{})
			_, err := c.Group(t.Context(), lm.RootGroup)
			if got, known := c.ClockSkew(); !known || (got-skew).Abs() > time.Second {
				t.Errorf("skew %v: got %v, %v", skew, got, known)
			}
			if want == "" {
				if err != nil || lm.IsClockSkew(err) {
					t.Errorf("skew %v: got %v, want success", skew, err)
				}
				return
			}
			if !lm.IsClockSkew(err) || !lm.IsUnauthorized(err) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "fix NTP") {
				t.Errorf("skew %v: got %v, want %q", skew, err, want)
			}
		})
	}
}

// It is not known whether a path that needs escaping is signed as it is meant or
// as it is sent: both are tried, and what worked is kept.
func TestSigning_ofEscapedPaths(t *testing.T) {
	keys, err := credential.NewSource(demo())
	if err != nil {
		t.Fatal(err)
	}
	key, _ := keys.Key()
	for name, signed := range map[string]func(*http.Request) string{
		"as it is meant": func(r *http.Request) string { return r.URL.Path },
		"as it is sent":  func(r *http.Request) string { return r.URL.EscapedPath() },
	} {
		t.Run(name, func(t *testing.T) {
			var requests []int
			c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
				header := r.Header.Get("Authorization")
				epoch, _ := time.ParseDuration(header[strings.LastIndexByte(header, ':')+1:] + "ms")
				status := http.StatusOK
				if header != key.Authorization(r.Method, time.UnixMilli(epoch.Milliseconds()), nil, strings.TrimPrefix(signed(r), "/santaba/rest")) {
					status = http.StatusUnauthorized
				}
				requests = append(requests, status)
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{}`))
			}, lm.Config{})
			for range 2 {
				if err := c.DeleteDeviceProperty(t.Context(), 1, "kubernetes.label.app.kubernetes.io/name"); err != nil {
					t.Fatal(err)
				}
			}
			want := []int{200, 200}
			if name == "as it is sent" {
				want = []int{401, 200, 200}
			}
			if diff := cmp.Diff(want, requests); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		sim, c := newSim(t, lm.Config{Metrics: registry})
		clientOf(t, sim.Transport(), lm.Config{Metrics: registry}) // a second client shares them
		must(c.CreateDevice(t.Context(), pod("x")))(t)
		_, _ = c.CreateDevice(t.Context(), pod("x"))
		if _, err := c.Device(t.Context(), 4711); !lm.IsNotFound(err) {
			t.Fatal(err)
		}
		want := `
# HELP argus_lm_rate_limit_limit Requests the account takes in a window, as its newest answer said.
# TYPE argus_lm_rate_limit_limit gauge
argus_lm_rate_limit_limit{endpoint="/device/devices",method="POST"} 200
argus_lm_rate_limit_limit{endpoint="/device/devices/{id}",method="GET"} 500
# HELP argus_lm_rate_limit_remaining Requests the account still takes in its window, as its newest answer said.
# TYPE argus_lm_rate_limit_remaining gauge
argus_lm_rate_limit_remaining{endpoint="/device/devices",method="POST"} 198
argus_lm_rate_limit_remaining{endpoint="/device/devices/{id}",method="GET"} 499
# HELP argus_lm_requests_total Requests to the LogicMonitor API, by HTTP status or by what kept an answer from coming (timeout, canceled, error) or the request from being sent (throttled, held).
# TYPE argus_lm_requests_total counter
argus_lm_requests_total{code="200",endpoint="/device/devices",method="POST"} 1
argus_lm_requests_total{code="409",endpoint="/device/devices",method="POST"} 1
argus_lm_requests_total{code="404",endpoint="/device/devices/{id}",method="GET"} 1
`
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "argus_lm_requests_total", "argus_lm_rate_limit_limit", "argus_lm_rate_limit_remaining"); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"argus_lm_request_duration_seconds", "argus_lm_limiter_wait_seconds"} {
			if n, err := testutil.GatherAndCount(registry, name); err != nil || n != 2 {
				t.Errorf("%s: %d series, error %v; want 2", name, n, err)
			}
		}
	})
}
