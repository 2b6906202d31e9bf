package watch

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard is a Sink that goroutines may tell.
type heard struct {
	mu sync.Mutex
	notes
}

func (h *heard) Touch(key resource.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes.Touch(key)
}

func (h *heard) Listed(id resource.Kind) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes.Listed(id)
}

// take returns what was told since it was last asked, sorted.
func (h *heard) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	told := h.notes.take()
	slices.Sort(told)
	return told
}

func settings(t *testing.T, api *apiserver) (Config, *heard) {
	t.Helper()
	client, err := kubernetes.NewForConfig(api.config())
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{}
	return Config{
		REST: api.config(), Client: client, Index: NewIndex(), Sink: h, View: lab, Log: slog.New(slog.DiscardHandler),
	}, h
}

// quiet is a context for client-go, which would log what tests do to it.
func quiet(t *testing.T) (context.Context, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), logr.Discard()))
	return ctx, cancel
}

// follow runs the Watcher of pods on an apiserver, in fake time.
func follow(t *testing.T, api *apiserver, scenario func(t *testing.T, w *Watcher, told *heard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config, told := settings(t, api)
		w := NewWatcher(kind.Pod, config)
		ctx, cancel := quiet(t)
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx) })
		defer running.Wait()
		defer cancel()
		synctest.Wait()
		scenario(t, w, told)
	})
}

// stands checks how a Watcher stands.
func stands(t *testing.T, w *Watcher, phase Phase, objects int, listed bool) {
	t.Helper()
	s := w.State()
	if s.Phase != phase || s.Objects != objects || s.Listed != listed {
		t.Errorf("state: got %s (%s) with %d objects, listed %v, want %s with %d, %v",
			s.Phase, s.Detail, s.Objects, s.Listed, phase, objects, listed)
	}
}

