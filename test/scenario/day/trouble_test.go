package day_test

import (
	"net/http"
	"testing"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/test/scenario/fakeapi"
)

// trouble is something that goes wrong with the account, the apiserver or the
// network, until it is mended.
type trouble struct {
	class string // of faults, as docs/reliability.md numbers them
	name  string
	start func(t *testing.T, w *world) (calm func())
}

func troubles() []trouble {
	return []trouble{
		{"F1", "answers are lost", switched(`{"lose": 0.2, "drop": 0.1, "reset": 0.1, "hangAfter": 0.05, "hang": 0.05}`,
			`{"lose": 0, "drop": 0, "reset": 0, "hangAfter": 0, "hang": 0}`)},
		{"F4", "watches end early", func(_ *testing.T, w *world) func() {
			w.api.SetFaults(fakeapi.Faults{NoStreamedLists: true, PageSize: 20})
			w.api.CutWatches()
			return func() { w.api.Compact(); w.api.CutWatches(); w.api.SetFaults(fakeapi.Faults{}) }
		}},
		{"F7", "the apiserver is a proxy's 404 page", func(_ *testing.T, w *world) func() {
			w.api.SetFaults(fakeapi.Faults{PageNotFound: true})
			w.api.CutWatches()
			return func() { w.api.SetFaults(fakeapi.Faults{}) }
		}},
		{"F8", "pods may not be read", func(_ *testing.T, w *world) func() {
			w.api.Forbid("pods")
			w.api.CutWatches()
			return func() { w.api.Permit("pods") }
		}},
		{"F9", "lists fail", func(t *testing.T, w *world) func() {
			t.Helper()
			must(t, w.sim.SetFaults(lmsim.Fault{Name: "list", Action: lmsim.Drop, Method: http.MethodGet, Endpoint: "/device/devices", Probability: 0.7}))
			return func() { must(t, w.sim.SetFaults()) }
		}},
		{"F10", "pages shift", switched(`{"shiftingPages": "always"}`, `{"shiftingPages": "off"}`)},
		{"F12", "what is new shows late", switched(`{"listLag": 60, "getLag": 60}`, `{"listLag": 0, "getLag": 0}`)},
		{"F16", "limits fall", func(_ *testing.T, w *world) func() {
			limits := w.sim.Limits()
			low := limits
			low.Methods = map[string]int{"GET": 20, "POST": 20, "PUT": 20, "PATCH": 20, "DELETE": 20}
			w.sim.SetLimits(low)
			return func() { w.sim.SetLimits(limits) }
		}},
		{"F16", "somebody else takes the limits", switched(`{"tenantShare": 0.95, "rateHeaders": false, "countRefused": true}`,
			`{"tenantShare": 0, "rateHeaders": true, "countRefused": false}`)},
		{"F17", "503 pages", switched(`{"html503": 1}`, `{"html503": 0}`)},
		{"F17", "nothing is answered", switched(`{"hang": 1}`, `{"hang": 0}`)},
		{"F17", "bodies are broken", switched(`{"truncate": 0.1, "slowBody": 0.1, "error200": 0.1, "latency": 2, "latencyJitter": 5}`,
			`{"truncate": 0, "slowBody": 0, "error200": 0, "latency": 0, "latencyJitter": 0}`)},
		{"F22", "the token is withdrawn", func(_ *testing.T, w *world) func() {
			token := lmsim.DemoToken()
			w.sim.RemoveToken(token.Name)
			return func() { w.sim.AddToken(token) }
		}},
	}
}

// begin begins a trouble, and returns how it ends.
func (w *world) begin(t *testing.T, name string) (calm func()) {
	t.Helper()
	for _, x := range troubles() {
		if x.name == name {
			return x.start(t, w)
		}
	}
	t.Fatalf("no trouble is called %q", name)
	return nil
}

// switched is a trouble that the simulator has switches for.
func switched(on, off string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		patch := func(text string) {
			t.Helper()
			if _, err := w.sim.PatchSwitches([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		patch(on)
		return func() { patch(off) }
	}
}
