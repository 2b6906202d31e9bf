package account

import (
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/resource"
)

// The properties of a device are anybody's. It counts as the resource of an object
// of this cluster only if it carries that whole identity, to the letter.
func FuzzObserve(f *testing.F) {
	f.Add("lab", "web-0", "shop", "KubernetesPod", "", true)
	f.Add("LAB", "web-0", "shop", "KubernetesPod", "", true)
	f.Add("lab", "n", "", "snmp,KubernetesNode,KubernetesNodeDeleted", "1795378744", true)
	f.Add("lab", "", "shop", "KubernetesPod", "", true)
	f.Add("lab", "web-0", "shop", "KubernetesPod,KubernetesNode", "x", false)
	f.Add("other", "web-0", "shop", "kubernetespodconflict", "", true)
	a := New(Config{Cluster: resource.Cluster{Name: "lab", UID: "uid-1"}})
	f.Fuzz(func(t *testing.T, cluster, name, namespace, categories, deletedOn string, ours bool) {
		d := &lm.Device{ID: 7, CustomProperties: []lm.Property{
			{Name: "AUTO.ClusterName", Value: cluster}, {Name: "auto.name", Value: name}, {Name: "auto.namespace", Value: namespace},
			{Name: "system.categories", Value: categories}, {Name: "kubernetes.resourceDeletedOn", Value: deletedOn},
		}}
		if ours {
			d.DeviceType = lm.DeviceKubernetes
		}
		o := a.observe(d)
		whole := cluster == "lab" && name != "" && ours
		if o.Key == (resource.Key{}) {
			if k, _, ok := kind.ByCategory(categories); ok && whole && k.Namespaced == (namespace != "") {
				t.Errorf("cluster %q, name %q, namespace %q, categories %q: nobody's, want a resource of %s", cluster, name, namespace, categories, k.ID)
			}
			return
		}
		k, ok := kind.ByID(o.Key.Kind)
		if !whole || !ok || o.Key.Name != name || o.Key.Namespace != namespace || k.Namespaced != (namespace != "") {
			t.Errorf("cluster %q, name %q, namespace %q, categories %q: taken for %v", cluster, name, namespace, categories, o.Key)
		}
		if !strings.Contains(strings.ToLower(categories), strings.ToLower(resource.Category(k.Title))) {
			t.Errorf("categories %q: taken for a resource of %s", categories, k.ID)
		}
		if deletedOn != "" && o.Life != resource.Deleted {
			t.Errorf("marked deleted at %q: taken for live", deletedOn)
		}
	})
}
