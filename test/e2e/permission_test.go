package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// With the ServiceAccount and exactly the ClusterRole of deploy everything works,
// and the role is no wider than that. Without the rule for a kind that kind is
// frozen, Argus says so, and nothing else suffers; with it everything heals.
func TestPermission(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, w := newPortal(t), newWitness(t)
	token := deployed(t)
	namespace(t, "rbac")
	services := kube.client.CoreV1().Services("rbac")
	for _, name := range []string{"stays", "changes"} {
		_, err := services.Create(ctx, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
		}, metav1.CreateOptions{})
		must(t, err)
	}
	a := setup{portal: p, cluster: "rbac", kubeconfig: kubeconfig(t, w.URL, token, w.CA)}.startProcess(t)
	p.awaitEqual(t, "rbac")
	a.awaitIdle(t)
	if refused := w.questions(question.refused); len(refused) > 0 {
		t.Fatalf("the apiserver refused: %v", refused)
	}
	if changes := w.questions(question.changes); len(changes) > 0 {
		t.Errorf("Argus sent what may change the cluster: %v", changes)
	}
	rules := role(t).Rules
	for _, rule := range rules {
		if diff := cmp.Diff([]string{"get", "list", "watch"}, rule.Verbs); diff != "" {
			t.Errorf("verbs of the rule for %v (-want +got):\n%s", rule.Resources, diff)
		}
		for _, resource := range rule.Resources {
			served := rule.APIGroups[0] != "gateway.networking.k8s.io" // this cluster has no such kinds
			watched := w.questions(func(q question) bool { return q.watch && q.about(resource) })
			if (len(watched) > 0) != served {
				t.Errorf("the role allows %s, and of its watches there are %d", resource, len(watched))
			}
		}
	}

	setRules(t, without(rules, "services"))
	label := func(name, value string) {
		_, err := services.Patch(ctx, name, types.MergePatchType, metadata("labels", map[string]any{"step": value}), metav1.PatchOptions{})
		must(t, err)
	}
	label("changes", "one")
	eventually(t, patience, "services are frozen", func(ctx context.Context) error {
		frozen, err := a.frozen(ctx, "services")
		if err == nil && frozen != "1" {
			err = fmt.Errorf("the metric says %s", frozen)
		}
		return err
	})
	a.awaitReady(t, http.StatusOK, "[~]kinds: ", "the ServiceAccount may not get, list, watch services (API group core)")
	if said := a.Log.Lines("kind is frozen: not permitted"); len(said) != 1 || said[0]["kind"] != "services" || said[0]["level"] != "ERROR" {
		t.Errorf("the log says %v, want one error about services", said)
	}

	before := servicesOf(t, p)
	must(t, services.Delete(ctx, "stays", metav1.DeleteOptions{}))
	label("changes", "two")
	createPod(t, "rbac", "other", nil)
	eventually(t, patience, "other kinds are mirrored", func(context.Context) error {
		if _, ok := p.DeviceByDisplayName("other-pod-rbac-rbac"); !ok {
			return errors.New("the new pod has no resource")
		}
		return nil
	})
	if diff := cmp.Diff(before, servicesOf(t, p)); diff != "" {
		t.Errorf("resources of the frozen kind were changed (-before +after):\n%s", diff)
	}
	if refused := w.questions(func(q question) bool { return q.refused() && !q.about("services") }); len(refused) > 0 {
		t.Errorf("the apiserver refused beside services: %v", refused)
	}
	for _, kind := range []string{"pods", "nodes", "deployments"} {
		if frozen, err := a.frozen(ctx, kind); err != nil || frozen != "0" {
			t.Errorf("kind %s: frozen is %s, %v; want 0", kind, frozen, err)
		}
	}

	setRules(t, rules)
	p.awaitEqualWithin(t, "rbac", 2*patience) // Argus asks once a minute
	a.awaitReady(t, http.StatusOK, "[+]backlog")
	if frozen, err := a.frozen(ctx, "services"); err != nil || frozen != "0" {
		t.Errorf("with the rule back: frozen is %s, %v; want 0", frozen, err)
	}
	if changes := w.questions(question.changes); len(changes) > 0 {
		t.Errorf("Argus sent what may change the cluster: %v", changes)
	}
}

// servicesOf are the resources of services, as they are.
func servicesOf(tb testing.TB, p *portal) map[string]device {
	tb.Helper()
	found := map[string]device{}
	devices, _ := p.contents(tb)
	for _, d := range devices {
		if strings.HasPrefix(d.property("system.categories"), "KubernetesService") {
			found[d.DisplayName] = d
		}
	}
	return found
}
