package watch

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

var lab = kind.View{Cluster: resource.Cluster{Name: "lab", UID: "uid-of-kube-system"}}

// pod is one that runs; without an address it cannot be mirrored yet.
func pod(name, address string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID("uid-" + name)},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: address},
	}
}

// completed is a pod that must not be in the account.
func completed(name string) *corev1.Pod {
	p := pod(name, "10.0.0.9")
	p.Status.Phase = corev1.PodSucceeded
	return p
}

func podKey(name string) resource.Key {
	return resource.Key{Kind: "pods", Namespace: "shop", Name: name}
}

// notes is a Sink that writes down what it is told.
type notes struct{ told []string }

func (n *notes) Touch(key resource.Key)    { n.told = append(n.told, "touch "+key.String()) }
func (n *notes) Listed(kind resource.Kind) { n.told = append(n.told, "listed "+string(kind)) }

// take returns what was told since it was last asked.
func (n *notes) take() []string {
	told := n.told
	n.told = nil
	return told
}

func storeOf(k *kind.Kind) (*store, *notes) {
	n := &notes{}
	return &store{kind: k, view: lab, index: NewIndex(), sink: n, log: slog.New(slog.DiscardHandler), onList: func() {}}, n
}

func replace(t *testing.T, s *store, objects ...any) {
	t.Helper()
	if err := s.Replace(objects, "1"); err != nil {
		t.Fatal(err)
	}
}

func sights(x *Index, names ...string) map[string]plan.Sight {
	all := map[string]plan.Sight{}
	for _, name := range names {
		all[name] = x.Hint(podKey(name)).Sight
	}
	return all
}

// TestIndex_Hint: what is not there is unknown until the kind has been listed, and
// absent afterwards.
func TestIndex_Hint(t *testing.T) {
	s, _ := storeOf(kind.Pod)
	if got := s.index.Hint(podKey("a")).Sight; got != plan.Unseen {
		t.Errorf("before anything was seen: got %v, want unseen", got)
	}
	if err := s.Add(pod("early", "10.0.0.1")); err != nil {
		t.Fatal(err)
	}
	want := map[string]plan.Sight{"early": plan.Present, "a": plan.Unseen}
	if diff := cmp.Diff(want, sights(s.index, "early", "a")); diff != "" {
		t.Errorf("before the list is complete (-want +got):\n%s", diff)
	}
	replace(t, s, pod("a", "10.0.0.1"), pod("waits", ""), completed("done"))
	want = map[string]plan.Sight{"early": plan.Absent, "a": plan.Present, "waits": plan.NotReady, "done": plan.Absent}
	if diff := cmp.Diff(want, sights(s.index, "early", "a", "waits", "done")); diff != "" {
		t.Errorf("after the list (-want +got):\n%s", diff)
	}
	mapped, err := kind.Pod.Map(pod("a", "10.0.0.1"), lab)
	if err != nil {
		t.Fatal(err)
	}
	wantHint := plan.Hint{Sight: plan.Present, UID: "uid-a", Print: mapped.Fingerprint(lab.Ownership())}
	if diff := cmp.Diff(wantHint, s.index.Hint(podKey("a"))); diff != "" {
		t.Errorf("hint (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(plan.Hint{Sight: plan.NotReady, UID: "uid-waits"}, s.index.Hint(podKey("waits"))); diff != "" {
		t.Errorf("hint of what is not ready (-want +got):\n%s", diff)
	}
	if got := s.index.Hint(resource.Key{Kind: "nodes", Name: "a"}).Sight; got != plan.Unseen {
		t.Errorf("another kind: got %v, want unseen", got)
	}
}

func TestIndex_Counts(t *testing.T) {
	s, _ := storeOf(kind.Pod)
	count := func(objects, notReady int, listed bool) {
		t.Helper()
		o, n, l := s.index.Count("pods")
		if o != objects || n != notReady || l != listed {
			t.Errorf("count: got %d, %d, %v, want %d, %d, %v", o, n, l, objects, notReady, listed)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	count(0, 0, false)
	must(s.Add(pod("a", "")))
	count(1, 1, false)
	replace(t, s, pod("a", ""), pod("b", ""), pod("c", "10.0.0.1"), completed("d"))
	count(3, 2, true)
	must(s.Update(pod("a", "10.0.0.2"))) // ready
	must(s.Update(pod("c", "")))         // not any more
	must(s.Update(pod("c", "")))         // still not
	count(3, 2, true)
	must(s.Update(completed("b")))
	count(2, 1, true)
	must(s.Delete(pod("c", "")))
	must(s.Delete(pod("c", "")))
	count(1, 0, true)
	if diff := cmp.Diff([]resource.Key{podKey("a")}, s.index.Keys("pods")); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got := s.index.Keys("nodes"); got != nil {
		t.Errorf("keys of a kind that was never seen: got %v, want none", got)
	}
}

func node(name string, roles ...string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{}}}
	for _, role := range roles {
		n.Labels["node-role.kubernetes.io/"+role] = ""
	}
	return n
}

func TestIndex_Groups(t *testing.T) {
	s, _ := storeOf(kind.Node)
	groups := func(listed bool, want ...string) {
		t.Helper()
		got, l := s.index.Groups("nodes")
		if !slices.Equal(got, want) || l != listed {
			t.Errorf("groups: got %v, %v, want %v, %v", got, l, want, listed)
		}
	}
	groups(false)
	replace(t, s, node("b", "worker"), node("a", "worker"), node("c"))
	regrouped := 0
	s.onGroups = func() { regrouped++ }
	groups(true, "worker")
	if got, _ := s.index.Names("nodes"); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("names: got %v, want a, b and c", got)
	}
	for _, n := range []*corev1.Node{node("a", "storage"), node("a", "storage"), node("c")} {
		if err := s.Update(n); err != nil {
			t.Fatal(err)
		}
	}
	groups(true, "storage", "worker")
	if got := s.index.GroupsOf(resource.Key{Kind: "nodes", Name: "a"}); !slices.Equal(got, []string{"storage"}) {
		t.Errorf("groups of a node: got %v, want storage", got)
	}
	if regrouped != 1 {
		t.Errorf("told that groups changed: got %d times, want once", regrouped)
	}
	if err := s.Delete(node("a")); err != nil {
		t.Fatal(err)
	}
	groups(true, "worker")
	replace(t, s, node("c"))
	groups(true)
}

