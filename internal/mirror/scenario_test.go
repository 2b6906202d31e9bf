package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
	simaccount "github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
)

var view = kind.View{Cluster: resource.Cluster{Name: "lab", UID: "uid-of-kube-system"}}

// cluster is a Kubernetes that holds objects in a map and tells its sink of every
// change. It answers truthfully unless it is told to lie.
type cluster struct {
	mu      sync.Mutex
	objects map[resource.Key]kind.Object
	frozen  map[resource.Kind]string
	blind   map[resource.Key]bool // the watch has missed that these exist
	rule    string                // keeps out all whose app label is not kept, if not empty
	reads   int
	sink    *mirror.Manager
	uids    int
}

func newCluster() *cluster {
	return &cluster{objects: map[resource.Key]kind.Object{}, frozen: map[resource.Kind]string{}, blind: map[resource.Key]bool{}}
}

func (c *cluster) Hint(key resource.Key) plan.Hint {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.blind[key] {
		return plan.Hint{Sight: plan.Absent}
	}
	switch o := c.assess(key); o.Sight {
	case plan.Present:
		return plan.Hint{Sight: plan.Present, UID: o.UID, Print: o.Want.Fingerprint(view.Ownership())}
	case plan.NotReady:
		return plan.Hint{Sight: plan.NotReady, UID: o.UID}
	default:
		return plan.Hint{Sight: plan.Absent}
	}
}

func (c *cluster) assess(key resource.Key) plan.Object {
	obj, ok := c.objects[key]
	if !ok {
		return plan.Object{Sight: plan.Absent}
	}
	if c.rule != "" && obj.GetLabels()["app"] != "kept" {
		return plan.Object{Sight: plan.Excluded, UID: resource.UID(obj.GetUID()), Reason: c.rule, Configured: true}
	}
	k, _ := kind.ByID(key.Kind)
	want, err := k.Map(obj, view)
	var notReady resource.NotReady
	switch {
	case err == nil:
		return plan.Object{Sight: plan.Present, UID: want.UID, Want: &want}
	case errors.As(err, &notReady):
		return plan.Object{Sight: plan.NotReady, UID: resource.UID(obj.GetUID()), Reason: err.Error()}
	}
	return plan.Object{Sight: plan.Excluded, UID: resource.UID(obj.GetUID()), Reason: err.Error()}
}

func (c *cluster) Keys(id resource.Kind) (keys []resource.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.objects {
		if key.Kind == id && !c.blind[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

func (c *cluster) Read(_ context.Context, key resource.Key) plan.Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	return c.assess(key)
}

func (c *cluster) Frozen(id resource.Kind) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frozen[id]
}

// put creates or changes an object and tells of it.
func (c *cluster) put(obj kind.Object, id resource.Kind) resource.Key {
	k, _ := kind.ByID(id)
	key := k.Key(obj)
	c.mu.Lock()
	if obj.GetUID() == "" {
		c.uids++
		obj.SetUID(types.UID(fmt.Sprintf("uid-%d", c.uids)))
	}
	c.objects[key] = obj
	sink := c.sink
	c.mu.Unlock()
	if sink != nil {
		sink.Touch(key)
	}
	return key
}

func (c *cluster) remove(key resource.Key) {
	c.mu.Lock()
	delete(c.objects, key)
	sink := c.sink
	c.mu.Unlock()
	if sink != nil {
		sink.Touch(key)
	}
}

func (c *cluster) pod(i int, labels map[string]string) resource.Key {
	return c.put(pod(i, labels), "pods")
}

func pod(i int, labels map[string]string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: fmt.Sprintf("web-%d", i), Labels: labels},
		Spec:       corev1.PodSpec{NodeName: "node-1"},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: fmt.Sprintf("10.0.%d.%d", i/250, i%250+1)},
	}
}

// argus is one running mirror of a cluster into an account.
type argus struct {
	*mirror.Manager
	cancel context.CancelFunc
	done   chan error
}

// start runs a Manager as a process would: with an empty memory.
func start(t *testing.T, c *cluster, sim *portal) *argus {
	t.Helper()
	return startWith(t, c, sim, plan.Policy{Ownership: view.Ownership()})
}

