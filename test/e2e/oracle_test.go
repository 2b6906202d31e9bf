package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// facts are the kinds that are mirrored by default, written down once more:
// group/version, plural, short, title, path of links.
const facts = `
v1                   pods                     pod    Pod                     /api/v1
v1                   services                 svc    Service                 /api/v1
v1                   nodes                    node   Node                    /api/v1
v1                   endpoints                ep     EndPoint                /api/v1
v1                   persistentvolumes        pv     PersistentVolume        /api/v1
v1                   persistentvolumeclaims   pvc    PersistentVolumeClaim   /api/v1
v1                   limitranges              limits LimitRange              /api/v1
v1                   resourcequotas           quota  ResourceQuota           /api/v1
apps/v1              deployments              deploy Deployment              /apis/apps/v1
apps/v1              daemonsets               ds     DaemonSet               /apis/apps/v1
apps/v1              replicasets              rs     ReplicaSet              /apis/apps/v1
apps/v1              statefulsets             sts    StatefulSet             /apis/apps/v1
autoscaling/v1       horizontalpodautoscalers hpa    HorizontalPodAutoscaler /apis/autoscaling/v1
batch/v1             cronjobs                 cj     CronJob                 /apis/batch/v1beta1
batch/v1             jobs                     job    Job                     /apis/batch/v1
networking.k8s.io/v1 ingresses                ing    Ingress                 /apis/networking/v1beta1
networking.k8s.io/v1 networkpolicies          netpol NetworkPolicy           /apis/networking/v1
policy/v1            poddisruptionbudgets     pdb    PodDisruptionBudget     /apis/policy/v1
storage.k8s.io/v1    storageclasses           sc     StorageClass            /apis/storage.k8s.io/v1`

// A fact is one line of facts.
type fact struct {
	resource           schema.GroupVersionResource
	short, title, path string
}

func readFacts() []fact {
	var all []fact
	for line := range strings.Lines(strings.TrimSpace(facts)) {
		f := strings.Fields(line)
		version, _ := schema.ParseGroupVersion(f[0])
		all = append(all, fact{version.WithResource(f[1]), f[2], f[3], f[4]})
	}
	return all
}

// wanted is a resource as it should be: what is compared of a device.
type wanted struct {
	Name       string
	Properties map[string]string
}

// state is what a cluster should look like in the account, or does: resources by
// display name, and groups with their rule and members by path.
type state struct {
	Resources map[string]wanted
	Groups    map[string]string
}

// expected is the state of the cluster as it is now.
func expected(ctx context.Context, cluster string) (state, error) {
	s := state{map[string]wanted{}, map[string]string{}}
	t := newTree(cluster)
	for _, f := range readFacts() {
		list, err := kube.objects.Resource(f.resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			return s, fmt.Errorf("list %s: %w", f.resource.Resource, err)
		}
		for i := range list.Items {
			display, w, mirrored := f.resourceOf(&list.Items[i], cluster)
			if mirrored {
				s.Resources[display] = w
				t.file(display, w)
			}
		}
	}
	spaces, err := kube.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return s, err
	}
	for _, ns := range spaces.Items {
		t.add("Namespaces/"+ns.Name, fmt.Sprintf(`auto.namespace == %q && auto.clustername == %q`, ns.Name, cluster))
	}
	s.Groups = t.groups()
	return s, nil
}

