package lm_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/appliesto"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// demo is the simulator's own credential, as LMv1.
func demo() credential.Config {
	token := lmsim.DemoToken()
	return credential.Config{AccessID: credential.Secret(token.AccessID), AccessKey: credential.Secret(token.AccessKey)}
}

// newSim returns a simulator with a registered collector, number 1, and a client
// that speaks to it in memory.
func newSim(t testing.TB, config lm.Config, switches ...func(*lmsim.Switches)) (*lmsim.Server, *lm.Client) {
	t.Helper()
	w := lmsim.DefaultSwitches()
	for _, change := range switches {
		change(&w)
	}
	sim := lmsim.New(lmsim.Options{Switches: &w})
	if id, err := sim.AddCollector(lmsim.Collector{Description: "collector"}); err != nil || id != 1 {
		t.Fatalf("add collector: id %d, error %v", id, err)
	}
	return sim, clientOf(t, sim.Transport(), config)
}

func clientOf(t testing.TB, transport http.RoundTripper, config lm.Config) *lm.Client {
	t.Helper()
	config.Account, config.Transport, config.Version = "acme", transport, "test"
	if config.Credentials == (credential.Config{}) {
		config.Credentials = demo()
	}
	c, err := lm.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clientFor returns a client of a handler behind a real socket.
func clientFor(t testing.TB, h http.HandlerFunc, config lm.Config) *lm.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nameLimits(w)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	config.BaseURL = s.URL
	if config.Credentials == (credential.Config{}) {
		config.Credentials = demo()
	}
	c, err := lm.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// nameLimits sets the headers about the rate limit, so that a test need not wait
// while the client feels its way.
func nameLimits(w http.ResponseWriter) {
	w.Header().Set("X-Rate-Limit-Limit", "1000")
	w.Header().Set("X-Rate-Limit-Remaining", "999")
	w.Header().Set("X-Rate-Limit-Window", "60")
}

// pod is what a small pod becomes.
func pod(name string) lm.DeviceFields {
	return lm.DeviceFields{
		Name: new(name), DisplayName: new(name), PreferredCollectorID: new(lm.CollectorID(1)),
		DeviceType:       new(lm.DeviceKubernetes),
		CustomProperties: []lm.Property{{Name: lm.CategoriesProperty, Value: "KubernetesPod"}, {Name: "auto.clustername", Value: "demo"}},
	}
}

// all collects a listing.
func all[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var items []T
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestClient_devices(t *testing.T) {
	sim, c := newSim(t, lm.Config{})
	ctx := t.Context()
	group := must(c.CreateGroup(ctx, lm.DeviceGroupFields{Name: new("G"), ParentID: new(lm.RootGroup)}))(t)

	fields := pod("web-0")
	fields.HostGroupIDs = lm.GroupIDs{group.ID}
	created := must(c.CreateDevice(ctx, fields))(t)
	if created.ID == 0 || created.Name != "web-0" || created.DeviceType != lm.DeviceKubernetes || !slices.Equal(created.HostGroupIDs, lm.GroupIDs{group.ID}) {
		t.Errorf("created: %+v", created)
	}
	if _, err := c.CreateDevice(ctx, fields); !lm.IsConflict(err) {
		t.Errorf("create again: got %v, want a conflict", err)
	}
	read := must(c.Device(ctx, created.ID))(t)
	if diff := cmp.Diff(created, read); diff != "" {
		t.Errorf("read (-created +read):\n%s", diff)
	}

	// A patch changes what it names and keeps the rest, and can send false.
	before, _ := sim.Device(int32(created.ID))
	patched := must(c.PatchDevice(ctx, created.ID, lm.DeviceFields{DisableAlerting: new(true), CustomProperties: []lm.Property{{Name: "kubernetes.label.app", Value: "web"}}}))(t)
	if !patched.DisableAlerting || patched.DisplayName != before.DisplayName {
		t.Errorf("patched: %+v", patched)
	}
	patched = must(c.PatchDevice(ctx, created.ID, lm.DeviceFields{DisableAlerting: new(false), Description: new("")}))(t)
	if patched.DisableAlerting {
		t.Error("alerting is still disabled after a patch with false")
	}
	for name, want := range map[string]string{"auto.clustername": "demo", "KUBERNETES.label.APP": "web", lm.CategoriesProperty: "KubernetesPod"} {
		if got, ok := patched.Property(name); !ok || got != want {
			t.Errorf("property %s: got %q, %v; want %q", name, got, ok, want)
		}
	}
	refreshed := must(c.ReplaceDeviceProperties(ctx, created.ID, lm.DeviceFields{CustomProperties: []lm.Property{{Name: "only", Value: "one"}}}))(t)
	if _, ok := lm.Lookup(refreshed.CustomProperties, "auto.clustername"); ok {
		t.Errorf("after replacing all properties: %v", refreshed.CustomProperties)
	}

	if err := c.DeleteDevice(ctx, created.ID, lm.DeleteHard); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteDevice(ctx, created.ID, lm.DeleteHard); !lm.IsNotFound(err) {
		t.Errorf("delete again: got %v, want not found", err)
	}
	if _, err := c.Device(ctx, created.ID); !lm.IsNotFound(err) {
		t.Errorf("read after delete: got %v, want not found", err)
	}
	soft := must(c.CreateDevice(ctx, pod("web-1")))(t)
	if err := c.DeleteDevice(ctx, soft.ID, lm.DeleteSoft); err != nil {
		t.Fatal(err)
	}
	if n := sim.CountCalls("DELETE", "/device/devices/{id}", 200); n != 2 {
		t.Errorf("%d deletes answered with 200, want 2", n)
	}
}

func TestClient_properties(t *testing.T) {
	_, c := newSim(t, lm.Config{})
	ctx := t.Context()
	device := must(c.CreateDevice(ctx, pod("web-0")))(t)
	group := must(c.CreateGroup(ctx, lm.DeviceGroupFields{Name: new("G")}))(t)
	for name, of := range map[string]struct {
		list   func(context.Context) iter.Seq2[lm.EntityProperty, error]
		read   func(context.Context, string) (lm.Property, error)
		add    func(context.Context, lm.Property) error
		set    func(context.Context, lm.Property) error
		remove func(context.Context, string) error
	}{
		"device": {
			func(ctx context.Context) iter.Seq2[lm.EntityProperty, error] {
				return c.DeviceProperties(ctx, device.ID)
			},
			func(ctx context.Context, n string) (lm.Property, error) { return c.DeviceProperty(ctx, device.ID, n) },
			func(ctx context.Context, p lm.Property) error { return c.AddDeviceProperty(ctx, device.ID, p) },
			func(ctx context.Context, p lm.Property) error { return c.SetDeviceProperty(ctx, device.ID, p) },
			func(ctx context.Context, n string) error { return c.DeleteDeviceProperty(ctx, device.ID, n) },
		},
		"group": {
			func(ctx context.Context) iter.Seq2[lm.EntityProperty, error] { return c.GroupProperties(ctx, group.ID) },
			func(ctx context.Context, n string) (lm.Property, error) { return c.GroupProperty(ctx, group.ID, n) },
			func(ctx context.Context, p lm.Property) error { return c.AddGroupProperty(ctx, group.ID, p) },
			func(ctx context.Context, p lm.Property) error { return c.SetGroupProperty(ctx, group.ID, p) },
			func(ctx context.Context, n string) error { return c.DeleteGroupProperty(ctx, group.ID, n) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := lm.Property{Name: "kubernetes.label.app.kubernetes.io/name", Value: "web & co"}
			if err := of.set(ctx, p); !lm.IsNotFound(err) {
				t.Errorf("set what is not there: got %v, want not found", err)
			}
			if err := of.add(ctx, p); err != nil {
				t.Fatal(err)
			}
			if err := of.add(ctx, p); !lm.IsConflict(err) {
				t.Errorf("add again: got %v, want a conflict", err)
			}
			p.Value = "other"
			if err := of.set(ctx, p); err != nil {
				t.Fatal(err)
			}
			if got, err := of.read(ctx, p.Name); err != nil || got != p {
				t.Errorf("read: got %v, %v; want %v", got, err, p)
			}
			list, err := all(of.list(ctx))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(list, func(e lm.EntityProperty) bool { return e.Property == p }) {
				t.Errorf("list lacks %v: %v", p, list)
			}
			if err := of.remove(ctx, p.Name); err != nil {
				t.Fatal(err)
			}
			if err := of.remove(ctx, p.Name); !lm.IsNotFound(err) {
				t.Errorf("delete again: got %v, want not found", err)
			}
		})
	}
}

func TestClient_groups(t *testing.T) {
	sim, c := newSim(t, lm.Config{})
	ctx := t.Context()
	parent := must(c.CreateGroup(ctx, lm.DeviceGroupFields{Name: new("Kubernetes Cluster: demo"), ParentID: new(lm.RootGroup)}))(t)
	expr := appliesto.All(appliesto.HasCategory("KubernetesPod"), appliesto.Equal("auto.clustername", "demo"))
	child := must(c.CreateGroup(ctx, lm.DeviceGroupFields{Name: new("Pods"), ParentID: new(parent.ID), AppliesTo: new(expr.String()), DisableAlerting: new(false), EnableNetflow: new(false)}))(t)
	if child.FullPath != "Kubernetes Cluster: demo/Pods" || child.EnableNetflow {
		t.Errorf("created: %+v", child)
	}
	if _, err := c.CreateGroup(ctx, lm.DeviceGroupFields{Name: new("Pods"), ParentID: new(parent.ID)}); lm.ClassOf(err) != lm.ClassInvalid {
		t.Errorf("create again: got %v, want invalid (the account's answer to a group that exists)", err)
	}
	device := must(c.CreateDevice(ctx, pod("web-0")))(t)
	members, err := all(c.ListGroupDevices(ctx, child.ID, lm.DeviceQuery{}))
	if err != nil || len(members) != 1 || members[0].ID != device.ID {
		t.Errorf("members: got %v, %v; want the one pod", members, err)
	}
	patched := must(c.PatchGroup(ctx, child.ID, lm.DeviceGroupFields{AppliesTo: new(appliesto.Expr{}.String())}))(t)
	if patched.AppliesTo != "false()" || patched.Name != "Pods" {
		t.Errorf("patched: %+v", patched)
	}
	groups, err := all(c.ListGroups(ctx, lm.DeviceGroupQuery{Filter: lm.GroupsUnder(parent.ID).And(lm.GroupsWithName("Pods"))}))
	if err != nil || len(groups) != 1 || groups[0].ID != child.ID {
		t.Errorf("by parent and name: got %v, %v", groups, err)
	}
	for filter, want := range map[string]struct {
		f lm.Filter[lm.DeviceGroup]
		n int
	}{"at": {lm.GroupAt(child.FullPath), 1}, "below": {lm.GroupsBelow(parent.FullPath), 1}, "below itself": {lm.GroupsBelow(child.FullPath), 0}} {
		groups, err := all(c.ListGroups(ctx, lm.DeviceGroupQuery{Filter: want.f, Fields: []string{"name"}}))
		if err != nil || len(groups) != want.n {
			t.Errorf("%s: got %v, %v; want %d", filter, groups, err, want.n)
		}
	}
	if err := c.DeleteGroup(ctx, parent.ID, lm.DeleteHard); lm.ClassOf(err) != lm.ClassInvalid {
		t.Errorf("delete a group that is not empty: got %v, want invalid", err)
	}
	for _, id := range []lm.GroupID{child.ID, parent.ID} {
		if err := c.DeleteGroup(ctx, id, lm.DeleteHard); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Group(ctx, parent.ID); !lm.IsNotFound(err) {
		t.Errorf("read after delete: got %v, want not found", err)
	}
	if _, ok := sim.Device(int32(device.ID)); !ok {
		t.Error("the member went with its group")
	}
	for _, call := range sim.Calls(0) {
		if call.Method == "DELETE" && call.Query != "deleteChildren=false&deleteHard=true" {
			t.Errorf("%s %s?%s: want deleteChildren=false", call.Method, call.Path, call.Query)
		}
	}
}

func TestClient_collectors(t *testing.T) {
	_, c := newSim(t, lm.Config{})
	ctx := t.Context()
	group := must(c.CreateCollectorGroup(ctx, lm.CollectorGroupFields{Name: new("demo"), AutoBalance: new(true)}))(t)
	if got := must(c.CollectorGroup(ctx, group.ID))(t); !bool(got.AutoBalance) || got.Name != "demo" {
		t.Errorf("collector group: %+v", got)
	}
	collector := must(c.CreateCollector(ctx, lm.CollectorFields{Description: new("demo-0"), CollectorGroupID: new(group.ID),
		NeedAutoCreateCollectorDevice: new(false)}))(t)
	if collector.Status != lm.CollectorUnregistered || collector.CollectorGroupID != group.ID {
		t.Errorf("created: %+v", collector)
	}
	patched := must(c.PatchCollector(ctx, collector.ID, lm.CollectorFields{EscalatingChainID: new(int64(0)), Description: new("demo-one")}))(t)
	if patched.Description != "demo-one" || patched.EscalatingChainID != 0 {
		t.Errorf("patched: %+v", patched)
	}
	if got := must(c.Collector(ctx, collector.ID))(t); got.Description != "demo-one" {
		t.Errorf("read: %+v", got)
	}
	found, err := all(c.ListCollectors(ctx, lm.CollectorQuery{Filter: lm.CollectorsIn(group.ID).And(lm.CollectorsWithDescription("demo-one"))}))
	if err != nil || len(found) != 1 || found[0].ID != collector.ID {
		t.Errorf("by group and description: %v, %v", found, err)
	}
	groups, err := all(c.ListCollectorGroups(ctx, lm.CollectorGroupQuery{Filter: lm.CollectorGroupsWithName("demo")}))
	if err != nil || len(groups) != 1 {
		t.Errorf("groups by name: %v, %v", groups, err)
	}
	// A device cannot be given to a collector that has not registered.
	fields := pod("web-0")
	fields.PreferredCollectorID = new(collector.ID)
	if _, err := c.CreateDevice(ctx, fields); lm.ClassOf(err) != lm.ClassInvalid {
		t.Errorf("device for an unregistered collector: got %v, want invalid", err)
	}
}

func TestClient_opsNotes(t *testing.T) {
	_, c := newSim(t, lm.Config{})
	ctx := t.Context()
	device := must(c.CreateDevice(ctx, pod("web-0")))(t)
	note := must(c.CreateOpsNote(ctx, lm.OpsNote{Note: "rolled out", Tags: []lm.OpsNoteTag{{Name: "argus"}},
		Scopes: []lm.OpsNoteScope{{Type: "device", DeviceID: device.ID}}}))(t)
	if note.ID == "" || note.Note != "rolled out" {
		t.Errorf("created: %+v", note)
	}
	notes, err := all(c.ListOpsNotes(ctx))
	if err != nil || len(notes) != 1 || notes[0].ID != note.ID {
		t.Errorf("list: %v, %v", notes, err)
	}
	if err := c.DeleteOpsNote(ctx, note.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteOpsNote(ctx, note.ID); !lm.IsNotFound(err) {
		t.Errorf("delete again: got %v, want not found", err)
	}
}

func TestClient_ingestLogs(t *testing.T) {
	sim, c := newSim(t, lm.Config{})
	ctx := t.Context()
	device := must(c.CreateDevice(ctx, pod("web-0")))(t)
	big := make([]byte, lm.MaxLogMessage)
	for i := range big {
		big[i] = 'x'
	}
	refused, err := c.IngestLogs(ctx, []lm.LogEntry{
		{Message: "hello", Time: time.Unix(1700000000, 0), Resource: map[string]string{"system.deviceId": device.ID.String()}, Metadata: map[string]string{"level": "warn", "msg": "not this"}},
		{Message: string(big)}, // so that the request is compressed
		{Message: "nowhere", Resource: map[string]string{"system.deviceId": "4711"}},
	})
	if err != nil || len(refused) != 1 || refused[0].Code != 4001 {
		t.Errorf("refused: %+v, %v; want the one for a device that is not there", refused, err)
	}
	logs := sim.Logs()
	if len(logs) != 2 || logs[0].Message != "hello" || logs[0].Device != int32(device.ID) || logs[0].Metadata["level"] != "warn" {
		t.Errorf("taken in: %+v", logs)
	}
	if _, err := c.IngestLogs(ctx, []lm.LogEntry{{Message: string(big) + "x"}}); lm.ClassOf(err) != lm.ClassInvalid {
		t.Errorf("too long a message: got %v, want invalid", err)
	}
	many := make([]lm.LogEntry, lm.MaxLogPayload/lm.MaxLogMessage+1)
	for i := range many {
		many[i].Message = string(big)
	}
	if _, err := c.IngestLogs(ctx, many); lm.ClassOf(err) != lm.ClassInvalid {
		t.Errorf("too large a batch: got %v, want invalid", err)
	}
	if n := sim.CountCalls("POST", "/log/ingest", -1); n != 1 {
		t.Errorf("%d requests, want 1: what is too large is not sent", n)
	}
}

func TestClient_bearer(t *testing.T) {
	_, c := newSim(t, lm.Config{Credentials: credential.Config{Bearer: credential.Secret(lmsim.DemoToken().Bearer)}})
	if _, err := c.Group(t.Context(), lm.RootGroup); err != nil {
		t.Error(err)
	}
	if _, err := c.IngestLogs(t.Context(), []lm.LogEntry{{Message: "hello"}}); err != nil {
		t.Error(err)
	}
}

func TestClient_testAppliesTo(t *testing.T) {
	_, c := newSim(t, lm.Config{})
	device := must(c.CreateDevice(t.Context(), pod("web-0")))(t)
	matches, err := c.TestAppliesTo(t.Context(), appliesto.HasCategory("kubernetespod"))
	if err != nil || len(matches) != 1 || matches[0].ID != int64(device.ID) {
		t.Errorf("got %v, %v; want the one pod", matches, err)
	}
}

func TestClient_headers(t *testing.T) {
	var got http.Header
	var path string
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		got, path = r.Header, r.URL.RequestURI()
		_, _ = w.Write([]byte(`{"id":1}`))
	}, lm.Config{Version: "1.2.3"})
	if _, err := c.Group(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"X-Version": "3", "User-Agent": "argus/1.2.3", "Accept-Encoding": "gzip"} {
		if got.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Get(name), want)
		}
	}
	if want := "/santaba/rest/device/groups/1"; path != want {
		t.Errorf("path: got %s, want %s", path, want)
	}
}

