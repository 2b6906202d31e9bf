package cli

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// TestEvents: in a pod, what needs a person is an Event of that pod, which finds it
// by its UID and fits; outside a pod nothing is written.
func TestEvents(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "argus", Name: "argus-0", UID: "uid-of-the-pod"}}
	client := fake.NewClientset(pod)
	env := map[string]string{}
	p := Process{Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	log := slog.New(slog.DiscardHandler)

	outside := newEvents(t.Context(), p, client, log)
	outside.warn(eventConfigRefused, "nobody hears it")
	outside.stop()

	env["MY_POD_NAME"], env["MY_NAMESPACE"] = "argus-0", "argus"
	inside := newEvents(t.Context(), p, client, log)
	defer inside.stop()
	inside.warn(eventNotMirrored, strings.Repeat("x", 2000))

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	watch, err := client.CoreV1().Events("argus").Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	list, err := client.CoreV1().Events("argus").List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got *corev1.Event
	if len(list.Items) > 0 {
		got = &list.Items[0]
	} else {
		select {
		case e := <-watch.ResultChan():
			got, _ = e.Object.(*corev1.Event)
		case <-ctx.Done():
			t.Fatal("no Event was written")
		}
	}
	type event struct {
		Type, Reason string
		About        corev1.ObjectReference
		Length       int
	}
	want := event{"Warning", "ObjectNotMirrored", corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: "argus", Name: "argus-0", UID: "uid-of-the-pod"}, 1024}
	if diff := cmp.Diff(want, event{got.Type, got.Reason, got.InvolvedObject, len(got.Message)}); diff != "" {
		t.Errorf("Event (-want +got):\n%s", diff)
	}
}
