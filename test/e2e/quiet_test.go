package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const listDevices = "GET /device/devices"

// pages of 1,000 that a listing of the cluster's resources takes.
func (p *portal) pages(tb testing.TB, cluster string) int {
	tb.Helper()
	return (len(p.displayNames(tb, cluster)) + 999) / 1000
}

// A restart without a change writes nothing and lists the resources once. Audits
// do the same. What happens in a cluster without changing anything that is
// mirrored costs not a single call.
func TestQuiet(t *testing.T) {
	p := newPortal(t)
	namespace(t, "quiet")
	createLimitRanges(t, "quiet", 1050) // more than a page of resources
	createPod(t, "quiet", "busy", nil)
	apply(t, scaler)
	settle(t)
	s := setup{portal: p, cluster: "quiet"}
	a := s.start(t)
	p.awaitEqual(t, "quiet")
	a.awaitIdle(t)
	a.Stop(t)
	pages := p.pages(t, "quiet")
	if pages != 2 {
		t.Fatalf("%d pages of resources, want 2 for this test", pages)
	}

	since := p.lastCall()
	a = s.start(t)
	a.awaitIdle(t)
	eventually(t, patience, "the first sync is complete", func(context.Context) error { return said(a, "first sync is complete", 1) })
	quietSince(t, p, since)
	// Once to learn whose tree it is, once to count, once to read the tree.
	want := calls{listDevices: pages, "GET /device/groups": 4, "GET /device/groups/{id}": 1}
	if diff := cmp.Diff(want, p.callsSince(since)); diff != "" {
		t.Errorf("calls of a restart without a change (-want +got):\n%s", diff)
	}

	since = p.lastCall()
	for range 30 {
		heartbeat(t)
		readiness(t, "quiet", "busy")
		measured(t, "quiet", "scaler")
	}
	// Argus hears of a kind's changes in order, so it has seen the noise of those
	// when it has followed these.
	must(t, labelNode(t.Context(), map[string]any{"noise": "over"}))
	t.Cleanup(func() { must(t, labelNode(context.WithoutCancel(t.Context()), map[string]any{"noise": nil})) })
	mark := metadata("labels", map[string]any{"noise": "over"})
	_, err := kube.client.CoreV1().Pods("quiet").Patch(t.Context(), "busy", types.MergePatchType, mark, metav1.PatchOptions{})
	must(t, err)
	_, err = kube.client.AutoscalingV1().HorizontalPodAutoscalers("quiet").Patch(t.Context(), "scaler", types.MergePatchType, mark, metav1.PatchOptions{})
	must(t, err)
	p.awaitEqual(t, "quiet")
	a.awaitIdle(t)
	want = calls{"GET /device/devices/{id}": 3, "PATCH /device/devices/{id}": 3}
	if diff := cmp.Diff(want, p.callsSince(since)); diff != "" {
		t.Errorf("calls of three labels in much noise (-want +got):\n%s", diff)
	}
	a.Stop(t)

	since = p.lastCall()
	commits := p.commits()
	s.config = "daemons: {lmCacheSync: {interval: 1s, minInterval: 1s}}"
	a = s.start(t)
	const audits = 4
	eventually(t, patience, "audits", func(context.Context) error { return said(a, "listed the account", audits) })
	a.Stop(t)
	quietSince(t, p, since)
	if got := p.commits(); got != commits {
		t.Errorf("audits made %d changes", got-commits)
	}
	done := len(a.Log.Lines("listed the account"))
	// The last may have been cut short by the end.
	if n := p.callsSince(since)[listDevices]; n < done*pages || n > (done+1)*pages {
		t.Errorf("%d listings for %d audits of %d pages", n, done, pages)
	}
}

func said(a *argus, message string, times int) error {
	if n := len(a.Log.Lines(message)); n < times {
		return fmt.Errorf("%q was logged %d times", message, n)
	}
	return nil
}

// quietSince fails if there was a call that is meant to change something.
func quietSince(tb testing.TB, p *portal, since uint64) {
	tb.Helper()
	if diff := cmp.Diff(calls{}, p.callsSince(since).writes()); diff != "" {
		tb.Errorf("writes though nothing changed (-want +got):\n%s", diff)
	}
}

// scaler has somebody else's status written to it, as by metrics that move.
const scaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaler, namespace: quiet}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}
  metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}]
`

// createLimitRanges creates objects that nothing in the cluster minds.
func createLimitRanges(tb testing.TB, namespace string, n int) {
	tb.Helper()
	g, ctx := errgroup.WithContext(tb.Context())
	g.SetLimit(16)
	for i := range n {
		g.Go(func() error {
			object := &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("limits-%d", i)}}
			_, err := kube.client.CoreV1().LimitRanges(namespace).Create(ctx, object, metav1.CreateOptions{})
			return err
		})
	}
	must(tb, g.Wait())
}

// heartbeat is what a kubelet tells of its node every few minutes.
func heartbeat(tb testing.TB) {
	tb.Helper()
	patch := fmt.Sprintf(`{"status":{"conditions":[{"type":"DiskPressure","status":"False","lastHeartbeatTime":%q}],"images":[{"names":["example/image:%d"]}]}}`,
		time.Now().UTC().Format(time.RFC3339), time.Now().UnixNano())
	_, err := kube.client.CoreV1().Nodes().PatchStatus(tb.Context(), "node-2", []byte(patch))
	must(tb, err)
}

// readiness is what a kubelet tells of a pod whose container comes and goes.
func readiness(tb testing.TB, namespace, name string) {
	tb.Helper()
	patch := fmt.Sprintf(`{"status":{"message":"%d","conditions":[{"type":"Ready","status":"False"}]}}`, time.Now().UnixNano())
	_, err := kube.client.CoreV1().Pods(namespace).Patch(tb.Context(), name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}, "status")
	must(tb, err)
}

// measured is what the controller of autoscalers tells of a metric that moves.
func measured(tb testing.TB, namespace, name string) {
	tb.Helper()
	patch := fmt.Sprintf(`{"status":{"currentMetrics":[{"type":"Resource","resource":{"name":"memory","current":{"averageValue":"%d"}}}],"desiredReplicas":1}}`, time.Now().UnixNano())
	_, err := kube.client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Patch(tb.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}, "status")
	must(tb, err)
}