// TestStore_TouchesOnChange: what does not change the resource of an object is
// noise, of which a cluster has plenty.
func TestStore_TouchesOnChange(t *testing.T) {
	s, told := storeOf(kind.Pod)
	noise := pod("a", "10.0.0.1")
	noise.ResourceVersion, noise.Generation = "99", 3
	noise.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady}}
	again := pod("a", "10.0.0.2")
	again.UID = "another"
	steps := []struct {
		name string
		do   func() error
		want []string
	}{
		{"listed", func() error { return s.Replace([]any{pod("a", "10.0.0.1")}, "1") }, []string{"listed pods"}},
		{"noise", func() error { return s.Update(noise) }, nil},
		{"another address", func() error { return s.Update(pod("a", "10.0.0.2")) }, []string{"touch pods/shop/a"}},
		{"another UID", func() error { return s.Update(again) }, []string{"touch pods/shop/a"}},
		{"no address", func() error { return s.Update(pod("a", "")) }, []string{"touch pods/shop/a"}},
		{"completed", func() error { return s.Update(completed("a")) }, []string{"touch pods/shop/a"}},
		{"still completed", func() error { return s.Update(completed("a")) }, nil},
		{"deleted after that", func() error { return s.Delete(pod("a", "")) }, nil},
		{"new", func() error { return s.Add(pod("b", "10.0.0.3")) }, []string{"touch pods/shop/b"}},
		{"deleted", func() error { return s.Delete(pod("b", "")) }, []string{"touch pods/shop/b"}},
		{"resync", s.Resync, nil},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, told.take()); diff != "" {
			t.Errorf("%s: told (-want +got):\n%s", step.name, diff)
		}
	}
}

// TestStore_ReducesStreamedLists: objects of a streamed list go through the
// Transformer one by one; those of a paged list come whole.
func TestStore_ReducesStreamedLists(t *testing.T) {
	s, _ := storeOf(kind.Pod)
	reduced, err := s.Transformer()(pod("a", "10.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, whole := reduced.(kind.Object); whole {
		t.Errorf("reduced object: got a %T, which holds all of it in memory", reduced)
	}
	meta, ok := reduced.(metav1.ObjectMetaAccessor)
	if !ok {
		t.Fatalf("reduced object: got a %T without metadata, which the reflector refuses", reduced)
	}
	if m := meta.GetObjectMeta(); m.GetNamespace() != "shop" || m.GetName() != "a" || m.GetUID() != "uid-a" {
		t.Errorf("its metadata: got %s/%s %s, want shop/a uid-a", m.GetNamespace(), m.GetName(), m.GetUID())
	}
	replace(t, s, reduced, pod("b", "10.0.0.2"))
	want := map[string]plan.Sight{"a": plan.Present, "b": plan.Present, "c": plan.Absent}
	if diff := cmp.Diff(want, sights(s.index, "a", "b", "c")); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
	// The same object by either way is the same.
	before := s.index.Hint(podKey("a"))
	replace(t, s, pod("a", "10.0.0.1"))
	if got := s.index.Hint(podKey("a")); got != before {
		t.Errorf("hint: got %+v from a paged list, want %+v as from a streamed one", got, before)
	}
}

// TestStore_NotUnderstood: an object that cannot be mapped must not look deleted,
// and a list that holds one must not replace what is known.
func TestStore_NotUnderstood(t *testing.T) {
	s, told := storeOf(kind.Pod)
	replace(t, s, pod("a", "10.0.0.1"), pod("b", "10.0.0.2"))
	told.take()
	strange := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "a"}}
	transform := s.Transformer()
	for name, do := range map[string]func() error{
		"listed":             func() error { return s.Replace([]any{pod("b", "10.0.0.3"), strange}, "2") },
		"listed, no object":  func() error { return s.Replace([]any{"nonsense"}, "2") },
		"streamed":           func() error { _, err := transform(strange); return err },
		"added":              func() error { return s.Add(strange) },
		"updated, no object": func() error { return s.Update("nonsense") },
		"deleted, no object": func() error { return s.Delete("nonsense") },
	} {
		if err := do(); err == nil {
			t.Errorf("%s: got no error", name)
		}
		want := map[string]plan.Sight{"a": plan.Present, "b": plan.Present}
		if diff := cmp.Diff(want, sights(s.index, "a", "b")); diff != "" {
			t.Errorf("%s: hints (-want +got):\n%s", name, diff)
		}
		if got := told.take(); got != nil {
			t.Errorf("%s: told %q, want nothing", name, got)
		}
	}
}