func startWith(t *testing.T, c *cluster, sim *portal, policy plan.Policy, options ...func(*mirror.Config)) *argus {
	t.Helper()
	client, err := lm.New(lm.Config{
		BaseURL: "http://sim", Transport: sim.Transport(), Timeout: 10 * time.Second,
		Credentials: demo(),
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	a := account.New(account.Config{Client: client, Cluster: view.Cluster, Version: "test", Log: log, Collectors: account.CollectorConfig{ID: 1}})
	pods, _ := kind.ByID("pods")
	config := mirror.Config{
		Cluster: c, Account: a, Actions: a, Cache: resourcecache.New(policy),
		Kinds: []*kind.Kind{pods}, Policy: policy, Log: log,
	}
	for _, o := range options {
		o(&config)
	}
	m := mirror.New(config)
	c.mu.Lock()
	c.sink = m
	c.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	r := &argus{Manager: m, cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- m.Run(ctx) }()
	return r
}

// stop ends it, as a crash would between two requests or in one.
func (a *argus) stop() {
	a.cancel()
	<-a.done
}

// settle waits until nothing is left to do.
func (a *argus) settle(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Hour) // of fake time
	for !a.Snapshot().Loaded || !a.Snapshot().Idle {
		if time.Now().After(deadline) {
			t.Fatalf("not settled after 3 h: %+v", a.Snapshot())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// equal holds the account against the cluster, by display name and label.
func equal(t *testing.T, c *cluster, sim *portal) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	c.mu.Lock()
	for key := range c.objects {
		if o := c.assess(key); o.Sight == plan.Present {
			want[o.Want.DisplayName] = fmt.Sprint(o.UID, properties(o.Want))
		}
	}
	c.mu.Unlock()
	for _, d := range devices(t, sim) {
		if len(d.CustomProperties) == 0 {
			continue // somebody else's
		}
		o := map[string]string{}
		for _, p := range d.CustomProperties {
			o[p.Name] = p.Value
		}
		uid := o[resource.PropUID]
		maps.DeleteFunc(o, func(name, _ string) bool { return !view.Ownership().Owns(name) })
		if _, twice := got[d.DisplayName]; twice {
			t.Errorf("two resources %q", d.DisplayName)
		}
		got[d.DisplayName] = fmt.Sprint(uid, o)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("resource %q:\n got %s\nwant %s", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("resource %q: got one, want none", name)
		}
	}
}

// foreignName is the display name that somebody else has in some scenarios.
const foreignName = "web-0-pod-shop-lab"

type device struct {
	ID               int32  `json:"id"`
	Name             string `json:"name"`
	DisplayName      string `json:"displayName"`
	CustomProperties []struct {
		Name, Value string
	} `json:"customProperties"`
}

func devices(t *testing.T, sim *portal) []device {
	t.Helper()
	var all []device
	for _, raw := range sim.Dump(simaccount.View{}).Devices {
		var d device
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

func properties(r *resource.Resource) map[string]string {
	m := map[string]string{}
	for _, p := range r.Properties {
		if view.Ownership().Owns(p.Name) {
			m[p.Name] = p.Value
		}
	}
	return m
}

// account returns an empty account with one collector that is up.
func newAccount(t *testing.T, limits lmsim.Limits) *portal {
	t.Helper()
	sim := lmsim.New(lmsim.Options{Limits: &limits, Clock: time.Now})
	if _, err := sim.AddCollector(lmsim.Collector{}); err != nil {
		t.Fatal(err)
	}
	return &portal{Server: sim}
}

// portal is a simulated account whose calls can be counted from some moment on.
type portal struct {
	*lmsim.Server
	before []lmsim.Count
}

// ResetCounts counts from now on.
func (p *portal) ResetCounts() { p.before = p.Server.Counts() }

// Counts are the calls since ResetCounts.
func (p *portal) Counts() []lmsim.Count {
	var counts []lmsim.Count
	for _, c := range p.Server.Counts() {
		for _, b := range p.before {
			if b.Method == c.Method && b.Template == c.Template && b.Status == c.Status {
				c.Calls -= b.Calls
			}
		}
		if c.Calls > 0 {
			counts = append(counts, c)
		}
	}
	return counts
}

// calls counts those of one kind; a status of -1 fits all.
func (p *portal) calls(method, template string, status int) (n int) {
	for _, c := range p.Counts() {
		if c.Method == method && c.Template == template && (status < 0 || c.Status == status) {
			n += c.Calls
		}
	}
	return n
}

// writes are the calls that changed devices, by method and status.
func writes(sim *portal) map[string]int {
	n := map[string]int{}
	for _, c := range sim.Counts() {
		if c.Method != "GET" {
			n[fmt.Sprintf("%s %s %d", c.Method, c.Template, c.Status)] += c.Calls
		}
	}
	return n
}

// world runs a scenario in fake time.
func world(t *testing.T, limits lmsim.Limits, scenario func(t *testing.T, c *cluster, sim *portal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { scenario(t, newCluster(), newAccount(t, limits)) })
}

func labels(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func expect(t *testing.T, sim *portal, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, writes(sim)); diff != "" {
		t.Errorf("calls that write (-want +got):\n%s", diff)
	}
}

func TestManager_FollowsAnObject(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		key := c.pod(0, labels("app", "web", "tier", "x"))
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		equal(t, c, sim)
		expect(t, sim, map[string]int{"POST /device/devices 200": 1})

		sim.ResetCounts()
		c.put(same(c, key, labels("app", "web", "tier", "y")), "pods")
		a.settle(t)
		equal(t, c, sim)
		expect(t, sim, map[string]int{"PATCH /device/devices/{id} 200": 1})

		sim.ResetCounts()
		c.put(same(c, key, labels("app", "web")), "pods")
		a.settle(t)
		equal(t, c, sim)
		expect(t, sim, map[string]int{"DELETE /device/devices/{id}/properties/{name} 200": 1})

		sim.ResetCounts()
		c.remove(key)
		a.settle(t)
		equal(t, c, sim)
		expect(t, sim, map[string]int{"DELETE /device/devices/{id} 200": 1})
	})
}

// same is the pod as it is, with other labels.
func same(c *cluster, key resource.Key, with map[string]string) *corev1.Pod {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.objects[key].(*corev1.Pod).DeepCopy()
	p.Labels = with
	return p
}

// TestManager_RestartsWithoutAWrite: an account that is in step is listed, by the
// thousand, and that is all.
func TestManager_RestartsWithoutAWrite(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		for i := range 1500 {
			c.pod(i, labels("app", "web"))
		}
		a := start(t, c, sim)
		a.settle(t)
		a.stop()
		equal(t, c, sim)

		sim.ResetCounts()
		reads := c.reads
		a = start(t, c, sim)
		defer a.stop()
		a.settle(t)
		expect(t, sim, map[string]int{})
		if got := sim.calls("GET", "/device/devices", 200); got != 2 {
			t.Errorf("listings: got %d pages, want 2", got)
		}
		if c.reads != reads {
			t.Errorf("fresh reads: got %d, want none", c.reads-reads)
		}
	})
}

// TestManager_LostAnswers: creates that were committed and whose answers were lost
// end in one resource each, and so does being killed in the middle.
func TestManager_LostAnswers(t *testing.T) {
	for _, action := range []string{lmsim.Lose, lmsim.Reset, lmsim.HangAfter, lmsim.Drop} {
		t.Run(action, func(t *testing.T) {
			world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
				for i := range 40 {
					c.pod(i, labels("app", "web"))
				}
				if err := sim.SetFaults(lmsim.Fault{Name: "f", Action: action, Method: "POST", Endpoint: "/device/devices", Probability: 0.5, Times: 30}); err != nil {
					t.Fatal(err)
				}
				a := start(t, c, sim)
				defer a.stop()
				a.settle(t)
				equal(t, c, sim)
			})
		})
	}
}

