package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// TestControlPlane goes through one cluster's life. Its parts share the
// cluster, for a start costs seconds, and each uses names of its own.
func TestControlPlane(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	begin := time.Now()
	c := ForTest(t, Options{})
	t.Logf("started in %s", time.Since(begin).Round(time.Millisecond))

	nodes, err := c.AddNodes(t.Context(), 5, NodeOptions{Labels: map[string]string{"rack": "r1"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(nodes, " "), "node-1 node-2 node-3 node-4 node-5"; got != want {
		t.Fatalf("got nodes %q, want %q", got, want)
	}
	t.Run("nodes", func(t *testing.T) { testNodes(t, c) })
	t.Run("deployment", func(t *testing.T) { testDeployment(t, c) })
	t.Run("job and namespace", func(t *testing.T) { testJobAndNamespace(t, c) })
	t.Run("custom resource", func(t *testing.T) { testCustomResource(t, c) })
	t.Run("token", func(t *testing.T) { testToken(t, c) })
	t.Run("loopback only", func(t *testing.T) { testLoopbackOnly(t, c) })
	t.Run("existing", func(t *testing.T) { testExisting(t, c) })
	t.Run("compact", func(t *testing.T) { testCompact(t, c) })
	t.Run("restart", func(t *testing.T) { testRestart(t, c) })

	pids := map[Component]int{}
	for component, p := range c.processes {
		pids[component] = p.pid()
	}
	if len(pids) != len(everything()) {
		t.Errorf("got processes %v, want one of each of %v", pids, everything())
	}
	begin = time.Now()
	if err := c.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	t.Logf("stopped in %s", time.Since(begin).Round(time.Millisecond))
	for component, pid := range pids {
		if !gone(pid) {
			t.Errorf("process %d of %s is left", pid, component)
		}
	}
	if got := entries(t, temporary); len(got) > 0 {
		t.Errorf("got %v left in the temporary folder, want nothing", got)
	}
}

func testNodes(t *testing.T, c *Cluster) {
	t.Helper()
	list, err := c.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: "rack=r1"})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 5 {
		t.Errorf("got %d nodes with the label asked for, want 5", len(list.Items))
	}
	addresses := map[string]bool{}
	for i, node := range list.Items {
		role := "node-role.kubernetes.io/worker"
		if i == 0 {
			role = "node-role.kubernetes.io/control-plane"
		}
		if _, ok := node.Labels[role]; !ok {
			t.Errorf("%s: got labels %v, want %s", node.Name, node.Labels, role)
		}
		for _, address := range node.Status.Addresses {
			if address.Type == corev1.NodeInternalIP && net.ParseIP(address.Address) != nil {
				addresses[address.Address] = true
			}
		}
	}
	if len(addresses) != 5 {
		t.Errorf("got internal addresses %v, want 5 different ones", addresses)
	}
}

func testDeployment(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.CreateNamespace(t.Context(), "shop", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), []byte(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 20
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "example.org/web:1"}]
`)); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	eventually(t, func(ctx context.Context) error {
		pods, err := c.client.CoreV1().Pods("shop").List(ctx, metav1.ListOptions{LabelSelector: "app=web"})
		if err != nil {
			return err
		}
		addresses := map[string]bool{}
		for _, pod := range pods.Items {
			if pod.Status.Phase == corev1.PodRunning && pod.Status.PodIP != "" {
				addresses[pod.Status.PodIP] = true
			}
		}
		if len(addresses) != 20 {
			return fmt.Errorf("%d pods run, each with an address of its own; want 20", len(addresses))
		}
		return nil
	})
	t.Logf("20 pods run after %s", time.Since(begin).Round(time.Millisecond))
}

func testJobAndNamespace(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.CreateNamespace(t.Context(), "batch", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), []byte(`
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: batch}
spec:
  completions: 3
  parallelism: 3
  template:
    spec:
      restartPolicy: Never
      containers: [{name: once, image: "example.org/once:1"}]
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: batch}
spec:
  containers: [{name: alone, image: "example.org/alone:1"}]
`)); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	eventually(t, func(ctx context.Context) error {
		job, err := c.client.BatchV1().Jobs("batch").Get(ctx, "once", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if job.Status.Succeeded != 3 || job.Status.CompletionTime == nil {
			return fmt.Errorf("got %+v, want a complete job", job.Status)
		}
		return nil
	})
	t.Logf("the job is complete after %s", time.Since(begin).Round(time.Millisecond))
	begin = time.Now()
	if err := c.client.CoreV1().Namespaces().Delete(t.Context(), "batch", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := c.client.CoreV1().Namespaces().Get(ctx, "batch", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("the namespace is there: %s", fmt.Sprint(err))
	})
	t.Logf("the namespace is gone after %s", time.Since(begin).Round(time.Millisecond))
}

func testCustomResource(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Apply(t.Context(), []byte(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: example.org/v1
kind: Lamp
metadata: {name: desk}
`)); err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(c.Config())
	if err != nil {
		t.Fatal(err)
	}
	lamps := client.Resource(schema.GroupVersionResource{Group: "example.org", Version: "v1", Resource: "lamps"})
	if _, err := lamps.Namespace("default").Get(t.Context(), "desk", metav1.GetOptions{}); err != nil {
		t.Errorf("the object without a namespace: %v", err)
	}
}

