package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A rule that takes away more than the deletion budget has room for removes that
// much and no more, and says so, until a person approves that very hold.
func TestDeletionBudget(t *testing.T) {
	t.Parallel()
	ctx, p := t.Context(), newPortal(t)
	namespace(t, "budget")
	const services, room = 6, 2
	for i := range services {
		_, err := kube.client.CoreV1().Services("budget").Create(ctx, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("s%d", i)}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
		}, metav1.CreateOptions{})
		must(t, err)
	}
	config := fmt.Sprintf("kinds: {preset: essentials}\ninclude: [{namespaces: [budget]}]\nlm: {collectorID: 1, resource: {deletionBudget: {minimum: %d, share: 0}}}\n", room)
	const head = "clusterName: budget\nserver: {address: 127.0.0.1:0}\n"
	lease := []string{"--leader-elect-resource-namespace", "budget"}
	s := setup{portal: p, cluster: "budget", file: head + config, path: filepath.Join(t.TempDir(), "config.yaml"), flags: append(lease, "--leader-elect")}
	a := s.start(t)
	count := func(want int) func(context.Context) error {
		return func(context.Context) error {
			if got := len(servicesOf(t, p)); got != want {
				return fmt.Errorf("there are %d", got)
			}
			return nil
		}
	}
	eventually(t, patience, "services are mirrored", count(services))
	a.awaitIdle(t)

	must(t, os.WriteFile(s.path, []byte(head+config+"exclude: [{kinds: [services]}]\n"), 0o600))
	a.awaitReady(t, http.StatusOK, "[~]deletes: hold ", fmt.Sprintf("%d services", services-room))
	eventually(t, patience, "what there is room for goes", count(services-room))
	_, body, err := a.Ask(ctx, "/readyz?verbose")
	must(t, err)
	hold := regexp.MustCompile(`hold (\d{8}-\d{6})`).FindStringSubmatch(body)
	if hold == nil {
		t.Fatalf("no hold has an ID in %q", body)
	}
	approve := func(id string) {
		t.Helper()
		code, stdout, stderr := runMain(ctx, append([]string{"approve-deletes", id, "--yes", "--kubeconfig", kube.Kubeconfig()}, lease...), nil)
		if code != 0 {
			t.Fatalf("approve-deletes: got code %d, %s%s", code, stdout, stderr)
		}
	}
	approve("20200101-000000")
	createPod(t, "budget", "meanwhile", nil)
	eventually(t, patience, "creates go on", func(context.Context) error {
		if _, ok := p.DeviceByDisplayName("meanwhile-pod-budget-budget"); !ok {
			return fmt.Errorf("the new pod has no resource")
		}
		return nil
	})
	if got := len(servicesOf(t, p)); got != services-room {
		t.Errorf("services after an approval of another hold: got %d, want %d", got, services-room)
	}
	approve(hold[1])
	eventually(t, 2*patience, "approved removals go", count(0))
	a.awaitReady(t, http.StatusOK, "[+]deletes")
}
