package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/lmsim"
)

const createDevice = "/device/devices"

// createPods creates pods side by side.
func createPods(tb testing.TB, namespace string, n int) {
	tb.Helper()
	must(tb, createPodsNow(tb.Context(), namespace, n))
}

func createPodsNow(ctx context.Context, namespace string, n int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for i := range n {
		g.Go(func() error {
			_, err := kube.client.CoreV1().Pods(namespace).Create(ctx, newPod(namespace, fmt.Sprintf("pod-%d", i)), metav1.CreateOptions{})
			return err
		})
	}
	return g.Wait()
}

// Whatever happens to the answer of a create, and whether or not it took effect,
// each object ends with one resource. Each fault has an account of its own, and
// all are healed side by side.
//
//nolint:tparallel // the accounts are healed side by side already
func TestFault_answerLost(t *testing.T) {
	t.Parallel()
	const pods = 6
	namespace(t, "lost")
	createPods(t, "lost", pods)
	settle(t)
	type mirror struct {
		*portal
		*process
	}
	mirrors := map[string]mirror{}
	for name, action := range map[string]string{
		"closed after it took effect":  lmsim.Lose,
		"reset after it took effect":   lmsim.Reset,
		"silence after it took effect": lmsim.HangAfter,
		"cut after it took effect":     lmsim.Truncate,
		"closed before":                lmsim.Drop,
		"silence instead":              lmsim.Hang,
		"an error page instead":        lmsim.HTML503,
	} {
		p := newPortal(t)
		p.faults(t, lmsim.Fault{Action: action, Method: http.MethodPost, Endpoint: createDevice, Times: pods})
		mirrors[name] = mirror{p, setup{portal: p, cluster: "lost"}.startProcess(t)}
	}
	for name, m := range mirrors {
		t.Run(name, func(t *testing.T) {
			m.awaitEqual(t, "lost")
			m.awaitIdle(t)
			if struck := m.Faults()[0].Struck; struck != pods {
				t.Errorf("the fault struck %d times, want %d", struck, pods)
			}
			onlyOnce(t, m.portal, "-pod-lost-lost")
		})
	}
}

// onlyOnce fails if there ever were two resources of a name, or if one was deleted
// whose name ends so.
func onlyOnce(tb testing.TB, p *portal, ending string) {
	tb.Helper()
	there, found := map[string]bool{}, false
	for _, c := range p.Journal(journalSince(0)) {
		if c.Type != "device" {
			continue
		}
		ours := strings.HasSuffix(c.Name, ending)
		found = found || ours
		if c.Op == "create" && there[c.Name] {
			tb.Errorf("%s was created twice", c.Name)
		}
		if c.Op == "delete" && ours {
			tb.Errorf("%s was deleted", c.Name)
		}
		there[c.Name] = c.Op != "delete"
	}
	if !found {
		tb.Errorf("nothing that ends with %s was created", ending)
	}
}

// An account whose limits fall while Argus works is not asked for much more than
// it gives, and nothing is lost.
func TestFault_limitsFall(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	namespace(t, "limits")
	a := setup{portal: p, cluster: "limits"}.startProcess(t)
	p.awaitEqual(t, "limits")
	a.awaitIdle(t)
	limits := plenty()
	limits.Window = 2
	limits.Endpoints = map[string]int{"POST " + createDevice: 10}
	p.SetLimits(limits)
	const pods = 60
	createPods(t, "limits", pods)
	settle(t)
	p.awaitEqual(t, "limits")
	onlyOnce(t, p, "-pod-limits-limits")
	if refused := p.CountCalls(http.MethodPost, createDevice, http.StatusTooManyRequests); refused > pods/2 {
		t.Errorf("%d creates were refused for %d pods, want few", refused, pods)
	} else {
		t.Logf("%d creates were refused on the way", refused)
	}
}

// While the account is down Argus waits and says so; what happened meanwhile is
// mirrored when it is back.
func TestFault_accountDown(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	namespace(t, "down")
	createPods(t, "down", 3)
	a := setup{portal: p, cluster: "down"}.startProcess(t)
	p.awaitEqual(t, "down")
	a.awaitReady(t, http.StatusOK)

	p.faults(t, lmsim.Fault{Action: lmsim.HTML503})
	createPod(t, "down", "born", nil)
	must(t, kube.client.CoreV1().Pods("down").Delete(t.Context(), "pod-0", *metav1.NewDeleteOptions(0)))
	_, err := kube.client.CoreV1().Services("down").Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "svc"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	must(t, err)
	a.awaitReady(t, http.StatusServiceUnavailable, "[-]account: waiting for the account; nothing is lost", "503", "not ok")
	if _, ok := p.DeviceByDisplayName("pod-0-pod-down-down"); !ok {
		t.Error("a resource was deleted while the account is down")
	}

	p.faults(t)
	p.awaitEqualWithin(t, "down", 3*patience)
	a.awaitReady(t, http.StatusOK, "[+]account")
}

// An account that cannot be reached at all is waited for.
func TestFault_accountUnreachable(t *testing.T) {
	t.Parallel()
	p := unreachablePortal(t)
	a := setup{portal: p, cluster: "later"}.startProcess(t)
	a.awaitReady(t, http.StatusServiceUnavailable, "[-]account: the account has not been listed yet", "connection refused")
	status, body, err := a.Ask(t.Context(), "/healthz")
	if err != nil || status != http.StatusOK {
		t.Errorf("/healthz while waiting: %d %q, %v; want 200", status, body, err)
	}
	eventually(t, patience, "the log says what is waited for", func(context.Context) error {
		for _, line := range a.Log.Lines("the LogicMonitor account cannot be reached; waiting") {
			if line["level"] == "WARN" && line["error"] != nil && line["retry_in"] != nil {
				return nil
			}
		}
		return errors.New("it does not")
	})
	p.open(t)
	p.awaitEqual(t, "later")
	a.awaitReady(t, http.StatusOK, "[+]account")
}
