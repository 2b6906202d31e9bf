package kind_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// confidential annotations hold whole objects or tokens.
var confidential = []string{
	"kubectl.kubernetes.io/last-applied-configuration", "banzaicloud.com/last-applied", "kapp.k14s.io/original",
	"kapp.k14s.io/original-diff", "objectset.rio.cattle.io/applied", "openshift.io/token-secret.value",
}

// No kind carries them over, not even when nothing is to be ignored, and none of
// them that an account has is Argus's to write or remove.
func TestView_confidential(t *testing.T) {
	view := lab
	view.Selectors, view.IgnoreAnnotation = true, func(string) bool { return false }
	own := view.Ownership()
	for _, k := range kind.All {
		obj := k.NewUnder(view)
		annotations := map[string]string{"note": "seen"}
		for _, key := range confidential {
			annotations[key] = "canary"
		}
		obj.SetName("x")
		obj.SetAnnotations(annotations)
		if pod, ok := obj.(*corev1.Pod); ok {
			pod.Status.PodIP = "10.0.0.1"
			pod.Spec.Containers = []corev1.Container{{Args: []string{"canary"}, Env: []corev1.EnvVar{{Name: "TOKEN", Value: "canary"}}}}
		}
		r, err := k.Map(obj, view)
		if err != nil {
			t.Fatalf("%s: %v", k.ID, err)
		}
		for _, p := range r.Properties {
			if strings.Contains(p.Name+p.Value, "canary") {
				t.Errorf("%s: property %s = %q", k.ID, p.Name, p.Value)
			}
		}
		if _, ok := r.Property("kubernetes.annotation.note"); !ok {
			t.Errorf("%s: no property of an ordinary annotation", k.ID)
		}
	}
	for _, key := range confidential {
		if own.Owns(resource.PrefixAnnotation + key) {
			t.Errorf("%s of the account is taken to be Argus's", key)
		}
	}
}

// What people write into metadata cannot become anything but the properties of its
// own name: not an identity, not another property, not a name that is refused.
func FuzzMap(f *testing.F) {
	f.Add("web-0", "shop", "app.kubernetes.io/name", "web", "10.0.0.1")
	f.Add("system:node", "", "logicmonitor/monitoring", "disable", "fd00::1")
	f.Add("a\x00b", "shop", "node-role.kubernetes.io/../..", "\xff", "10.0.0.1&x=y")
	f.Add("x", "shop", "kubectl.kubernetes.io/last-applied-configuration", "{}", "")
	f.Add("##", "s", "AUTO.clustername", "other", "*")
	f.Fuzz(func(t *testing.T, name, namespace, key, value, address string) {
		meta := v1.ObjectMeta{Name: name, Namespace: namespace, UID: "uid-1", Labels: map[string]string{key: value}, Annotations: map[string]string{key: value}}
		for _, obj := range []struct {
			kind *kind.Kind
			kind.Object
		}{
			{kind.Pod, &corev1.Pod{ObjectMeta: meta, Status: corev1.PodStatus{PodIP: address}}},
			{kind.Node, &corev1.Node{ObjectMeta: meta, Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address}}}}},
			{kind.Service, &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{ClusterIP: address}}},
			{kind.Namespace, &v1.PartialObjectMetadata{ObjectMeta: meta}},
			{kind.Secret, &v1.PartialObjectMetadata{ObjectMeta: meta}},
		} {
			r, err := obj.kind.Map(obj.Object, lab)
			if err != nil {
				continue // not ready
			}
			checkMapped(t, obj.kind, r, name, key, value)
		}
	})
}

func checkMapped(t *testing.T, k *kind.Kind, r resource.Resource, name, key, value string) {
	t.Helper()
	if r.UID != "uid-1" || r.Key.Name != name || len(r.Categories) != 1 || strings.Contains(r.Categories[0], ",") {
		t.Errorf("%s %q: the identity is %v, %v, %q", k.ID, name, r.Key, r.UID, r.Categories)
	}
	if got, _ := r.Property("auto.clustername"); got != "lab" {
		t.Errorf("%s: the cluster is %q", k.ID, got)
	}
	for _, given := range []string{r.Name, r.DisplayName} {
		if len(given) > 255 || given == "" || strings.ContainsAny(given, "*<?,;`\n\x00") {
			t.Errorf("%s %q: a name is %q", k.ID, name, given)
		}
	}
	own := lab.Ownership()
	for _, p := range r.Properties {
		lower := strings.ToLower(p.Name)
		switch {
		case strings.HasPrefix(lower, resource.PrefixAnnotation):
			for _, secret := range confidential {
				if lower == resource.PrefixAnnotation+secret {
					t.Errorf("%s: %s is carried over", k.ID, p.Name)
				}
			}
			fallthrough
		case strings.HasPrefix(lower, resource.PrefixLabel):
			if !strings.HasSuffix(p.Name, key) || !own.Owns(p.Name) {
				t.Errorf("%s: %q = %q of %q, want the key's own and Argus's to repair", k.ID, p.Name, p.Value, key)
			}
		case p.Name == "system.ips":
		case !strings.HasPrefix(lower, "auto.") && !own.Owns(p.Name):
			t.Errorf("%s: %q = %q comes from nowhere", k.ID, p.Name, p.Value)
		}
	}
	disabled := k == kind.Namespace && len(r.Groups) == 1 && r.Groups[0] == kind.NamespaceDisabled
	if want := k == kind.Namespace && key == "logicmonitor/monitoring" && value == "disable"; disabled != want {
		t.Errorf("label %q = %q: the namespace is kept out: %t, want %t", key, value, disabled, want)
	}
}