func TestNew_refuses(t *testing.T) {
	for name, config := range map[string]lm.Config{
		"no account":                  {},
		"an account that is a host":   {Account: "evil.example.com/"},
		"a domain of somebody else":   {Account: "acme", Domain: "example.com"},
		"a base URL with a password":  {BaseURL: "https://user:canary-pass@example.com"},
		"a base URL that is none":     {BaseURL: "acme.logicmonitor.com"},
		"a base URL with a query":     {BaseURL: "https://acme.logicmonitor.com?x=1"},
		"a base URL that is garbage":  {BaseURL: "https://user:canary-pass@ex ample\x00"},
		"a share over 1":              {Account: "acme", Share: 1.5},
		"a negative share":            {Account: "acme", Share: -1},
		"an unknown endpoint":         {Account: "acme", Limits: map[lm.Endpoint]lm.Limit{"GET /x": {Cap: 1}}},
		"a page of one":               {Account: "acme", PageSize: 1},
		"a page over the most":        {Account: "acme", PageSize: 1001},
		"a CA file that is absent":    {Account: "acme", CAFiles: []string{"/nonexistent"}},
		"a CA file without PEM":       {Account: "acme", CAFiles: []string{"lm_test.go"}},
		"a proxy that is no address":  {Account: "acme", Proxy: lm.Proxy{URL: "http://u:canary-pass@%zz"}},
		"a negative timeout":          {Account: "acme", Timeout: -1},
		"credentials that are absent": {Account: "acme", Credentials: credential.Config{AccessID: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			if config.Credentials == (credential.Config{}) {
				config.Credentials = demo()
			}
			_, err := lm.New(config)
			if err == nil {
				t.Fatal("got no error")
			}
			assertNoCanary(t, "the error", err.Error())
		})
	}
	for _, domain := range append(lm.Domains(), "") {
		if _, err := lm.New(lm.Config{Account: "acme", Domain: domain, Credentials: demo()}); err != nil {
			t.Errorf("domain %q: %v", domain, err)
		}
	}
}

