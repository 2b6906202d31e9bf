package takeover

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/internal/resource"
)

// TestBack: after Argus has followed changes for a while, the first Argus would
// find on its return nothing to create, to change or to delete.
func TestBack(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		// What it missed itself it may miss again.
		if got := s.firstArgus(t); len(got) != len(s.missed()) {
			t.Fatalf("the recording itself: the first Argus would change %q, want only %q", got, s.missed())
		}
		a := s.start(t)
		a.settle(t)
		s.cluster.edit(deployment, func(o kind.Object) {
			o.SetLabels(map[string]string{"app": "web", "empty": "", "tier": "front"})
		})
		s.cluster.edit(endpoints, func(o kind.Object) { o.SetUID("created-again") })
		s.cluster.edit(resource.Key{Kind: "pods", Namespace: "shop", Name: "agent-fw8zb"}, func(o kind.Object) {
			o.(*corev1.Pod).Status.PodIP = "10.128.0.99"
		})
		s.cluster.remove(database)
		s.cluster.put("pods", func() kind.Object {
			pod := s.cluster.objects[resource.Key{Kind: "pods", Namespace: "shop", Name: "agent-gr686"}].DeepCopyObject().(*corev1.Pod)
			pod.Name, pod.UID, pod.Status.PodIP = "agent-new", "uid-of-new", "10.128.0.100"
			return pod
		}())
		a.settle(t)
		a.stop()
		if got := s.firstArgus(t); len(got) > 0 {
			t.Errorf("the first Argus would change %q, want nothing", got)
		}
	})
}

// firstArgus is what the first Argus would do with the account after a start,
// by its own rules: it takes for a resource each device of type 8 that carries the
// cluster's name and is not marked deleted, and its kind is in the first category
// that begins with Kubernetes.
func (s *scene) firstArgus(t *testing.T) (changes []string) {
	t.Helper()
	cached := map[resource.Key]account.Device{}
	for id := range int32(2000) {
		d, ok := s.sim.Device(id)
		p := propertiesOf(d.Custom)
		if !ok || d.Type != 8 || p["auto.clustername"] != "lab" || p["kubernetes.resourceDeletedOn"] != "" || strings.Contains(p["system.categories"], "Deleted") {
			continue
		}
		at := slices.IndexFunc(strings.Split(p["system.categories"], ","), func(c string) bool { return strings.HasPrefix(c, "Kubernetes") })
		k, err := kind.Parse(strings.TrimPrefix(strings.Split(p["system.categories"], ",")[at], "Kubernetes"))
		if err != nil {
			t.Fatalf("device %q: %v", d.DisplayName, err)
		}
		key := resource.Key{Kind: k.ID, Namespace: p["auto.namespace"], Name: p["auto.name"]}
		if _, twice := cached[key]; twice {
			changes = append(changes, "delete duplicate "+d.DisplayName)
		}
		cached[key] = d
	}
	s.cluster.mu.Lock()
	defer s.cluster.mu.Unlock()
	for key, obj := range s.cluster.objects {
		d, has := cached[key]
		delete(cached, key)
		pod, isPod := obj.(*corev1.Pod)
		switch {
		case key.Kind == kind.Namespace.ID, isPod && pod.Status.Phase == corev1.PodSucceeded:
		case !has:
			changes = append(changes, "create "+key.String())
		default:
			changes = append(changes, firstArgusUpdates(key, obj, d)...)
		}
	}
	for key := range cached {
		changes = append(changes, "delete "+key.String())
	}
	return changes
}

// firstArgusUpdates are the differences that had it write to a device.
func firstArgusUpdates(key resource.Key, obj kind.Object, d account.Device) (changes []string) {
	p := propertiesOf(d.Custom)
	if uid := string(obj.GetUID()); p["auto.uid"] != uid {
		changes = append(changes, fmt.Sprintf("replace %s: UID %q, %q", key, p["auto.uid"], uid))
	}
	name := d.Name
	switch o := obj.(type) {
	case *corev1.Pod:
		if name = o.Status.PodIP; o.Spec.HostNetwork {
			name = o.Name
		}
		if p["auto.nodename"] != o.Spec.NodeName {
			changes = append(changes, fmt.Sprintf("update %s: node %q", key, p["auto.nodename"]))
		}
	case *corev1.Service:
		if o.Spec.ClusterIP != "" && o.Spec.ClusterIP != corev1.ClusterIPNone {
			name = o.Spec.ClusterIP
		}
	case *corev1.Node:
		for _, a := range o.Status.Addresses {
			if a.Type == corev1.NodeInternalIP {
				name = a.Address
			}
		}
	}
	if d.Name != name {
		changes = append(changes, fmt.Sprintf("update %s: name %q, %q", key, d.Name, name))
	}
	labels := map[string]string{}
	for label, value := range obj.GetLabels() {
		labels["kubernetes.label."+label] = value
		if value == "" {
			labels["kubernetes.label."+label] = "null"
		}
	}
	for name, value := range p {
		if strings.HasPrefix(name, "kubernetes.label.") && labels[name] != value {
			changes = append(changes, fmt.Sprintf("update %s: %s is %q", key, name, value))
		}
		delete(labels, name)
	}
	for name := range labels {
		changes = append(changes, fmt.Sprintf("update %s: no %s", key, name))
	}
	return changes
}
