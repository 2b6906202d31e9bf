package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// A change is something that happens in the cluster.
type change struct {
	title string
	do    func(ctx context.Context) error
}

// changes of one round. Each round goes on where the one before it ended.
func (d *demo) changes(round int) []change {
	version := fmt.Sprintf("v%d", round+2)
	replicas, team, role, takes := 6, "growth", `""`, "takes"
	if round%2 == 1 {
		replicas, team, role, takes = 3, "storefront", "null", "gives up" // null takes a label away
	}
	return []change{
		{"roll out " + version + " of deployment shop/web", func(ctx context.Context) error {
			return d.patchDeployment(ctx, "shop", "web", fmt.Sprintf(
				`{"metadata": {"labels": {"release": %q}}, "spec": {"template": {"metadata": {"labels": {"release": %q}},
				  "spec": {"containers": [{"name": "web", "image": "registry.example/shop/web:%s"}]}}}}`, version, version, version))
		}},
		{fmt.Sprintf("scale deployment shop/checkout to %d", replicas), func(ctx context.Context) error {
			return d.patchDeployment(ctx, "shop", "checkout", fmt.Sprintf(`{"spec": {"replicas": %d}}`, replicas))
		}},
		{fmt.Sprintf("relabel: service shop/web goes to team %s, node-%d %s role gpu", team, nodes, takes), func(ctx context.Context) error {
			return d.relabel(ctx, team, role)
		}},
		{"delete pod payments/ledger-0, so that another of that name is made", func(ctx context.Context) error {
			return d.recreate(ctx, "payments", "ledger-0")
		}},
		{"delete namespace media with all that is in it", func(ctx context.Context) error {
			return d.client.CoreV1().Namespaces().Delete(ctx, "media", metav1.DeleteOptions{})
		}},
		{"bring namespace media back: old names, new objects", func(ctx context.Context) error {
			return d.apply(ctx, "media")
		}},
	}
}

func (d *demo) patchDeployment(ctx context.Context, namespace, name, patch string) error {
	_, err := d.client.AppsV1().Deployments(namespace).Patch(ctx, name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

func (d *demo) relabel(ctx context.Context, team, role string) error {
	labels := fmt.Sprintf(`{"metadata": {"labels": {"team": %q}}}`, team)
	if _, err := d.client.CoreV1().Services("shop").Patch(ctx, "web", types.MergePatchType, []byte(labels), metav1.PatchOptions{}); err != nil {
		return err
	}
	labels = fmt.Sprintf(`{"metadata": {"labels": {"node-role.kubernetes.io/gpu": %s}}}`, role)
	_, err := d.client.CoreV1().Nodes().Patch(ctx, fmt.Sprintf("node-%d", nodes), types.MergePatchType, []byte(labels), metav1.PatchOptions{})
	return err
}

// recreate deletes a pod and waits for its successor: until that is there its
// StatefulSet may not know yet that it has something to do.
func (d *demo) recreate(ctx context.Context, namespace, name string) error {
	pods := d.client.CoreV1().Pods(namespace)
	old, err := pods.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := pods.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.patience, fmt.Errorf("no other pod %s/%s came", namespace, name))
	defer cancel()
	for {
		if pod, err := pods.Get(ctx, name, metav1.GetOptions{}); err == nil && pod.UID != old.UID {
			return nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}