func hears(t *testing.T, told *heard, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, told.take()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestWatcher_Follows(t *testing.T) {
	for name, old := range map[string]bool{"streamed list": false, "an apiserver without streamed lists": true} {
		t.Run(name, func(t *testing.T) {
			api := newAPI(pod("a", "10.0.0.1"), pod("waits", ""))
			if old {
				api.fault = func(r *http.Request) (int, string) {
					if r.URL.Query().Get("sendInitialEvents") == "true" {
						return http.StatusUnprocessableEntity, "sendInitialEvents is forbidden"
					}
					return 0, ""
				}
			}
			follow(t, api, func(t *testing.T, w *Watcher, told *heard) {
				hears(t, told, "listed pods")
				stands(t, w, Watching, 2, true)
				if got := w.State().NotReady; got != 1 {
					t.Errorf("not ready: got %d, want 1", got)
				}
				api.put(pod("b", "10.0.0.2"))
				synctest.Wait()
				hears(t, told, "touch pods/shop/b")
				api.put(pod("b", "10.0.0.2")) // another version of the same
				synctest.Wait()
				hears(t, told)
				api.put(pod("waits", "10.0.0.3"))
				api.remove(pod("a", "10.0.0.1"))
				synctest.Wait()
				hears(t, told, "touch pods/shop/a", "touch pods/shop/waits")
				want := map[string]plan.Sight{"a": plan.Absent, "b": plan.Present, "waits": plan.Present}
				if diff := cmp.Diff(want, sights(w.Index, "a", "b", "waits")); diff != "" {
					t.Errorf("hints (-want +got):\n%s", diff)
				}
				// Watches end and are taken up again without a list.
				api.take()
				time.Sleep(30 * time.Minute)
				stands(t, w, Watching, 2, true)
				if diff := cmp.Diff([]string{"GET /api/v1/pods watch"}, api.take()); diff != "" {
					t.Errorf("calls in half an hour (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestWatcher_Forbidden: a kind that may not be read is asked for now and then and
// never listed, and followed when the permission is there.
func TestWatcher_Forbidden(t *testing.T) {
	for _, verb := range []string{"get", "list", "watch"} {
		t.Run(verb, func(t *testing.T) {
			api := newAPI(pod("a", "10.0.0.1"))
			api.denied[verb+" pods"] = true
			follow(t, api, func(t *testing.T, w *Watcher, told *heard) {
				time.Sleep(5 * time.Minute)
				stands(t, w, Forbidden, 0, false)
				if got := w.State().Frozen(); !strings.Contains(got, "may not "+verb+" pods") || !strings.Contains(got, "ClusterRole") {
					t.Errorf("frozen: got %q, want it to name %s pods and what to mend", got, verb)
				}
				if calls := api.take(); slices.ContainsFunc(calls, func(c string) bool { return strings.Contains(c, "/pods") }) {
					t.Errorf("calls: got %q, want none for pods", calls)
				}
				hears(t, told)
				api.change(func() { clear(api.denied) })
				time.Sleep(w.Recheck + time.Second)
				synctest.Wait()
				stands(t, w, Watching, 1, true)
				hears(t, told, "listed pods")
				if got := w.State().Frozen(); got != "" {
					t.Errorf("frozen: got %q after the permission was given", got)
				}
			})
		})
	}
}

func TestWatcher_Unserved(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"))
	api.unkind["pods"] = true
	follow(t, api, func(t *testing.T, w *Watcher, told *heard) {
		stands(t, w, Unserved, 0, false)
		if got := w.State().Frozen(); !strings.Contains(got, "pods") || !strings.Contains(got, "v1") {
			t.Errorf("frozen: got %q, want it to name the kind and its versions", got)
		}
		hears(t, told)
		api.change(func() { clear(api.unkind) })
		time.Sleep(w.Recheck + time.Second)
		synctest.Wait()
		stands(t, w, Watching, 1, true)
		hears(t, told, "listed pods")
	})
}

// TestWatcher_PermissionTakenAway: the apiserver lets a watch run on; a reader who
// is refused has the permissions asked for again, and nothing is forgotten.
func TestWatcher_PermissionTakenAway(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"))
	follow(t, api, func(t *testing.T, w *Watcher, told *heard) {
		api.change(func() {
			for _, verb := range needs {
				api.denied[verb+" pods"] = true
			}
		})
		synctest.Wait()
		stands(t, w, Watching, 1, true)
		if got := w.Read(t.Context(), podKey("a")); got.Sight != plan.Unreadable {
			t.Errorf("read: got %v, want unreadable", got.Sight)
		}
		synctest.Wait()
		stands(t, w, Forbidden, 1, true)
		if got := w.Index.Hint(podKey("a")).Sight; got != plan.Present {
			t.Errorf("hint: got %v, want what was known to stay", got)
		}
		api.put(pod("b", "10.0.0.2"))
		told.take()
		api.change(func() { clear(api.denied) })
		time.Sleep(w.Recheck + time.Second)
		synctest.Wait()
		stands(t, w, Watching, 2, true)
		hears(t, told, "listed pods")
	})
}

// TestWatcher_RefusedOnce: a reader who is refused although the permissions are
// there cuts no watch.
func TestWatcher_RefusedOnce(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"))
	follow(t, api, func(t *testing.T, w *Watcher, told *heard) {
		told.take()
		api.change(func() {
			api.fault = func(r *http.Request) (int, string) {
				if strings.HasSuffix(r.URL.Path, "/pods/a") {
					return http.StatusForbidden, "an admission plugin says no"
				}
				return 0, ""
			}
		})
		api.take()
		if got := w.Read(t.Context(), podKey("a")); got.Sight != plan.Unreadable {
			t.Errorf("read: got %v, want unreadable", got.Sight)
		}
		synctest.Wait()
		stands(t, w, Watching, 1, true)
		want := []string{"GET /api/v1/namespaces/shop/pods/a", "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"}
		if diff := cmp.Diff(want, api.take()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		hears(t, told)
	})
}

// TestWatcher_ErrorsKeepTheIndex: an apiserver that is down says nothing about
// objects. When it is back, what was missed is seen.
func TestWatcher_ErrorsKeepTheIndex(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"), pod("b", "10.0.0.2"))
	follow(t, api, func(t *testing.T, w *Watcher, told *heard) {
		told.take()
		api.change(func() {
			api.fault = func(*http.Request) (int, string) { return http.StatusInternalServerError, "down" }
		})
		api.cut()
		time.Sleep(10 * time.Minute)
		stands(t, w, Retrying, 2, true)
		s := w.State()
		if s.Detail == "" || s.Frozen() != "" {
			t.Errorf("state: got detail %q and frozen %q, want the error and not frozen", s.Detail, s.Frozen())
		}
		if got := w.Read(t.Context(), podKey("a")); got.Sight != plan.Unreadable || got.Reason == "" {
			t.Errorf("read: got %v, %q, want unreadable and why", got.Sight, got.Reason)
		}
		hears(t, told)
		api.remove(pod("b", ""))
		api.change(func() { api.fault = nil })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stands(t, w, Watching, 1, true)
		want := map[string]plan.Sight{"a": plan.Present, "b": plan.Absent}
		if diff := cmp.Diff(want, sights(w.Index, "a", "b")); diff != "" {
			t.Errorf("hints (-want +got):\n%s", diff)
		}
	})
}

// TestWatcher_FirstListFails: until a list is complete nothing is known, and the
// apiserver is not asked in a tight loop.
func TestWatcher_FirstListFails(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"))
	api.fault = func(r *http.Request) (int, string) {
		if strings.HasSuffix(r.URL.Path, "/pods") {
			return http.StatusServiceUnavailable, "not yet"
		}
		return 0, ""
	}
	follow(t, api, func(t *testing.T, w *Watcher, told *heard) {
		time.Sleep(10 * time.Minute)
		stands(t, w, Listing, 0, false)
		if got := w.Index.Hint(podKey("b")).Sight; got != plan.Unseen {
			t.Errorf("hint: got %v, want unseen", got)
		}
		hears(t, told)
		api.mu.Lock()
		asked := len(api.calls)
		api.mu.Unlock()
		if asked > 600 {
			t.Errorf("calls in ten minutes: got %d, want pauses that grow", asked)
		}
		api.change(func() { api.fault = nil })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stands(t, w, Watching, 1, true)
	})
}

func TestWatcher_Read(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"), pod("waits", ""), completed("done"))
	mapped, err := kind.Pod.Map(pod("a", "10.0.0.1"), lab)
	if err != nil {
		t.Fatal(err)
	}
	follow(t, api, func(t *testing.T, w *Watcher, _ *heard) {
		for name, want := range map[string]plan.Object{
			"a":     {Sight: plan.Present, UID: "uid-a", Want: &mapped},
			"waits": {Sight: plan.NotReady, UID: "uid-waits", Reason: "the pod has no IP address yet"},
			"done":  {Sight: plan.Excluded, UID: "uid-done", Reason: "life cycle: the pod has completed"},
			"none":  {Sight: plan.Absent},
		} {
			if diff := cmp.Diff(want, w.Read(t.Context(), podKey(name))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		for name, do := range map[string]func() plan.Object{
			"the namespace does not exist": func() plan.Object {
				api.change(func() {
					api.fault = func(*http.Request) (int, string) {
						return http.StatusNotFound, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"details":{"name":"shop","kind":"namespaces"}}`
					}
				})
				return w.Read(t.Context(), podKey("a"))
			},
			"the context is over": func() plan.Object { return w.Read(over, podKey("a")) },
			"the answer is no object": func() plan.Object {
				api.change(func() { api.fault = func(*http.Request) (int, string) { return http.StatusOK, "<html>" } })
				return w.Read(t.Context(), podKey("a"))
			},
		} {
			if got := do(); got.Sight != plan.Unreadable || !strings.Contains(got.Reason, "read pods/shop/a") {
				t.Errorf("%s: got %v, %q, want unreadable and why", name, got.Sight, got.Reason)
			}
			api.change(func() { api.fault = nil })
		}
	})
}

// TestWatcher_ReadPanics: an object that cannot be mapped is unreadable, which
// changes nothing in the account.
func TestWatcher_ReadPanics(t *testing.T) {
	w := NewWatcher(kind.Pod, Config{Log: slog.New(slog.DiscardHandler), View: kind.View{
		Exclude: func(*kind.Kind, metav1.Object) string { panic("no such field") },
	}})
	if got := w.assess(pod("a", "10.0.0.1")); got.Sight != plan.Unreadable || !strings.Contains(got.Reason, "no such field") {
		t.Errorf("got %v, %q, want unreadable and why", got.Sight, got.Reason)
	}
}

func TestWatcher_ReadBeforeItWatches(t *testing.T) {
	config, _ := settings(t, newAPI(pod("a", "10.0.0.1")))
	got := NewWatcher(kind.Pod, config).Read(t.Context(), podKey("a"))
	if got.Sight != plan.Unreadable || !strings.Contains(got.Reason, "not being watched yet") {
		t.Errorf("got %v, %q, want unreadable and why", got.Sight, got.Reason)
	}
}

// TestWatcher_Relist: when what a mapping depends on beside the object changes,
// every object is mapped again.
func TestWatcher_Relist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI(pod("a", "10.0.0.1"), pod("b", "10.0.0.2"))
		config, told := settings(t, api)
		var mu sync.Mutex
		excluded := ""
		config.View.Exclude = func(_ *kind.Kind, obj metav1.Object) string {
			mu.Lock()
			defer mu.Unlock()
			if obj.GetName() == excluded {
				return "a rule"
			}
			return ""
		}
		w := NewWatcher(kind.Pod, config)
		ctx, cancel := quiet(t)
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx) })
		defer running.Wait()
		defer cancel()
		synctest.Wait()
		stands(t, w, Watching, 2, true)
		told.take()
		mu.Lock()
		excluded = "a"
		mu.Unlock()
		w.Relist()
		time.Sleep(time.Second)
		synctest.Wait()
		stands(t, w, Watching, 1, true)
		hears(t, told, "listed pods")
		if got := w.Read(t.Context(), podKey("a")); got.Sight != plan.Excluded || got.Reason != "a rule" || !got.Configured {
			t.Errorf("read: got %+v, want excluded by the rule, which the configuration has", got)
		}
	})
}

func namespace(name string, labels map[string]string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name), Labels: labels}}
}

// gather runs a Cluster on an apiserver, in fake time.
func gather(t *testing.T, api *apiserver, kinds, off []*kind.Kind, scenario func(t *testing.T, c *Cluster, told *heard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config, told := settings(t, api)
		config.View.Exclude = func(_ *kind.Kind, obj metav1.Object) string {
			if slices.Contains(config.Index.GroupsOf(resource.Key{Kind: "namespaces", Name: obj.GetNamespace()}), kind.NamespaceDisabled) {
				return "its namespace"
			}
			return ""
		}
		c := NewCluster(kinds, off, config)
		ctx, cancel := quiet(t)
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("Run: got %v, want that its context ended", err)
			}
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		scenario(t, c, told)
	})
}

// TestCluster_KindsThatAreOff: what is switched off leaves the account, and the
// cluster is not asked for it.
func TestCluster_KindsThatAreOff(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"), namespace("shop", nil))
	gather(t, api, []*kind.Kind{kind.Namespace, kind.Pod, kind.Etcd}, []*kind.Kind{kind.Pod}, func(t *testing.T, c *Cluster, _ *heard) {
		if got := c.Hint(podKey("a")).Sight; got != plan.Absent {
			t.Errorf("hint: got %v, want absent", got)
		}
		if got := c.Read(t.Context(), podKey("a")); got.Sight != plan.Excluded || !strings.Contains(got.Reason, "switched off") {
			t.Errorf("read: got %v, %q, want excluded since it is switched off", got.Sight, got.Reason)
		}
		if got := c.Frozen("pods"); got != "" {
			t.Errorf("frozen: got %q, want that its resources may go", got)
		}
		if calls := api.take(); slices.ContainsFunc(calls, func(call string) bool { return strings.Contains(call, "pods") }) {
			t.Errorf("calls: got %q, want none for pods", calls)
		}
		if got := c.States(); len(got) != 1 || got[0].Kind != kind.Namespace {
			t.Errorf("states: got %v, want one, of namespaces", got)
		}
		if !c.Settled() {
			t.Errorf("settled: got false, want true")
		}
		unknown := resource.Key{Kind: "services", Namespace: "shop", Name: "web"}
		if got := c.Read(t.Context(), unknown); got.Sight != plan.Unreadable {
			t.Errorf("read of a kind that is not watched: got %v, want unreadable", got.Sight)
		}
		if got := c.Frozen("services"); got == "" {
			t.Errorf("frozen: got nothing for a kind that is not watched")
		}
	})
}

// TestCluster_NamespacesComeFirst: what a namespace says of the objects in it must
// be known before they are mapped.
func TestCluster_NamespacesComeFirst(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"), namespace("shop", map[string]string{"logicmonitor/monitoring": "disable"}))
	api.fault = func(r *http.Request) (int, string) {
		if r.URL.Path == "/api/v1/namespaces" {
			return http.StatusServiceUnavailable, "not yet"
		}
		return 0, ""
	}
	gather(t, api, []*kind.Kind{kind.Pod, kind.Namespace}, nil, func(t *testing.T, c *Cluster, told *heard) {
		time.Sleep(5 * time.Minute)
		if calls := api.take(); slices.ContainsFunc(calls, func(call string) bool { return strings.HasPrefix(call, "GET /api/v1/pods") }) {
			t.Errorf("calls: got %q, want pods to wait for namespaces", calls)
		}
		if c.Settled() {
			t.Errorf("settled: got true before anything was listed")
		}
		api.change(func() { api.fault = nil })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		hears(t, told, "listed namespaces", "listed pods")
		if got := c.Hint(podKey("a")).Sight; got != plan.Absent || !c.Settled() {
			t.Errorf("hint: got %v, settled %v, want the pod to be excluded by its namespace", got, c.Settled())
		}
		if got := c.Read(t.Context(), podKey("a")).Sight; got != plan.Excluded {
			t.Errorf("read: got %v, want excluded", got)
		}
		// A namespace that changes its mind has its objects looked at again.
		api.put(namespace("shop", nil))
		time.Sleep(time.Second)
		synctest.Wait()
		hears(t, told, "listed pods", "touch namespaces/shop")
		if got := c.Hint(podKey("a")).Sight; got != plan.Present {
			t.Errorf("hint: got %v, want the pod to be there again", got)
		}
	})
}

// TestCluster_WithoutNamespaces: kinds in namespaces do not wait for ever for what
// may not be read.
func TestCluster_WithoutNamespaces(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"), namespace("shop", nil))
	api.denied["list namespaces"] = true
	gather(t, api, []*kind.Kind{kind.Namespace, kind.Pod}, nil, func(t *testing.T, c *Cluster, told *heard) {
		hears(t, told, "listed pods")
		if !c.Settled() || c.Frozen("namespaces") == "" || c.Frozen("pods") != "" {
			t.Errorf("got settled %v, namespaces frozen %q, pods frozen %q, want only namespaces frozen", c.Settled(), c.Frozen("namespaces"), c.Frozen("pods"))
		}
	})
}

func TestPermission_Missing(t *testing.T) {
	for name, tt := range map[string]struct {
		denied []string
		want   []string
	}{
		"all there":  {nil, nil},
		"one":        {[]string{"watch pods"}, []string{"watch"}},
		"all":        {[]string{"get pods", "list pods", "watch pods"}, []string{"get", "list", "watch"}},
		"other kind": {[]string{"get namespaces"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			api := newAPI()
			for _, d := range tt.denied {
				api.denied[d] = true
			}
			config, _ := settings(t, api)
			got, err := NewPermission(config.Client).Missing(t.Context(), kind.Pod, corev1.SchemeGroupVersion)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("missing (-want +got), error %v:\n%s", err, diff)
			}
		})
	}
	t.Run("no answer is no refusal", func(t *testing.T) {
		api := newAPI()
		api.fault = func(*http.Request) (int, string) { return http.StatusInternalServerError, "down" }
		config, _ := settings(t, api)
		if got, err := NewPermission(config.Client).Missing(t.Context(), kind.Pod, corev1.SchemeGroupVersion); err == nil {
			t.Errorf("got %q and no error, want an error", got)
		}
	})
}

func TestServed(t *testing.T) {
	versions := func(all ...string) (list []schema.GroupVersion) {
		for _, v := range all {
			parsed, err := schema.ParseGroupVersion(v)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, parsed)
		}
		return list
	}
	for name, tt := range map[string]struct {
		served []schema.GroupVersion
		fault  int
		want   string
		fails  bool
	}{
		"the best":                         {served: versions("v1", "toys/v1"), want: "v1"},
		"the next, as the best is unknown": {served: versions("toys/v1", "v1"), want: "v1"},
		"none":                             {served: versions("toys/v1", "toys/v2")},
		"no answer is no absence":          {served: versions("v1"), fault: http.StatusInternalServerError, fails: true},
		"refused is no absence":            {served: versions("toys/v1"), fault: http.StatusForbidden, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			api := newAPI()
			if tt.fault != 0 {
				api.fault = func(*http.Request) (int, string) { return tt.fault, "no" }
			}
			config, _ := settings(t, api)
			got, ok, err := served(t.Context(), config.Client, &kind.Kind{ID: "pods", Served: tt.served})
			if (err != nil) != tt.fails || ok != (tt.want != "") || ok && got.String() != tt.want {
				t.Errorf("got %q, %v, %v, want %q, failure %v", got, ok, err, tt.want, tt.fails)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	apps := schema.GroupVersion{Group: "apps", Version: "v1"}
	k := &kind.Kind{ID: "toys", Served: []schema.GroupVersion{apps, {Group: "apps", Version: "v1beta1"}}}
	for got, parts := range map[string][]string{
		forbidden(k, apps, []string{"get", "list"}):           {"get, list toys", "API group apps", "ClusterRole", "switch the kind off"},
		forbidden(kind.Pod, corev1.SchemeGroupVersion, needs): {"get, list, watch pods", "API group core"},
		unserved(k): {"toys", "apps/v1, apps/v1beta1"},
	} {
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("got %q, want it to say %q", got, part)
			}
		}
	}
}
