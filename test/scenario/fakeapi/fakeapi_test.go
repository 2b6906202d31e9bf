package fakeapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/test/scenario/fakeapi"
)

// connect returns a cluster with a namespace, and clients of its administrator and
// of somebody who is impersonated.
func connect(t *testing.T) (api *fakeapi.Server, admin, user kubernetes.Interface) {
	t.Helper()
	api = fakeapi.New()
	server := httptest.NewServer(api)
	t.Cleanup(func() {
		api.CutWatches()
		server.CloseClientConnections()
		server.Close()
	})
	config := &rest.Config{Host: server.URL, QPS: -1}
	admin = client(t, config)
	as := rest.CopyConfig(config)
	as.Impersonate.UserName = "somebody"
	user = client(t, as)
	_, err := admin.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}, metav1.CreateOptions{})
	must(t, err)
	return api, admin, user
}

func client(t *testing.T, config *rest.Config) kubernetes.Interface {
	t.Helper()
	config.ContentType = "application/json"
	c, err := kubernetes.NewForConfig(config)
	must(t, err)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func settings(labels map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings", Namespace: "shop", Labels: labels}}
}

// What the API refuses, it refuses as the real one does.
func TestServer_refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		do func(ctx context.Context, api *fakeapi.Server, admin, user kubernetes.Interface) error
		is func(error) bool
	}{
		"a second object of a name": {func(ctx context.Context, _ *fakeapi.Server, admin, _ kubernetes.Interface) error {
			_, err := admin.CoreV1().ConfigMaps("shop").Create(ctx, settings(nil), metav1.CreateOptions{})
			return err
		}, apierrors.IsAlreadyExists},
		"a replacement of another version": {func(ctx context.Context, _ *fakeapi.Server, admin, _ kubernetes.Interface) error {
			old := settings(nil)
			old.ResourceVersion = "1"
			_, err := admin.CoreV1().ConfigMaps("shop").Update(ctx, old, metav1.UpdateOptions{})
			return err
		}, apierrors.IsConflict},
		"a replacement of another object": {func(ctx context.Context, _ *fakeapi.Server, admin, _ kubernetes.Interface) error {
			other := settings(nil)
			other.UID = "another"
			_, err := admin.CoreV1().ConfigMaps("shop").Update(ctx, other, metav1.UpdateOptions{})
			return err
		}, apierrors.IsConflict},
		"an object in no namespace": {func(ctx context.Context, _ *fakeapi.Server, admin, _ kubernetes.Interface) error {
			_, err := admin.CoreV1().ConfigMaps("nowhere").Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, metav1.CreateOptions{})
			return err
		}, func(err error) bool { return about(err, "namespaces", "nowhere") }},
		"an object that is not there": {func(ctx context.Context, _ *fakeapi.Server, admin, _ kubernetes.Interface) error {
			_, err := admin.CoreV1().ConfigMaps("shop").Get(ctx, "other", metav1.GetOptions{})
			return err
		}, func(err error) bool { return about(err, "configmaps", "other") }},
		"a kind that is not served, and says nothing of its objects": {func(ctx context.Context, _ *fakeapi.Server, admin, _ kubernetes.Interface) error {
			_, err := admin.StorageV1().CSINodes().Get(ctx, "other", metav1.GetOptions{})
			return err
		}, func(err error) bool { return apierrors.IsNotFound(err) && !about(err, "csinodes", "other") }},
		"a right that was taken away": {func(ctx context.Context, api *fakeapi.Server, _, user kubernetes.Interface) error {
			api.Forbid("configmaps")
			_, err := user.CoreV1().ConfigMaps("shop").Get(ctx, "settings", metav1.GetOptions{})
			return err
		}, apierrors.IsForbidden},
		"a watch from a history that is gone": {func(ctx context.Context, api *fakeapi.Server, admin, _ kubernetes.Interface) error {
			api.Compact()
			_, err := admin.CoreV1().ConfigMaps("shop").Watch(ctx, metav1.ListOptions{ResourceVersion: "1"})
			return err
		}, func(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }},
	} {
		t.Run(name, func(t *testing.T) {
			api, admin, user := connect(t)
			_, err := admin.CoreV1().ConfigMaps("shop").Create(t.Context(), settings(nil), metav1.CreateOptions{})
			must(t, err)
			if err := tt.do(t.Context(), api, admin, user); !tt.is(err) {
				t.Errorf("got %v (%#v)", err, err)
			}
		})
	}
}

// about says whether an answer is that this very object does not exist.
func about(err error, kind, name string) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Code != http.StatusNotFound {
		return false
	}
	d := status.Status().Details
	return d != nil && d.Kind == kind && d.Name == name && len(d.Causes) == 0
}

// A watch shows what happens, in order, and ends when it is cut.
func TestServer_watch(t *testing.T) {
	api, admin, _ := connect(t)
	maps := admin.CoreV1().ConfigMaps("shop")
	w, err := maps.Watch(t.Context(), metav1.ListOptions{})
	must(t, err)
	defer w.Stop()
	made, err := maps.Create(t.Context(), settings(nil), metav1.CreateOptions{})
	must(t, err)
	made.Labels = map[string]string{"stage": "two"}
	_, err = maps.Update(t.Context(), made, metav1.UpdateOptions{})
	must(t, err)
	must(t, maps.Delete(t.Context(), "settings", metav1.DeleteOptions{}))
	api.CutWatches()
	last := ""
	for _, want := range []watch.EventType{watch.Added, watch.Modified, watch.Deleted} {
		event := next(t, w)
		obj, ok := event.Object.(*corev1.ConfigMap)
		if event.Type != want || !ok || obj.UID != made.UID || obj.ResourceVersion == last {
			t.Fatalf("got %s of %v, want %s of the object in another version", event.Type, event.Object, want)
		}
		last = obj.ResourceVersion
	}
	if event, open := <-w.ResultChan(); open {
		t.Errorf("got %v from a watch that was cut", event)
	}
}

func next(t *testing.T, w watch.Interface) watch.Event {
	t.Helper()
	select {
	case event := <-w.ResultChan():
		return event
	case <-time.After(10 * time.Second):
		t.Fatal("nothing happened for 10 s")
		return watch.Event{}
	}
}
