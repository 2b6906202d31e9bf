package config

import (
	"slices"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// EnabledKinds are the rows of the table of kinds that are to be mirrored, in
// its order. Namespaces, without which there is no tree, are always among them.
func (c Config) EnabledKinds() []*kind.Kind {
	preset, err := kind.ParsePreset(c.Kinds.Preset)
	if err != nil {
		preset = kind.PresetStandard // only a Config that was not loaded comes here
	}
	enabled, disabled := named(c.Kinds.Enable), named(c.switchedOff())
	var kinds []*kind.Kind
	for _, k := range kind.All {
		on := preset.Includes(k) || slices.Contains(enabled, k.ID)
		if k == kind.Namespace || on && !slices.Contains(disabled, k.ID) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// DisabledKinds are the rows of the kinds that are switched off by name, whose
// resources are to be removed. Those of kinds that are merely not in the preset
// stay as they are, so that a preset takes nothing away.
func (c Config) DisabledKinds() []*kind.Kind {
	disabled := named(c.switchedOff())
	var kinds []*kind.Kind
	for _, k := range kind.All {
		if k != kind.Namespace && slices.Contains(disabled, k.ID) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Reuses says whether the resource of an object that was deleted and created again
// is kept.
func (c Config) Reuses(id resource.Kind) bool {
	switch r := c.LM.Resource; {
	case slices.Contains(named(r.Reuse), id):
		return true
	case slices.Contains(named(r.Replace), id):
		return false
	default:
		return r.OnRecreate == "reuse"
	}
}

// AlertingDisabled says whether groups of a kind are without alerting by
// themselves. Alerting.DisableAll is not asked: it is the cluster group's switch,
// which counts for all below it, and the first Argus left those of kinds alone.
func (c Config) AlertingDisabled(id resource.Kind) bool {
	return slices.Contains(named(c.Alerting.Disable), id)
}

// formerKinds completes the choice of a file that says which kinds it does not
// want and not which it does: it means what its Argus mirrored and nothing newer,
// so that taking over creates nothing. ConfigMaps were always off in Argus 6.
func (c *Config) formerKinds(v6 bool) {
	c.Kinds.Preset = kind.PresetEssentials.String()
	c.Kinds.Enable = append(c.Kinds.Enable, "cronjobs", "jobs", "ingresses", "secrets", "endpoints", "networkpolicies")
	if !v6 {
		c.Kinds.Enable = append(c.Kinds.Enable, "configmaps", "clusterrolebindings", "clusterroles", "customresourcedefinitions",
			"limitranges", "poddisruptionbudgets", "priorityclasses", "resourcequotas", "rolebindings", "roles", "serviceaccounts", "storageclasses")
	}
}

// switchedOff are the words for kinds not to mirror, whoever says so.
func (c Config) switchedOff() []string {
	off := slices.Concat(c.Kinds.Disable, c.Monitoring.Disable)
	if c.MonitoringMode != "" && c.MonitoringMode != modeAdvanced { // a Config that was not loaded has none
		off = append(off, "clusterrolebindings", "clusterroles", "configmaps", "cronjobs", "customresourcedefinitions", "endpoints", "ingresses", "jobs",
			"limitranges", "networkpolicies", "poddisruptionbudgets", "priorityclasses", "resourcequotas", "rolebindings", "roles", "secrets",
			"serviceaccounts", "storageclasses")
	}
	return off
}

// modeAdvanced is the one mode of the newest chart that switches nothing off.
const modeAdvanced = "Advanced"

// named are the kinds that words name; loading has refused words for none.
func named(words []string) []resource.Kind {
	var ids []resource.Kind
	for _, w := range words {
		if k, err := kind.Parse(w); err == nil {
			ids = append(ids, k.ID)
		}
	}
	return ids
}