func TestManager_KilledAnyTime(t *testing.T) {
	for kill := range 12 {
		world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
			if _, err := sim.PatchSwitches([]byte(`{"latency": 0.2}`)); err != nil {
				t.Fatal(err)
			}
			for i := range 60 {
				c.pod(i, labels("app", "web"))
			}
			a := start(t, c, sim)
			time.Sleep(time.Duration(kill) * 130 * time.Millisecond)
			a.stop()
			c.remove(resource.Key{Kind: "pods", Namespace: "shop", Name: "web-1"})
			a = start(t, c, sim)
			defer a.stop()
			a.settle(t)
			equal(t, c, sim)
		})
	}
}

// TestManager_CreatedAgain: an object of the same name and another UID gets a new
// resource, and only one.
func TestManager_CreatedAgain(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		c.pod(0, labels("app", "web"))
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		sim.ResetCounts()
		c.pod(0, labels("app", "web")) // another UID; the watch merged both events
		a.settle(t)
		equal(t, c, sim)
		expect(t, sim, map[string]int{"DELETE /device/devices/{id} 200": 1, "POST /device/devices 200": 1})
	})
}

// TestManager_LimitsAreKept: with the account's default limits a cold start sends
// no request that is refused, and loses nothing.
func TestManager_LimitsAreKept(t *testing.T) {
	world(t, lmsim.DefaultLimits(), func(t *testing.T, c *cluster, sim *portal) {
		for i := range 700 {
			c.pod(i, labels("app", "web"))
		}
		began := time.Now()
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		equal(t, c, sim)
		expect(t, sim, map[string]int{"POST /device/devices 200": 700})
		// 0.8 of 200 a minute, all of the first window at once.
		if took, most := time.Since(began), 5*time.Minute; took > most {
			t.Errorf("cold start took %v, want at most %v", took, most)
		}
	})
}

