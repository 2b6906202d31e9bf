package kind_test

import (
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// firstArgus is the order in which the first Argus knew its kinds.
var firstArgus = []resource.Kind{
	"pods", "deployments", "services", "horizontalpodautoscalers", "nodes", "etcd", "namespaces", "daemonsets", "replicasets", "statefulsets",
	"configmaps", "persistentvolumes", "persistentvolumeclaims", "cronjobs", "jobs", "ingresses", "secrets", "endpoints", "networkpolicies",
}

func TestAll_order(t *testing.T) {
	var ids []resource.Kind
	for _, k := range kind.All {
		ids = append(ids, k.ID)
	}
	if len(ids) < len(firstArgus) || !slices.Equal(ids[:len(firstArgus)], firstArgus) {
		t.Fatalf("the table begins with %q, want %q: rules of groups list categories in this order", ids[:min(len(ids), len(firstArgus))], firstArgus)
	}
	if newer := ids[len(firstArgus):]; !slices.IsSorted(newer) {
		t.Errorf("the newer kinds are in the order %q, want them sorted", newer)
	}
}

func TestAll_rowsAreWhole(t *testing.T) {
	for _, k := range kind.All {
		t.Run(string(k.ID), func(t *testing.T) {
			if string(k.ID) != strings.ToLower(k.Plural) {
				t.Errorf("ID %q and Plural %q are not the same word", k.ID, k.Plural)
			}
			if k.Short == "" || k.Short != strings.ToLower(k.Short) || strings.Contains(k.Short, "-") {
				t.Errorf("Short = %q, want one word in lower case: it is part of names", k.Short)
			}
			for _, alias := range k.Aliases {
				if alias != strings.ToLower(alias) {
					t.Errorf("alias %q is not in lower case, so no word would be found equal", alias)
				}
			}
			for _, v := range k.Served {
				if v.Version == "" {
					t.Errorf("Served has %q, a group without a version", v)
				}
			}
			if k.Watched() && !strings.HasPrefix(k.LinkPath, "/api") {
				t.Errorf("LinkPath = %q, want the path of an API", k.LinkPath)
			}
			if k.New() == k.New() {
				t.Error("New returned the same object twice")
			}
			_, partial := k.New().(*v1.PartialObjectMetadata)
			if partial != k.MetadataOnly {
				t.Errorf("MetadataOnly = %t, but New returns a %T", k.MetadataOnly, k.New())
			}
			if !k.MetadataOnly && len(k.Served) != 1 {
				t.Errorf("Served = %v; a kind that is read whole is served in the version of its Go type", k.Served)
			}
		})
	}
}

func TestAll_whatNobodyMaySeeIsNotRead(t *testing.T) {
	for _, k := range []*kind.Kind{kind.Secret, kind.ConfigMap} {
		if !k.MetadataOnly {
			t.Errorf("%s: MetadataOnly = false; its data must not leave the apiserver", k.ID)
		}
		if k.Preset != kind.PresetEverything {
			t.Errorf("%s: Preset = %s, want everything: it is mirrored for those who ask", k.ID, k.Preset)
		}
	}
}

func TestAll_etcdIsNotWatched(t *testing.T) {
	for _, k := range kind.All {
		if want := k != kind.Etcd; k.Watched() != want {
			t.Errorf("%s: Watched() = %t, want %t", k.ID, k.Watched(), want)
		}
		if want := k == kind.Etcd || k == kind.Namespace; k.GroupsOnly != want {
			t.Errorf("%s: GroupsOnly = %t, want %t", k.ID, k.GroupsOnly, want)
		}
	}
}

// Every word of a user and every category of an account leads to one row.
func TestAll_isUnambiguous(t *testing.T) {
	words, categories, shorts := map[string]resource.Kind{}, map[string]resource.Kind{}, map[string]resource.Kind{}
	unique := func(t *testing.T, seen map[string]resource.Kind, word string, k *kind.Kind) {
		t.Helper()
		if other, taken := seen[word]; taken {
			t.Errorf("%q is of %s and of %s", word, other, k.ID)
		}
		seen[word] = k.ID
	}
	for _, k := range kind.All {
		unique(t, shorts, k.Short, k)
		for _, word := range append([]string{string(k.ID)}, k.Aliases...) {
			if word != string(k.ID) || !slices.Contains(k.Aliases, word) {
				unique(t, words, word, k)
			}
		}
		for _, suffix := range []string{"", "Deleted", "Conflict"} {
			unique(t, categories, strings.ToLower("Kubernetes"+k.Title+suffix), k)
		}
	}
	if _, taken := categories["kubernetescluster"]; taken {
		t.Error("KubernetesCluster is the category of the cluster's group, not of a kind")
	}
}

func TestByID(t *testing.T) {
	for _, k := range kind.All {
		if got, ok := kind.ByID(k.ID); got != k || !ok {
			t.Errorf("ByID(%q) = %v, %t, want its row", k.ID, got, ok)
		}
	}
	for _, id := range []resource.Kind{"", "pod", "Pods", "widgets"} {
		if got, ok := kind.ByID(id); ok {
			t.Errorf("ByID(%q) = %s, want none", id, got.ID)
		}
	}
}

func TestParse(t *testing.T) {
	for _, k := range kind.All {
		singular := strings.ToLower(k.Title)
		if k.ID == "endpoints" {
			singular = "endpoint"
		}
		for _, word := range append([]string{string(k.ID), k.Plural, singular, strings.ToUpper(singular), " " + k.Title + " "}, k.Aliases...) {
			if got, err := kind.Parse(word); err != nil || got != k {
				t.Errorf("Parse(%q) = %v, %v, want %s", word, got, err, k.ID)
			}
		}
	}
	tests := map[string]*kind.Kind{
		// The words of the first Argus.
		"po": kind.Pod, "deploy": kind.Deployment, "svc": kind.Service, "hpas": kind.HorizontalPodAutoscaler, "hpa": kind.HorizontalPodAutoscaler,
		"node": kind.Node, "etcd": kind.Etcd, "ns": kind.Namespace, "ds": kind.DaemonSet, "rs": kind.ReplicaSet, "sts": kind.StatefulSet,
		"cm": kind.ConfigMap, "pv": kind.PersistentVolume, "pvc": kind.PersistentVolumeClaim, "cj": kind.CronJob, "job": kind.Job,
		"ing": kind.Ingress, "secret": kind.Secret, "endpoint": kind.Endpoints, "netpol": kind.NetworkPolicy,
		// Those of the newest chart and of kubectl.
		"ep": kind.Endpoints, "no": kind.Node, "sa": kind.ServiceAccount, "pdb": kind.PodDisruptionBudget, "sc": kind.StorageClass,
		"quota": kind.ResourceQuota, "limits": kind.LimitRange, "pc": kind.PriorityClass, "crd": kind.CustomResourceDefinition, "crds": kind.CustomResourceDefinition, "gtw": kind.Gateway,
	}
	for word, want := range tests {
		if got, err := kind.Parse(word); err != nil || got != want {
			t.Errorf("Parse(%q) = %v, %v, want %s", word, got, err, want.ID)
		}
	}
	for _, word := range []string{"", "unknown", "pods,nodes", "KubernetesPod"} {
		if got, err := kind.Parse(word); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", word, got.ID)
		}
	}
}

