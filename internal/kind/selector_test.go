package kind_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// selecting is the view of somebody who asks for selectors.
func selecting() kind.View {
	view := lab
	view.Selectors = true
	return view
}

// specOf are the properties of selectors that an object of this spec gets.
func specOf(t *testing.T, k *kind.Kind, spec string) map[string]string {
	t.Helper()
	obj := k.NewUnder(selecting())
	text := `{"metadata": {"name": "web", "namespace": "shop"}, "spec": ` + spec + `, "status": {"podIP": "10.0.0.1"}}`
	if err := json.Unmarshal([]byte(text), obj); err != nil {
		t.Fatal(err)
	}
	r, err := k.Map(obj, selecting())
	if err != nil {
		t.Fatal(err)
	}
	got := properties(r)
	for name := range got {
		if !strings.HasPrefix(name, "kubernetes.spec.") {
			delete(got, name)
		}
	}
	return got
}

func TestSelectors(t *testing.T) {
	const matchLabels = `{"selector": {"matchLabels": {"tier": "web", "app": "x"}}}`
	labels := map[string]string{
		"kubernetes.spec.selector":           "app=x, tier=web",
		"kubernetes.spec.selector.appliesto": `kubernetes.label.app == "x" && kubernetes.label.tier == "web"`,
	}
	none := func(name string) map[string]string {
		return map[string]string{name: "null", name + ".appliesto": "false()"}
	}
	tests := map[string]struct {
		kind *kind.Kind
		spec string
		want map[string]string
	}{
		"Deployment":  {kind.Deployment, matchLabels, labels},
		"DaemonSet":   {kind.DaemonSet, matchLabels, labels},
		"ReplicaSet":  {kind.ReplicaSet, matchLabels, labels},
		"StatefulSet": {kind.StatefulSet, matchLabels, labels},
		"Service":     {kind.Service, `{"selector": {"tier": "web", "app": "x"}}`, labels},
		"Service without one, as an ExternalName is": {kind.Service, `{"type": "ExternalName"}`, none("kubernetes.spec.selector")},
		"PersistentVolumeClaim":                      {kind.PersistentVolumeClaim, matchLabels, labels},
		"PersistentVolumeClaim without one":          {kind.PersistentVolumeClaim, `{}`, none("kubernetes.spec.selector")},
		"NetworkPolicy of all pods":                  {kind.NetworkPolicy, `{"podSelector": {}}`, none("kubernetes.spec.podSelector")},
		"NetworkPolicy": {
			kind.NetworkPolicy, `{"podSelector": {"matchLabels": {"app": "x"}}}`,
			map[string]string{"kubernetes.spec.podSelector": "app=x", "kubernetes.spec.podSelector.appliesto": `kubernetes.label.app == "x"`},
		},
		"Pod": {
			kind.Pod, `{"nodeSelector": {"disk": "ssd"}}`,
			map[string]string{"kubernetes.spec.nodeSelector": "disk=ssd", "kubernetes.spec.nodeSelector.appliesto": `kubernetes.label.disk == "ssd"`},
		},
		"Pod for any node": {kind.Pod, `{}`, none("kubernetes.spec.nodeSelector")},
		"every operator, in the order of the object": {
			kind.Deployment, `{"selector": {"matchLabels": {"app": "x"}, "matchExpressions": [
				{"key": "tier", "operator": "In", "values": ["web", "api"]}, {"key": "env", "operator": "NotIn", "values": ["dev"]},
				{"key": "a/b", "operator": "Exists"}, {"key": "old", "operator": "DoesNotExist"}]}}`,
			map[string]string{
				"kubernetes.spec.selector": "app=x, tier in (web, api), env notin (dev), a/b, !old",
				"kubernetes.spec.selector.appliesto": `kubernetes.label.app == "x" && kubernetes.label.tier =~ "(?=^web$)|(?=^api$)" && ` +
					`kubernetes.label.env !~ "(?=^dev$)" && exists("kubernetes.label.a/b") && !exists("kubernetes.label.old")`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, specOf(t, test.kind, test.spec)); diff != "" {
				t.Errorf("properties of the selector (-want +got):\n%s", diff)
			}
		})
	}
}

// What is not asked for is not read, and what an account has of it is not ours.
func TestSelectors_off(t *testing.T) {
	const property = "kubernetes.spec.selector.appliesto"
	if lab.Ownership().Owns(property) {
		t.Errorf("%s is owned while selectors are off, so taking over would remove it", property)
	}
	if !selecting().Ownership().Owns(property) {
		t.Errorf("%s is not owned while selectors are on, so changes would not be followed", property)
	}
	tells := map[resource.Kind]bool{
		"pods": true, "services": true, "deployments": true, "daemonsets": true, "replicasets": true, "statefulsets": true,
		"persistentvolumeclaims": true, "networkpolicies": true,
	}
	for _, k := range kind.All {
		if got := k.MetadataOnlyUnder(lab); got != k.MetadataOnly {
			t.Errorf("%s: MetadataOnlyUnder without selectors = %t, want %t", k.ID, got, k.MetadataOnly)
		}
		if got, want := k.MetadataOnlyUnder(selecting()), k.MetadataOnly && !tells[k.ID]; got != want {
			t.Errorf("%s: MetadataOnlyUnder with selectors = %t, want %t", k.ID, got, want)
		}
		for _, view := range []kind.View{lab, selecting()} {
			obj := k.NewUnder(view)
			_, partial := obj.(*v1.PartialObjectMetadata)
			if want := k.MetadataOnlyUnder(view); partial != want {
				t.Errorf("%s: NewUnder(selectors %t) = %T, want metadata alone: %t", k.ID, view.Selectors, obj, want)
			}
		}
		if !k.MetadataOnlyUnder(selecting()) && len(k.Served) != 1 {
			t.Errorf("%s: Served = %v; a kind that is read whole is served in the version of its Go type", k.ID, k.Served)
		}
	}
}

// An object that was read without its spec must not pass for one without selector.
func TestSelectors_ofMetadataAlone(t *testing.T) {
	_, err := kind.Deployment.Map(&v1.PartialObjectMetadata{ObjectMeta: meta("web")}, selecting())
	if want := "map the selector of deployments shop/web: got a *v1.PartialObjectMetadata"; err == nil || err.Error() != want {
		t.Errorf("Map of metadata under a view that asks for selectors = %v, want %q", err, want)
	}
}
