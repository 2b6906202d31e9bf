package kind_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// golden is what a file of test/golden holds, as far as resources go.
type golden struct {
	Objects map[resource.Kind][]json.RawMessage `json:"objects"`
	Portal  struct {
		Devices []device `json:"devices"`
	} `json:"portal"`
}

type device struct {
	Name             string     `json:"name"`
	DisplayName      string     `json:"displayName"`
	CustomProperties []property `json:"customProperties"`
	SystemProperties []property `json:"systemProperties"`
}

type property struct{ Name, Value string }

// observed is the resource as a listing of the account gives it.
func (d device) observed(t *testing.T) resource.Observed {
	t.Helper()
	o := resource.Observed{Name: d.Name, DisplayName: d.DisplayName}
	for _, p := range d.CustomProperties {
		o.Properties = append(o.Properties, resource.Property{Name: p.Name, Value: p.Value})
	}
	for _, p := range d.SystemProperties {
		if p.Name == resource.PropIPs {
			o.IPs = []string{p.Value}
		}
	}
	value := func(name string) string { v, _ := o.Property(name); return v }
	o.UID, o.Categories = resource.UID(value(resource.PropUID)), resource.SplitCategories(value(resource.PropCategories))
	for _, category := range o.Categories {
		k, life, ok := kind.ByCategory(category)
		if !ok {
			t.Fatalf("%s has the category %q, which is of no kind", d.DisplayName, category)
		}
		o.Key, o.Life = resource.Key{Kind: k.ID, Namespace: value(resource.PropNamespace), Name: value(resource.PropName)}, max(o.Life, life)
	}
	return o
}

func readGolden(t *testing.T, path string) (objects map[resource.Key]kind.Object, devices map[resource.Key]resource.Observed) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file golden
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	objects, devices = map[resource.Key]kind.Object{}, map[resource.Key]resource.Observed{}
	for id, raw := range file.Objects {
		k, ok := kind.ByID(id)
		if !ok {
			t.Fatalf("objects of an unknown kind %q", id)
		}
		for _, text := range raw {
			obj := k.New()
			if err := json.Unmarshal(text, obj); err != nil {
				t.Fatalf("read an object of %s: %v", id, err)
			}
			objects[k.Key(obj)] = obj
		}
	}
	for _, d := range file.Portal.Devices {
		if o := d.observed(t); o.Life == resource.Live {
			devices[o.Key] = o
		}
	}
	return objects, devices
}

// chosen are the properties in which Argus differs from the first one on purpose.
var chosen = []string{
	"kubernetes.annotation.kubectl.kubernetes.io/last-applied-configuration", // it holds a Secret's data
	"auto.createdBy",    // it is given in the request that creates, not by a mapping
	"system.categories", // it is compared by itself
}

// addressless Services had a resource or not by the timing of the first Argus's
// start. They always have one now.
var addressless = resource.Key{Kind: "services", Namespace: "shop", Name: "external"}

// TestParity holds every mapping against the account that the first Argus left.
func TestParity(t *testing.T) {
	files, err := filepath.Glob("../../test/golden/*.json")
	if err != nil || len(files) != 6 {
		t.Fatalf("golden files = %q, %v, want 6", files, err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			objects, devices := readGolden(t, path)
			if len(devices) < 25 {
				t.Fatalf("the account holds %d live resources, want at least 25: is the file whole?", len(devices))
			}
			for key, obj := range objects {
				have, exists := devices[key]
				want, mirrored := mapGolden(t, key, obj)
				switch {
				case !mirrored && exists:
					t.Errorf("%s: the first Argus has a resource, we have none", key)
				case mirrored && exists:
					compare(t, have, want)
				case mirrored && key != addressless:
					t.Errorf("%s: we have a resource, the first Argus has none", key)
				}
				delete(devices, key)
			}
			for key := range devices {
				t.Errorf("%s: the account holds a live resource without an object", key)
			}
		})
	}
}

func mapGolden(t *testing.T, key resource.Key, obj kind.Object) (resource.Resource, bool) {
	t.Helper()
	k, _ := kind.ByID(key.Kind)
	if k.GroupsOnly {
		return resource.Resource{}, false
	}
	r, err := k.Map(obj, lab)
	var excluded resource.Excluded
	if errors.As(err, &excluded) {
		return r, false
	}
	if err != nil {
		t.Errorf("%s: %v", key, err)
	}
	return r, err == nil
}

func compare(t *testing.T, have resource.Observed, want resource.Resource) {
	t.Helper()
	if have.Name != want.Name || have.DisplayName != want.DisplayName || have.UID != want.UID {
		t.Errorf("%s: name, display name, UID = %q, %q, %q, the first Argus has %q, %q, %q",
			have.Key, want.Name, want.DisplayName, want.UID, have.Name, have.DisplayName, have.UID)
	}
	if diff := cmp.Diff(have.Categories, want.Categories); diff != "" {
		t.Errorf("%s: categories (-first +ours):\n%s", have.Key, diff)
	}
	// The account keeps system.ips apart from the properties it was sent among.
	ours := properties(want)
	if ip, ok := ours[resource.PropIPs]; ok {
		if diff := cmp.Diff(have.IPs, []string{ip}); diff != "" {
			t.Errorf("%s: %s (-first +ours):\n%s", have.Key, resource.PropIPs, diff)
		}
		delete(ours, resource.PropIPs)
	} else if have.Key.Kind == "pods" {
		t.Errorf("%s: no %s, the first Argus has %q", have.Key, resource.PropIPs, have.IPs)
	}
	theirs := properties(resource.Resource{Properties: have.Properties}, chosen...)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("%s: properties (-first +ours):\n%s", have.Key, diff)
	}
	own := lab.Ownership()
	if have.Fingerprint(own).Visible != want.Fingerprint(own).Visible {
		t.Errorf("%s: fingerprints differ; taking over would write to it", have.Key)
	}
}
