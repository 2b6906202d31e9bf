package resource_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/resource"
)

// wanted is a pod as a Mapper makes it.
func wanted() resource.Resource {
	b := builder()
	b.Name("10.0.0.1")
	b.DisplayName("web-0-pod-shop-lab")
	b.Category("KubernetesPod")
	b.Auto("clustername", "lab", "clusterName")
	b.Auto("name", "web-0", "metadata.name")
	b.Auto("uid", "uid-1", "metadata.uid")
	b.System("ips", "10.0.0.1", "status.podIP")
	b.Custom(resource.PropCreatedOn, "1795378744", "metadata.creationTimestamp")
	b.Label("App.kubernetes.io/Name", "web")
	b.Label("vault.token", "s3cr3t")
	b.Annotation("empty", "")
	return b.Build()
}

// stored is what an account shows of a resource: names in lower case, secrets
// masked, and what others wrote beside ours.
func stored(r resource.Resource) resource.Observed {
	o := resource.Observed{
		ID: 7, Key: r.Key, UID: r.UID, Name: r.Name, DisplayName: "renamed by a person",
		Categories: append([]string{"snmp"}, r.Categories...), IPs: []string{"10.0.0.1", "fd00::1"},
		Properties: []resource.Property{
			{Name: "auto.createdby", Value: "LogicMonitor/Argus: 6.1.1"},
			{Name: "snmp.community", Value: resource.Masked},
			{Name: "kubernetes.resourceDeletedOn", Value: "1795378745"},
			{Name: "location", Value: "rack 4"},
		},
	}
	for _, p := range r.Properties {
		value := p.Value
		if p.Name == "kubernetes.label.vault.token" {
			value = resource.Masked
		}
		o.Properties = append(o.Properties, resource.Property{Name: strings.ToLower(p.Name), Value: value})
	}
	slices.Reverse(o.Properties)
	return o
}

func TestFingerprint_ofWhatTheAccountStoredIsEqual(t *testing.T) {
	r := wanted()
	o := stored(r)
	got, want := o.Fingerprint(resource.Ownership{}), r.Fingerprint(resource.Ownership{})
	if got.Visible != want.Visible {
		t.Errorf("Visible of the stored resource = %d, want %d: it holds what was wanted", got.Visible, want.Visible)
	}
	if got.Full != 0 {
		t.Errorf("Full of an observed resource = %d, want 0: the account does not show everything", got.Full)
	}
	if want.Visible == 0 || want.Full == 0 {
		t.Errorf("Fingerprint = %+v; zero means that there is none", want)
	}
}

