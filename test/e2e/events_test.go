package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	simaccount "github.com/argus-k8s/argus/internal/lmsim/account"
)

// What needs a person is told as an Event of the pod of Argus, with no more rights
// than those of deploy: an object whose display name somebody else has.
func TestEvents(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	token := deployed(t)
	namespace(t, "events")
	name, theirs, collector := "taken-pod-events-events", "10.9.9.9", int32(1)
	_, err := p.CreateDevice(simaccount.DeviceInput{Name: &theirs, DisplayName: &name, PreferredCollectorID: &collector})
	must(t, err)
	createPod(t, "events", "taken", nil)
	a := setup{
		portal: p, cluster: "events", kubeconfig: kubeconfig(t, kube.URL(), token, kube.CA()), config: "include: [{namespaces: [events]}]\n",
		env: map[string]string{"MY_POD_NAME": "argus-events", "MY_NAMESPACE": "argus"},
	}.start(t)
	eventually(t, patience, "an Event about the pod", func(ctx context.Context) error {
		list, err := kube.client.CoreV1().Events("argus").List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=argus-events"})
		if err != nil {
			return err
		}
		for _, e := range list.Items {
			if e.Type == corev1.EventTypeWarning && e.Reason == "ObjectNotMirrored" && strings.Contains(e.Message, "pods/events/taken") && strings.Contains(e.Message, name) {
				return nil
			}
		}
		return fmt.Errorf("there are %d others", len(list.Items))
	})
	a.awaitReady(t, 200, "[~]objects: ", name)
}