func TestByCategory(t *testing.T) {
	for _, k := range kind.All {
		for suffix, life := range map[string]resource.Life{"": resource.Live, "Conflict": resource.Live, "Deleted": resource.Deleted} {
			category := "Kubernetes" + k.Title + suffix
			for _, as := range []string{category, strings.ToLower(category), strings.ToUpper(category)} {
				if got, gotLife, ok := kind.ByCategory(as); got != k || gotLife != life || !ok {
					t.Errorf("ByCategory(%q) = %v, %d, %t, want %s, %d, true", as, got, gotLife, ok, k.ID, life)
				}
			}
		}
	}
	foreign := []string{
		"", "snmp", "Kubernetes", "KubernetesCluster", "Pod", "KubernetesPods", "KubernetesPodDeletedDeleted", "KubernetesPodConflictDeleted",
		"KubernetesPodDeleted ", "KubernetesDeleted", "KubernetesPodDisruption", "MyKubernetesPod",
	}
	for _, category := range foreign {
		if got, _, ok := kind.ByCategory(category); ok {
			t.Errorf("ByCategory(%q) = %s, want none: it is somebody else's", category, got.ID)
		}
	}
}

func BenchmarkByCategory(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		kind.ByCategory("KubernetesNetworkPolicyDeleted")
	}
}
