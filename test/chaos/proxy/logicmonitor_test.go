package proxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// create asks for a device through a proxy, and returns the status; none means
// that no whole answer came.
func create(t *testing.T, url, name string) (status int) {
	t.Helper()
	body := fmt.Sprintf(`{"name": %q, "displayName": %q, "preferredCollectorId": 1, "hostGroupIds": "1"}`, name, name)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/santaba/rest/device/devices", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+lmsim.DemoToken().Bearer)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Version", "3")
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func TestLogicMonitor(t *testing.T) {
	for name, tt := range map[string]struct {
		faults []string
		status []int // of three creates
		made   []bool
	}{
		"nothing is wrong": {nil, []int{200, 200, 200}, []bool{true, true, true}},
		"an answer is lost after the effect": {
			[]string{"commitDrop(POST /device/devices, nth=2)"}, []int{200, 0, 200}, []bool{true, true, true},
		},
		"a request is lost": {
			[]string{"dropBeforeCommit(POST, times=1)"}, []int{0, 200, 200}, []bool{false, true, true},
		},
		"the connection is refused": {[]string{"refuse(all)"}, []int{0, 0, 0}, []bool{false, false, false}},
		"the account refuses, as the simulator can": {
			[]string{"status(POST /device/devices, 502, times=2)"}, []int{502, 502, 200}, []bool{false, false, true},
		},
		"two of the simulator's faults": {
			[]string{"html503(POST /device/devices, nth=1)", "status(POST /device/devices, 500, times=1)"}, []int{503, 500, 200}, []bool{false, false, true},
		},
		"a limit": {[]string{"limit(POST /device/devices, 1, 60s)"}, []int{200, 429, 429}, []bool{true, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			sim, seen := lmsim.New(lmsim.Options{}), 0
			if _, err := sim.AddCollector(lmsim.Collector{}); err != nil {
				t.Fatal(err)
			}
			gate := NewGate()
			p := NewLogicMonitor(sim, gate, func(*http.Request) { seen++ })
			server := httptest.NewServer(p)
			defer server.Close()
			for _, text := range tt.faults {
				f, err := Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Set(f); err != nil {
					t.Fatal(err)
				}
			}
			for i, want := range tt.status {
				device := fmt.Sprintf("device-%d", i)
				if got := create(t, server.URL, device); got != want {
					t.Errorf("create %d: status %d, want %d", i, got, want)
				}
				if _, made := sim.DeviceByDisplayName(device); made != tt.made[i] {
					t.Errorf("create %d took effect: %v, want %v", i, made, tt.made[i])
				}
			}
			if gate.Count() != 3 {
				t.Errorf("the gate counted %d requests, want 3", gate.Count())
			}
			if seen > 3 || seen == 0 && tt.made[2] {
				t.Errorf("before the account %d requests were seen", seen)
			}
			for _, text := range tt.faults {
				f, _ := Parse(text)
				if p.Struck(f.Action) == 0 {
					t.Errorf("%v has not struck", f)
				}
			}
			if err := p.Lift(); err != nil {
				t.Fatal(err)
			}
			if got := create(t, server.URL, "after"); got != http.StatusOK && tt.faults != nil && !strings.HasPrefix(tt.faults[0], Limit) {
				t.Errorf("a create after all faults were lifted: status %d", got)
			}
		})
	}
}
