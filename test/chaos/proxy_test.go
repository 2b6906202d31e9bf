package chaos_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/test/chaos/proxy"
)

// proxied is a proxy before the real apiserver with a client that talks as Argus
// does, and a namespace with three ConfigMaps besides that of Kubernetes.
type proxied struct {
	*proxy.Kubernetes
	direct, maps typed.ConfigMapInterface
	secrets      typed.SecretInterface
}

func newProxied(t *testing.T) *proxied {
	t.Helper()
	p, err := proxy.NewKubernetes(kube.Config(), proxy.NewGate())
	must(t, err)
	t.Cleanup(p.Stop)
	client, err := kubernetes.NewForConfig(&rest.Config{
		Host: p.URL, TLSClientConfig: rest.TLSClientConfig{CAData: p.CA}, QPS: -1,
		ContentConfig: rest.ContentConfig{ContentType: runtime.ContentTypeProtobuf, AcceptContentTypes: runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON},
	})
	must(t, err)
	const namespace = "default"
	all := &proxied{p, kube.client.CoreV1().ConfigMaps(namespace), client.CoreV1().ConfigMaps(namespace), client.CoreV1().Secrets(namespace)}
	for i := range 3 {
		all.create(t, fmt.Sprintf("map-%d", i))
	}
	return all
}

func (p *proxied) create(t *testing.T, name string) {
	t.Helper()
	_, err := p.direct.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"proxied": "yes"}}}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, p.direct.Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{})) })
}

func (p *proxied) set(t *testing.T, order string) {
	t.Helper()
	f, err := proxy.Parse(order)
	must(t, err)
	must(t, p.Set(t.Context(), f))
}

// ours selects the ConfigMaps of the test.
const ours = "proxied=yes"

// list returns how many ConfigMaps there are, and whether the list goes on.
func (p *proxied) list(ctx context.Context) (n int, more bool, err error) {
	l, err := p.maps.List(ctx, metav1.ListOptions{LabelSelector: ours})
	if err != nil {
		return 0, false, err
	}
	return len(l.Items), l.Continue != "", nil
}

