package fakeapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// object is an object as JSON has it. One that is stored is never changed.
type object = map[string]any

// resource is one kind of the API with its objects.
type resource struct {
	group, plural, kind string
	versions            []string // best first
	namespaced          bool
	objects             map[key]object
	changes             []change      // oldest first
	removed             chan struct{} // closed when the kind is served no more
}

// key is an object's place in its kind.
type key struct{ namespace, name string }

// change is one entry of a kind's history.
type change struct {
	version uint64
	kind    string // ADDED, MODIFIED, DELETED
	object  object
}

// table are the kinds that every cluster serves: group and versions, plural, kind,
// and whether it lives in namespaces.
const table = `
/v1 configmaps ConfigMap namespaced
/v1 endpoints Endpoints namespaced
/v1 events Event namespaced
/v1 limitranges LimitRange namespaced
/v1 namespaces Namespace cluster
/v1 nodes Node cluster
/v1 persistentvolumeclaims PersistentVolumeClaim namespaced
/v1 persistentvolumes PersistentVolume cluster
/v1 pods Pod namespaced
/v1 resourcequotas ResourceQuota namespaced
/v1 secrets Secret namespaced
/v1 serviceaccounts ServiceAccount namespaced
/v1 services Service namespaced
apiextensions.k8s.io/v1 customresourcedefinitions CustomResourceDefinition cluster
apps/v1 daemonsets DaemonSet namespaced
apps/v1 deployments Deployment namespaced
apps/v1 replicasets ReplicaSet namespaced
apps/v1 statefulsets StatefulSet namespaced
autoscaling/v2,v1 horizontalpodautoscalers HorizontalPodAutoscaler namespaced
batch/v1 cronjobs CronJob namespaced
batch/v1 jobs Job namespaced
coordination.k8s.io/v1 leases Lease namespaced
discovery.k8s.io/v1 endpointslices EndpointSlice namespaced
networking.k8s.io/v1 ingresses Ingress namespaced
networking.k8s.io/v1 networkpolicies NetworkPolicy namespaced
policy/v1 poddisruptionbudgets PodDisruptionBudget namespaced
rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding cluster
rbac.authorization.k8s.io/v1 clusterroles ClusterRole cluster
rbac.authorization.k8s.io/v1 rolebindings RoleBinding namespaced
rbac.authorization.k8s.io/v1 roles Role namespaced
scheduling.k8s.io/v1 priorityclasses PriorityClass cluster
storage.k8s.io/v1 storageclasses StorageClass cluster`

func builtIn() []*resource {
	var all []*resource
	for line := range strings.Lines(strings.TrimSpace(table)) {
		f := strings.Fields(line)
		group, versions, _ := strings.Cut(f[0], "/")
		all = append(all, &resource{
			group: group, versions: strings.Split(versions, ","), plural: f[1], kind: f[2], namespaced: f[3] == "namespaced",
		})
	}
	return all
}

func (r *resource) serves(version string) bool { return slices.Contains(r.versions, version) }

// apiVersion is how an object names a version of the kind.
func (r *resource) apiVersion(version string) string {
	if r.group == "" {
		return version
	}
	return r.group + "/" + version
}

// sorted are the keys of the objects of a namespace, or of all, in order.
func (r *resource) sorted(namespace string) []key {
	var keys []key
	for k := range r.objects {
		if namespace == "" || k.namespace == namespace {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return strings.Compare(a.namespace+"/"+a.name, b.namespace+"/"+b.name)
	})
	return keys
}

// serve begins to serve a kind. The caller holds the lock, or is the only one.
func (s *Server) serve(r *resource) {
	r.objects, r.removed = map[key]object{}, make(chan struct{})
	if s.resources[r.group] == nil {
		s.resources[r.group] = map[string]*resource{}
	}
	s.resources[r.group][r.plural] = r
}

// put stores an object that is new or changed and tells of it. It completes what
// the apiserver itself writes. The caller holds the lock.
func (s *Server) put(r *resource, o object) object {
	o = runtime.DeepCopyJSON(o)
	meta := metadata(o)
	at := key{text(meta, "namespace"), text(meta, "name")}
	old, exists := r.objects[at]
	s.version++
	meta["resourceVersion"] = strconv.FormatUint(s.version, 10)
	happened := "MODIFIED"
	if exists {
		was := metadata(old)
		meta["uid"], meta["creationTimestamp"] = was["uid"], was["creationTimestamp"]
	} else {
		happened = "ADDED"
		meta["uid"], meta["creationTimestamp"] = string(uuid.NewUUID()), now()
	}
	if r.plural == "namespaces" {
		labels, _ := meta["labels"].(object)
		labels = maps.Clone(labels)
		if labels == nil {
			labels = object{}
		}
		labels["kubernetes.io/metadata.name"] = at.name
		meta["labels"] = labels
	}
	o["kind"] = r.kind
	r.objects[at] = o
	r.changes = append(r.changes, change{s.version, happened, o})
	switch {
	case r.plural == "customresourcedefinitions":
		s.define(o)
	case r.plural == "namespaces" && !exists:
		s.put(s.resources[""]["serviceaccounts"], object{"metadata": object{"name": "default", "namespace": at.name}})
	}
	s.tell()
	return o
}

// drop removes an object and what goes with it. The caller holds the lock.
func (s *Server) drop(r *resource, at key) {
	o, ok := r.objects[at]
	if !ok {
		return
	}
	switch r.plural {
	case "namespaces":
		s.empty(at.name)
	case "customresourcedefinitions":
		s.undefine(o)
	}
	delete(r.objects, at)
	last := runtime.DeepCopyJSON(o)
	s.version++
	metadata(last)["resourceVersion"] = strconv.FormatUint(s.version, 10)
	r.changes = append(r.changes, change{s.version, "DELETED", last})
	s.tell()
}

// empty removes all that is in a namespace.
func (s *Server) empty(namespace string) {
	for _, group := range s.resources {
		for _, r := range group {
			if !r.namespaced {
				continue
			}
			for _, at := range r.sorted(namespace) {
				s.drop(r, at)
			}
		}
	}
}

// define serves the kind of a CustomResourceDefinition.
func (s *Server) define(crd object) {
	spec, _ := crd["spec"].(object)
	names, _ := spec["names"].(object)
	group, plural := text(spec, "group"), text(names, "plural")
	if s.resources[group][plural] != nil {
		return
	}
	r := &resource{group: group, plural: plural, kind: text(names, "kind"), namespaced: text(spec, "scope") == "Namespaced"}
	versions, _ := spec["versions"].([]any)
	for _, v := range versions {
		if v, ok := v.(object); ok && v["served"] == true {
			r.versions = append(r.versions, text(v, "name"))
		}
	}
	s.serve(r)
}

// undefine ends that, and the watches of the kind.
func (s *Server) undefine(crd object) {
	spec, _ := crd["spec"].(object)
	names, _ := spec["names"].(object)
	group, plural := text(spec, "group"), text(names, "plural")
	r := s.resources[group][plural]
	if r == nil {
		return
	}
	for _, at := range r.sorted("") {
		s.drop(r, at)
	}
	delete(s.resources[group], plural)
	close(r.removed)
}

func metadata(o object) object {
	meta, ok := o["metadata"].(object)
	if !ok {
		meta = object{}
		o["metadata"] = meta
	}
	return meta
}

func text(o object, field string) string {
	value, _ := o[field].(string)
	return value
}
