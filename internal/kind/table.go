package kind

import (
	"fmt"
	"strings"

	"github.com/argus-k8s/argus/internal/resource"
)

// All is the table. The kinds of the first Argus stand as they stood there, which
// is the order of groups in a portal's tree and of the terms in their rules; the
// others follow by ID. It is not changed.
var All = []*Kind{
	Pod,
	Deployment,
	Service,
	HorizontalPodAutoscaler,
	Node,
	Etcd,
	Namespace,
	DaemonSet,
	ReplicaSet,
	StatefulSet,
	ConfigMap,
	PersistentVolume,
	PersistentVolumeClaim,
	CronJob,
	Job,
	Ingress,
	Secret,
	Endpoints,
	NetworkPolicy,

	ClusterRoleBinding,
	ClusterRole,
	CustomResourceDefinition,
	EndpointSlice,
	Gateway,
	HTTPRoute,
	LimitRange,
	PodDisruptionBudget,
	PriorityClass,
	ResourceQuota,
	RoleBinding,
	Role,
	ServiceAccount,
	StorageClass,
}

// ByID returns the row of a kind.
func ByID(id resource.Kind) (*Kind, bool) {
	k, ok := index.ids[id]
	return k, ok
}

// DefaultName is the name that the resource of an object has when it has no
// address; empty for a kind that is not in the table.
func DefaultName(key resource.Key) string {
	k, ok := ByID(key.Kind)
	if !ok {
		return ""
	}
	return k.defaultName(key.Namespace, key.Name)
}

// DisplayName is the display name of the resource of an object in a cluster.
func DisplayName(key resource.Key, cluster string) string {
	b := resource.NewBuilder(key, "")
	b.DisplayName(DefaultName(key) + "-" + cluster)
	return b.Build().DisplayName
}

// Parse returns the row that a user's word names: its plural, singular or short
// name, in any case.
func Parse(word string) (*Kind, error) {
	if k, ok := index.words[strings.ToLower(strings.TrimSpace(word))]; ok {
		return k, nil
	}
	return nil, fmt.Errorf("unknown kind %q", word)
}

// ByCategory returns the row whose system category this is, and in what life the
// resource that carries it is: live, or marked deleted ("KubernetesPodDeleted").
// The category of a conflict belongs to a live resource. Case does not count.
func ByCategory(category string) (*Kind, resource.Life, bool) {
	c, ok := index.categories[category]
	if !ok {
		c, ok = index.categories[strings.ToLower(category)]
	}
	return c.kind, c.life, ok
}

// index holds the ways into the table. It is made once and not changed: the
// categories of every listed resource are looked up in it.
var index = makeIndex(All)

type tableIndex struct {
	ids        map[resource.Kind]*Kind
	words      map[string]*Kind
	categories map[string]categoryOf // as Argus writes them and in lower case
}

type categoryOf struct {
	kind *Kind
	life resource.Life
}

func makeIndex(all []*Kind) tableIndex {
	x := tableIndex{
		ids:        make(map[resource.Kind]*Kind, len(all)),
		words:      make(map[string]*Kind, 4*len(all)),
		categories: make(map[string]categoryOf, 6*len(all)),
	}
	for _, k := range all {
		x.ids[k.ID] = k
		x.words[string(k.ID)] = k
		for _, alias := range k.Aliases {
			x.words[alias] = k
		}
		base := resource.Category(k.Title)
		for suffix, life := range map[string]resource.Life{
			"":                      resource.Live,
			resource.SuffixConflict: resource.Live,
			resource.SuffixDeleted:  resource.Deleted,
		} {
			x.categories[base+suffix] = categoryOf{k, life}
			x.categories[strings.ToLower(base+suffix)] = categoryOf{k, life}
		}
	}
	return x
}
