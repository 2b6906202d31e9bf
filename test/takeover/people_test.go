package takeover

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

// others change a device as people, PropertySources and older versions do.
var others = map[string]func(*device){
	"the mark of a conflict": func(d *device) {
		d.set(resource.PropCategories, d.property(resource.PropCategories)+",KubernetesPodConflict")
	},
	"a conflict and its name": func(d *device) {
		d.set(resource.PropCategories, d.property(resource.PropCategories)+",KubernetesPodConflict")
		d.DisplayName += "-conflict"
	},
	"a display name":         func(d *device) { d.DisplayName = "the database" },
	"a category after ours":  func(d *device) { d.set(resource.PropCategories, d.property(resource.PropCategories)+",MySQL,snmp") },
	"a category before ours": func(d *device) { d.set(resource.PropCategories, "MySQL,"+d.property(resource.PropCategories)) },
	"a category in other words": func(d *device) {
		d.set(resource.PropCategories, d.property(resource.PropCategories)+",KubernetesFavourite")
	},
	"a category twice": func(d *device) {
		c := d.property(resource.PropCategories)
		d.set(resource.PropCategories, c+",snmp,"+c+",snmp")
	},
	"properties": func(d *device) {
		d.set("team", "blue")
		d.set("jdbc.mysql.pass", "canary")
		d.set("auto.lm.entity.id", "42")
		d.set("kubernetes.resourcedeleteafterduration", "P3D")
	},
	"the switch of alerting": func(d *device) { d.DisableAlerting = true },
	"a group":                func(d *device) { d.HostGroupIDs = "1,7" },
}

func (d *device) set(name, value string) {
	d.CustomProperties = slices.Clone(d.CustomProperties)
	for i := range d.CustomProperties {
		if d.CustomProperties[i].Name == name {
			d.CustomProperties[i].Value = value
			return
		}
	}
	d.CustomProperties = append(d.CustomProperties, property{name, value})
}

// TestPeople: what others gave to a device survives taking over, and a change of
// its object after that.
func TestPeople(t *testing.T) {
	for name, change := range others {
		t.Run(name, func(t *testing.T) {
			eachGolden(t, func(t *testing.T, s *scene) {
				d := s.find(t, database)
				change(d)
				s.load(t)
				before := s.dump(t)
				a := s.start(t)
				a.settle(t)
				s.want(t, "taking over", s.taking()...)
				s.same(t, before, s.dump(t))

				s.cluster.edit(database, func(o kind.Object) {
					labels := maps.Clone(o.GetLabels())
					labels["tier"] = "data"
					o.SetLabels(labels)
				})
				a.settle(t)
				s.want(t, "a change after it", "update device "+d.DisplayName)
				was, _ := s.sim.Device(d.ID)
				got, want := propertiesOf(was.Custom), map[string]string{"kubernetes.label.tier": "data"}
				for _, p := range d.CustomProperties {
					want[p.Name] = p.Value
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("properties (-want +got):\n%s", diff)
				}
				if was.DisplayName != d.DisplayName || was.DisableAlerting != d.DisableAlerting {
					t.Errorf("display name, alerting off: got %q, %v, want %q, %v", was.DisplayName, was.DisableAlerting, d.DisplayName, d.DisableAlerting)
				}
			})
		})
	}
}

// TestPeople_request: the property of the cluster group that asked the first Argus
// to end conflicts still does: display names and marks of conflicts are as if
// there had been none.
func TestPeople_request(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		d := s.find(t, database)
		want := *d
		others["a conflict and its name"](d)
		person := s.find(t, deployment)
		person.DisplayName = "the shop"
		s.load(t)
		s.editGroup(t, clusterGroup, resourcegroup.PropRename, "true")
		a := s.start(t)
		a.settle(t)
		time.Sleep(2 * time.Minute)
		got := s.device(t, want.DisplayName)
		if categories := propertiesOf(got.Custom)[resource.PropCategories]; got.ID != want.ID || categories != "KubernetesPod" {
			t.Errorf("id and categories: got %d, %q, want %d, %q", got.ID, categories, want.ID, "KubernetesPod")
		}
		s.device(t, "web-deploy-shop-lab")
		if value, still := s.groupProperties(t, clusterGroup)[resourcegroup.PropRename]; still {
			t.Errorf("the request: got %q, want it cleared", value)
		}
		s.commits()
		time.Sleep(3 * time.Hour)
		s.want(t, "three quiet hours")
	})
}

// TestPeople_groups: groups that a person made, moved or changed among the first
// Argus's stay as they are, and a moved or renamed tree is found.
func TestPeople_groups(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		last := s.portal.Groups[0].ID
		for _, g := range s.portal.Groups {
			last = max(last, g.ID)
		}
		add := func(parent, name, appliesTo string) {
			last++
			s.portal.Groups = append(s.portal.Groups, group{
				ID: last, ParentID: s.group(t, parent).ID, Name: name, FullPath: strings.TrimPrefix(parent+"/"+name, "/"), AppliesTo: appliesTo, GroupType: "Normal",
			})
		}
		add(clusterGroup, "Favourites", `auto.name == "db-0"`)
		add(clusterGroup+"/Nodes", "gpu", "")
		spaces := clusterGroup + "/Namespaces"
		if s.config.EnableLegacyResourceTree {
			spaces = clusterGroup + "/Pods"
		}
		add(spaces, "team blue", `auto.namespace == "shop"`)
		add(spaces+"/shop", "mine", "")
		s.load(t)
		before := s.dump(t)
		a := s.start(t)
		a.settle(t)
		s.want(t, "taking over", s.taking()...)
		time.Sleep(3 * time.Hour)
		s.want(t, "three quiet hours")
		s.same(t, before, s.dump(t))
	})
}

// TestAlertingOff: an account whose cluster's alerting is switched off by the
// configuration is in step too.
func TestAlertingOff(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		if s.form == "v6" {
			s.configure(t, strings.Replace(v6File(s.golden), "disable_alerting: false", "disable_alerting: true\ndisable_resource_alerting: [no]", 1))
		} else {
			s.configure(t, strings.Replace(chartFile(s.golden), "alerting: {disable: []}", "alerting: {disableAll: true, disable: [nodes]}", 1))
		}
		for i := range s.portal.Groups {
			// Those of the cluster, of nodes, of roles and of namespaces.
			g := &s.portal.Groups[i]
			role := strings.HasPrefix(g.AppliesTo, `auto.clustername == "lab" && exists(`)
			g.DisableAlerting = g.DisableAlerting || g.FullPath == clusterGroup || g.Name == "Nodes" || role || strings.Contains(g.AppliesTo, "auto.namespace ==")
		}
		s.load(t)
		a := s.start(t)
		a.settle(t)
		s.want(t, "taking over", s.taking()...)
	})
}
