package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	coordination "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// annotation is what the Lease of a fake cluster says of approvals.
func annotation(t *testing.T, client *fake.Clientset) string {
	t.Helper()
	lease, err := client.CoordinationV1().Leases("argus").Get(t.Context(), "argus", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return lease.Annotations[approveAnnotation]
}

// TestApproval_Give: only who writes yes, or says so beforehand, approves, after
// seeing what is held.
func TestApproval_Give(t *testing.T) {
	tests := map[string]struct {
		in    string
		yes   bool
		want  string
		shown bool
	}{
		"asked and approved": {in: "yes\n", want: "hold-1", shown: true},
		"asked and not":      {in: "y\n", shown: true},
		"nobody answers":     {shown: true},
		"not asked":          {yes: true, want: "hold-1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset(
				&coordination.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "argus", Name: "argus"}},
				&corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "argus", Name: "e1"}, Reason: eventDeletesHeld, Message: "hold hold-0: older", LastTimestamp: metav1.Unix(1, 0)},
				&corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "argus", Name: "e2"}, Reason: eventDeletesHeld, Message: "hold hold-1: 70 pods", LastTimestamp: metav1.Unix(2, 0)},
				&corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "argus", Name: "e3"}, Reason: eventNotMirrored, Message: "something else", LastTimestamp: metav1.Unix(3, 0)},
			)
			var out bytes.Buffer
			err := approval{client: client, namespace: "argus", lease: "argus", in: strings.NewReader(tt.in), out: &out}.give(t.Context(), "hold-1", tt.yes)
			if got := annotation(t, client); got != tt.want {
				t.Errorf("approved: got %q, want %q", got, tt.want)
			}
			if (err == nil) != (tt.want != "") {
				t.Errorf("error: got %v", err)
			}
			if got := strings.Contains(out.String(), "70 pods"); got != tt.shown {
				t.Errorf("shown: got %q, want the newest hold shown: %v", out.String(), tt.shown)
			}
		})
	}
}

// TestApproval_Show: what is held is told, and that nothing is.
func TestApproval_Show(t *testing.T) {
	var out bytes.Buffer
	a := approval{client: fake.NewClientset(), namespace: "argus", lease: "argus", out: &out}
	if err := a.show(t.Context()); err != nil || !strings.Contains(out.String(), "nothing is held") {
		t.Errorf("got %q, %v, want that nothing is held", out.String(), err)
	}
}

// TestHoldText: a person sees how much is held, of what, why, and what to do.
func TestHoldText(t *testing.T) {
	got := holdText(plan.Hold{
		ID: "20260102-120000", Limit: 50, Window: time.Hour, Count: 72, Kinds: map[resource.Kind]int{"pods": 70, "nodes": 2},
		Reasons: map[string]int{"filters[0]": 72}, Keys: []resource.Key{{Kind: "pods", Namespace: "shop", Name: "web-0"}},
	})
	want := "hold 20260102-120000: 2 nodes, 70 pods, over the deletion budget of 50 in 1h0m0s (filters[0]; such as pods/shop/web-0); " +
		"take the change of the configuration back, or run: argus approve-deletes 20260102-120000"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestDeletesCondition: readiness tells of what is held, and keeps nobody from
// relying on the rest.
func TestDeletesCondition(t *testing.T) {
	if c := deletesCondition(plan.Hold{}); !c.Ready || c.Detail != "" {
		t.Errorf("nothing is held: got %+v, want ready", c)
	}
	h := plan.Hold{ID: "20260102-120000", Count: 1, Kinds: map[resource.Kind]int{"pods": 1}}
	if c := deletesCondition(h); c.Ready || !c.Optional || c.Detail != holdText(h) {
		t.Errorf("something is held: got %+v, want not ready, optional, and what is held", c)
	}
}

// TestOverBudget: a plan says when a run would hold some of it.
func TestOverBudget(t *testing.T) {
	b := plan.Budget{Minimum: 50, Share: 0.05, Window: time.Hour}
	if got := overBudget(b, 50, 400); got != "" {
		t.Errorf("within the budget: got %q, want nothing", got)
	}
	if got := overBudget(b, 51, 400); !strings.Contains(got, "51 of the removals") || !strings.Contains(got, "room for 50 in 1h0m0s") {
		t.Errorf("over the budget: got %q", got)
	}
}
