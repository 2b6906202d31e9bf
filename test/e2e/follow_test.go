package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// workloads are one of each in two namespaces: what a cluster usually has.
const workloads = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: backoffice}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app.kubernetes.io/name: web, tier: front, empty: ""}
  annotations: {example.com/owner: "team shop", note: ""}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: web, image: example/web:1}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: external, namespace: shop}
spec: {type: ExternalName, externalName: shop.example.com}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: backoffice}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: db, image: example/db:1}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: backoffice}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: agent, image: example/agent:1}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: backoffice}
spec:
  schedule: "0 3 1 1 *"
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: job, image: example/job:1}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  maxReplicas: 3
  minReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: backoffice}
spec: {hard: {pods: "50"}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits, namespace: backoffice}
spec: {limits: [{type: Pod, max: {cpu: "4"}}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: backoffice}
spec: {accessModes: [ReadWriteOnce], storageClassName: slow, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk-1}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: other, hostPath: {path: /data}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: slow}
provisioner: example.com/none
`

// apply brings manifests into the cluster.
func apply(tb testing.TB, manifests string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	if err := kube.Apply(ctx, []byte(manifests)); err != nil {
		tb.Fatal(err)
	}
}

// namespace creates a namespace that goes with the test.
func namespace(tb testing.TB, name string) {
	tb.Helper()
	must(tb, kube.CreateNamespace(tb.Context(), name, nil))
	tb.Cleanup(func() { deleteNamespace(tb, name) })
}

// deleteNamespace begins to delete a namespace; settle waits until it is gone.
func deleteNamespace(tb testing.TB, name string) {
	tb.Helper()
	err := kube.client.CoreV1().Namespaces().Delete(context.WithoutCancel(tb.Context()), name, metav1.DeleteOptions{})
	if err != nil && gone(err) != nil {
		tb.Errorf("delete namespace %s: %v", name, err)
	}
}

// merge patches an object with a JSON merge patch.
func merge(patch map[string]any) []byte {
	b, err := json.Marshal(patch)
	if err != nil {
		panic(err) // a map of strings
	}
	return b
}

func metadata(of string, values map[string]any) []byte {
	return merge(map[string]any{"metadata": map[string]any{of: values}})
}

// must ends the test unless err is nil.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// The whole life of a cluster, step by step; after each the account equals it.
func TestFollow(t *testing.T) {
	ctx := t.Context()
	p := newPortal(t)
	must(t, p.Seed(lmsim.Seed{Foreign: 30}))
	foreign := p.foreign(t, "follow")
	apply(t, workloads)
	t.Cleanup(func() { deleteWorkloads(t) })
	a := setup{portal: p, cluster: "follow"}.start(t)
	p.awaitEqual(t, "follow")
	a.awaitIdle(t)

	deployments := kube.client.AppsV1().Deployments("shop")
	patch := func(what []byte) func() error {
		return func() error {
			_, err := deployments.Patch(ctx, "web", types.MergePatchType, what, metav1.PatchOptions{})
			return err
		}
	}
	steps := []struct {
		name   string
		change func() error
	}{
		{"labels are added, changed and removed", patch(metadata("labels", map[string]any{
			"example.com/added": "yes", "added-empty": "", "tier": "middle", "app.kubernetes.io/name": nil, "empty": nil}))},
		{"an empty label gets a value, and one loses it", patch(metadata("labels", map[string]any{"added-empty": "value", "example.com/added": ""}))},
		{"the last labels go", patch(metadata("labels", map[string]any{"example.com/added": nil, "added-empty": nil, "tier": nil}))},
		{"annotations are added, changed and removed", patch(metadata("annotations", map[string]any{
			"example.com/owner": "team two", "example.com/new": "a value, with commas", "note": nil}))},
		{"a deployment is scaled up", patch(merge(map[string]any{"spec": map[string]any{"replicas": 6}}))},
		{"a new version is rolled out", patch([]byte(`{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"example/web:2"}]}}}}`))},
		{"a deployment is scaled to nothing", patch(merge(map[string]any{"spec": map[string]any{"replicas": 0}}))},
		{"a deployment is deleted", func() error { return deployments.Delete(ctx, "web", metav1.DeleteOptions{}) }},
		{"a node gets roles", func() error {
			return labelNode(ctx, map[string]any{"node-role.kubernetes.io/storage": "", "node-role.kubernetes.io/edge": "true"})
		}},
		{"a node loses a role", func() error { return labelNode(ctx, map[string]any{"node-role.kubernetes.io/storage": nil}) }},
		{"a node loses the other", func() error { return labelNode(ctx, map[string]any{"node-role.kubernetes.io/edge": nil}) }},
	}
	for _, step := range steps {
		t.Log(step.name)
		must(t, step.change())
		settle(t)
		p.awaitEqual(t, "follow")
	}
	if diff := cmp.Diff(foreign, p.foreign(t, "follow")); diff != "" {
		t.Errorf("what is not Argus's was changed (-before +after):\n%s", diff)
	}
}

func labelNode(ctx context.Context, labels map[string]any) error {
	_, err := kube.client.CoreV1().Nodes().Patch(ctx, "node-2", types.MergePatchType, metadata("labels", labels), metav1.PatchOptions{})
	return err
}

// settle waits until the cluster's own controllers have done what they were
// asked to: replicas are as wished, and nothing comes or goes.
func settle(tb testing.TB) {
	tb.Helper()
	eventually(tb, patience, "the cluster has settled", func(ctx context.Context) error {
		deployments, err := kube.client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range deployments.Items {
			if d := &deployments.Items[i]; !complete(d) {
				return fmt.Errorf("deployment %s has %d of %d replicas ready, %d in all", d.Name, d.Status.ReadyReplicas, *d.Spec.Replicas, d.Status.Replicas)
			}
		}
		return errors.Join(podsSettled(ctx), namespacesSettled(ctx))
	})
}

func complete(d *appsv1.Deployment) bool {
	want := *d.Spec.Replicas
	return d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedReplicas == want && d.Status.Replicas == want && d.Status.ReadyReplicas == want
}

func podsSettled(ctx context.Context) error {
	pods, err := kube.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp != nil || pod.Spec.NodeName != "" && pod.Status.PodIP == "" {
			return fmt.Errorf("pod %s is on its way", pod.Name)
		}
	}
	return nil
}

func namespacesSettled(ctx context.Context) error {
	spaces, err := kube.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, ns := range spaces.Items {
		if ns.DeletionTimestamp != nil {
			return fmt.Errorf("namespace %s is being deleted", ns.Name)
		}
	}
	return nil
}

// deleteWorkloads deletes what TestFollow applied and did not delete itself.
func deleteWorkloads(tb testing.TB) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	for _, err := range []error{
		kube.client.CoreV1().PersistentVolumes().Delete(ctx, "disk-1", metav1.DeleteOptions{}),
		kube.client.StorageV1().StorageClasses().Delete(ctx, "slow", metav1.DeleteOptions{}),
	} {
		if err != nil {
			tb.Error(err)
		}
	}
	deleteNamespace(tb, "shop")
	deleteNamespace(tb, "backoffice")
}

// A namespace goes with all in it: its group last, when it is empty.
func TestFollow_namespaceDeleted(t *testing.T) {
	p := newPortal(t)
	namespace(t, "doomed")
	for i := range 5 {
		createPod(t, "doomed", fmt.Sprintf("pod-%d", i), nil)
	}
	settle(t)
	setup{portal: p, cluster: "doom"}.start(t)
	p.awaitEqual(t, "doom")
	before := p.commits()
	deleteNamespace(t, "doomed")
	settle(t)
	p.awaitEqual(t, "doom")

	var deleted []string
	for _, c := range p.Journal(journalSince(before)) {
		if c.Op == "delete" {
			deleted = append(deleted, c.Type)
		}
	}
	if len(deleted) < 6 || deleted[len(deleted)-1] != "deviceGroup" {
		t.Errorf("deleted in this order: %v; want at least five devices and then the group", deleted)
	}
	for i, what := range deleted[:max(0, len(deleted)-1)] {
		if what != "device" {
			t.Errorf("deletion %d is of a %s, want a device", i, what)
		}
	}
}

// createPod creates a pod that is scheduled, or with change one that is not what
// the usual one is.
func createPod(tb testing.TB, namespace, name string, change func(*corev1.Pod)) *corev1.Pod {
	tb.Helper()
	pod := newPod(namespace, name)
	if change != nil {
		change(pod)
	}
	made, err := kube.client.CoreV1().Pods(namespace).Create(tb.Context(), pod, metav1.CreateOptions{})
	must(tb, err)
	return made
}

// newPod is a pod that ends at once when it is deleted: a namespace is held up by
// the patience of its pods.
func newPod(namespace, name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: new(int64(0)),
			Containers:                    []corev1.Container{{Name: "c", Image: "example/c:1"}},
		},
	}
}

// An object that is deleted and created again under its name gets a resource of
// its own, and there is never more than one.
func TestFollow_createdAgain(t *testing.T) {
	p := newPortal(t)
	namespace(t, "again")
	services := kube.client.CoreV1().Services("again")
	create := func() *corev1.Service {
		s, err := services.Create(t.Context(), &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: "svc"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
		}, metav1.CreateOptions{})
		must(t, err)
		return s
	}
	create()
	setup{portal: p, cluster: "again"}.start(t)
	p.awaitEqual(t, "again")
	first, ok := p.DeviceByDisplayName("svc-svc-again-again")
	if !ok {
		t.Fatal("the service has no resource")
	}
	for range 3 {
		must(t, services.Delete(t.Context(), "svc", metav1.DeleteOptions{}))
		create()
		p.awaitEqual(t, "again")
	}
	second, _ := p.DeviceByDisplayName("svc-svc-again-again")
	if second.ID == first.ID {
		t.Errorf("the new object's resource has the ID of the old one's, %d; want another", first.ID)
	}
}

// A pod is mirrored from the moment it has an address until it has completed.
func TestFollow_podLife(t *testing.T) {
	p := newPortal(t)
	namespace(t, "life")
	// No node has this label, so the pod waits for one and gets no address.
	createPod(t, "life", "late", func(pod *corev1.Pod) { pod.Spec.NodeSelector = map[string]string{"late": "yes"} })
	createPod(t, "life", "host", func(pod *corev1.Pod) { pod.Spec.HostNetwork = true })
	_, err := kube.client.BatchV1().Jobs("life").Create(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "job"},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "c", Image: "example/c:1"}},
		}}},
	}, metav1.CreateOptions{})
	must(t, err)
	a := setup{portal: p, cluster: "life"}.start(t)
	p.awaitEqual(t, "life")
	if _, ok := p.DeviceByDisplayName("late-pod-life-life"); ok {
		t.Error("a pod without an address has a resource")
	}
	a.awaitReady(t, 200, "account", "[+]objects")

	eventually(t, patience, "the job completes", func(ctx context.Context) error {
		job, err := kube.client.BatchV1().Jobs("life").Get(ctx, "job", metav1.GetOptions{})
		if err == nil && job.Status.Succeeded != 1 {
			err = fmt.Errorf("it has %d successes", job.Status.Succeeded)
		}
		return err
	})
	p.awaitEqual(t, "life")
	for _, name := range p.displayNames(t, "life") {
		if len(name) > 4 && name[:4] == "job-" && name != "job-job-life-life" {
			t.Errorf("the completed pod still has its resource %s", name)
		}
	}

	_, err = kube.client.CoreV1().Nodes().Patch(t.Context(), "node-3", types.MergePatchType, metadata("labels", map[string]any{"late": "yes"}), metav1.PatchOptions{})
	must(t, err)
	t.Cleanup(func() {
		_, err := kube.client.CoreV1().Nodes().Patch(context.WithoutCancel(t.Context()), "node-3", types.MergePatchType, metadata("labels", map[string]any{"late": nil}), metav1.PatchOptions{})
		must(t, err)
	})
	eventually(t, patience, "the late pod has a resource", func(context.Context) error {
		if _, ok := p.DeviceByDisplayName("late-pod-life-life"); !ok {
			return errors.New("it has none")
		}
		return nil
	})
	p.awaitEqual(t, "life")
}
