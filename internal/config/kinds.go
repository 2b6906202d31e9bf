package config

import (
	"slices"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// byNameOnly are the kinds that no preset holds: reading them is a right that
// must be given knowingly.
func byNameOnly() []resource.Kind { return []resource.Kind{"secrets"} }

// beyond are the kinds that a preset leaves out. The list of essentials is the
// one of the older charts' monitoring mode of that name.
func beyond(preset string) []resource.Kind {
	rare := []resource.Kind{
		"configmaps", "serviceaccounts", "roles", "rolebindings", "clusterroles", "clusterrolebindings",
		"priorityclasses", "customresourcedefinitions",
	}
	switch preset {
	case "essentials":
		return append(rare, "resourcequotas", "limitranges", "networkpolicies", "storageclasses", "cronjobs", "jobs",
			"endpoints", "endpointslices", "ingresses", "poddisruptionbudgets", "gateways", "httproutes")
	case "everything":
		return nil
	}
	return rare
}

// EnabledKinds are the rows of the table of kinds that are to be mirrored, in
// its order. Kinds that make groups, without which there is no tree, are always
// among them.
func (c Config) EnabledKinds() []*kind.Kind {
	out := append(beyond(c.Kinds.Preset), byNameOnly()...)
	enabled, disabled := c.named(c.Kinds.Enable), c.named(slices.Concat(c.Kinds.Disable, c.Monitoring.Disable))
	var kinds []*kind.Kind
	for _, k := range kind.All {
		on := slices.Contains(enabled, k.ID) || !slices.Contains(out, k.ID)
		if k.GroupsOnly || on && !slices.Contains(disabled, k.ID) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// AlertingDisabled says whether groups of a kind start without alerting.
func (c Config) AlertingDisabled(id resource.Kind) bool {
	return c.Alerting.DisableAll || slices.Contains(c.named(c.Alerting.Disable), id)
}

// named are the kinds that words name; loading has refused words for none.
func (Config) named(words []string) []resource.Kind {
	var ids []resource.Kind
	for _, w := range words {
		if k, err := kind.Parse(w); err == nil {
			ids = append(ids, k.ID)
		}
	}
	return ids
}