// A turn can be taken before the work is chosen, and is used by the request made
// with it; the request is then sent once and never waits.
func TestClient_Using(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, c := newSim(t, lm.Config{})
		permit, err := c.Reserve(t.Context(), lm.EndpointCreateDevice)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.BucketState(lm.EndpointCreateDevice).InFlight; got != 1 {
			t.Errorf("%d turns given, want 1", got)
		}
		// Another endpoint's request does not use it.
		if _, err := c.Using(permit).Group(t.Context(), lm.RootGroup); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := c.Using(permit).CreateDevice(t.Context(), pod("web-0")); err != nil {
			t.Fatal(err)
		}
		if got := c.BucketState(lm.EndpointCreateDevice); got.InFlight != 0 || got.Used != 1 || got.Limit != 200 {
			t.Errorf("after the request: %+v", got)
		}
		// An unused turn goes back.
		permit, err = c.Reserve(t.Context(), lm.EndpointCreateDevice)
		if err != nil {
			t.Fatal(err)
		}
		permit.Cancel()
		if got := c.BucketState(lm.EndpointCreateDevice).Used; got != 1 {
			t.Errorf("%d used after canceling a turn, want 1", got)
		}
		// A refusal is the caller's to handle, at once.
		sim.UseBudget(string(lm.EndpointCreateDevice), 1000)
		permit, err = c.Reserve(t.Context(), lm.EndpointCreateDevice)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Using(permit).CreateDevice(t.Context(), pod("web-1")); !lm.IsRateLimited(err) {
			t.Errorf("got %v, want rate limited", err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("requests with a turn of their own took %v, want no waiting", took)
		}
		if state := c.BucketState(lm.EndpointCreateDevice); state.BlockedUntil.IsZero() {
			t.Error("the bucket is not blocked after a refusal")
		}
		// Other endpoints go on.
		if _, err := c.Group(t.Context(), lm.RootGroup); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("another endpoint waited %v", took)
		}
	})
}

func TestError_isTyped(t *testing.T) {
	err := error(&lm.Error{Class: lm.ClassAmbiguous, Endpoint: lm.EndpointCreateDevice, Status: 502, Code: 7, Message: "bad gateway"})
	if got, want := errors.Join(errors.New("x"), err).Error(), "x\nPOST /device/devices: ambiguous: HTTP 502 (code 7): bad gateway"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !lm.IsAmbiguous(errors.Join(errors.New("x"), err)) || lm.IsAmbiguous(errors.New("x")) || lm.ClassOf(nil) != lm.ClassNone {
		t.Error("classes do not follow wrapping")
	}
	for class := lm.ClassNone; class <= lm.ClassCanceled; class++ {
		if s := class.String(); s == "" || s[0] == 'C' {
			t.Errorf("class %d has no name: %q", int(class), s)
		}
	}
	_ = slog.Any("error", err)
}
