package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// plan runs argus plan, which must change nothing, and returns its lines.
func (s setup) plan(tb testing.TB, code int) []string {
	tb.Helper()
	since, commits := s.portal.lastCall(), s.portal.commits()
	got, stdout, stderr := s.run(tb, "plan")
	if got != code {
		tb.Fatalf("argus plan ended with code %d, want %d; it said:\n%s%s", got, code, stdout, stderr)
	}
	quietSince(tb, s.portal, since)
	if n := s.portal.commits(); n != commits {
		tb.Errorf("a plan made %d changes", n-commits)
	}
	var lines []string
	for line := range strings.Lines(stdout) {
		// Kinds that this cluster does not serve are no part of any test here.
		if !strings.Contains(line, "is skipped") {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	return lines
}

// beginning are the lines that begin with a sign.
func beginning(lines []string, sign string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, sign+" ") })
}

// A plan says what run would do, and does nothing.
func TestPlan(t *testing.T) {
	ctx := t.Context()
	p := newPortal(t)
	token := deployed(t)
	namespace(t, "planned")
	for _, name := range []string{"kept", "doomed"} {
		createPod(t, "planned", name, nil)
	}
	settle(t)
	s := setup{portal: p, cluster: "planned"}

	// An empty account: everything is to be created.
	want, err := expected(ctx, "planned")
	must(t, err)
	lines := s.plan(t, 2)
	if n := len(beginning(lines, "+")); n != len(want.Resources)+len(want.Groups) {
		t.Errorf("%d lines of what is to be created, want %d resources and %d groups:\n%s", n, len(want.Resources), len(want.Groups), strings.Join(lines, "\n"))
	}
	for display := range want.Resources {
		if !strings.Contains(strings.Join(lines, "\n"), fmt.Sprintf("%q", display)) {
			t.Errorf("nothing is said of %s", display)
		}
	}
	if diff := cmp.Diff(summary(len(want.Resources), 0, 0, 0, len(want.Groups)), lines[len(lines)-1]); diff != "" {
		t.Errorf("the last line (-want +got):\n%s", diff)
	}

	// An account in step: nothing is to be done.
	mirrorOnce(t, s)
	if diff := cmp.Diff([]string{summary(0, 0, 0, len(want.Resources), 0)}, s.plan(t, 0)); diff != "" {
		t.Errorf("the plan for an account in step (-want +got):\n%s", diff)
	}

	// One object to create, one to update, one to delete.
	doomed, _ := p.DeviceByDisplayName("doomed-pod-planned-planned")
	kept, _ := p.DeviceByDisplayName("kept-pod-planned-planned")
	pods := kube.client.CoreV1().Pods("planned")
	_, err = pods.Patch(ctx, "kept", types.MergePatchType, metadata("labels", map[string]any{"app": nil, "new": "label"}), metav1.PatchOptions{})
	must(t, err)
	must(t, pods.Delete(ctx, "doomed", *metav1.NewDeleteOptions(0)))
	_, err = kube.client.CoreV1().Services("planned").Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "svc"}, Spec: corev1.ServiceSpec{ClusterIP: "None"},
	}, metav1.CreateOptions{})
	must(t, err)
	settle(t)
	changes := []string{
		`+ services/planned/svc  "svc-svc-planned-planned"  the object has no resource`,
		fmt.Sprintf(`- pods/planned/doomed  resource %d  the object no longer exists`, doomed.ID),
		fmt.Sprintf(`~ pods/planned/kept  resource %d  the object changed, or somebody changed its resource`, kept.ID),
		`    - kubernetes.label.app = "kept"`,
		`    + kubernetes.label.new = "label"`,
		summary(1, 1, 1, len(want.Resources)-2, 0),
	}
	if diff := cmp.Diff(sorted(changes), sorted(s.plan(t, 2))); diff != "" {
		t.Errorf("the plan for three changes (-want +got):\n%s", diff)
	}

	// A kind that may not be read: said, and left alone.
	setRules(t, without(role(t).Rules, "services"))
	restricted := s
	restricted.kubeconfig = kubeconfig(t, kube.URL(), token, kube.CA())
	lines = restricted.plan(t, 2)
	frozen := "! kind services is frozen: the ServiceAccount may not get, list, watch services (API group core): add the verbs to its ClusterRole, or switch the kind off"
	if !slices.Contains(lines, frozen) || slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "services/planned/svc") }) {
		t.Errorf("the plan with services forbidden:\n%s\nwant in it\n%s\nand nothing about planned/svc", strings.Join(lines, "\n"), frozen)
	}
	if !slices.Contains(lines, changes[1]) {
		t.Errorf("the plan with services forbidden:\n%s\nwant in it\n%s", strings.Join(lines, "\n"), changes[1])
	}

	mirrorOnce(t, s)
	s.plan(t, 0)
}

// mirrorOnce runs Argus until the account equals the cluster.
func mirrorOnce(tb testing.TB, s setup) {
	tb.Helper()
	a := s.start(tb)
	s.portal.awaitEqual(tb, s.cluster)
	a.awaitIdle(tb)
	a.Stop(tb)
}

func summary(create, update, remove, inStep, groups int) string {
	return fmt.Sprintf("%d to create, %d to update, %d to delete, %d in step, 0 cannot be mirrored; %d groups to change.", create, update, remove, inStep, groups)
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }
