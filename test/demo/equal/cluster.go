package equal

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// A Cluster is all that a cluster holds of the kinds that the demo mirrors, and
// its namespaces.
type Cluster struct {
	Name    string
	Objects map[string][]unstructured.Unstructured // by plural
}

// A row says how objects of a kind are read, and named in an account.
type row struct {
	plural         string
	group, version string
	short, title   string
	link           string // the path that auto.selflink begins with
	scoped         bool   // not in a namespace
}

const plNamespaces, plNodes, plPods, plServices, plSecrets = "namespaces", "nodes", "pods", "services", "secrets"

// rows are the kinds of the preset "standard" that Kubernetes serves by itself,
// and those the demo switches on beside them.
func rows() []row {
	return []row{
		{plPods, "", "v1", "pod", "Pod", "/api/v1", false},
		{plServices, "", "v1", "svc", "Service", "/api/v1", false},
		{plNodes, "", "v1", "node", "Node", "/api/v1", true},
		{"configmaps", "", "v1", "cm", "ConfigMap", "/api/v1", false},
		{plSecrets, "", "v1", "secret", "Secret", "/api/v1", false},
		{"endpoints", "", "v1", "ep", "EndPoint", "/api/v1", false},
		{"persistentvolumes", "", "v1", "pv", "PersistentVolume", "/api/v1", true},
		{"persistentvolumeclaims", "", "v1", "pvc", "PersistentVolumeClaim", "/api/v1", false},
		{"limitranges", "", "v1", "limits", "LimitRange", "/api/v1", false},
		{"resourcequotas", "", "v1", "quota", "ResourceQuota", "/api/v1", false},
		{"deployments", "apps", "v1", "deploy", "Deployment", "/apis/apps/v1", false},
		{"daemonsets", "apps", "v1", "ds", "DaemonSet", "/apis/apps/v1", false},
		{"replicasets", "apps", "v1", "rs", "ReplicaSet", "/apis/apps/v1", false},
		{"statefulsets", "apps", "v1", "sts", "StatefulSet", "/apis/apps/v1", false},
		{"cronjobs", "batch", "v1", "cj", "CronJob", "/apis/batch/v1beta1", false},
		{"jobs", "batch", "v1", "job", "Job", "/apis/batch/v1", false},
		{"horizontalpodautoscalers", "autoscaling", "v1", "hpa", "HorizontalPodAutoscaler", "/apis/autoscaling/v1", false},
		{"ingresses", "networking.k8s.io", "v1", "ing", "Ingress", "/apis/networking/v1beta1", false},
		{"networkpolicies", "networking.k8s.io", "v1", "netpol", "NetworkPolicy", "/apis/networking/v1", false},
		{"poddisruptionbudgets", "policy", "v1", "pdb", "PodDisruptionBudget", "/apis/policy/v1", false},
		{"storageclasses", "storage.k8s.io", "v1", "sc", "StorageClass", "/apis/storage.k8s.io/v1", true},
	}
}

// ReadCluster lists every object of those kinds, whole.
func ReadCluster(ctx context.Context, config *rest.Config, name string) (Cluster, error) {
	config = rest.CopyConfig(config)
	config.WarningHandler = rest.NoWarnings{} // of Endpoints being deprecated
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return Cluster{}, fmt.Errorf("read the cluster: %w", err)
	}
	c := Cluster{Name: name, Objects: map[string][]unstructured.Unstructured{}}
	for _, r := range append(rows(), row{plural: plNamespaces, version: "v1"}) {
		resource := schema.GroupVersionResource{Group: r.group, Version: r.version, Resource: r.plural}
		list, err := client.Resource(resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			return Cluster{}, fmt.Errorf("list %s: %w", r.plural, err)
		}
		c.Objects[r.plural] = list.Items
	}
	return c, nil
}

// Count returns the number of objects, namespaces not among them.
func (c Cluster) Count() int {
	n := 0
	for _, r := range rows() {
		n += len(c.Objects[r.plural])
	}
	return n
}

// Unsettled lists what the cluster itself still works on: an account that equals
// it now would have to change again. None means settled.
func (c Cluster) Unsettled() []string {
	var found []string
	for plural, objects := range c.Objects {
		for _, o := range objects {
			if why := unsettled(plural, o); why != "" {
				found = append(found, fmt.Sprintf("%s %s/%s %s", plural, o.GetNamespace(), o.GetName(), why))
			}
		}
	}
	return found
}

func unsettled(plural string, o unstructured.Unstructured) string {
	number := func(fields ...string) int64 {
		n, _, _ := unstructured.NestedInt64(o.Object, fields...)
		return n
	}
	if o.GetDeletionTimestamp() != nil {
		return "is being deleted"
	}
	var wanted, ready int64
	switch plural {
	case plPods:
		if phase := text(o, "status", "phase"); phase != "Running" && phase != "Succeeded" && phase != "Failed" {
			return "is not running"
		}
		return ""
	case "deployments":
		wanted = number("spec", "replicas")
		ready = min(number("status", "availableReplicas"), number("status", "updatedReplicas"))
		if all := number("status", "replicas"); all > wanted {
			return fmt.Sprintf("has %d pods, wants %d", all, wanted)
		}
	case "replicasets":
		wanted, ready = number("spec", "replicas"), number("status", "replicas")
	case "statefulsets":
		wanted, ready = number("spec", "replicas"), min(number("status", "availableReplicas"), number("status", "updatedReplicas"))
	case "daemonsets":
		wanted, ready = number("status", "desiredNumberScheduled"), min(number("status", "numberAvailable"), number("status", "updatedNumberScheduled"))
	case "jobs":
		wanted, ready = 1, min(1, number("status", "succeeded"))
	default:
		return ""
	}
	switch {
	case plural != "jobs" && number("status", "observedGeneration") < o.GetGeneration():
		return "has not been looked at by its controller"
	case ready != wanted:
		return fmt.Sprintf("is not complete: %d of %d", ready, wanted)
	}
	return ""
}

// text at a place in an object; empty if there is none.
func text(o unstructured.Unstructured, fields ...string) string {
	s, _, _ := unstructured.NestedString(o.Object, fields...)
	return s
}
