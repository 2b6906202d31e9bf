package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

// known is an object that the file has applied.
type known struct {
	resource        schema.GroupVersionResource
	namespace, name string
}

// own are the names that belong to a scenario: it sees nothing else of a cluster
// that it shares.
type own struct{ namespaces, scoped, roles map[string]bool }

func newOwn() own { return own{map[string]bool{}, map[string]bool{}, map[string]bool{}} }

// labelRole begins the labels that name the roles of a node.
const labelRole = "node-role.kubernetes.io/"

func (s *story) k8sCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("k8s cannot be negated")
	}
	ctx := context.Background()
	command(ts, args, map[string]func([]string){
		"apply": func(args []string) {
			want(ts, args, 1, "k8s apply FILE")
			for _, obj := range documents(ts, args[0]) {
				ts.Check(s.apply(ctx, obj))
			}
		},
		"status": func(args []string) {
			want(ts, args, 1, "k8s status FILE")
			for _, obj := range documents(ts, args[0]) {
				k, err := s.find(obj)
				ts.Check(err)
				ts.Check(s.patch(ctx, k, map[string]any{"status": obj.Object["status"]}, "status"))
			}
		},
		"delete": func(args []string) {
			for _, path := range args {
				k := s.applied(ts, path)
				ts.Check(s.delete(ctx, k))
				eventually(ts, func() error { return s.isGone(ctx, k) })
			}
		},
		"label":    func(args []string) { s.mark(ctx, ts, "labels", args) },
		"annotate": func(args []string) { s.mark(ctx, ts, "annotations", args) },
		"revoke": func(args []string) {
			want(ts, args, 1, "k8s revoke GROUP/KIND")
			group, plural := groupKind(args[0])
			ts.Check(s.cluster.revoke(ctx, group, plural))
		},
		"grant": func(args []string) {
			want(ts, args, 1, "k8s grant GROUP/KIND")
			group, plural := groupKind(args[0])
			ts.Check(s.cluster.grant(ctx, group, plural))
		},
		"fault": func(args []string) {
			want(ts, args, 1, "k8s fault NAME")
			c, ok := s.cluster.(*fakeCluster)
			if !ok {
				ts.Fatalf("a real apiserver has no faults: begin the file with %q", fakeOnly)
			}
			ts.Check(c.fault(args[0]))
		},
	})
}

// groupKind reads pods, or apps/deployments.
func groupKind(text string) (group, plural string) {
	if group, plural, ok := strings.Cut(text, "/"); ok {
		return group, plural
	}
	return "", text
}

// documents are the objects of a YAML file.
func documents(ts *testscript.TestScript, file string) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i, text := range strings.Split("\n"+ts.ReadFile(file), "\n---\n") {
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
			ts.Fatalf("%s, document %d: %v", file, i+1, err)
		}
		if len(obj.Object) > 0 {
			all = append(all, obj)
		}
	}
	return all
}

// find learns where the API keeps an object, waiting for a kind that was just
// defined.
func (s *story) find(obj *unstructured.Unstructured) (known, error) {
	client, err := discovery.NewDiscoveryClientForConfig(s.cluster.admin())
	if err != nil {
		return known{}, err
	}
	version := obj.GroupVersionKind().GroupVersion()
	list, err := client.ServerResourcesForGroupVersion(version.String())
	if err != nil {
		return known{}, fmt.Errorf("find kind %s: %w", obj.GetKind(), err)
	}
	for _, r := range list.APIResources {
		if r.Kind == obj.GetKind() && !strings.Contains(r.Name, "/") {
			k := known{version.WithResource(r.Name), obj.GetNamespace(), obj.GetName()}
			if r.Namespaced != (k.namespace != "") {
				return k, fmt.Errorf("%s: give it a namespace if its kind has them, and only then", k)
			}
			return k, nil
		}
	}
	return known{}, errors.New("the API has no kind " + obj.GetKind())
}

func (k known) String() string { return k.resource.Resource + "/" + k.namespace + "/" + k.name }

func (s *story) client(k known) (dynamic.ResourceInterface, error) {
	client, err := dynamic.NewForConfig(s.cluster.admin())
	if err != nil {
		return nil, err
	}
	if k.namespace == "" {
		return client.Resource(k.resource), nil
	}
	return client.Resource(k.resource).Namespace(k.namespace), nil
}

