package kind_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

func TestPreset_Includes(t *testing.T) {
	essentials := []resource.Kind{
		"pods", "deployments", "services", "horizontalpodautoscalers", "nodes", "etcd", "namespaces",
		"daemonsets", "replicasets", "statefulsets", "persistentvolumes", "persistentvolumeclaims",
	}
	standard := []resource.Kind{
		"cronjobs", "jobs", "ingresses", "endpoints", "networkpolicies",
		"gateways", "httproutes", "limitranges", "poddisruptionbudgets", "resourcequotas", "storageclasses",
	}
	var everything []resource.Kind
	for _, k := range kind.All {
		everything = append(everything, k.ID)
	}
	tests := map[kind.Preset]map[resource.Kind]bool{
		kind.PresetEssentials: set(essentials),
		kind.PresetStandard:   set(append(essentials, standard...)),
		kind.PresetEverything: set(everything),
	}
	for preset, want := range tests {
		got := map[resource.Kind]bool{}
		for _, k := range kind.All {
			if preset.Includes(k) {
				got[k.ID] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("kinds of %s (-want +got):\n%s", preset, diff)
		}
	}
}

// The mode "Essentials" of the lm-container chart switches these off.
func TestPreset_essentialsAreTheChartsEssentials(t *testing.T) {
	off := []string{
		"resourcequotas", "limitranges", "roles", "rolebindings", "networkpolicies", "configmaps", "clusterrolebindings", "clusterroles",
		"priorityclasses", "storageclasses", "cronjobs", "jobs", "endpoints", "ingresses", "secrets", "serviceaccounts",
		"poddisruptionbudgets", "customresourcedefinitions",
	}
	for _, word := range off {
		k, err := kind.Parse(word)
		if err != nil {
			t.Errorf("Parse(%q): %v, want a kind: charts name it", word, err)
			continue
		}
		if kind.PresetEssentials.Includes(k) {
			t.Errorf("essentials includes %s, want it left out as in the chart", k.ID)
		}
	}
}

func TestParsePreset(t *testing.T) {
	for _, want := range []kind.Preset{kind.PresetEssentials, kind.PresetStandard, kind.PresetEverything} {
		if got, err := kind.ParsePreset(want.String()); got != want || err != nil {
			t.Errorf("ParsePreset(%q) = %s, %v, want itself", want, got, err)
		}
	}
	if got, err := kind.ParsePreset(" Standard "); got != kind.PresetStandard || err != nil {
		t.Errorf("ParsePreset( Standard ) = %s, %v, want standard", got, err)
	}
	want := `unknown preset "minimal": want one of essentials, standard, everything`
	if got, err := kind.ParsePreset("minimal"); err == nil || err.Error() != want {
		t.Errorf("ParsePreset(minimal) = %s, %v, want error %q", got, err, want)
	}
	if got := kind.Preset(9).String(); got != "preset 9" {
		t.Errorf("Preset(9) = %q, want %q", got, "preset 9")
	}
}

func set(ids []resource.Kind) map[resource.Kind]bool {
	s := map[resource.Kind]bool{}
	for _, id := range ids {
		s[id] = true
	}
	return s
}
