package resourcegroup

import (
	"strings"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// Layout is what the tree depends on.
type Layout struct {
	Cluster resource.Cluster
	// Version of this program, for createdBy.
	Version string
	// Facts about the cluster that the cluster group tells, with their history.
	Facts []resource.Property
	// Legacy takes the layout of the first Argus: a group for each kind with
	// the namespaces below it.
	Legacy bool
	// Kinds are the kinds that are mirrored.
	Kinds []*kind.Kind
	// Namespaces and Roles as the cluster has them; nil while they are not
	// known, which leaves theirs as they are.
	Namespaces, Roles []string
	// DisableAlerting of the cluster group and of the groups of namespaces and
	// roles; KindAlertingOff of the groups of kinds.
	DisableAlerting bool
	KindAlertingOff map[resource.Kind]bool
	// MarkDeleted says that resources of deleted objects are kept for a while,
	// in groups of their own; NamespaceDeleted gives each namespace one.
	MarkDeleted, NamespaceDeleted bool
	// ClusterProperties and KindProperties are extra properties of groups.
	ClusterProperties []Property
	KindProperties    map[resource.Kind][]Property
}

// first are the kinds of the first Argus. They stand in the texts of groups
// whether or not they are mirrored, as accounts have them; later kinds when they
// are.
var first = map[resource.Kind]bool{
	"pods": true, "deployments": true, "services": true, "horizontalpodautoscalers": true, "nodes": true,
	"etcd": true, "daemonsets": true, "replicasets": true, "statefulsets": true, "configmaps": true,
	"persistentvolumes": true, "persistentvolumeclaims": true, "cronjobs": true, "jobs": true,
	"ingresses": true, "secrets": true, "endpoints": true, "networkpolicies": true,
}

// Wanted is the tree as it should be, from the cluster group down. The texts of
// AppliesTo are those customers' accounts hold, blanks included.
func Wanted(l Layout) *Group {
	root := &Group{
		Name:            ClusterGroup(l.Cluster.Name),
		AppliesTo:       and(hasCategory("KubernetesCluster"), l.here()),
		DisableAlerting: l.DisableAlerting, Repair: true, Facts: l.Facts,
		Properties: append([]Property{{Name: PropClusterUID, Value: string(l.Cluster.UID)}}, l.ClusterProperties...),
	}
	if l.Legacy {
		root.Children, root.Former = l.legacy()
	} else {
		root.Children = []*Group{l.scoped(), l.nodes(), l.namespaces()}
	}
	root.mark(Property{Name: PropCreatedBy, Value: resource.CreatedBy + l.Version})
	return root
}

// mark gives every group the property that says who made it.
func (g *Group) mark(p Property) {
	g.Properties = append([]Property{p}, g.Properties...)
	if g.Prune != nil {
		like := g.Prune.Like
		g.Prune.Like = func(name string) *Group {
			made := like(name)
			made.mark(p)
			return made
		}
	}
	for _, child := range g.Children {
		child.mark(p)
	}
}

// scoped holds the cluster-scoped kinds other than nodes.
func (l Layout) scoped() *Group {
	g := &Group{Name: nameScoped, Repair: true}
	deleted := []string{"KubernetesNode"}
	for _, k := range kind.All {
		if k.Namespaced || k.ID == kind.Namespace.ID || k.ID == kind.Node.ID {
			continue
		}
		if first[k.ID] || l.mirrors(k) {
			g.Children = append(g.Children, l.kindGroup(k))
			deleted = append(deleted, resource.Category(k.Title))
		}
	}
	if l.MarkDeleted {
		g.Children = append(g.Children, &Group{
			Name: nameDeleted, AppliesTo: and(l.here(), anyDeleted(deleted)), DisableAlerting: true, Repair: true,
		})
	}
	return g
}

// kindGroup is the group of all resources of a kind.
func (l Layout) kindGroup(k *kind.Kind) *Group {
	return &Group{
		Name: k.Plural, AppliesTo: and(hasCategory(resource.Category(k.Title)), l.here()), Repair: true,
		DisableAlerting: l.KindAlertingOff[k.ID], Properties: l.KindProperties[k.ID],
	}
}

// nodes is the same in both layouts.
func (l Layout) nodes() *Group {
	category := resource.Category(kind.Node.Title)
	g := &Group{Name: nameNodes, Repair: true, DisableAlerting: l.KindAlertingOff[kind.Node.ID], Properties: l.KindProperties[kind.Node.ID]}
	g.Children = append(g.Children, &Group{Name: nameAll, AppliesTo: and(hasCategory(category), l.here()), Repair: true})
	if l.MarkDeleted {
		g.Children = append(g.Children, l.deletedGroup(category))
	}
	role := func(name string) *Group {
		return &Group{
			Name: name, DisableAlerting: l.DisableAlerting,
			AppliesTo: and(l.here(), `exists("kubernetes.label.node-role.kubernetes.io/`+escape(name)+`")`, hasCategory(category)),
		}
	}
	for _, name := range l.Roles {
		g.Children = append(g.Children, role(name))
	}
	if l.Roles != nil {
		g.Prune = &Prune{Like: role, Key: func(string) resource.Key { return resource.Key{} }}
	}
	return g
}

// namespaces of the current layout.
func (l Layout) namespaces() *Group {
	g := &Group{Name: nameSpaces, Repair: true, DisableAlerting: l.KindAlertingOff[kind.Namespace.ID]}
	var categories []string
	for _, k := range kind.All {
		if k.Namespaced && !k.GroupsOnly && (first[k.ID] || l.mirrors(k)) {
			categories = append(categories, resource.Category(k.Title))
		}
	}
	if l.MarkDeleted {
		g.Children = append(g.Children, &Group{
			Name: nameDeleted, AppliesTo: and(l.here(), anyDeleted(categories)), DisableAlerting: true, Repair: true,
		})
	}
	space := func(name string) *Group {
		made := &Group{Name: name, AppliesTo: and(inNamespace(name), l.here()), DisableAlerting: l.DisableAlerting}
		if l.MarkDeleted && l.NamespaceDeleted {
			made.Children = []*Group{{
				Name: nameDeleted, AppliesTo: and(inNamespace(name), l.here(), anyDeleted(categories)), DisableAlerting: true,
			}}
		}
		return made
	}
	l.perNamespace(g, space)
	return g
}

func (l Layout) perNamespace(g *Group, space func(name string) *Group) {
	for _, name := range l.Namespaces {
		g.Children = append(g.Children, space(name))
	}
	if l.Namespaces != nil {
		g.Prune = &Prune{Like: space, Key: func(name string) resource.Key {
			return resource.Key{Kind: kind.Namespace.ID, Name: name}
		}}
	}
}

// legacy is one group for each kind, with the namespaces below the namespaced. Those
// of kinds that are not mirrored any more lose the namespaces that are gone.
func (l Layout) legacy() (groups, former []*Group) {
	groups = []*Group{l.nodes()}
	for _, k := range kind.All {
		if k.ID == kind.Namespace.ID || k.ID == kind.Node.ID {
			continue
		}
		switch g := l.legacyKind(k); {
		case l.mirrors(k):
			groups = append(groups, g)
		case k.Namespaced:
			former = append(former, g)
		}
	}
	return groups, former
}

func (l Layout) legacyKind(k *kind.Kind) *Group {
	category := resource.Category(k.Title)
	g := l.kindGroup(k)
	// Pods of Argus itself are marked deleted whatever the policy.
	if l.mirrors(k) && (l.MarkDeleted || k.ID == kind.Pod.ID) {
		g.Children = append(g.Children, l.deletedGroup(category))
	}
	if k.Namespaced {
		g.AppliesTo = ""
		l.perNamespace(g, func(name string) *Group {
			return &Group{
				Name: name, DisableAlerting: l.DisableAlerting,
				AppliesTo: and(hasCategory(category), inNamespace(name), l.here()),
			}
		})
	}
	return g
}

func (l Layout) deletedGroup(category string) *Group {
	return &Group{
		Name: nameDeleted, AppliesTo: and(hasCategory(category+resource.SuffixDeleted), l.here()),
		DisableAlerting: true, Repair: true,
	}
}

func (l Layout) mirrors(k *kind.Kind) bool {
	for _, m := range l.Kinds {
		if m.ID == k.ID {
			return true
		}
	}
	return false
}

// here selects the resources of this cluster.
func (l Layout) here() string { return `auto.clustername == "` + escape(l.Cluster.Name) + `"` }

func inNamespace(name string) string { return `auto.namespace == "` + escape(name) + `"` }

func hasCategory(category string) string { return `hasCategory("` + category + `")` }

func and(terms ...string) string { return strings.Join(terms, " && ") }

// anyDeleted selects what is marked deleted of some kinds. The blanks around the
// brackets are those of the first Argus.
func anyDeleted(categories []string) string {
	terms := make([]string, len(categories))
	for i, c := range categories {
		terms[i] = hasCategory(c + resource.SuffixDeleted)
	}
	return " ( " + strings.Join(terms, " || ") + " ) "
}

// escape makes text safe between double quotes.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
}