// resourceOf says what the documents promise for an object.
func (f fact) resourceOf(obj *unstructured.Unstructured, cluster string) (display string, w wanted, mirrored bool) {
	name, namespace := obj.GetName(), obj.GetNamespace()
	w = wanted{Name: name + "-" + f.short, Properties: map[string]string{
		"auto.clustername": cluster, "auto.name": name, "auto.uid": string(obj.GetUID()),
		"system.categories":            "Kubernetes" + f.title,
		"kubernetes.resourceCreatedOn": strconv.FormatInt(obj.GetCreationTimestamp().Unix(), 10),
		"auto.selflink":                f.path + "/" + f.resource.Resource + "/" + name,
	}}
	if namespace != "" {
		w.Name += "-" + namespace
		w.Properties["auto.namespace"] = namespace
		w.Properties["auto.selflink"] = f.path + "/namespaces/" + namespace + "/" + f.resource.Resource + "/" + name
	}
	display = w.Name + "-" + cluster
	for key, value := range obj.GetLabels() {
		w.Properties["kubernetes.label."+key] = orNull(value)
	}
	for key, value := range obj.GetAnnotations() {
		if !restless(key) {
			w.Properties["kubernetes.annotation."+key] = orNull(value)
		}
	}
	switch f.resource.Resource {
	case "pods":
		ip := text(obj, "status", "podIP")
		w.Name = ip
		w.Properties["system.ips"] = ip
		if node := text(obj, "spec", "nodeName"); node != "" {
			w.Properties["auto.nodename"] = node
		}
		if host, _, _ := unstructured.NestedBool(obj.Object, "spec", "hostNetwork"); host {
			w.Name = name
			w.Properties["kubernetes.pod.hostNetwork"] = "true"
		}
		return display, w, ip != "" && text(obj, "status", "phase") != "Succeeded"
	case "nodes":
		addresses, _, _ := unstructured.NestedSlice(obj.Object, "status", "addresses")
		for _, a := range addresses {
			if a, ok := a.(map[string]any); ok && a["type"] == "InternalIP" {
				w.Name = fmt.Sprint(a["address"])
			}
		}
	case "services":
		if ip := text(obj, "spec", "clusterIP"); ip != "" && ip != "None" {
			w.Name = ip
		}
	}
	return display, w, true
}

// restless annotations are another program's state, or a whole object as text;
// they are left out.
func restless(annotation string) bool {
	switch annotation {
	case "kubectl.kubernetes.io/last-applied-configuration", "virtual-kubelet.io/last-applied-node-status",
		"control-plane.alpha.kubernetes.io/leader", "endpoints.kubernetes.io/last-change-trigger-time",
		"autoscaling.alpha.kubernetes.io/current-metrics", "autoscaling.alpha.kubernetes.io/conditions":
		return true
	}
	return false
}

func text(obj *unstructured.Unstructured, fields ...string) string {
	s, _, _ := unstructured.NestedString(obj.Object, fields...)
	return s
}

func orNull(value string) string {
	if value == "" {
		return "null"
	}
	return value
}

// tree collects the groups a cluster should have.
type tree struct {
	root    string
	rules   map[string]string
	members map[string][]string
}

func newTree(cluster string) *tree {
	t := &tree{root: "Kubernetes Cluster: " + cluster, rules: map[string]string{}, members: map[string][]string{}}
	here := fmt.Sprintf(`auto.clustername == %q`, cluster)
	of := func(title string) string { return fmt.Sprintf(`hasCategory("Kubernetes%s") && %s`, title, here) }
	t.rules[t.root] = of("Cluster")
	for path, rule := range map[string]string{
		"ClusterScoped": "", "ClusterScoped/Etcd": of("Etcd"),
		"ClusterScoped/PersistentVolumes": of("PersistentVolume"), "ClusterScoped/StorageClasses": of("StorageClass"),
		"Nodes": "", "Nodes/All": of("Node"), "Namespaces": "",
	} {
		t.add(path, rule)
	}
	return t
}

func (t *tree) add(path, rule string) { t.rules[t.root+"/"+path] = rule }

// file puts a resource into the groups whose rule it should fit.
func (t *tree) file(display string, w wanted) {
	put := func(path string) { t.members[t.root+"/"+path] = append(t.members[t.root+"/"+path], display) }
	switch w.Properties["system.categories"] {
	case "KubernetesPersistentVolume":
		put("ClusterScoped/PersistentVolumes")
	case "KubernetesStorageClass":
		put("ClusterScoped/StorageClasses")
	case "KubernetesNode":
		put("Nodes/All")
		for name := range w.Properties {
			if role, ok := strings.CutPrefix(name, "kubernetes.label.node-role.kubernetes.io/"); ok {
				t.add("Nodes/"+role, fmt.Sprintf(`auto.clustername == %q && exists("kubernetes.label.node-role.kubernetes.io/%s") && hasCategory("KubernetesNode")`,
					w.Properties["auto.clustername"], role))
				put("Nodes/" + role)
			}
		}
	}
	if namespace := w.Properties["auto.namespace"]; namespace != "" {
		put("Namespaces/" + namespace)
	}
}

