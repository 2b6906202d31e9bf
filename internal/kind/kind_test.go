package kind_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

var lab = kind.View{Cluster: resource.Cluster{Name: "lab", UID: "cluster-uid"}}

// meta is the metadata of an object of this name in the namespace shop.
func meta(name string) v1.ObjectMeta {
	return v1.ObjectMeta{
		Name: name, Namespace: "shop", UID: "uid-1", CreationTimestamp: v1.NewTime(time.Unix(1795378744, 5)),
	}
}

// properties of a resource, without those whose names are given.
func properties(r resource.Resource, without ...string) map[string]string {
	all := map[string]string{}
	for _, p := range r.Properties {
		all[p.Name] = p.Value
	}
	for _, name := range without {
		delete(all, name)
	}
	return all
}

func TestKind_Map(t *testing.T) {
	deployment := &v1.PartialObjectMetadata{ObjectMeta: meta("web")}
	deployment.Labels = map[string]string{"app.kubernetes.io/name": "web", "canary": ""}
	deployment.Annotations = map[string]string{
		"note": "ünïcödé\n", "empty": "", "kubectl.kubernetes.io/last-applied-configuration": `{"data":{"password":"cGFzcw=="}}`,
	}
	got, err := kind.Deployment.Map(deployment, lab)
	if err != nil {
		t.Fatal(err)
	}
	want := resource.Resource{
		Key: resource.Key{Kind: "deployments", Namespace: "shop", Name: "web"}, UID: "uid-1",
		Name: "web-deploy-shop", DisplayName: "web-deploy-shop-lab", Categories: []string{"KubernetesDeployment"},
		Properties: []resource.Property{
			{Name: "auto.clustername", Value: "lab", From: "clusterName"},
			{Name: "auto.name", Value: "web", From: "metadata.name"},
			{Name: "auto.namespace", Value: "shop", From: "metadata.namespace"},
			{Name: "auto.selflink", Value: "/apis/apps/v1/namespaces/shop/deployments/web", From: "metadata"},
			{Name: "auto.uid", Value: "uid-1", From: "metadata.uid"},
			{Name: "kubernetes.annotation.empty", Value: "null", From: "metadata.annotations"},
			{Name: "kubernetes.annotation.note", Value: "ünïcödé\n", From: "metadata.annotations"},
			{Name: "kubernetes.label.app.kubernetes.io/name", Value: "web", From: "metadata.labels"},
			{Name: "kubernetes.label.canary", Value: "null", From: "metadata.labels"},
			{Name: "kubernetes.resourceCreatedOn", Value: "1795378744", From: "metadata.creationTimestamp"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

func TestKind_Map_clusterScoped(t *testing.T) {
	volume := &v1.PartialObjectMetadata{ObjectMeta: v1.ObjectMeta{Name: "pv-1", UID: "uid-1"}}
	got, err := kind.PersistentVolume.Map(volume, lab)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "pv-1-pv" || got.DisplayName != "pv-1-pv-lab" {
		t.Errorf("Name, DisplayName = %q, %q, want %q, %q", got.Name, got.DisplayName, "pv-1-pv", "pv-1-pv-lab")
	}
	want := map[string]string{
		"auto.clustername": "lab", "auto.name": "pv-1", "auto.uid": "uid-1", "auto.selflink": "/api/v1/persistentvolumes/pv-1",
	}
	if diff := cmp.Diff(want, properties(got)); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

func TestKind_Map_longNamesStayApart(t *testing.T) {
	names := map[string]bool{}
	for _, end := range []string{"a", "b"} {
		object := &v1.PartialObjectMetadata{ObjectMeta: meta(strings.Repeat("n", 252) + end)}
		got, err := kind.ConfigMap.Map(object, lab)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.DisplayName) > 255 || len(got.Name) > 255 {
			t.Errorf("Name has %d bytes and DisplayName %d, want at most 255", len(got.Name), len(got.DisplayName))
		}
		if value, _ := got.Property("auto.name"); value != object.Name {
			t.Errorf("auto.name = %q, want the whole name", value)
		}
		names[got.Name], names[got.DisplayName] = true, true
	}
	if len(names) != 4 {
		t.Errorf("two objects have %d names between them, want 4: %v", len(names), names)
	}
}

func TestView_ignores(t *testing.T) {
	view := lab
	view.IgnoreLabel = func(key string) bool { return key == "pod-template-hash" }
	view.IgnoreAnnotation = func(key string) bool { return strings.HasPrefix(key, "noise/") }
	object := &v1.PartialObjectMetadata{ObjectMeta: meta("web")}
	object.Labels = map[string]string{"app": "web", "pod-template-hash": "1", "noise/label": "1"}
	object.Annotations = map[string]string{"app": "web", "pod-template-hash": "1", "noise/x": "1"}
	r, err := kind.ReplicaSet.Map(object, view)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for name := range properties(r) {
		if strings.HasPrefix(name, "kubernetes.label.") || strings.HasPrefix(name, "kubernetes.annotation.") {
			got[name] = true
		}
	}
	want := map[string]bool{
		"kubernetes.label.app": true, "kubernetes.label.noise/label": true,
		"kubernetes.annotation.app": true, "kubernetes.annotation.pod-template-hash": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels and annotations (-want +got):\n%s", diff)
	}
	own := view.Ownership()
	for name, want := range map[string]bool{
		"kubernetes.label.app": true, "kubernetes.label.pod-template-hash": false, "kubernetes.label.noise/x": true,
		"kubernetes.annotation.noise/x": false, "kubernetes.annotation.pod-template-hash": true,
		"kubernetes.annotation.kubectl.kubernetes.io/last-applied-configuration": false,
		"kubernetes.label.kubectl.kubernetes.io/last-applied-configuration":      true,
		"auto.name": true, "auto.createdBy": false,
	} {
		if got := own.Owns(name); got != want {
			t.Errorf("Ownership().Owns(%q) = %t, want %t", name, got, want)
		}
	}
	for category, want := range map[string]bool{"KubernetesPod": true, "KubernetesJobDeleted": true, "KubernetesThing": false, "snmp": false} {
		if got := own.Category(category); got != want {
			t.Errorf("Ownership().Category(%q) = %t, want %t", category, got, want)
		}
	}
}

func TestView_excludes(t *testing.T) {
	view := lab
	view.Exclude = func(k *kind.Kind, obj v1.Object) string {
		if k == kind.Pod && obj.GetName() == "noisy" {
			return "filter 3"
		}
		return ""
	}
	// Excluded comes before NotReady: the pod has no address.
	_, err := kind.Pod.Map(&corev1.Pod{ObjectMeta: meta("noisy")}, view)
	var excluded resource.Excluded
	if !errors.As(err, &excluded) || excluded.Rule != "filter 3" {
		t.Errorf("Map = %v, want excluded by filter 3", err)
	}
	if _, err := kind.Job.Map(&v1.PartialObjectMetadata{ObjectMeta: meta("noisy")}, view); err != nil {
		t.Errorf("Map of another kind = %v, want no error", err)
	}
}

func TestKind_Map_ofAnotherKind(t *testing.T) {
	_, err := kind.Pod.Map(&corev1.Node{ObjectMeta: v1.ObjectMeta{Name: "node-1"}}, lab)
	if want := "map pods /node-1: got a *v1.Node"; err == nil || err.Error() != want {
		t.Errorf("Map of a node as a pod = %v, want %q", err, want)
	}
}

// BenchmarkMap maps a pod as production has them, and fingerprints it: what each
// event of a watch costs.
func BenchmarkMap(b *testing.B) {
	pod := &corev1.Pod{ObjectMeta: meta("checkout-5d8f7c9b6d-x2k4q")}
	pod.Labels = map[string]string{
		"app.kubernetes.io/name": "checkout", "app.kubernetes.io/instance": "checkout-prod", "app.kubernetes.io/version": "2.41.0",
		"app.kubernetes.io/part-of": "shop", "app.kubernetes.io/managed-by": "Helm", "pod-template-hash": "5d8f7c9b6d", "team": "payments", "tier": "backend",
	}
	pod.Annotations = map[string]string{
		"prometheus.io/scrape": "true", "prometheus.io/port": "9090", "checksum/config": strings.Repeat("0123456789abcdef", 4),
		"cni.projectcalico.org/podIP": "10.0.12.7/32", "cni.projectcalico.org/podIPs": "10.0.12.7/32",
	}
	pod.Spec.NodeName, pod.Status.PodIP, pod.Status.Phase = "node-17", "10.0.12.7", corev1.PodRunning
	own := lab.Ownership()
	b.Run("map", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := kind.Pod.Map(pod, lab); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("map and fingerprint", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := kind.Pod.Map(pod, lab)
			if err != nil {
				b.Fatal(err)
			}
			_ = r.Fingerprint(own)
		}
	})
}