func TestFingerprint_observed(t *testing.T) {
	add := func(name, value string) func(*resource.Observed) {
		return func(o *resource.Observed) {
			o.Properties = append(o.Properties, resource.Property{Name: name, Value: value})
		}
	}
	set := func(name, value string) func(*resource.Observed) {
		return func(o *resource.Observed) {
			for i, p := range o.Properties {
				if strings.EqualFold(p.Name, name) {
					o.Properties[i].Value = value
				}
			}
		}
	}
	tests := map[string]struct {
		change func(*resource.Observed)
		equal  bool
	}{
		"display name":                      {func(o *resource.Observed) { o.DisplayName = "x" }, true},
		"a foreign property":                {add("team", "blue"), true},
		"another createdBy":                 {set("auto.createdBy", "LogicMonitor/Argus: 7"), true},
		"the mark of deletion":              {set("kubernetes.resourcedeletedon", "5"), true},
		"a foreign category":                {func(o *resource.Observed) { o.Categories = append(o.Categories, "linux") }, true},
		"our category twice":                {func(o *resource.Observed) { o.Categories = append(o.Categories, "KubernetesPod") }, true},
		"our category in another case":      {func(o *resource.Observed) { o.Categories[1] = "kubernetespod" }, true},
		"our category gone":                 {func(o *resource.Observed) { o.Categories = o.Categories[:1] }, false},
		"a category of ours too many":       {func(o *resource.Observed) { o.Categories = append(o.Categories, "KubernetesPodDeleted") }, false},
		"the mark of a conflict":            {func(o *resource.Observed) { o.Categories = append(o.Categories, "KubernetesPodConflict") }, true},
		"addresses":                         {func(o *resource.Observed) { o.IPs = nil }, true},
		"system.ips":                        {set("system.ips", "10.0.0.9"), true},
		"name":                              {func(o *resource.Observed) { o.Name = "10.0.0.2" }, false},
		"a label's value":                   {set("kubernetes.label.app.kubernetes.io/name", "api"), false},
		"a label's case":                    {set("kubernetes.label.app.kubernetes.io/name", "Web"), false},
		"a label too many":                  {add("kubernetes.label.old", "x"), false},
		"a selector too many":               {add("kubernetes.spec.selector", "x"), false},
		"identity":                          {set("auto.uid", "uid-2"), false},
		"a masked value shown in the clear": {set("kubernetes.label.vault.token", "s3cr3t"), true},
		"a masked property gone": {func(o *resource.Observed) {
			o.Properties = slices.DeleteFunc(o.Properties, func(p resource.Property) bool { return strings.HasSuffix(p.Name, "token") })
		}, false},
		"a label gone": {func(o *resource.Observed) {
			o.Properties = slices.DeleteFunc(o.Properties, func(p resource.Property) bool { return strings.HasSuffix(p.Name, "io/name") })
		}, false},
	}
	ours := resource.Ownership{Category: func(c string) bool { return strings.HasPrefix(strings.ToLower(c), "kubernetespod") }}
	r := wanted()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := stored(r)
			test.change(&o)
			if got := o.Fingerprint(ours).Visible == r.Fingerprint(ours).Visible; got != test.equal {
				t.Errorf("after a change of %s, equal = %t, want %t", name, got, test.equal)
			}
		})
	}
}

func TestFingerprint_wanted(t *testing.T) {
	base := wanted()
	tests := map[string]struct {
		change                   func(*resource.Resource)
		visibleEqual, fullEquals bool
	}{
		"display name":    {func(r *resource.Resource) { r.DisplayName = "x" }, true, true},
		"where from":      {func(r *resource.Resource) { r.Properties[0].From = "x" }, true, true},
		"notes":           {func(r *resource.Resource) { r.Notes = []string{"x"} }, true, true},
		"masked value":    {func(r *resource.Resource) { change(r, "kubernetes.label.vault.token") }, true, false},
		"address":         {func(r *resource.Resource) { change(r, "system.ips") }, true, false},
		"label":           {func(r *resource.Resource) { change(r, "kubernetes.label.App.kubernetes.io/Name") }, false, false},
		"annotation":      {func(r *resource.Resource) { change(r, "kubernetes.annotation.empty") }, false, false},
		"created on":      {func(r *resource.Resource) { change(r, "kubernetes.resourceCreatedOn") }, false, false},
		"order":           {func(r *resource.Resource) { slices.Reverse(r.Properties) }, true, true},
		"more categories": {func(r *resource.Resource) { r.Categories = append(r.Categories, "KubernetesNode") }, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := wanted()
			test.change(&r)
			got, want := r.Fingerprint(resource.Ownership{}), base.Fingerprint(resource.Ownership{})
			if equal := got.Visible == want.Visible; equal != test.visibleEqual {
				t.Errorf("Visible equal = %t, want %t", equal, test.visibleEqual)
			}
			if equal := got.Full == want.Full; equal != test.fullEquals {
				t.Errorf("Full equal = %t, want %t", equal, test.fullEquals)
			}
		})
	}
}

func change(r *resource.Resource, name string) {
	for i, p := range r.Properties {
		if p.Name == name {
			r.Properties[i].Value += "x"
		}
	}
}

func TestFingerprint_ignoredIsNobodys(t *testing.T) {
	own := resource.Ownership{Ignored: func(name string) bool { return name == "kubernetes.label.app.kubernetes.io/name" }}
	r := wanted()
	o := stored(r)
	o.Properties = slices.DeleteFunc(o.Properties, func(p resource.Property) bool { return strings.HasSuffix(p.Name, "io/name") })
	if o.Fingerprint(own).Visible != r.Fingerprint(own).Visible {
		t.Error("fingerprints differ by an ignored label; it is neither written nor removed")
	}
}

