package resource_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/resource"
)

func TestOwnership_Owns(t *testing.T) {
	ignoring := resource.Ownership{Ignored: func(name string) bool { return name == "kubernetes.label.noise" }}
	tests := map[string]struct {
		own  resource.Ownership
		name string
		want bool
	}{
		"identity":                    {resource.Ownership{}, "auto.clustername", true},
		"identity in another case":    {resource.Ownership{}, "AUTO.ClusterName", true},
		"name":                        {resource.Ownership{}, "auto.name", true},
		"namespace":                   {resource.Ownership{}, "auto.namespace", true},
		"uid":                         {resource.Ownership{}, "auto.uid", true},
		"link":                        {resource.Ownership{}, "auto.selflink", true},
		"node":                        {resource.Ownership{}, "auto.nodename", true},
		"created on":                  {resource.Ownership{}, "kubernetes.resourceCreatedOn", true},
		"created on, as stored":       {resource.Ownership{}, "kubernetes.resourcecreatedon", true},
		"host network":                {resource.Ownership{}, "kubernetes.pod.hostNetwork", true},
		"label":                       {resource.Ownership{}, "kubernetes.label.app", true},
		"annotation":                  {resource.Ownership{}, "kubernetes.annotation.a/b", true},
		"selector":                    {resource.Ownership{}, "kubernetes.spec.selector", true},
		"version that created it":     {resource.Ownership{}, "auto.createdBy", false},
		"deletion":                    {resource.Ownership{}, "kubernetes.resourceDeletedOn", false},
		"retention":                   {resource.Ownership{}, "kubernetes.resourcedeleteafterduration", false},
		"categories are merged":       {resource.Ownership{}, "system.categories", false},
		"addresses are the account's": {resource.Ownership{}, "system.ips", false},
		"a person's":                  {resource.Ownership{}, "snmp.community", false},
		"found by LogicMonitor":       {resource.Ownership{}, "auto.network.names", false},
		"ours in name only":           {resource.Ownership{}, "kubernetes.labels", false},
		"ignored":                     {ignoring, "kubernetes.label.noise", false},
		"ignored in another case":     {ignoring, "kubernetes.label.NOISE", false},
		"not ignored":                 {ignoring, "kubernetes.label.app", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.own.Owns(test.name); got != test.want {
				t.Errorf("Owns(%q) = %t, want %t", test.name, got, test.want)
			}
		})
	}
}

func TestOwnership_Categories(t *testing.T) {
	all := []string{"snmp", "KubernetesPod", "KubernetesStuff", "kubernetes"}
	known := resource.Ownership{Category: func(c string) bool { return c == "KubernetesPod" }}
	if diff := cmp.Diff([]string{"KubernetesPod"}, known.Categories(all)); diff != "" {
		t.Errorf("Categories when kinds are known (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"KubernetesPod", "KubernetesStuff"}, resource.Ownership{}.Categories(all)); diff != "" {
		t.Errorf("Categories when they are not (-want +got):\n%s", diff)
	}
}

func TestSensitive(t *testing.T) {
	tests := map[string]bool{
		"esx.pass": true, "ssh.PASSWORD": true, "kubernetes.label.api.key": true, "snmp.community": true,
		"snmp.authToken": true, "snmp.privToken": true, "kubernetes.annotation.x.secret": true, "x.token": true,
		"kubernetes.label.app": false, "kubernetes.label.example.com/key": false, "auto.name": false, "pass": false,
		"kubernetes.label.passport": false,
	}
	for name, want := range tests {
		if got := resource.Sensitive(name); got != want {
			t.Errorf("Sensitive(%q) = %t, want %t", name, got, want)
		}
	}
}

func TestSplitCategories(t *testing.T) {
	tests := map[string]struct {
		value string
		want  []string
	}{
		"one":                {"KubernetesPod", []string{"KubernetesPod"}},
		"two":                {"KubernetesPod,KubernetesPodDeleted", []string{"KubernetesPod", "KubernetesPodDeleted"}},
		"a person's blanks":  {" snmp , KubernetesPod,", []string{"snmp", "KubernetesPod"}},
		"none":               {"", nil},
		"nothing but commas": {", ,", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, resource.SplitCategories(test.value)); diff != "" {
				t.Errorf("SplitCategories(%q) (-want +got):\n%s", test.value, diff)
			}
		})
	}
}

func TestJoinCategories_isUndoneBySplit(t *testing.T) {
	if got, want := resource.JoinCategories([]string{"KubernetesPod", "snmp"}), "KubernetesPod,snmp"; got != want {
		t.Errorf("JoinCategories = %q, want %q", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		categories := rapid.SliceOf(rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9 ]{0,8}[A-Za-z0-9]`)).Draw(t, "categories")
		got := resource.SplitCategories(resource.JoinCategories(categories))
		if len(got) != len(categories) || strings.Join(got, "|") != strings.Join(categories, "|") {
			t.Fatalf("split after join of %q = %q", categories, got)
		}
	})
}

func TestOwnership_Conflicts(t *testing.T) {
	all := []string{"snmp", "KubernetesPod", "KubernetesPodConflict", "kubernetespodCONFLICT", "KubernetesPodDeleted", "Conflict"}
	byPrefix := resource.Ownership{}
	byTable := resource.Ownership{Category: func(c string) bool { return strings.HasPrefix(strings.ToLower(c), "kubernetespod") }}
	tests := map[string]struct {
		got, want []string
	}{
		"ours, by prefix":      {byPrefix.Categories(all), []string{"KubernetesPod", "KubernetesPodDeleted"}},
		"ours, by table":       {byTable.Categories(all), []string{"KubernetesPod", "KubernetesPodDeleted"}},
		"conflicts, by prefix": {byPrefix.Conflicts(all), []string{"KubernetesPodConflict"}},
		"conflicts, by table":  {byTable.Conflicts(all), []string{"KubernetesPodConflict", "kubernetespodCONFLICT"}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
