package takeover

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/argus-k8s/argus/internal/config"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/resource"
)

// clusterGroup is the path of the recorded cluster's group.
const clusterGroup = "Kubernetes Cluster: lab"

// addressless Services had a resource or not by the timing of the first Argus's
// start (docs/parity.md); they always have one now.
var addressless = resource.Key{Kind: "services", Namespace: "shop", Name: "external"}

// golden is a file of test/golden.
type golden struct {
	Config struct {
		NewTree   bool  `json:"new_tree"`
		Delete    *bool `json:"delete"`
		NSDeleted bool  `json:"ns_deleted"`
	} `json:"config"`
	Objects map[resource.Kind][]json.RawMessage `json:"objects"`
	Portal  portal                              `json:"portal"`
}

// soft says whether the recorded Argus marked resources deleted.
func (g *golden) soft() bool { return g.Config.Delete != nil && !*g.Config.Delete }

// portal is an account as a recording holds it.
type portal struct {
	Devices         []device          `json:"devices"`
	Groups          []group           `json:"groups"`
	Collectors      []json.RawMessage `json:"collectors"`
	CollectorGroups []json.RawMessage `json:"collectorGroups"`
}

type device struct {
	ID                   int32      `json:"id"`
	Name                 string     `json:"name"`
	DisplayName          string     `json:"displayName"`
	DeviceType           int32      `json:"deviceType"`
	PreferredCollectorID int32      `json:"preferredCollectorId"`
	HostGroupIDs         string     `json:"hostGroupIds"`
	DisableAlerting      bool       `json:"disableAlerting"`
	RelatedDeviceID      int32      `json:"relatedDeviceId"`
	CustomProperties     []property `json:"customProperties"`
	SystemProperties     []property `json:"systemProperties"`
	CreatedOn            int64      `json:"createdOn"`
	UpdatedOn            int64      `json:"updatedOn"`
}

type group struct {
	ID               int32      `json:"id"`
	ParentID         int32      `json:"parentId"`
	Name             string     `json:"name"`
	FullPath         string     `json:"fullPath"`
	AppliesTo        string     `json:"appliesTo"`
	GroupType        string     `json:"groupType"`
	DisableAlerting  bool       `json:"disableAlerting"`
	EnableNetflow    bool       `json:"enableNetflow"`
	CustomProperties []property `json:"customProperties"`
	CreatedOn        int64      `json:"createdOn"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func valueOf(list []property, name string) string {
	for _, p := range list {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}

func (d *device) property(name string) string { return valueOf(d.CustomProperties, name) }

// snapshot is the account in the form that the simulator keeps on disk, ids and
// times as they were recorded.
func (p *portal) snapshot(t *testing.T) []byte {
	t.Helper()
	type object = map[string]any
	var devices, groups []object
	lastDevice, lastGroup := int32(0), int32(0)
	for _, d := range p.Devices {
		var static []int32
		for text := range strings.SplitSeq(d.HostGroupIDs, ",") {
			id, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				t.Fatalf("device %q: hostGroupIds: %v", d.DisplayName, err)
			}
			static = append(static, int32(id))
		}
		devices = append(devices, object{
			"id": d.ID, "name": d.Name, "displayName": d.DisplayName, "preferredCollectorId": d.PreferredCollectorID,
			"staticGroups": static, "deviceType": d.DeviceType, "disableAlerting": d.DisableAlerting, "relatedDeviceId": d.RelatedDeviceID,
			"customProperties": d.CustomProperties, "systemIps": valueOf(d.SystemProperties, resource.PropIPs),
			"createdOn": d.CreatedOn, "updatedOn": d.UpdatedOn,
		})
		lastDevice = max(lastDevice, d.ID)
	}
	for _, g := range slices.SortedFunc(slices.Values(p.Groups), func(a, b group) int { return cmp.Compare(a.ID, b.ID) }) {
		groups = append(groups, object{
			"id": g.ID, "parentId": g.ParentID, "name": g.Name, "appliesTo": g.AppliesTo, "groupType": g.GroupType,
			"disableAlerting": g.DisableAlerting, "enableNetflow": g.EnableNetflow, "customProperties": g.CustomProperties, "createdOn": g.CreatedOn,
		})
		lastGroup = max(lastGroup, g.ID)
	}
	data, err := json.Marshal(object{
		"version": 1, "devices": devices, "groups": groups, "collectors": p.Collectors, "collectorGroups": p.CollectorGroups,
		"next": object{"Device": lastDevice, "Group": lastGroup, "Collector": len(p.Collectors), "CollectorGroup": len(p.CollectorGroups)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// scene is one recorded account with its cluster, and a configuration.
type scene struct {
	*golden
	portal  *portal // what load puts into the account
	form    string  // whose configuration file: v6 or chart
	config  config.Config
	cluster *cluster
	sim     *lmsim.Server
	seen    uint64 // commits looked at
	calls   int    // reads counted before
}

// eachGolden runs a scenario on every recorded account, in fake time, with the
// configuration file of Argus 6 and with the newest chart's.
func eachGolden(t *testing.T, scenario func(t *testing.T, s *scene)) {
	t.Helper()
	files, err := filepath.Glob("../golden/*.json")
	if err != nil || len(files) != 6 {
		t.Fatalf("recorded accounts: got %v (%v), want 6", files, err)
	}
	for _, file := range files {
		for form, write := range map[string]func(*golden) string{"v6": v6File, "chart": chartFile} {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+form, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newScene(t, file, write)
					s.form = form
					scenario(t, s)
				})
			})
		}
	}
}

// newScene begins an hour after the recording.
func newScene(t *testing.T, file string, write func(*golden) string) *scene {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	recorded := int64(0)
	for _, d := range g.Portal.Devices {
		recorded = max(recorded, d.UpdatedOn)
	}
	time.Sleep(time.Until(time.Unix(recorded, 0).Add(time.Hour)))
	s := &scene{golden: g, portal: &g.Portal}
	s.configure(t, write(g))
	s.cluster = newCluster(t, g.Objects)
	limits := lmsim.NoLimits()
	s.sim = lmsim.New(lmsim.Options{Limits: &limits, Clock: time.Now})
	s.load(t)
	return s
}

// load makes what the recording holds, as a test may have changed it, the content
// of the account.
func (s *scene) load(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(file, s.portal.snapshot(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.sim.Load(file); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) configure(t *testing.T, text string) {
	t.Helper()
	c, faults := config.Parse([]byte(text))
	if len(faults) > 0 {
		t.Fatalf("configuration: %v\n%s", config.Faults(faults), text)
	}
	s.config = c
}

// missed are the changes for what the first Argus should have mirrored and did
// not.
func (s *scene) missed() []string {
	for _, d := range s.Portal.Devices {
		if d.property(resource.PropName) == addressless.Name {
			return nil
		}
	}
	return []string{"create device " + kind.DisplayName(addressless, "lab")}
}

// find returns the recorded device of an object.
func (s *scene) find(t *testing.T, key resource.Key) *device {
	t.Helper()
	k, _ := kind.ByID(key.Kind)
	for i := range s.portal.Devices {
		d := &s.portal.Devices[i]
		if d.property(resource.PropName) == key.Name && d.property(resource.PropNamespace) == key.Namespace &&
			strings.HasPrefix(d.property(resource.PropCategories), resource.Category(k.Title)) {
			return d
		}
	}
	t.Fatalf("no device of %s was recorded", key)
	return nil
}
