// Package kind is the table of the Kubernetes kinds that Argus mirrors: one row
// and one pure Mapper each, in a file of the kind's name. It says what an object
// should be in LogicMonitor and nothing about how or when it gets there: no I/O,
// no clock, no log.
//
// To add a kind, write its file, name its row in All, and give it a scenario.
package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/argus-k8s/argus/internal/resource"
)

// Object is a Kubernetes object as a watch delivers it.
type Object interface {
	metav1.Object
	runtime.Object
}

// A Mapper tells the Builder what is particular to one kind. What all kinds
// share (identity, labels, annotations, category, default names) is there
// already, and what the Mapper says about a name replaces the default.
//
// It is pure. It returns resource.NotReady for an object that cannot be mirrored
// yet and resource.Excluded for one that must not be.
type Mapper[T Object] func(obj T, b *resource.Builder) error

// Class orders kinds by how soon a person misses them: with a limited number of
// requests a minute, the lower class goes first.
type Class uint8

// The classes, first things first.
const (
	ClassNode Class = iota
	ClassWorkload
	ClassService
	ClassPod
	ClassOther
)

// A Kind is one row of the table.
type Kind struct {
	// ID is the plural name: the REST resource, the word in configuration
	// files, and the kind of a resource.Key.
	ID resource.Kind
	// Aliases are the other words users may write for it, in lower case.
	Aliases []string
	// Short is the part of display names that tells kinds apart ("pod").
	Short string
	// Title is the singular name in portals, and Plural the name of its group.
	Title, Plural string
	// Served are the API versions Argus can read, best first. The first that
	// the cluster serves is taken. A kind that is read whole has one, that of
	// its Go type; a kind that is no Kubernetes object has none.
	Served []schema.GroupVersion
	// Namespaced says whether its objects live in namespaces.
	Namespaced bool
	// LinkPath is the API path in auto.selflink: the first Argus's, even where
	// it names a version that clusters no longer serve, because the value is
	// stored on every resource of every account.
	LinkPath string
	// GroupsOnly kinds make groups and no resources: namespaces, and etcd.
	GroupsOnly bool
	// MetadataOnly kinds are read without spec, status and data.
	MetadataOnly bool
	// Class is its place in the queue.
	Class Class
	// Preset is the smallest preset that holds it.
	Preset Preset

	newObject func() Object
	mapObject func(obj Object, b *resource.Builder) error
	// newWhole and tellSelector are there for kinds that have a selector.
	newWhole     func() Object
	tellSelector func(obj Object, b *resource.Builder) error
}

// View is what a mapping depends on beside the object itself. It is a value:
// a change of configuration makes a new one.
type View struct {
	Cluster resource.Cluster
	// IgnoreLabel and IgnoreAnnotation say which keys are not carried over.
	// They must not mind case: of what the account holds they are asked in
	// lower case. Nil ignores none; those that hold whole objects (see
	// confidential) never are carried over.
	IgnoreLabel, IgnoreAnnotation func(key string) bool
	// Selectors says whether objects that select others tell how
	// (kubernetes.spec...). It is off because accounts of the first Argus, up to
	// 6.1, have no such properties. While it is off those that an account
	// has are left alone.
	Selectors bool
	// Exclude names the rule that keeps an object out of the account, or "".
	// Nil excludes nothing. It is not asked about kinds that make groups only:
	// what a namespace says of itself is about the objects in it.
	Exclude func(k *Kind, obj metav1.Object) (rule string)
}

// confidential says which annotations are never carried over, whatever is
// configured: programs keep a whole object in them, of a Secret with its data, of
// a workload with the values of its environment, or a token itself. The key may
// be in lower case.
func confidential(key string) bool {
	switch key {
	case "kubectl.kubernetes.io/last-applied-configuration", // kubectl and most that came after it
		"banzaicloud.com/last-applied",    // operators of Banzai Cloud
		"kapp.k14s.io/original",           // Carvel's kapp
		"kapp.k14s.io/original-diff",      // the same
		"objectset.rio.cattle.io/applied", // k3s, Rancher, Fleet
		"openshift.io/token-secret.value": // OpenShift, on the Secrets for its registry
		return true
	}
	return false
}

func (v View) ignoresLabel(key string) bool { return v.IgnoreLabel != nil && v.IgnoreLabel(key) }

func (v View) ignoresAnnotation(key string) bool {
	return confidential(key) || v.IgnoreAnnotation != nil && v.IgnoreAnnotation(key)
}

// Ownership says which properties are Argus's under this view: an ignored label
// or annotation is neither written nor removed.
func (v View) Ownership() resource.Ownership {
	return resource.Ownership{
		Ignored: func(name string) bool {
			if strings.HasPrefix(name, resource.PrefixSpec) {
				return !v.Selectors
			}
			if key, ok := strings.CutPrefix(name, resource.PrefixAnnotation); ok {
				return v.ignoresAnnotation(key)
			}
			key, ok := strings.CutPrefix(name, resource.PrefixLabel)
			return ok && v.ignoresLabel(key)
		},
		Category: func(category string) bool { _, _, ok := ByCategory(category); return ok },
	}
}

// Watched says whether the kind is one of Kubernetes objects, which can be
// watched and may have to be asked permission for.
func (k *Kind) Watched() bool { return len(k.Served) > 0 }

