package e2e_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// portal is a simulated account with one collector, behind a real socket.
type portal struct {
	*lmsim.Server
	URL string
}

// plenty are limits that no test reaches.
func plenty() lmsim.Limits {
	const much = 1_000_000
	return lmsim.Limits{Window: 60, Methods: map[string]int{"GET": much, "POST": much, "PUT": much, "PATCH": much, "DELETE": much}}
}

func newPortal(tb testing.TB) *portal {
	tb.Helper()
	p := unreachablePortal(tb)
	p.open(tb)
	return p
}

// unreachablePortal is an account at whose address nobody listens until open.
func unreachablePortal(tb testing.TB) *portal {
	tb.Helper()
	limits := plenty()
	p := &portal{Server: lmsim.New(lmsim.Options{Limits: &limits})}
	if id, err := p.AddCollector(lmsim.Collector{Description: "e2e"}); err != nil || id != 1 {
		tb.Fatalf("add collector: got ID %d, %v; want 1", id, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p.URL = "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		tb.Fatal(err)
	}
	return p
}

// open makes the account answer at its address.
func (p *portal) open(tb testing.TB) {
	tb.Helper()
	listener, err := net.Listen("tcp", strings.TrimPrefix(p.URL, "http://"))
	if err != nil {
		tb.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: p}}
	server.Start()
	tb.Cleanup(server.Close)
}

// faults sets the simulator's faults; none heals it.
func (p *portal) faults(tb testing.TB, faults ...lmsim.Fault) {
	tb.Helper()
	if err := p.SetFaults(faults...); err != nil {
		tb.Fatal(err)
	}
}

// calls are numbers of calls by method and template, whatever their end.
type calls map[string]int

// callsSince counts the calls after a number.
func (p *portal) callsSince(seq uint64) calls {
	c := calls{}
	for _, call := range p.Calls(seq) {
		c[call.Method+" "+call.Template]++
	}
	return c
}

// lastCall is the number of the newest call.
func (p *portal) lastCall() uint64 {
	all := p.Calls(0)
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Seq
}

// writes are those of the calls that are meant to change something.
func (c calls) writes() calls {
	w := calls{}
	for what, n := range c {
		if !strings.HasPrefix(what, http.MethodGet) {
			w[what] = n
		}
	}
	return w
}

// commits is the number of changes so far, by whomever.
func (p *portal) commits() uint64 { return p.Summary().Commits }

// journalSince selects the changes after a number.
func journalSince(seq uint64) account.JournalQuery { return account.JournalQuery{Since: seq} }

// displayNames of a cluster's resources.
func (p *portal) displayNames(tb testing.TB, cluster string) []string {
	tb.Helper()
	var all []string
	devices, _ := p.contents(tb)
	for _, d := range devices {
		if d.property("auto.clustername") == cluster {
			all = append(all, d.DisplayName)
		}
	}
	return all
}

// device is a resource as the account shows it.
type device struct {
	ID           int32  `json:"id"`
	Name         string `json:"name"`
	DisplayName  string `json:"displayName"`
	Type         int    `json:"deviceType"`
	Collector    int    `json:"preferredCollectorId"`
	HostGroupIDs string `json:"hostGroupIds"`
	Properties   []pair `json:"customProperties"`
	System       []pair `json:"systemProperties"`
}

type pair struct{ Name, Value string }

func (d device) property(name string) string { return valueOf(d.Properties, name) }

func valueOf(properties []pair, name string) string {
	for _, p := range properties {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}

// group as the account shows it.
type group struct {
	ID        int32    `json:"id"`
	ParentID  int32    `json:"parentId"`
	FullPath  string   `json:"fullPath"`
	AppliesTo string   `json:"appliesTo"`
	Custom    []pair   `json:"customProperties"`
	Members   []string `json:"members"`
}

// contents is the whole account.
func (p *portal) contents(tb testing.TB) (devices []device, groups []group) {
	tb.Helper()
	dump := p.Dump(account.View{Unmasked: true, StaticOnly: true})
	for _, raw := range dump.Devices {
		var d device
		decode(tb, raw, &d)
		devices = append(devices, d)
	}
	for _, raw := range dump.Groups {
		var g group
		decode(tb, raw, &g)
		groups = append(groups, g)
	}
	return devices, groups
}

func decode(tb testing.TB, raw []byte, into any) {
	tb.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		tb.Fatalf("decode %s: %v", raw, err)
	}
}