func testToken(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Apply(t.Context(), []byte(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: default}]
`)); err != nil {
		t.Fatal(err)
	}
	token, err := c.client.CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "reader",
		&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	as := func(token string) kubernetes.Interface {
		client, err := kubernetes.NewForConfig(&rest.Config{
			Host: c.URL(), BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: c.CA()},
		})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	reader := as(token.Status.Token)
	eventually(t, func(ctx context.Context) error { // the binding reaches the authorizer by a watch
		_, err := reader.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
		return err
	})
	if _, err := reader.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("list secrets: got error %v, want Forbidden", err)
	}
	if _, err := as("nonsense").CoreV1().Pods("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
		t.Errorf("with a false token: got error %v, want Unauthorized", err)
	}
}

// testLoopbackOnly tries all ports on every other address of this machine.
func testLoopbackOnly(t *testing.T, c *Cluster) {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		ip, ok := address.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.IsLinkLocalUnicast() {
			continue
		}
		for _, port := range c.layout.ports.all() {
			target := net.TCPAddr{IP: ip.IP, Port: *port}
			if conn, err := net.DialTimeout("tcp", target.String(), time.Second); err == nil {
				conn.Close()
				t.Errorf("%v answers, want loopback only", target)
			}
		}
	}
}

func testExisting(t *testing.T, c *Cluster) {
	t.Helper()
	t.Setenv("KUBECONFIG", c.Kubeconfig())
	other, err := Start(t.Context(), Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", other.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Namespaces().Get(t.Context(), "shop", metav1.GetOptions{}); err != nil {
		t.Errorf("through the copied kubeconfig: %v", err)
	}
	if _, err := other.AddNodes(t.Context(), 1, NodeOptions{}); !errors.Is(err, ErrExisting) {
		t.Errorf("AddNodes: got error %v, want %v", err, ErrExisting)
	}
	if err := other.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if _, err := os.Stat(other.Kubeconfig()); !os.IsNotExist(err) {
		t.Errorf("the copied kubeconfig is left (%v)", err)
	}
	if _, err := c.client.CoreV1().Namespaces().Get(t.Context(), "shop", metav1.GetOptions{}); err != nil {
		t.Errorf("the cluster after Stop of the other: %v", err)
	}
}

func testCompact(t *testing.T, c *Cluster) {
	t.Helper()
	list, err := c.client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// Of etcd itself, for the apiserver keeps some history of its own.
	then := map[string]any{"key": []byte("/registry/namespaces/shop"), "revision": list.ResourceVersion}
	if err := c.askEtcd(t.Context(), "range", then, nil); err != nil {
		t.Fatalf("as of a moment ago, before Compact: %v", err)
	}
	if err := c.CreateNamespace(t.Context(), "newer", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.askEtcd(t.Context(), "range", then, nil); err == nil {
		t.Error("etcd still knows what was before Compact")
	}
	if _, err := c.client.CoreV1().Namespaces().Get(t.Context(), "newer", metav1.GetOptions{}); err != nil {
		t.Errorf("what is now, after Compact: %v", err)
	}
}

func testRestart(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Kill(APIServer); err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.CoreV1().Namespaces().Get(t.Context(), "shop", metav1.GetOptions{}); err == nil {
		t.Error("a killed apiserver answers")
	}
	var exit *ExitError
	if err := c.Pause(APIServer); !errors.As(err, &exit) {
		t.Errorf("Pause of a killed component: got error %v, want an *ExitError", err)
	}
	begin := time.Now()
	if err := c.Restart(t.Context(), APIServer); err != nil {
		t.Fatal(err)
	}
	t.Logf("the apiserver is back after %s", time.Since(begin).Round(time.Millisecond))
	if _, err := c.client.CoreV1().Namespaces().Get(t.Context(), "shop", metav1.GetOptions{}); err != nil {
		t.Errorf("after Restart: %v", err)
	}
	if err := c.Pause(Etcd); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := c.client.CoreV1().Namespaces().Get(ctx, "shop", metav1.GetOptions{}); err == nil {
		t.Error("a read succeeds while etcd is paused")
	}
	if err := c.Resume(Etcd); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := c.client.CoreV1().Namespaces().Get(ctx, "shop", metav1.GetOptions{})
		return err
	})
}

// TestBareAPI starts the API alone, from a folder given by environment: pods
// can be created although nobody makes ServiceAccounts.
func TestBareAPI(t *testing.T) {
	dir, err := Binaries(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(AssetsEnv, dir)
	data := t.TempDir()
	begin := time.Now()
	c := ForTest(t, Options{Components: []Component{APIServer}, DataDir: data})
	t.Logf("started in %s", time.Since(begin).Round(time.Millisecond))
	if got := len(c.processes); got != 2 {
		t.Errorf("got %d processes, want 2", got)
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "alone"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "example.org/c:1"}}},
	}
	if _, err := c.client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
	if err := c.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if _, err := os.Stat(c.Kubeconfig()); err != nil {
		t.Errorf("a folder given by the caller must stay: %v", err)
	}
}