// TestManager_DeletesPassABacklog: that creates have to wait for their limit holds
// up no delete.
func TestManager_DeletesPassABacklog(t *testing.T) {
	world(t, lmsim.DefaultLimits(), func(t *testing.T, c *cluster, sim *portal) {
		key := c.pod(0, nil)
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		for i := range 900 {
			c.pod(i+1, nil)
		}
		time.Sleep(time.Minute) // in the middle of the backlog
		began := time.Now()
		c.remove(key)
		for sim.calls("DELETE", "/device/devices/{id}", 200) == 0 {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("a delete waits behind creates: %+v", a.Snapshot())
			}
			time.Sleep(10 * time.Millisecond)
		}
		a.settle(t)
		equal(t, c, sim)
	})
}

// TestManager_CancelsOut: an object that comes and goes while it waits costs no
// call.
func TestManager_CancelsOut(t *testing.T) {
	world(t, lmsim.DefaultLimits(), func(t *testing.T, c *cluster, sim *portal) {
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		for i := range 400 {
			c.pod(i, nil)
		}
		time.Sleep(5 * time.Second)
		for i := range 400 {
			c.remove(resource.Key{Kind: "pods", Namespace: "shop", Name: fmt.Sprintf("web-%d", i)})
		}
		a.settle(t)
		equal(t, c, sim)
		if got := sim.calls("POST", "/device/devices", 200); got > 200 {
			t.Errorf("creates: got %d, want no more than one window's", got)
		}
	})
}

// TestManager_AccountDown: while the account answers nothing, nothing is lost, and
// the reason can be read.
func TestManager_AccountDown(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		c.pod(0, nil)
		if _, err := sim.PatchSwitches([]byte(`{"html503": 1}`)); err != nil {
			t.Fatal(err)
		}
		a := start(t, c, sim)
		defer a.stop()
		time.Sleep(10 * time.Minute)
		if s := a.Snapshot(); s.Loaded || s.AuditErr == nil {
			t.Errorf("snapshot of an account that is down: got loaded %v and error %v", s.Loaded, s.AuditErr)
		}
		if _, err := sim.PatchSwitches([]byte(`{"html503": 0}`)); err != nil {
			t.Fatal(err)
		}
		a.settle(t)
		c.pod(1, nil)
		c.remove(resource.Key{Kind: "pods", Namespace: "shop", Name: "web-0"})
		a.settle(t)
		equal(t, c, sim)

		if _, err := sim.PatchSwitches([]byte(`{"html503": 1}`)); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			c.pod(i, labels("v", "2"))
		}
		time.Sleep(20 * time.Minute)
		if s := a.Snapshot(); s.LastErr == "" {
			t.Errorf("snapshot of an account that went down: got no error")
		}
		if _, err := sim.PatchSwitches([]byte(`{"html503": 0}`)); err != nil {
			t.Fatal(err)
		}
		a.settle(t)
		equal(t, c, sim)
	})
}

