package e2e_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// mostPerPod is how many bytes of heap a mirrored pod may cost; memoryLimit, in bytes,
// is that of the container in deploy/deployment.yaml.
const (
	mostPerPod  = 1000
	memoryLimit = 256.0 * (1 << 20)
)

// BenchmarkMemory measures what a mirrored pod costs Argus: the heap of the real
// process after a collection, with many pods and without, from its own metrics
// and profile. It reports bytes a pod, and the whole heap and resident set, and
// fails if a pod costs too much; and of a start with all these pods, the largest
// resident set as the kernel counted it, which must stay below the limit.
func BenchmarkMemory(b *testing.B) {
	const pods = 10_000
	for b.Loop() {
		measureMemory(b, pods)
	}
}

func measureMemory(b *testing.B, pods int) {
	b.Helper()
	p := newPortal(b)
	s := setup{portal: p, cluster: "memory", config: "profiling: {enable: true}", env: map[string]string{"GOMEMLIMIT": "230MiB"}}
	a := s.startProcess(b)
	eventually(b, patience, "the account equals the cluster", func(context.Context) error { return a.inStep(b) })
	before := a.heap(b)

	if err := kube.CreateNamespace(b.Context(), "memory", nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { deleteNamespace(b, "memory") })
	createAddressedPods(b, "memory", pods)
	eventually(b, 5*time.Minute, "all pods are mirrored", func(context.Context) error {
		if devices, _ := p.Size(); devices < pods {
			return fmt.Errorf("there are %d resources", devices)
		}
		return a.inStep(b)
	})
	after := a.heap(b)
	perPod := (after.heap - before.heap) / float64(pods)
	if perPod > mostPerPod {
		b.Errorf("a pod costs %.0f bytes of heap, want at most %d", perPod, mostPerPod)
	}
	b.ReportMetric(perPod, "heap-B/pod")
	b.ReportMetric(after.heap/1e6, "heap-MB")
	b.ReportMetric(after.resident/1e6, "resident-MB")

	a.Kill(b)
	a = s.startProcess(b)
	eventually(b, patience, "a new process is in step", func(context.Context) error { return a.inStep(b) })
	a.Kill(b)
	peak := a.child.Largest(b)
	b.ReportMetric(peak/1e6, "start-peak-MB")
	if peak > memoryLimit {
		b.Errorf("resident set at a start: got %.0f MB at most, want at most %.0f MB", peak/1e6, memoryLimit/1e6)
	}
}

// inStep says whether Argus is ready and nothing waits.
func (a *argus) inStep(tb testing.TB) error {
	tb.Helper()
	_, body, err := a.Ask(tb.Context(), "/readyz?verbose")
	if err == nil && (!strings.Contains(body, "[+]backlog") || !strings.Contains(body, " 0 changes wait")) {
		err = fmt.Errorf("it says %s", body)
	}
	return err
}

// memory of a process, in bytes.
type memory struct{ heap, resident float64 }

// heap is what is live after a collection.
func (a *argus) heap(tb testing.TB) memory {
	tb.Helper()
	for range 2 { // what finalizers free goes with the second
		if status, body, err := a.Ask(tb.Context(), "/debug/pprof/heap?gc=1"); err != nil || status != 200 {
			tb.Fatalf("collect: %d %s, %v", status, body, err)
		}
	}
	var m memory
	for name, value := range map[string]*float64{"go_memstats_heap_alloc_bytes": &m.heap, "process_resident_memory_bytes": &m.resident} {
		text, err := a.Metric(tb.Context(), name)
		must(tb, err)
		*value, err = strconv.ParseFloat(text, 64)
		must(tb, err)
	}
	return m
}

// createAddressedPods creates pods that no scheduler minds, so that nobody
// but this test minds them, and gives each an address as a kubelet would.
func createAddressedPods(tb testing.TB, namespace string, n int) {
	tb.Helper()
	g, ctx := errgroup.WithContext(tb.Context())
	g.SetLimit(32)
	for i := range n {
		g.Go(func() error {
			pod := newPod(namespace, fmt.Sprintf("deployment-%d-5d4f8c7b9-%05d", i/10, i))
			pod.Labels = map[string]string{
				"app.kubernetes.io/name": "service-" + strconv.Itoa(i/10), "app.kubernetes.io/instance": "shop",
				"app.kubernetes.io/part-of": "platform", "pod-template-hash": "5d4f8c7b9", "tier": "backend",
			}
			pods := kube.client.CoreV1().Pods(namespace)
			pod.Spec.SchedulerName = "nobody"
			if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil {
				return err
			}
			status := fmt.Sprintf(`{"status":{"phase":"Running","podIP":"10.%d.%d.%d","podIPs":[{"ip":"10.%[1]d.%[2]d.%[3]d"}]}}`, 100+i>>16, i>>8&0xff, i&0xff)
			_, err := pods.Patch(ctx, pod.Name, types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status")
			return err
		})
	}
	must(tb, g.Wait())
}