// apply creates an object, or merges it into the one there is, and then sets its
// status if it has one.
func (s *story) apply(ctx context.Context, obj *unstructured.Unstructured) error {
	k, err := s.find(obj)
	if err != nil {
		return err
	}
	s.remember(k, obj)
	client, err := s.client(k)
	if err != nil {
		return err
	}
	_, err = client.Create(ctx, obj, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		err = s.patch(ctx, k, obj.Object)
	}
	if err != nil {
		return fmt.Errorf("apply %s: %w", k, err)
	}
	if status, ok := obj.Object["status"]; ok {
		return s.patch(ctx, k, map[string]any{"status": status}, "status")
	}
	return s.established(ctx, k)
}

// established waits until a kind that was defined is served.
func (s *story) established(ctx context.Context, k known) error {
	if k.resource.Resource != "customresourcedefinitions" {
		return nil
	}
	client, err := s.client(k)
	if err != nil {
		return err
	}
	crd, err := client.Get(ctx, k.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	probe := &unstructured.Unstructured{}
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	probe.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind})
	probe.SetNamespace("any")
	return poll(func() error {
		_, err := s.find(probe)
		return err
	})
}

func (s *story) patch(ctx context.Context, k known, change map[string]any, subresources ...string) error {
	client, err := s.client(k)
	if err != nil {
		return err
	}
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	if _, err = client.Patch(ctx, k.name, types.MergePatchType, body, metav1.PatchOptions{}, subresources...); err != nil {
		return fmt.Errorf("change %s: %w", k, err)
	}
	return nil
}

func (s *story) delete(ctx context.Context, k known) error {
	client, err := s.client(k)
	if err != nil {
		return err
	}
	grace, background := int64(0), metav1.DeletePropagationBackground
	err = client.Delete(ctx, k.name, metav1.DeleteOptions{GracePeriodSeconds: &grace, PropagationPolicy: &background})
	if err != nil {
		return fmt.Errorf("delete %s: %w", k, err)
	}
	return nil
}

// clean deletes what the file has applied, as far as others would see it.
func (s *story) clean(tb testing.TB) {
	tb.Helper()
	ctx := context.Background()
	for _, k := range s.known {
		if k.namespace != "" {
			continue // goes with its namespace
		}
		if err := s.delete(ctx, k); err != nil && !gone(err) {
			tb.Errorf("clean up: %v", err)
		}
		if err := poll(func() error { return s.isGone(ctx, k) }); err != nil {
			tb.Errorf("clean up: %v", err)
		}
	}
}

func (s *story) isGone(ctx context.Context, k known) error {
	client, err := s.client(k)
	if err != nil {
		return err
	}
	_, err = client.Get(ctx, k.name, metav1.GetOptions{})
	switch {
	case gone(err):
		return nil
	case err == nil:
		return fmt.Errorf("%s is still there", k)
	}
	return err
}

// mark sets labels or annotations, each key=value, or removes them, each key-.
func (s *story) mark(ctx context.Context, ts *testscript.TestScript, what string, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: k8s label KIND/NAMESPACE/NAME key=value key-")
	}
	k := s.applied(ts, args[0])
	values := map[string]any{}
	for _, arg := range args[1:] {
		key, value, set := strings.Cut(arg, "=")
		if set {
			values[key] = value
			s.own.role(key)
		} else {
			values[strings.TrimSuffix(key, "-")] = nil
		}
	}
	ts.Check(s.patch(ctx, k, map[string]any{"metadata": map[string]any{what: values}}))
}

// remember makes an object the scenario's own.
func (s *story) remember(k known, obj *unstructured.Unstructured) {
	s.known[k.String()] = k
	switch {
	case k.resource.Resource == "namespaces":
		s.own.namespaces[k.name] = true
	case k.namespace == "":
		s.own.scoped[k.name] = true
	}
	for label := range obj.GetLabels() {
		s.own.role(label)
	}
}

func (o own) role(label string) {
	if role, ok := strings.CutPrefix(label, labelRole); ok {
		o.roles[role] = true
	}
}

// applied is an object that the file has applied: KIND/NAMESPACE/NAME, or KIND//NAME.
func (s *story) applied(ts *testscript.TestScript, path string) known {
	k, ok := s.known[path]
	if !ok {
		ts.Fatalf("%s was not applied by this file; write KIND/NAMESPACE/NAME, or KIND//NAME", path)
	}
	return k
}