// TestManager_ForeignName: a name that somebody else has is left to them, and said
// once; when it is free the object gets its resource.
func TestManager_ForeignName(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		name, collector := foreignName, int32(1)
		id, err := sim.CreateDevice(simaccount.DeviceInput{Name: &name, DisplayName: &name, PreferredCollectorID: &collector})
		if err != nil {
			t.Fatal(err)
		}
		before, _ := sim.Device(id)
		key := c.pod(0, nil)
		c.pod(1, nil)
		a := start(t, c, sim)
		defer a.stop()
		time.Sleep(30 * time.Minute)
		if reason := a.Snapshot().Parked[key]; reason == "" {
			t.Errorf("object whose name is taken: got no reason")
		}
		if after, _ := sim.Device(id); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("somebody else's device: got %v, want %v", after, before)
		}
		if got := sim.calls("POST", "/device/devices", -1); got > 3 {
			t.Errorf("creates in half an hour: got %d, want 3 at most", got)
		}
		if err := sim.DeleteDevice(id, true); err != nil {
			t.Fatal(err)
		}
		a.settle(t)
		equal(t, c, sim)
	})
}

// TestManager_LeavesDeleted: where the policy says so, what a person deleted stays
// so over audits and events, until its object is created again.
func TestManager_LeavesDeleted(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		pod := c.pod(0, labels("app", "web"))
		c.pod(1, labels("app", "web"))
		a := startWith(t, c, sim, plan.Policy{Ownership: view.Ownership(), LeaveDeleted: true})
		defer a.stop()
		a.settle(t)
		d, _ := sim.DeviceByDisplayName("web-0-pod-shop-lab")
		if err := sim.DeleteDevice(d.ID, true); err != nil {
			t.Fatal(err)
		}
		sim.ResetCounts()
		for range 3 {
			a.AuditSoon()
			time.Sleep(time.Minute)
			a.settle(t)
		}
		expect(t, sim, map[string]int{})
		a.Touch(pod)
		a.settle(t)
		expect(t, sim, map[string]int{})
		c.pod(0, labels("app", "web")) // created again
		a.settle(t)
		expect(t, sim, map[string]int{"POST /device/devices 200": 1})
	})
}

// TestManager_People: what people did to resources is repaired at the next audit
// where it is Argus's, and kept where it is theirs.
func TestManager_People(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		for i := range 4 {
			c.pod(i, labels("app", "web"))
		}
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		d := func(i int) simaccount.Device {
			d, ok := sim.DeviceByDisplayName(fmt.Sprintf("web-%d-pod-shop-lab", i))
			if !ok {
				t.Fatalf("device of web-%d: got none", i)
			}
			return d
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		renamed, other := "my favourite pod", "1.2.3.4"
		must(sim.EditDevice(d(0).ID, simaccount.DeviceInput{DisplayName: &renamed}))
		must(sim.EditDevice(d(1).ID, simaccount.DeviceInput{Name: &other, Custom: &[]simaccount.Property{
			{Name: "team", Value: "blue"}, {Name: "kubernetes.label.app", Value: "tampered"}, {Name: "system.categories", Value: "snmp,KubernetesPod"}}}))
		must(sim.DeleteDevice(d(2).ID, true))
		must(sim.RemoveProperty(simaccount.Owner{ID: d(3).ID}, "auto.nodename"))
		must(sim.RemoveProperty(simaccount.Owner{ID: d(3).ID}, "kubernetes.label.app"))
		sim.ResetCounts()
		a.AuditSoon()
		time.Sleep(time.Minute)
		a.settle(t)
		expect(t, sim, map[string]int{"PATCH /device/devices/{id} 200": 2, "POST /device/devices 200": 1})
		if _, ok := sim.DeviceByDisplayName(renamed); !ok {
			t.Errorf("the name that a person gave is gone")
		}
		got := map[string]string{}
		for _, p := range d(1).Custom {
			got[p.Name] = p.Value
		}
		want := map[string]string{"team": "blue", "kubernetes.label.app": "web", "system.categories": "snmp,KubernetesPod"}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("property %s: got %q, want %q", name, got[name], value)
			}
		}
		if got := d(1).Name; got != "10.0.0.2" {
			t.Errorf("name: got %q, want the pod's address", got)
		}
		sim.ResetCounts()
		time.Sleep(5 * time.Hour)
		expect(t, sim, map[string]int{})
	})
}

// TestManager_FrozenKind: what may not be read is not touched, and mends.
func TestManager_FrozenKind(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		c.pod(0, nil)
		key := c.pod(1, nil)
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		sim.ResetCounts()
		c.mu.Lock()
		c.frozen["pods"] = "may not read"
		c.mu.Unlock()
		c.remove(key)
		a.AuditSoon()
		time.Sleep(5 * time.Hour)
		expect(t, sim, map[string]int{})
		c.mu.Lock()
		c.frozen = map[resource.Kind]string{}
		c.mu.Unlock()
		a.Listed("pods")
		a.settle(t)
		equal(t, c, sim)
	})
}

