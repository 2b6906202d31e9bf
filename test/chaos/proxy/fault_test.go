package proxy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Fault{
		"close(all)":                               {Action: Close},
		"close(pods, 410)":                         {Action: Close, Target: "pods", N: 410},
		"status(pods, 403, get)":                   {Action: Status, Target: "pods", N: 403, Verb: "get"},
		"slow(all, 150ms)":                         {Action: Slow, For: 150 * time.Millisecond},
		"drop(services, 2)":                        {Action: Drop, Target: "services", N: 2},
		"commitDrop(POST /device/devices, nth=3)":  {Action: CommitDrop, Target: "POST /device/devices", Nth: 3},
		"dropBeforeCommit(DELETE, times=2)":        {Action: DropBeforeCommit, Target: "DELETE", Times: 2},
		"limit(POST /device/devices, 10, 2s)":      {Action: Limit, Target: "POST /device/devices", N: 10, For: 2 * time.Second},
		"hang(GET /device/groups, times=1, nth=2)": {Action: Hang, Target: "GET /device/groups", Times: 1, Nth: 2},
	} {
		got, err := Parse(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Parse(%q): %v (-want +got):\n%s", text, err, diff)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("Parse(%q), which is how %+v is written: %+v, %v", got, got, again, err)
		}
	}
	for _, text := range []string{"", "close", "close(pods", "explode(all)", "close(pods, soon)", "drop(all, nth=x)", "drop(all, times=)"} {
		if f, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) is %+v, want an error", text, f)
		}
	}
}

func TestRequest(t *testing.T) {
	for text, tt := range map[string]struct {
		request Request
		changes bool
	}{
		"a read":       {Request{Side: SideKubernetes, Verb: "get", Target: "pods", Name: "a"}, false},
		"a watch":      {Request{Side: SideKubernetes, Verb: "watch", Target: "pods"}, false},
		"a question":   {Request{Side: SideKubernetes, Verb: "create", Target: "selfsubjectaccessreviews"}, false},
		"a patch":      {Request{Side: SideKubernetes, Verb: "patch", Target: "pods", Name: "a"}, true},
		"a listing":    {Request{Side: SideLogicMonitor, Verb: "GET", Target: "/device/devices"}, false},
		"a create":     {Request{Side: SideLogicMonitor, Verb: "POST", Target: "/device/devices"}, true},
		"another test": {Request{Side: SideLogicMonitor, Verb: "DELETE", Target: "/device/devices/1"}, true},
	} {
		if got := tt.request.Changes(); got != tt.changes {
			t.Errorf("%s, %v: Changes is %v", text, tt.request, got)
		}
	}
}

func TestFault_fits(t *testing.T) {
	for _, tt := range []struct {
		fault   string
		request Request
		want    bool
	}{
		{"drop(pods)", Request{Side: SideKubernetes, Verb: "watch", Target: "pods"}, true},
		{"drop(pods)", Request{Side: SideKubernetes, Verb: "watch", Target: "services"}, false},
		{"status(all, 500, get)", Request{Side: SideKubernetes, Verb: "list", Target: "pods"}, false},
		{"slow(POST, 1s)", Request{Side: SideLogicMonitor, Verb: "POST", Target: "/device/groups"}, true},
		{"slow(POST /device/groups, 1s)", Request{Side: SideLogicMonitor, Verb: "POST", Target: "/device/groups"}, true},
		{"slow(POST /device/devices, 1s)", Request{Side: SideLogicMonitor, Verb: "POST", Target: "/device/groups"}, false},
		{"slow(PUT /device/groups, 1s)", Request{Side: SideLogicMonitor, Verb: "POST", Target: "/device/groups"}, false},
	} {
		f, err := Parse(tt.fault)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.fits(tt.request); got != tt.want {
			t.Errorf("%v fits %v: %v, want %v", f, tt.request, got, tt.want)
		}
	}
}

func TestFaults_strike(t *testing.T) {
	request := Request{Side: SideKubernetes, Verb: "get", Target: "pods", Name: "a"}
	for fault, want := range map[string][]bool{
		"refuse(pods)":          {true, true, true, true},
		"refuse(pods, times=2)": {true, true, false, false},
		"refuse(pods, nth=3)":   {false, false, true, false},
		"refuse(services)":      {false, false, false, false},
	} {
		f, err := Parse(fault)
		if err != nil {
			t.Fatal(err)
		}
		s := newFaults(SideKubernetes)
		if err := s.add(f, ""); err != nil {
			t.Fatal(err)
		}
		var got []bool
		for range want {
			_, struck := s.strike(Refuse, request)
			got = append(got, struck)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", fault, diff)
		}
		s.lift()
		if _, struck := s.strike(Refuse, request); struck {
			t.Errorf("%s strikes after it was lifted", fault)
		}
	}
	if err := newFaults(SideKubernetes).add(Fault{Action: CommitDrop}, ""); err == nil {
		t.Error("the proxy of Kubernetes accepts what it cannot do")
	}
}
