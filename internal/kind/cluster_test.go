package kind_test

import (
	"encoding/json"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
	simaccount "github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// How many random clusters a run of the tests makes.
const (
	clusters      = 1000
	clustersShort = 100
)

// life is an object and what becomes of it.
type life struct {
	fact
	before, after object
}

// TestCluster_equalsTheNaiveAccount makes a thousand random clusters, carries each
// into an account of its own, changes its objects, and carries that too. Then the
// account must hold, device by device and property by property, what the naive
// description says of the objects as they are.
func TestCluster_equalsTheNaiveAccount(t *testing.T) {
	rounds, seed, seen := clusters, rand.Int(), map[string]bool{}
	if testing.Short() {
		rounds = clustersShort
	}
	generate := aCluster(readFacts(t))
	synctest.Test(t, func(t *testing.T) { // the client keeps to the account's limits, in no time
		for i := range rounds {
			p, want, lives := newPortal(t), map[string]naiveDevice{}, generate.Example(seed+i)
			for _, l := range lives {
				p.follow(t, l, want)
				seen[l.id] = true
			}
			got := p.devices(t)
			p.client.Close()
			if diff := cmp.Diff(want, got); diff != "" || t.Failed() {
				t.Fatalf("account of cluster %d (-naive +ours):\n%s\nits objects:\n%+v", seed+i, diff, lives)
			}
		}
	})
	if got, want := len(seen), len(readFacts(t)); got < want {
		t.Errorf("objects of %d kinds were made, want of all %d", got, want)
	}
}

// aCluster generates objects of all kinds, each with its later self: under the same
// name, with other labels, annotations, spec and status.
func aCluster(facts []fact) *rapid.Generator[[]life] {
	return rapid.Custom(func(t *rapid.T) []life {
		lives := make([]life, rapid.IntRange(1, 8).Draw(t, "objects"))
		for i := range lives {
			f := rapid.SampledFrom(facts).Draw(t, "kind")
			before, after := anObject(f).Draw(t, "before"), anObject(f).Draw(t, "after")
			was, is := before["metadata"].(object), after["metadata"].(object)
			for _, field := range []string{"name", "namespace", "uid", "creationTimestamp"} {
				delete(is, field)
				if value, ok := was[field]; ok {
					is[field] = value
				}
			}
			lives[i] = life{f, before, after}
		}
		return lives
	})
}

// naiveDevice is what is looked at of a device. Names of properties have no case.
type naiveDevice struct {
	Name, DisplayName, HostGroupIDs string
	DeviceType                      int
	Collector                       int
	DisableAlerting                 bool
	Properties                      map[string]string
}

func (e expected) device() naiveDevice {
	d := naiveDevice{Name: e.Name, DisplayName: e.DisplayName, HostGroupIDs: "1", DeviceType: 8, Collector: 1, Properties: map[string]string{
		"system.categories": e.Category, "auto.createdby": "LogicMonitor/Argus: test",
	}}
	for name, value := range e.Properties {
		d.Properties[strings.ToLower(name)] = value
	}
	return d
}

// stars says whether a value is what stands for one that is masked: an account takes it
// for the value that is there.
func (e expected) stars() bool {
	return slices.Contains(slices.Collect(maps.Values(e.Properties)), resource.Masked)
}

// portal is an account that Argus reaches as it does in earnest.
type portal struct {
	sim    *lmsim.Server
	client *lm.Client
	argus  *account.Account
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	limits, switches := lmsim.NoLimits(), lmsim.DefaultSwitches()
	switches.MaskedSuffixes = "" // what is masked cannot be compared
	sim := lmsim.New(lmsim.Options{Clock: time.Now, Limits: &limits, Switches: &switches})
	if _, err := sim.AddCollector(lmsim.Collector{}); err != nil {
		t.Fatal(err)
	}
	client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: sim.Transport(), Credentials: credential.Config{Bearer: credential.Secret(lmsim.DemoToken().Bearer)}})
	if err != nil {
		t.Fatal(err)
	}
	return &portal{sim, client, account.New(account.Config{
		Client: client, Cluster: lab.Cluster, Version: "test", Log: slog.New(slog.DiscardHandler), Collectors: account.CollectorConfig{ID: 1},
	})}
}

// follow carries an object into the account, and then its change, and notes in want
// what the account should hold. An account takes each name once: an object that would
// take that of another is left out.
func (p *portal) follow(t *testing.T, l life, want map[string]naiveDevice) {
	t.Helper()
	first, last := naive(l.fact, l.before), naive(l.fact, l.after)
	if first.Outcome != "" || taken(want, first.Name, first.DisplayName) {
		return
	}
	made := p.carry(t, plan.Change{Op: plan.Create, Want: mapped(t, l.fact, l.before)})
	switch {
	case last.Outcome == "excluded":
		p.carry(t, plan.Change{Op: plan.Delete, Key: made.Key, ID: made.ID})
		return
	case last.Outcome != "" || taken(want, last.Name, "") || first.stars() || last.stars():
		want[first.DisplayName] = first.device()
		return
	}
	if change := plan.Diff(made, mapped(t, l.fact, l.after), lab.Ownership()); change.Op != plan.None {
		made = p.carry(t, change)
	}
	if again := plan.Diff(made, mapped(t, l.fact, l.after), lab.Ownership()); again.Op != plan.None {
		t.Errorf("the account holds what was written, and it would be written again: %+v", again.Fields)
	}
	want[first.DisplayName] = last.device()
}

func taken(all map[string]naiveDevice, name, displayName string) bool {
	for d := range maps.Values(all) {
		if strings.EqualFold(d.Name, name) || strings.EqualFold(d.DisplayName, displayName) {
			return true
		}
	}
	return false
}

// mapped is what Argus makes of an object that it mirrors.
func mapped(t *testing.T, f fact, obj object) *resource.Resource {
	t.Helper()
	k, _ := kind.ByID(resource.Kind(f.id))
	data, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	typed := k.New()
	if err := json.Unmarshal(data, typed); err != nil {
		t.Fatal(err)
	}
	r, err := k.Map(typed, lab)
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

func (p *portal) carry(t *testing.T, change plan.Change) *resource.Observed {
	t.Helper()
	turn, err := p.argus.Reserve(t.Context(), change.Op)
	if err != nil {
		t.Fatal(err)
	}
	defer turn.Cancel()
	r := p.argus.Carry(t.Context(), turn, change)
	if r.Outcome != plan.Done {
		t.Fatalf("%s %q: got %v, %s", change.Op, change.Key, r.Outcome, r.Reason)
	}
	return r.Seen
}

// devices are all that the account holds, by display name.
func (p *portal) devices(t *testing.T) map[string]naiveDevice {
	t.Helper()
	all := map[string]naiveDevice{}
	for _, raw := range p.sim.Dump(simaccount.View{}).Devices {
		var d struct {
			Name, DisplayName, HostGroupIDs    string
			DeviceType, PreferredCollectorID   int
			DisableAlerting                    bool
			CustomProperties, SystemProperties []property
		}
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		got := naiveDevice{d.Name, d.DisplayName, d.HostGroupIDs, d.DeviceType, d.PreferredCollectorID, d.DisableAlerting, map[string]string{}}
		for _, p := range d.CustomProperties {
			got.Properties[strings.ToLower(p.Name)] = p.Value
		}
		for _, p := range d.SystemProperties {
			// Of other kinds the portal finds the address by itself.
			if p.Name == "system.ips" && got.Properties["system.categories"] == "KubernetesPod" {
				got.Properties[p.Name] = p.Value
			}
		}
		all[d.DisplayName] = got
	}
	return all
}