// canon is an independent form of what two resources must share to be equal.
func canon(name string, categories []string, properties []resource.Property) string {
	lines := map[string]bool{}
	for _, c := range categories {
		if strings.HasPrefix(c, "Kubernetes") {
			lines["category\x00"+c] = true
		}
	}
	for _, p := range properties {
		lower := strings.ToLower(p.Name)
		if strings.HasPrefix(lower, "kubernetes.label.") || strings.HasPrefix(lower, "kubernetes.annotation.") || lower == "auto.name" {
			lines["property\x00"+lower+"\x00"+p.Value] = true
		}
	}
	var all []string
	for l := range lines {
		all = append(all, l)
	}
	slices.Sort(all)
	return name + "\x01" + strings.Join(all, "\x01")
}

func TestFingerprint_equalIfAndOnlyIfWhatIsOursIs(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b"})
	category := rapid.SampledFrom([]string{"KubernetesPod", "KubernetesNode", "snmp"})
	property := rapid.Custom(func(t *rapid.T) resource.Property {
		return resource.Property{
			Name: rapid.SampledFrom([]string{
				"kubernetes.label.a", "kubernetes.label.A", "kubernetes.label.ab", "kubernetes.annotation.a", "auto.name",
				"auto.createdBy", "auto.other", "team",
			}).Draw(t, "name"),
			Value: rapid.SampledFrom([]string{"", "a", "ab", "b", "kubernetes.label.a"}).Draw(t, "value"),
		}
	})
	observed := rapid.Custom(func(t *rapid.T) resource.Observed {
		o := resource.Observed{
			Name:       name.Draw(t, "name"),
			Categories: rapid.SliceOfN(category, 0, 3).Draw(t, "categories"),
			Properties: rapid.SliceOfNDistinct(property, 0, 3, func(p resource.Property) string { return strings.ToLower(p.Name) }).Draw(t, "properties"),
		}
		rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))).Shuffle(len(o.Properties), func(i, j int) {
			o.Properties[i], o.Properties[j] = o.Properties[j], o.Properties[i]
		})
		return o
	})
	rapid.Check(t, func(t *rapid.T) {
		x, y := observed.Draw(t, "x"), observed.Draw(t, "y")
		own := resource.Ownership{}
		equal := x.Fingerprint(own) == y.Fingerprint(own)
		want := canon(x.Name, x.Categories, x.Properties) == canon(y.Name, y.Categories, y.Properties)
		if equal != want {
			t.Fatalf("equal fingerprints = %t, want %t for\n%+v\n%+v", equal, want, x, y)
		}
	})
}

func TestFingerprint_ofANameHeldTwiceHasNoOrder(t *testing.T) {
	two := []resource.Property{{Name: "kubernetes.label.a", Value: "1"}, {Name: "kubernetes.label.A", Value: "2"}}
	x := resource.Observed{Properties: two}
	y := resource.Observed{Properties: []resource.Property{two[1], two[0]}}
	if x.Fingerprint(resource.Ownership{}) != y.Fingerprint(resource.Ownership{}) {
		t.Error("the order in which an account lists two properties of one name changed the fingerprint")
	}
}

func TestFingerprint_partsDoNotRunTogether(t *testing.T) {
	x := resource.Observed{Properties: []resource.Property{{Name: "kubernetes.label.a", Value: "1"}, {Name: "kubernetes.label.b", Value: "2"}}}
	y := resource.Observed{Properties: []resource.Property{{Name: "kubernetes.label.a", Value: "1kubernetes.label.b2"}}}
	if x.Fingerprint(resource.Ownership{}) == y.Fingerprint(resource.Ownership{}) {
		t.Error("one label whose value spells another label has the fingerprint of the two")
	}
}

func BenchmarkFingerprint(b *testing.B) {
	r := wanted()
	b.ReportAllocs()
	for b.Loop() {
		_ = r.Fingerprint(resource.Ownership{})
	}
}

func BenchmarkBuilder(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = wanted()
	}
}