// TestManager_WatchLies: a watch that lost most of a cluster deletes nothing.
func TestManager_WatchLies(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		var keys []resource.Key
		for i := range 50 {
			keys = append(keys, c.pod(i, nil))
		}
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		sim.ResetCounts()
		c.mu.Lock()
		for _, key := range keys[3:] {
			c.blind[key] = true
		}
		c.mu.Unlock()
		a.Listed("pods")
		a.settle(t)
		expect(t, sim, map[string]int{})
	})
}

// TestManager_Idle: a day without a change is a day without a write, and with one
// listing an audit.
func TestManager_Idle(t *testing.T) {
	world(t, lmsim.DefaultLimits(), func(t *testing.T, c *cluster, sim *portal) {
		for i := range 20 {
			c.pod(i, labels("app", "web", "empty", ""))
		}
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		sim.ResetCounts()
		time.Sleep(24 * time.Hour)
		expect(t, sim, map[string]int{})
		if got := sim.calls("GET", "/device/devices", -1); got < 21 || got > 27 {
			t.Errorf("listings in a day: got %d, want one an hour", got)
		}
	})
}

func demo() credential.Config {
	token := lmsim.DemoToken()
	return credential.Config{AccessID: credential.Secret(token.AccessID), AccessKey: credential.Secret(token.AccessKey)}
}

// TestManager_MarksDeleted: where the configuration says so, the resource of an
// object that is gone is renamed, silenced and kept until its time is over, and
// one of the same name can be created meanwhile.
func TestManager_MarksDeleted(t *testing.T) {
	policy := plan.Policy{Ownership: view.Ownership(), Retention: plan.Retention{
		After: 24 * time.Hour, OwnPods: 240 * time.Hour,
		DefaultName: func(key resource.Key) string { return key.Name + "-pod-" + key.Namespace },
	}}
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		if _, err := sim.PatchSwitches([]byte(`{"autoRemove": false}`)); err != nil {
			t.Fatal(err)
		}
		plain := c.pod(0, labels("app", "web"))
		short := c.pod(1, labels("logicmonitor/deleteafterduration", "PT2H"))
		now := c.pod(2, labels("logicmonitor/deleteafterduration", "P0D"))
		own := c.pod(3, labels("app", "argus"))
		a := startWith(t, c, sim, policy)
		defer func() { a.stop() }()
		a.settle(t)
		ids := map[resource.Key]int32{}
		for i, key := range []resource.Key{plain, short, now, own} {
			d, _ := sim.DeviceByDisplayName(fmt.Sprintf("web-%d-pod-shop-lab", i))
			ids[key] = d.ID
			if err := sim.EditDevice(d.ID, simaccount.DeviceInput{Custom: &[]simaccount.Property{{Name: "team", Value: "blue"}}}); err != nil {
				t.Fatal(err)
			}
		}
		died := time.Now().Unix()
		for key := range ids {
			c.remove(key)
		}
		a.settle(t)
		d, ok := sim.Device(ids[plain])
		if !ok {
			t.Fatal("the resource was deleted at once")
		}
		got := map[string]string{"name": d.Name, "displayName": d.DisplayName, "silent": fmt.Sprint(d.DisableAlerting)}
		for _, p := range d.Custom {
			got[p.Name] = p.Value
		}
		number := strings.TrimPrefix(d.DisplayName, "web-0-pod-shop-lab-")
		for name, want := range map[string]string{
			"name": "web-0-pod-shop-" + number, "silent": "true", "team": "blue",
			"system.categories": "KubernetesPod,KubernetesPodDeleted",
		} {
			if got[name] != want {
				t.Errorf("marked resource: %s: got %q, want %q", name, got[name], want)
			}
		}
		if on, err := strconv.ParseInt(got["kubernetes.resourceDeletedOn"], 10, 64); err != nil || on < died || on > time.Now().Unix() {
			t.Errorf("marked resource: deleted on %q, want a time from %d on", got["kubernetes.resourceDeletedOn"], died)
		}
		if _, ok := sim.Device(ids[now]); ok {
			t.Errorf("resource whose label says P0D: got it kept")
		}
		// A new object of that name gets a resource of its own.
		c.pod(0, labels("app", "web"))
		a.settle(t)
		if d, ok := sim.DeviceByDisplayName("web-0-pod-shop-lab"); !ok || d.ID == ids[plain] {
			t.Errorf("new object: got resource %d, %v, want a new one", d.ID, ok)
		}
		// What is marked stays marked and is not touched again, a restart included.
		a.stop()
		sim.ResetCounts()
		a = startWith(t, c, sim, policy)
		a.settle(t)
		expect(t, sim, map[string]int{})
		gone := func(key resource.Key, after time.Duration) {
			t.Helper()
			time.Sleep(time.Until(time.Unix(died, 0).Add(after - 30*time.Minute)))
			if _, ok := sim.Device(ids[key]); !ok {
				t.Errorf("%s: gone half an hour before %v", key, after)
			}
			time.Sleep(time.Hour)
			if _, ok := sim.Device(ids[key]); ok {
				t.Errorf("%s: still there half an hour after %v", key, after)
			}
		}
		gone(short, 2*time.Hour)
		gone(plain, 24*time.Hour)
		gone(own, 240*time.Hour)
	})
}