// TestStore_Panic: a Mapper or a rule that panics over one object costs that
// object and no other. It exists, so that its resource is left as it is.
func TestStore_Panic(t *testing.T) {
	var log bytes.Buffer
	s, _ := storeOf(kind.Pod)
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	s.view.Exclude = func(_ *kind.Kind, obj metav1.Object) string {
		if obj.GetName() == "bad" {
			panic("no such field")
		}
		return ""
	}
	transform := s.Transformer()
	for name, do := range map[string]func() error{
		"listed": func() error { return s.Replace([]any{pod("a", "10.0.0.1"), pod("bad", "10.0.0.2")}, "1") },
		"streamed": func() error {
			reduced, err := transform(pod("bad", "10.0.0.2"))
			if err != nil {
				return err
			}
			return s.Replace([]any{pod("a", "10.0.0.1"), reduced}, "1")
		},
		"updated": func() error { return errors.Join(s.Update(pod("a", "10.0.0.1")), s.Update(pod("bad", "10.0.0.2"))) },
	} {
		t.Run(name, func(t *testing.T) {
			log.Reset()
			if err := do(); err != nil {
				t.Fatal(err)
			}
			want := map[string]plan.Sight{"a": plan.Present, "bad": plan.NotReady}
			if diff := cmp.Diff(want, sights(s.index, "a", "bad")); diff != "" {
				t.Errorf("hints (-want +got):\n%s", diff)
			}
			if hint := s.index.Hint(podKey("bad")); hint.UID != "uid-bad" {
				t.Errorf("UID: got %q, want that of the object", hint.UID)
			}
			if text := log.String(); !strings.Contains(text, "name=bad") || !strings.Contains(text, "no such field") || !strings.Contains(text, "mapObject") {
				t.Errorf("log: got %q, want the object, the panic and where", text)
			}
			s.index.replace(kind.Pod.ID, nil)
		})
	}
}

func TestStore_Tombstone(t *testing.T) {
	s, told := storeOf(kind.Pod)
	replace(t, s, pod("a", "10.0.0.1"))
	told.take()
	if err := s.Delete(cache.DeletedFinalStateUnknown{Key: "shop/a", Obj: pod("a", "")}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"touch pods/shop/a"}, told.take()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if got := s.index.Hint(podKey("a")).Sight; got != plan.Absent {
		t.Errorf("hint: got %v, want absent", got)
	}
}

