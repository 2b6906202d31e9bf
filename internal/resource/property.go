package resource

import "strings"

// The names of properties that customers' dashboards, alert rules and
// DataSources depend on. They are the first Argus's, to the letter.
const (
	PropClusterName = "auto.clustername"
	PropName        = "auto.name"
	PropNamespace   = "auto.namespace"
	PropUID         = "auto.uid"
	PropSelfLink    = "auto.selflink"
	PropNodeName    = "auto.nodename"
	PropCreatedBy   = "auto.createdBy"
	PropCategories  = "system.categories"
	PropIPs         = "system.ips"
	PropCreatedOn   = "kubernetes.resourceCreatedOn"
	PropDeletedOn   = "kubernetes.resourceDeletedOn"
	PropDeleteAfter = "kubernetes.resourcedeleteafterduration"
	PropHostNetwork = "kubernetes.pod.hostNetwork"

	PrefixLabel      = "kubernetes.label."
	PrefixAnnotation = "kubernetes.annotation."
	// PrefixSpec begins the properties of selectors.
	PrefixSpec = "kubernetes.spec."

	// CreatedBy begins the value of auto.createdBy of resources and of
	// createdBy of groups; the version follows.
	CreatedBy = "LogicMonitor/Argus: "

	// Empty stands for an empty value, which LogicMonitor does not store.
	Empty = "null"
	// Masked is what the account shows in place of a value that it holds to be
	// secret.
	Masked = "********"
)

// owned are the properties that Argus writes and repairs, beside those with one
// of its prefixes. Not among them: auto.createdBy, which keeps the version that
// created the resource, and the marks of deletion.
var owned = map[string]bool{
	PropClusterName:                  true,
	PropName:                         true,
	PropNamespace:                    true,
	PropUID:                          true,
	PropSelfLink:                     true,
	PropNodeName:                     true,
	strings.ToLower(PropCreatedOn):   true,
	strings.ToLower(PropHostNetwork): true,
}

// Ownership says which properties of a resource are Argus's to write and to
// remove. Everything else is somebody else's and survives every change.
type Ownership struct {
	// Ignored tells of a property, by its lower-case name, that it is left as
	// it is although its name looks like ours: labels and annotations that the
	// configuration says to ignore. Nil ignores nothing.
	Ignored func(name string) bool
	// Category says whether an element of system.categories is one that Argus
	// or the first Argus gives, for any kind, in any life. Nil takes all that
	// begin as ours do.
	Category func(category string) bool
}

// Categories are those of the elements of system.categories that are Argus's to
// write and to remove. The mark of a conflict is not: Argus gives none, and one
// that the first Argus left stays until a person asks (Conflicts).
func (o Ownership) Categories(all []string) []string {
	return o.categories(all, false)
}

// Conflicts are the elements of system.categories by which the first Argus marked
// a resource whose name was taken.
func (o Ownership) Conflicts(all []string) []string {
	return o.categories(all, true)
}

func (o Ownership) categories(all []string, conflicts bool) []string {
	var ours []string
	for _, c := range all {
		mine := o.Category != nil && o.Category(c) || o.Category == nil && strings.HasPrefix(c, categoryPrefix)
		if mine && conflicts == strings.HasSuffix(strings.ToLower(c), suffixConflictLower) {
			ours = append(ours, c)
		}
	}
	return ours
}

// Owns says whether the property is Argus's. Names are compared without case,
// because LogicMonitor does.
func (o Ownership) Owns(name string) bool {
	name = strings.ToLower(name)
	if !owned[name] && !strings.HasPrefix(name, PrefixLabel) &&
		!strings.HasPrefix(name, PrefixAnnotation) && !strings.HasPrefix(name, PrefixSpec) {
		return false
	}
	return o.Ignored == nil || !o.Ignored(name)
}

// sensitive are the endings of property names whose values the account masks.
var sensitive = []string{".pass", ".password", ".key", ".community", ".authtoken", ".privtoken", ".secret", ".token"}

// Sensitive says whether the account may show Masked instead of the value of a
// property with this name (logicmonitor.com "add a device": eight asterisks).
// The list is wider than what is known for certain: a name listed here is only
// compared with more care.
func Sensitive(name string) bool {
	name = strings.ToLower(name)
	for _, ending := range sensitive {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}