// follow begins a watch that streams the list first.
func (p *proxied) follow(t *testing.T) watch.Interface {
	t.Helper()
	w, err := p.maps.Watch(t.Context(), metav1.ListOptions{
		LabelSelector: ours, AllowWatchBookmarks: true, SendInitialEvents: new(true), ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	must(t, err)
	t.Cleanup(w.Stop)
	return w
}

// told is what a watch says next: the event, and of whom.
func told(t *testing.T, w watch.Interface) string {
	t.Helper()
	select {
	case e, ok := <-w.ResultChan():
		switch object := e.Object.(type) {
		case *corev1.ConfigMap:
			return string(e.Type) + " " + object.Name
		case *metav1.Status:
			return fmt.Sprintf("%s %d", e.Type, object.Code)
		}
		if !ok {
			return "the end"
		}
		return string(e.Type)
	case <-time.After(patience):
		t.Fatal("a watch says nothing")
		return ""
	}
}

func expect(t *testing.T, w watch.Interface, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if got := told(t, w); got != want {
			t.Errorf("the watch says %q, want %q", got, want)
		}
	}
}

// Lists as the faults leave them, of a real apiserver and in protobuf or JSON.
func TestProxy_lists(t *testing.T) {
	p := newProxied(t)
	for order, want := range map[string]struct {
		n    int
		more bool
	}{
		"slow(all, 1ms)":              {3, false},
		"page(configmaps, 2)":         {2, true},
		"page(secrets, 2)":            {3, false},
		"loseContinue(configmaps, 2)": {2, false},
		"cut(configmaps, 1)":          {1, false},
		"cut(configmaps, 0)":          {0, false},
	} {
		p.set(t, order)
		n, more, err := p.list(t.Context())
		if err != nil || n != want.n || more != want.more {
			t.Errorf("under %s: %d items, more %v, %v; want %d and %v", order, n, more, err, want.n, want.more)
		}
		p.Lift()
	}
	p.set(t, "serveAt(configmaps)")
	p.create(t, "newer")
	if n, _, err := p.list(t.Context()); err != nil || n != 3 {
		t.Errorf("from an apiserver that is behind: %d items, %v; want 3", n, err)
	}
	if _, err := p.maps.Get(t.Context(), "newer", metav1.GetOptions{}); err != nil {
		t.Errorf("a read of one object is not from a cache: %v", err)
	}
	p.Lift()
	if n, _, err := p.list(t.Context()); err != nil || n != 4 {
		t.Errorf("after it has caught up: %d items, %v; want 4", n, err)
	}
}

// Answers that a fault gives instead, for one kind and one verb.
func TestProxy_answers(t *testing.T) {
	p := newProxied(t)
	for order, is := range map[string]func(error) bool{
		"status(configmaps, 401)":       apierrors.IsUnauthorized,
		"status(configmaps, 403, list)": apierrors.IsForbidden,
		"status(configmaps, 404)":       apierrors.IsNotFound,
		"status(configmaps, 410)":       apierrors.IsResourceExpired,
		"status(configmaps, 500)":       apierrors.IsInternalError,
		"refuse(configmaps)":            func(err error) bool { return err != nil },
	} {
		p.set(t, order)
		if _, _, err := p.list(t.Context()); !is(err) {
			t.Errorf("under %s: error %v", order, err)
		}
		if _, err := p.secrets.List(t.Context(), metav1.ListOptions{}); err != nil {
			t.Errorf("under %s another kind fails: %v", order, err)
		}
		p.Lift()
		if _, _, err := p.list(t.Context()); err != nil {
			t.Errorf("after %s was lifted: %v", order, err)
		}
	}
	p.set(t, "pause(configmaps, list)")
	waited := make(chan error, 1)
	go func() {
		_, _, err := p.list(t.Context())
		waited <- err
	}()
	eventually(t, "the list is held", func(context.Context) error {
		if p.Struck(proxy.Pause) == 0 {
			return fmt.Errorf("it is not")
		}
		return nil
	})
	select {
	case err := <-waited:
		t.Errorf("a list under pause was answered: %v", err)
	default:
	}
	p.Lift()
	must(t, <-waited)
}

// What watches say under faults.
func TestProxy_watches(t *testing.T) {
	p := newProxied(t)
	w := p.follow(t)
	expect(t, w, "ADDED map-0", "ADDED map-1", "ADDED map-2", "BOOKMARK ")
	p.set(t, "drop(configmaps, 1)")
	p.create(t, "lost")
	p.create(t, "told")
	expect(t, w, "ADDED told")
	p.set(t, "pause(configmaps)")
	p.create(t, "held")
	p.Lift()
	expect(t, w, "ADDED held")
	p.set(t, "close(secrets)")
	p.create(t, "still")
	expect(t, w, "ADDED still")
	p.set(t, "close(configmaps, 410)")
	expect(t, w, "ERROR 410", "the end")
	if n := p.Expired(); n != 0 {
		t.Errorf("the apiserver is said to have answered 410 %d times; it was the proxy", n)
	}

	p.set(t, "noBookmark(configmaps)")
	w = p.follow(t)
	expect(t, w, "ADDED held", "ADDED lost", "ADDED map-0", "ADDED map-1", "ADDED map-2", "ADDED still", "ADDED told")
	p.create(t, "zz")
	expect(t, w, "ADDED zz")
	p.set(t, "close(all)")
	expect(t, w, "the end")
	p.Lift()

	for _, order := range []string{"noWatchList(configmaps)", "serveAt(all)", "page(all, 2)"} {
		p.set(t, order)
		_, err := p.maps.Watch(t.Context(), metav1.ListOptions{AllowWatchBookmarks: true, SendInitialEvents: new(true), ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan})
		if !apierrors.IsInvalid(err) {
			t.Errorf("under %s a streamed list: error %v, want that it is invalid", order, err)
		}
		p.Lift()
	}
}