// TestSight_CopiesStrings: a string that stays must not hold the buffer that an
// object was decoded from.
func TestSight_CopiesStrings(t *testing.T) {
	buffer := strings.Repeat("x", 1<<10) + "shop" + "web-0" + "uid-of-web-0" + "storage"
	cut := func(part string) string {
		at := strings.Index(buffer, part)
		return buffer[at : at+len(part)]
	}
	n := node(cut("web-0"))
	n.Namespace, n.UID = cut("shop"), types.UID(cut("uid-of-web-0"))
	n.Labels["node-role.kubernetes.io/"+cut("storage")] = ""
	seen, err := sight(kind.Node, n, lab)
	if err != nil {
		t.Fatal(err)
	}
	from := uintptr(unsafe.Pointer(unsafe.StringData(buffer)))
	kept := map[string]string{"namespace": seen.at.namespace, "name": seen.at.name, "UID": string(seen.entry.uid), "group": strings.Join(seen.groups, "")}
	for what, s := range kept {
		if at := uintptr(unsafe.Pointer(unsafe.StringData(s))); at >= from && at < from+uintptr(len(buffer)) {
			t.Errorf("%s %q lies in the object's buffer", what, s)
		}
	}
	want := map[string]string{"namespace": "shop", "name": "web-0", "UID": "uid-of-web-0", "group": "storage"}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestAbsent(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	tests := map[string]struct {
		err  error
		want bool
	}{
		"this object does not exist":      {apierrors.NewNotFound(pods, "a"), true},
		"wrapped":                         {fmt.Errorf("get: %w", apierrors.NewNotFound(pods, "a")), true},
		"the namespace does not exist":    {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"), false},
		"the kind is not served":          {apierrors.NewGenericServerResponse(404, "get", pods, "a", "404 page not found", 0, true), false},
		"another object does not exist":   {apierrors.NewNotFound(pods, "b"), false},
		"no details":                      {&apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonNotFound, Code: 404}}, false},
		"not permitted":                   {apierrors.NewForbidden(pods, "a", errors.New("no")), false},
		"gone is said of versions":        {apierrors.NewResourceExpired("too old"), false},
		"the apiserver does not answer":   {errors.New("connection refused"), false},
		"it takes too long":               {apierrors.NewTimeoutError("later", 1), false},
		"the same name in another group":  {apierrors.NewNotFound(schema.GroupResource{Resource: "pods", Group: "metrics.k8s.io"}, "a"), true},
		"a namespace with the pod's name": {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "a"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := absent(tt.err, podKey("a")); got != tt.want {
				t.Errorf("absent(%v): got %v, want %v", tt.err, got, tt.want)
			}
		})
	}
}

// TestWatchOptions: watches are taken up again often, except the one that streams
// the list, which would never end in a large cluster.
func TestWatchOptions(t *testing.T) {
	old, yes := int64(900), true
	for name, tt := range map[string]struct {
		options metav1.ListOptions
		seconds int64
		want    *int64
	}{
		"a watch":         {metav1.ListOptions{TimeoutSeconds: &old}, 120, new(int64(120))},
		"a streamed list": {metav1.ListOptions{TimeoutSeconds: &old, SendInitialEvents: &yes}, 120, &old},
		"no time given":   {metav1.ListOptions{TimeoutSeconds: &old}, 0, &old},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, watchOptions(tt.options, tt.seconds).TimeoutSeconds); diff != "" {
				t.Errorf("timeout (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	for failures, middle := range map[int]float64{0: 0.5, 1: 1, 2: 2, 5: 16, 6: 32, 7: 32, 1 << 20: 32} {
		least, most := 1e9, 0.0
		for range 200 {
			d := backoff(failures).Seconds()
			least, most = min(least, d), max(most, d)
		}
		if least < middle/2 || most > middle*3/2 {
			t.Errorf("after %d failures: got %.2f to %.2f s, want within %v ± half", failures, least, most, middle)
		}
		if most-least < middle/10 {
			t.Errorf("after %d failures: got %.2f to %.2f s, want them to differ", failures, least, most)
		}
	}
}

// BenchmarkIndex_Memory measures what the index holds for each of 100,000 pods,
// their names and UIDs among it.
func BenchmarkIndex_Memory(b *testing.B) {
	const pods = 100_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var perPod float64
	for b.Loop() {
		before := heap()
		s := &store{kind: kind.Pod, view: lab, index: NewIndex(), sink: &notes{}, onList: func() {}}
		transform := s.Transformer()
		list := make([]any, pods)
		for i := range list {
			p := pod(fmt.Sprintf("checkout-7d9c5b6f4d-%05d", i), fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
			p.UID = types.UID(fmt.Sprintf("00000000-0000-0000-0000-%012d", i))
			p.Labels = map[string]string{"app": "checkout", "pod-template-hash": "7d9c5b6f4d"}
			reduced, err := transform(p)
			if err != nil {
				b.Fatal(err)
			}
			list[i] = reduced
		}
		if err := s.Replace(list, "1"); err != nil {
			b.Fatal(err)
		}
		clear(list) // what stays is what the index holds
		perPod = float64(heap()-before) / pods
		runtime.KeepAlive(s)
	}
	b.ReportMetric(perPod, "bytes/pod")
}

// BenchmarkStore_Noise measures a change of a pod that its resource does not show,
// which is nearly all that happens in a cluster.
func BenchmarkStore_Noise(b *testing.B) {
	s := &store{kind: kind.Pod, view: lab, index: NewIndex(), sink: &notes{}, onList: func() {}}
	p := pod("a", "10.0.0.1")
	p.Labels = map[string]string{"app": "checkout", "pod-template-hash": "7d9c5b6f4d"}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Update(p); err != nil {
			b.Fatal(err)
		}
	}
}
