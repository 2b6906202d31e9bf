package lmsim_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// A fixture is a simulator under a clock the test turns, with one collector that is up.
type fixture struct {
	t *testing.T
	*lmsim.Server
	mu     sync.Mutex
	time   time.Time
	bearer string
	header http.Header // of the last response
}

func newFixture(t *testing.T, turn func(*lmsim.Switches)) *fixture {
	t.Helper()
	return newFixtureWith(t, turn, nil)
}

func newFixtureWith(t *testing.T, turn func(*lmsim.Switches), log *slog.Logger) *fixture {
	t.Helper()
	f := &fixture{t: t, time: time.Unix(1_800_000_000, 0), bearer: lmsim.DemoToken().Bearer}
	switches := lmsim.DefaultSwitches()
	if turn != nil {
		turn(&switches)
	}
	if err := switches.Validate(); err != nil {
		t.Fatal(err)
	}
	f.Server = lmsim.New(lmsim.Options{Clock: f.now, Switches: &switches, Log: log})
	if _, err := f.AddCollector(lmsim.Collector{Description: "c"}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.time
}

func (f *fixture) wait(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.time = f.time.Add(d)
}

func (f *fixture) request(method, path, body string) *http.Request {
	f.t.Helper()
	r, err := http.NewRequest(method, "http://lm/santaba/rest"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("X-Version", "3")
	r.Header.Set("Authorization", "Bearer "+f.bearer)
	return r
}

// try does a call and returns its status and decoded body, or the transport's error.
func (f *fixture) try(method, path, body string) (int, map[string]any, error) {
	f.t.Helper()
	resp, err := f.Transport().RoundTrip(f.request(method, path, body))
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	f.header = resp.Header
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, nil, err
	}
	var out map[string]any
	_ = json.Unmarshal(data, &out) // an HTML body is no object
	return resp.StatusCode, out, nil
}

// call does a call that must have this status, and returns its body.
func (f *fixture) call(want int, method, path, body string) map[string]any {
	f.t.Helper()
	got, out, err := f.try(method, path, body)
	if err != nil {
		f.t.Fatalf("%s %s: %v", method, path, err)
	}
	if got != want {
		f.t.Fatalf("%s %s: got status %d, want %d: %v", method, path, got, want, out)
	}
	return out
}

// refused does a call that must fail with this status and errorCode.
func (f *fixture) refused(status int, code float64, method, path, body string) {
	f.t.Helper()
	if out := f.call(status, method, path, body); out["errorCode"] != code {
		f.t.Errorf("%s %s: got errorCode %v, want %v", method, path, out["errorCode"], code)
	}
}

// device creates a device on collector 1 and returns its id as text.
func (f *fixture) device(displayName, more string) string {
	f.t.Helper()
	body := `{"name":"` + displayName + `.example","displayName":"` + displayName + `","preferredCollectorId":1` + more + `}`
	return id(f.call(200, "POST", "/device/devices", body))
}

func (f *fixture) group(name, more string) string {
	f.t.Helper()
	return id(f.call(200, "POST", "/device/groups", `{"name":"`+name+`"`+more+`}`))
}

func id(m map[string]any) string {
	b, _ := json.Marshal(m["id"])
	return string(b)
}

// names lists display names (or names) of what a list call answers.
func (f *fixture) names(path, filter string) []string {
	f.t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	out := []string{}
	for _, item := range f.call(200, "GET", path+sep+"filter="+url.QueryEscape(filter), "")["items"].([]any) {
		m := item.(map[string]any)
		name, ok := m["displayName"]
		if !ok {
			name = m["name"]
		}
		out = append(out, name.(string))
	}
	return out
}

// prop returns the value of a property in one of a device's arrays.
func prop(m map[string]any, array, name string) any {
	list, _ := m[array].([]any)
	for _, p := range list {
		if e := p.(map[string]any); e["name"] == name {
			return e["value"]
		}
	}
	return nil
}

func props(pairs ...string) string {
	list := []map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, map[string]string{"name": pairs[i], "value": pairs[i+1]})
	}
	b, _ := json.Marshal(list)
	return `,"customProperties":` + string(b)
}