func (t *tree) groups() map[string]string {
	all := map[string]string{}
	for path, rule := range t.rules {
		all[path] = describe(rule, t.members[path])
	}
	return all
}

// describe is a group in one text, for comparing and for reading.
func describe(rule string, members []string) string {
	members = slices.Sorted(slices.Values(members))
	return rule + " | " + strings.Join(members, " ")
}

// mirrored is the cluster's state as the account shows it. What nobody may do is
// an error: two resources of one object, one with another type or container.
func (p *portal) mirrored(tb testing.TB, cluster string) (state, error) {
	tb.Helper()
	s := state{map[string]wanted{}, map[string]string{}}
	devices, groups := p.contents(tb)
	uids := map[string]string{}
	var errs []error
	for _, d := range devices {
		if d.property("auto.clustername") != cluster {
			continue
		}
		w := wanted{d.Name, map[string]string{}}
		for _, property := range d.Properties {
			w.Properties[property.Name] = property.Value
		}
		if w.Properties["system.categories"] == "KubernetesPod" { // of others the account makes them up
			w.Properties["system.ips"] = valueOf(d.System, "system.ips")
		}
		createdBy := w.Properties["auto.createdBy"]
		delete(w.Properties, "auto.createdBy")
		uid := w.Properties["auto.uid"]
		switch {
		case uids[uid] != "":
			errs = append(errs, fmt.Errorf("%s and %s are of one object", uids[uid], d.DisplayName))
		case d.Type != 8 || d.Collector != 1 || d.HostGroupIDs != "1" || !strings.HasPrefix(createdBy, "LogicMonitor/Argus: "):
			errs = append(errs, fmt.Errorf("%s has type %d, collector %d, groups %q, creator %q", d.DisplayName, d.Type, d.Collector, d.HostGroupIDs, createdBy))
		}
		uids[uid] = d.DisplayName
		s.Resources[d.DisplayName] = w
	}
	root := "Kubernetes Cluster: " + cluster
	for _, g := range groups {
		if g.FullPath == root || strings.HasPrefix(g.FullPath, root+"/") {
			s.Groups[g.FullPath] = describe(g.AppliesTo, g.Members)
		}
	}
	return s, errors.Join(errs...)
}

// difference between the cluster and the account, or "".
func (p *portal) difference(ctx context.Context, tb testing.TB, cluster string) (string, error) {
	tb.Helper()
	want, err := expected(ctx, cluster)
	if err != nil {
		return "", err
	}
	got, err := p.mirrored(tb, cluster)
	if err != nil {
		return "", err
	}
	return cmp.Diff(want, got), nil
}

// awaitEqual waits until the account equals the cluster.
func (p *portal) awaitEqual(tb testing.TB, cluster string) {
	tb.Helper()
	p.awaitEqualWithin(tb, cluster, patience)
}

func (p *portal) awaitEqualWithin(tb testing.TB, cluster string, within time.Duration) {
	tb.Helper()
	eventually(tb, within, "the account equals the cluster", func(ctx context.Context) error {
		diff, err := p.difference(ctx, tb, cluster)
		if err == nil && diff != "" {
			err = fmt.Errorf("they differ (-cluster +account):\n%s", diff)
		}
		return err
	})
}

// foreign is all of the account that is not the cluster's.
func (p *portal) foreign(tb testing.TB, cluster string) map[string]any {
	tb.Helper()
	all := map[string]any{}
	devices, groups := p.contents(tb)
	for _, d := range devices {
		if d.property("auto.clustername") != cluster {
			all[d.DisplayName] = d
		}
	}
	for _, g := range groups {
		if !strings.HasPrefix(g.FullPath, "Kubernetes Cluster: "+cluster) && g.ID != 1 {
			all[g.FullPath] = g
		}
	}
	return all
}

// gone is nil when err says that what was asked for does not exist.
func gone(err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err == nil:
		return errors.New("it is still there")
	}
	return err
}
