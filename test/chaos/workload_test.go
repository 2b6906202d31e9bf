package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/argus-k8s/argus/test/demo/equal"
)

// stepLabel is on objects that are edited; its value only grows.
const stepLabel = "step"

// canary is the content of a Secret.
const canary = "canary-that-must-not-sing"

// workloads are what a run begins with. What ends does so at once.
const workloads = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: office}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web, step: "1"}, annotations: {example.com/owner: "team shop", note: ""}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: web, image: example/web:1, env: [{name: TOKEN, value: canary-that-must-not-sing}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web, step: "1"}}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: shop, labels: {step: "1"}}
stringData: {token: canary-that-must-not-sing}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop, labels: {step: "1"}}
data: {key: value}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: office}
spec:
  serviceName: db
  replicas: 2
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: db, image: example/db:1}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: office}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: office}
spec: {podSelector: {}}
`

// again is what is created once more under names that there were.
const again = `
apiVersion: v1
kind: Namespace
metadata: {name: office}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: office}
spec: {ports: [{port: 5432}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop, labels: {step: "1"}}
data: {key: other}
`

// A step is one thing that happens to the cluster.
type step struct {
	name string
	do   func(ctx context.Context) error
}

// The names of the steps, and of what comes before and after them.
const (
	atStart     = "start" // before Argus starts
	atLabels    = "labels"
	atScale     = "scale"
	atRollout   = "rollout"
	atDelete    = "delete"
	atRecreate  = "recreate"
	atNamespace = "namespace"
	atAgain     = "again"
	atEnd       = "end" // after the last of them
)

// life is what happens to the cluster in a run, in this order. After each step
// the cluster settles.
func life() []step {
	return []step{
		{atLabels, func(ctx context.Context) error {
			for _, object := range []string{"/apis/apps/v1/namespaces/shop/deployments/web", "/api/v1/namespaces/shop/services/web", "/api/v1/namespaces/shop/secrets/token"} {
				if err := patch(ctx, object, `{"metadata": {"labels": {"step": "2", "added": ""}, "annotations": {"example.com/owner": "team two"}}}`); err != nil {
					return err
				}
			}
			return nil
		}},
		{atScale, func(ctx context.Context) error {
			if err := patch(ctx, "/apis/apps/v1/namespaces/office/statefulsets/db", `{"spec": {"replicas": 1}}`); err != nil {
				return err
			}
			return patch(ctx, "/apis/apps/v1/namespaces/shop/deployments/web", `{"spec": {"replicas": 4}, "metadata": {"labels": {"step": "3"}}}`)
		}},
		{atRollout, func(ctx context.Context) error {
			return patch(ctx, "/apis/apps/v1/namespaces/shop/deployments/web",
				`{"metadata": {"labels": {"step": "4"}}, "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "web", "image": "example/web:2"}]}}}}`)
		}},
		{atDelete, func(ctx context.Context) error {
			return remove(ctx, "/api/v1/namespaces/shop/services/web", "/api/v1/namespaces/shop/configmaps/settings", "/apis/apps/v1/namespaces/office/statefulsets/db")
		}},
		{atRecreate, func(ctx context.Context) error {
			// Gone and back before anybody can have looked.
			if err := remove(ctx, "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web", "/api/v1/namespaces/shop/secrets/token"); err != nil {
				return err
			}
			return kube.Apply(ctx, []byte(documents("kind: PodDisruptionBudget", "kind: Secret")))
		}},
		{atNamespace, func(ctx context.Context) error { return remove(ctx, "/api/v1/namespaces/office") }},
		{atAgain, func(ctx context.Context) error { return kube.Apply(ctx, []byte(again)) }},
	}
}

// documents are those of workloads that hold one of these lines.
func documents(lines ...string) string {
	var found []string
	for document := range strings.SplitSeq(workloads, "\n---\n") {
		for _, line := range lines {
			if strings.Contains(document, "\n"+line+"\n") {
				found = append(found, document)
			}
		}
	}
	return strings.Join(found, "\n---\n")
}

func patch(ctx context.Context, object, change string) error {
	// Containers have names, so this merges them and replaces nothing else.
	return restClient().Patch(types.StrategicMergePatchType).AbsPath(object).Body([]byte(change)).Do(ctx).Error()
}

func remove(ctx context.Context, objects ...string) error {
	how, err := json.Marshal(metav1.DeleteOptions{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"}, PropagationPolicy: new(metav1.DeletePropagationBackground),
	})
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := restClient().Delete().AbsPath(object).Body(how).Do(ctx).Error(); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until the cluster's own controllers have done what was asked of
// them.
func settle(tb testing.TB) {
	tb.Helper()
	eventually(tb, "the cluster has settled", func(ctx context.Context) error {
		c, err := equal.ReadCluster(ctx, kube.Config(), clusterName)
		if err != nil {
			return err
		}
		if found := c.Unsettled(); len(found) > 0 {
			return fmt.Errorf("it has not: %s", strings.Join(found, "; "))
		}
		return nil
	})
}

// populate brings the workloads into the cluster, and takes them away with the
// test.
func populate(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	must(tb, kube.Apply(ctx, []byte(workloads)))
	tb.Cleanup(func() { depopulate(tb) })
	settle(tb)
}

// depopulate takes the workloads away when a test is over. What has pods goes
// first: a namespace that finds some looks again only after seconds.
func depopulate(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), patience)
	defer cancel()
	spaces := []string{"shop", "office"}
	for _, space := range spaces {
		if err := empty(ctx, space); err != nil {
			tb.Errorf("empty namespace %s: %v", space, err)
		}
		if err := kube.client.CoreV1().Namespaces().Delete(ctx, space, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			tb.Error(err)
		}
	}
	awaitGone(tb, spaces...)
}

// empty deletes what has pods, and waits until there is none.
func empty(ctx context.Context, space string) error {
	all, how := metav1.ListOptions{}, metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)}
	if err := errors.Join(
		kube.client.AppsV1().Deployments(space).DeleteCollection(ctx, how, all),
		kube.client.AppsV1().StatefulSets(space).DeleteCollection(ctx, how, all)); err != nil {
		return err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		pods, err := kube.client.CoreV1().Pods(space).List(ctx, all)
		if err != nil || len(pods.Items) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// awaitGone waits until namespaces are no more. It may be called when the test is
// over.
func awaitGone(tb testing.TB, names ...string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), patience)
	defer cancel()
	for _, name := range names {
		w, err := kube.client.CoreV1().Namespaces().Watch(ctx, metav1.SingleObject(metav1.ObjectMeta{Name: name}))
		if err != nil {
			tb.Errorf("wait for the end of namespace %s: %v", name, err)
			return
		}
		if !goneByNow(ctx, name) {
			for event := range w.ResultChan() {
				if event.Type == "DELETED" {
					break
				}
			}
		}
		w.Stop()
	}
	if err := ctx.Err(); err != nil {
		tb.Errorf("wait for the end of namespaces %v: %v", names, err)
	}
}

func goneByNow(ctx context.Context, name string) bool {
	_, err := kube.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	return apierrors.IsNotFound(err)
}
