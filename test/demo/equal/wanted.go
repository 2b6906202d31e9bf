package equal

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// lastApplied is the annotation that must never reach an account: of a Secret it
// is the content.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// A device is what an account should hold for one object.
type device struct {
	display, name string
	namespace     string
	plural        string
	roles         []string          // of a node
	properties    map[string]string // by lower-case name
}

// devices that the cluster asks for.
func (c Cluster) devices() []device {
	var all []device
	for _, r := range rows() {
		for _, o := range c.Objects[r.plural] {
			if r.plural == plPods && (text(o, "status", "phase") == "Succeeded" || text(o, "status", "podIP") == "") {
				continue // completed, or without an address yet
			}
			all = append(all, c.device(r, o))
		}
	}
	return all
}

func (c Cluster) device(r row, o unstructured.Unstructured) device {
	d := device{plural: r.plural, name: o.GetName() + "-" + r.short}
	link := r.link + "/" + r.plural + "/" + o.GetName()
	if !r.scoped {
		d.namespace = o.GetNamespace()
		d.name += "-" + d.namespace
		link = r.link + "/namespaces/" + d.namespace + "/" + r.plural + "/" + o.GetName()
	}
	d.display = d.name + "-" + c.Name
	d.properties = map[string]string{
		"auto.clustername":             c.Name,
		"auto.name":                    o.GetName(),
		"auto.uid":                     string(o.GetUID()),
		"auto.selflink":                link,
		"system.categories":            "Kubernetes" + r.title,
		"kubernetes.resourcecreatedon": strconv.FormatInt(o.GetCreationTimestamp().Unix(), 10),
	}
	if !r.scoped {
		d.properties["auto.namespace"] = d.namespace
	}
	d.set("kubernetes.label.", o.GetLabels(), func(string) bool { return true })
	d.set("kubernetes.annotation.", o.GetAnnotations(), func(key string) bool { return !ofKubernetes(key) })
	switch r.plural {
	case plPods:
		d.pod(o)
	case plNodes:
		d.node(o)
	case plServices:
		if ip := text(o, "spec", "clusterIP"); ip != "" && ip != "None" {
			d.name = ip
		}
	}
	return d
}

// set writes the labels or annotations that are kept. LogicMonitor stores no
// empty value; it stands there as "null".
func (d *device) set(prefix string, values map[string]string, keep func(key string) bool) {
	for key, value := range values {
		if !keep(key) {
			continue
		}
		if value == "" {
			value = "null"
		}
		d.properties[strings.ToLower(prefix+key)] = value
	}
}

// ofKubernetes says of the key of an annotation that Kubernetes writes it for its own use.
func ofKubernetes(key string) bool {
	domain, _, _ := strings.Cut(key, "/")
	return strings.HasSuffix(domain, "kubernetes.io") || strings.HasSuffix(domain, "k8s.io") ||
		strings.HasPrefix(key, "deprecated.daemonset.template.generation")
}

// pod: its address is its name, unless that is its node's.
func (d *device) pod(o unstructured.Unstructured) {
	d.name = text(o, "status", "podIP")
	d.properties[propertyIPs] = d.name
	d.properties["auto.nodename"] = text(o, "spec", "nodeName")
	if host, _, _ := unstructured.NestedBool(o.Object, "spec", "hostNetwork"); host {
		d.name = o.GetName()
		d.properties["kubernetes.pod.hostnetwork"] = "true"
	}
}

// node: its first internal address is its name; its labels tell its roles.
func (d *device) node(o unstructured.Unstructured) {
	addresses, _, _ := unstructured.NestedSlice(o.Object, "status", "addresses")
	for _, a := range slices.Backward(addresses) {
		if entry, ok := a.(map[string]any); ok && entry["type"] == "InternalIP" {
			d.name = fmt.Sprint(entry["address"])
		}
	}
	for key := range o.GetLabels() {
		if role, ok := strings.CutPrefix(key, "node-role.kubernetes.io/"); ok && role != "" {
			d.roles = append(d.roles, role)
		}
	}
}

// ClusterGroup is the path of the group that holds a cluster's tree.
func ClusterGroup(cluster string) string { return "Kubernetes Cluster: " + cluster }

// groups that the cluster asks for, by path, with the display names of their
// direct members.
func (c Cluster) groups(devices []device) map[string][]string {
	root := ClusterGroup(c.Name)
	scoped := map[string]string{
		"persistentvolumes": root + "/ClusterScoped/PersistentVolumes",
		"storageclasses":    root + "/ClusterScoped/StorageClasses",
	}
	tree := map[string][]string{
		root: nil, root + "/ClusterScoped": nil, root + "/ClusterScoped/Etcd": nil,
		root + "/Nodes": nil, root + "/Nodes/All": nil, root + "/Namespaces": nil,
	}
	for _, path := range scoped {
		tree[path] = nil
	}
	for _, n := range c.Objects[plNamespaces] {
		tree[root+"/Namespaces/"+n.GetName()] = nil
	}
	for _, d := range devices {
		var paths []string
		switch {
		case d.namespace != "":
			paths = []string{root + "/Namespaces/" + d.namespace}
		case d.plural == plNodes:
			paths = []string{root + "/Nodes/All"}
			for _, role := range d.roles {
				paths = append(paths, root+"/Nodes/"+role)
			}
		default:
			paths = []string{scoped[d.plural]}
		}
		for _, path := range paths {
			tree[path] = append(tree[path], d.display)
		}
	}
	return tree
}

// leaks looks for the content of Secrets in the account.
func (c Cluster) leaks(devices map[string]Device) []string {
	const shortest = 8 // anything shorter may stand there by chance
	var found []string
	for _, o := range c.Objects[plSecrets] {
		data, _, _ := unstructured.NestedStringMap(o.Object, "data")
		for key, encoded := range data {
			content, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil || len(content) < shortest {
				continue
			}
			for _, d := range devices {
				if strings.Contains(d.raw, encoded) || strings.Contains(d.raw, string(content)) {
					found = append(found, fmt.Sprintf("%s shows key %s of secret %s/%s", d.DisplayName, key, o.GetNamespace(), o.GetName()))
				}
			}
		}
	}
	return found
}
