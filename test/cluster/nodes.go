package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodeLabel is on every node that AddNodes makes, with the value "true".
const NodeLabel = "argus-cluster/simulated"

// NodeOptions describes simulated nodes. Zero values mean what the fields say.
type NodeOptions struct {
	Prefix string            // names are Prefix-1, Prefix-2 ...; "node" if empty
	Labels map[string]string // beyond those that every node has
	CPU    string            // quantity; 32 if empty
	Memory string            // quantity; 256Gi if empty
	Pods   string            // quantity; 500 if empty
}

// AddNodes adds n nodes played by KWOK and returns their names once all are
// Ready. Each has an InternalIP, a capacity, and a role: the first node of a
// prefix is the control plane (without its usual taint, so that one node is
// enough), the others are workers.
func (c *Cluster) AddNodes(ctx context.Context, n int, o NodeOptions) ([]string, error) {
	if c.options.Existing {
		return nil, fmt.Errorf("add nodes: %w", ErrExisting)
	}
	capacity, err := o.capacity()
	if err != nil {
		return nil, err
	}
	o.Prefix = cmp.Or(o.Prefix, "node")
	present, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("add nodes: %w", err)
	}
	taken := map[string]bool{}
	for _, node := range present.Items {
		taken[node.Name] = true
	}
	var names []string
	for i, address := 1, len(taken)+1; len(names) < n; i++ {
		name := fmt.Sprintf("%s-%d", o.Prefix, i)
		if taken[name] {
			continue
		}
		node := newNode(name, i == 1, nodeIP(address), capacity, o.Labels)
		if _, err := c.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
			return names, fmt.Errorf("add nodes: %w", err)
		}
		names = append(names, name)
		address++
	}
	return names, c.awaitNodes(ctx, names)
}

func (o NodeOptions) capacity() (corev1.ResourceList, error) {
	list := corev1.ResourceList{}
	for name, value := range map[corev1.ResourceName]string{
		corev1.ResourceCPU:    cmp.Or(o.CPU, "32"),
		corev1.ResourceMemory: cmp.Or(o.Memory, "256Gi"),
		corev1.ResourcePods:   cmp.Or(o.Pods, "500"),
	} {
		quantity, err := resource.ParseQuantity(value)
		if err != nil {
			return nil, fmt.Errorf("add nodes: %s %q: %w", name, value, err)
		}
		list[name] = quantity
	}
	return list, nil
}

// nodeIP returns the nth address of the range of nodes.
func nodeIP(n int) string {
	return netip.AddrFrom4([4]byte{172, byte(20 + n>>16), byte(n >> 8), byte(n)}).String()
}

func newNode(name string, first bool, ip string, capacity corev1.ResourceList, extra map[string]string) *corev1.Node {
	role := "node-role.kubernetes.io/worker"
	if first {
		role = "node-role.kubernetes.io/control-plane"
	}
	labels := map[string]string{
		NodeLabel:                "true",
		role:                     "",
		corev1.LabelHostname:     name,
		corev1.LabelOSStable:     "linux",
		corev1.LabelArchStable:   "amd64",
		corev1.LabelTopologyZone: "zone-a",
	}
	maps.Copy(labels, extra)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Labels:      labels,
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
		},
		Status: corev1.NodeStatus{
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: ip},
				{Type: corev1.NodeHostName, Address: name},
			},
			Capacity:    capacity,
			Allocatable: capacity,
		},
	}
}

// awaitNodes returns when all the nodes are Ready.
func (c *Cluster) awaitNodes(ctx context.Context, names []string) error {
	for _, name := range names {
		err := poll(ctx, nil, func(ctx context.Context) error {
			node, err := c.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			for _, condition := range node.Status.Conditions {
				if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
					return nil
				}
			}
			return errors.New("it is not Ready")
		})
		if err != nil {
			return fmt.Errorf("wait for node %s: %w", name, err)
		}
	}
	return nil
}

// CreateNamespace creates a namespace and returns once pods can be created in
// it. A namespace that exists is fine.
func (c *Cluster) CreateNamespace(ctx context.Context, name string, labels map[string]string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	_, err := c.client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create namespace %s: %w", name, err)
	}
	if err := poll(ctx, nil, func(ctx context.Context) error { return c.namespaceReady(ctx, name) }); err != nil {
		return fmt.Errorf("create namespace %s: %w", name, err)
	}
	return nil
}

// namespaceReady tells whether pods can be created in a namespace: it is
// there, and so is its ServiceAccount if somebody makes one.
func (c *Cluster) namespaceReady(ctx context.Context, name string) error {
	if _, err := c.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{}); err != nil {
		return err
	}
	if !c.options.has(ControllerManager) {
		return nil
	}
	_, err := c.client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
	return err
}