// New returns an empty object of the kind to decode into: the typed object, or
// its metadata for MetadataOnly kinds.
func (k *Kind) New() Object { return k.newObject() }

// MetadataOnlyUnder says whether metadata is all that is read under the view: a
// kind whose selector is asked for is read whole.
func (k *Kind) MetadataOnlyUnder(view View) bool {
	return k.MetadataOnly && !k.tells(view)
}

// NewUnder returns an empty object to decode into under the view.
func (k *Kind) NewUnder(view View) Object {
	if k.tells(view) {
		return k.newWhole()
	}
	return k.newObject()
}

func (k *Kind) tells(view View) bool { return view.Selectors && k.tellSelector != nil }

// Key of an object of this kind.
func (k *Kind) Key(obj metav1.Object) resource.Key {
	return resource.Key{Kind: k.ID, Namespace: obj.GetNamespace(), Name: obj.GetName()}
}

// Map says what the object should be in LogicMonitor. The error is a
// resource.NotReady, a resource.Excluded, or the object is of another kind.
func (k *Kind) Map(obj Object, view View) (resource.Resource, error) {
	if view.Exclude != nil && !k.GroupsOnly {
		if rule := view.Exclude(k, obj); rule != "" {
			return resource.Resource{}, resource.Excluded{Rule: rule, Configured: true}
		}
	}
	b := resource.NewBuilder(k.Key(obj), resource.UID(obj.GetUID()))
	k.mapCommon(obj, view, b)
	if err := k.mapObject(obj, b); err != nil {
		return resource.Resource{}, err
	}
	if k.tells(view) {
		if err := k.tellSelector(obj, b); err != nil {
			return resource.Resource{}, err
		}
	}
	return b.Build(), nil
}

// mapCommon is what all kinds share, nearly in the order of a Resource.
func (k *Kind) mapCommon(obj metav1.Object, view View, b *resource.Builder) {
	name, namespace := obj.GetName(), obj.GetNamespace()
	lmName := k.defaultName(namespace, name)
	b.Name(lmName)
	b.DisplayName(lmName + "-" + view.Cluster.Name)
	b.Category(resource.Category(k.Title))
	b.Auto("clustername", view.Cluster.Name, "clusterName")
	b.Auto("name", name, "metadata.name")
	if k.Namespaced {
		b.Auto("namespace", namespace, "metadata.namespace")
	}
	b.Auto("selflink", k.selfLink(namespace, name), "metadata")
	b.Auto("uid", string(obj.GetUID()), "metadata.uid")
	annotations := obj.GetAnnotations()
	for _, key := range sortedKeys(annotations) {
		if !view.ignoresAnnotation(key) {
			b.Annotation(key, annotations[key])
		}
	}
	labels := obj.GetLabels()
	for _, key := range sortedKeys(labels) {
		if !view.ignoresLabel(key) {
			b.Label(key, labels[key])
		}
	}
	if created := obj.GetCreationTimestamp(); !created.IsZero() {
		b.Custom(resource.PropCreatedOn, strconv.FormatInt(created.Unix(), 10), "metadata.creationTimestamp")
	}
}

// sortedKeys allocates once, which for every object of a cluster counts.
func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// defaultName is the name of a resource that has no address.
func (k *Kind) defaultName(namespace, name string) string {
	if k.Namespaced {
		return name + "-" + k.Short + "-" + namespace
	}
	return name + "-" + k.Short
}

// selfLink rebuilds the link that Kubernetes no longer gives.
func (k *Kind) selfLink(namespace, name string) string {
	switch {
	case !k.Namespaced:
		return k.LinkPath + "/" + string(k.ID) + "/" + name
	case namespace == "":
		return ""
	}
	return k.LinkPath + "/namespaces/" + namespace + "/" + string(k.ID) + "/" + name
}

// pointer is an Object that is a pointer to T, so that T is known from a Mapper.
type pointer[T any] interface {
	*T
	Object
}

// define completes a row with the Mapper of a typed object. Here and in selecting
// are the only type assertions on an object in Argus.
func define[T any, P pointer[T]](row Kind, mapper Mapper[P]) *Kind {
	row.newObject = func() Object { return P(new(T)) }
	row.mapObject = func(obj Object, b *resource.Builder) error {
		typed, ok := obj.(P)
		if !ok {
			return fmt.Errorf("map %s %s/%s: got a %T", row.ID, obj.GetNamespace(), obj.GetName(), obj)
		}
		return mapper(typed, b)
	}
	return &row
}

// nothingMore is the Mapper of a kind that is read whole for its metadata.
func nothingMore[T Object](T, *resource.Builder) error { return nil }

// defineMetadata completes a row whose mapping needs an object's metadata only,
// so that nothing else of it crosses the wire. Any object has metadata.
func defineMetadata(row Kind) *Kind {
	row.MetadataOnly = true
	row.newObject = func() Object { return new(metav1.PartialObjectMetadata) }
	row.mapObject = func(Object, *resource.Builder) error { return nil }
	return &row
}

// served lists versions of one API group, best first; the group "" is the core.
func served(group string, versions ...string) []schema.GroupVersion {
	list := make([]schema.GroupVersion, len(versions))
	for i, version := range versions {
		list[i] = schema.GroupVersion{Group: group, Version: version}
	}
	return list
}