// TestManager_SetsNamesBack: on request resources get the display names of their
// objects again and lose their marks of conflict; otherwise names are people's.
func TestManager_SetsNamesBack(t *testing.T) {
	policy := plan.Policy{Ownership: view.Ownership(), DisplayName: func(key resource.Key) string { return kind.DisplayName(key, "lab") }}
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		c.pod(0, nil)
		c.pod(1, nil)
		a := startWith(t, c, sim, policy)
		defer a.stop()
		a.settle(t)
		d, _ := sim.DeviceByDisplayName("web-0-pod-shop-lab")
		other, _ := sim.DeviceByDisplayName("web-1-pod-shop-lab")
		name := "favourite"
		if err := sim.EditDevice(d.ID, simaccount.DeviceInput{DisplayName: &name}); err != nil {
			t.Fatal(err)
		}
		if err := sim.EditDevice(other.ID, simaccount.DeviceInput{Custom: &[]simaccount.Property{{Name: "system.categories", Value: "KubernetesPodConflict,mine"}}}); err != nil {
			t.Fatal(err)
		}
		a.AuditSoon()
		time.Sleep(time.Minute)
		a.settle(t)
		if _, ok := sim.DeviceByDisplayName(name); !ok {
			t.Errorf("an audit took away the name that a person gave")
		}
		a.RenameSoon()
		time.Sleep(time.Minute)
		a.settle(t)
		if got, ok := sim.DeviceByDisplayName("web-0-pod-shop-lab"); !ok || got.ID != d.ID {
			t.Errorf("resource after the request: got %d, %v, want %d with its own name", got.ID, ok, d.ID)
		}
		other, _ = sim.Device(other.ID)
		for _, p := range other.Custom {
			if p.Name == "system.categories" && p.Value != "mine,KubernetesPod" {
				t.Errorf("categories: got %q, want %q", p.Value, "mine,KubernetesPod")
			}
		}
		// It is a request and no rule.
		if err := sim.EditDevice(d.ID, simaccount.DeviceInput{DisplayName: &name}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		if _, ok := sim.DeviceByDisplayName(name); !ok {
			t.Errorf("a later audit took away the name that a person gave")
		}
	})
}

// TestManager_AddressStillTaken: a pod gets the address of one whose resource is
// not gone yet; it waits, and does not hammer the account.
func TestManager_AddressStillTaken(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		key := c.pod(0, nil)
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		name, display, collector := "10.0.9.9", "somebody's", int32(1)
		id, err := sim.CreateDevice(simaccount.DeviceInput{Name: &name, DisplayName: &display, PreferredCollectorID: &collector})
		if err != nil {
			t.Fatal(err)
		}
		sim.ResetCounts()
		p := same(c, key, nil)
		p.Status.PodIP = name
		c.put(p, "pods")
		time.Sleep(30 * time.Minute)
		if got := sim.calls("PATCH", "/device/devices/{id}", 409); got < 2 || got > 20 {
			t.Errorf("attempts in half an hour: got %d, want a few", got)
		}
		if err := sim.DeleteDevice(id, true); err != nil {
			t.Fatal(err)
		}
		a.settle(t)
		equal(t, c, sim)
	})
}
