package scenario_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// portal is a simulated account with one collector, behind a real socket.
type portal struct {
	*lmsim.Server
	server *httptest.Server
	zero   uint64           // the calls up to this one do not count
	marked map[int32]string // devices and groups that the file has marked
}

func newPortal() *portal {
	const much = 1_000_000
	limits := lmsim.Limits{Window: 60, Methods: map[string]int{"GET": much, "POST": much, "PUT": much, "PATCH": much, "DELETE": much}}
	p := &portal{Server: lmsim.New(lmsim.Options{Limits: &limits}), marked: map[int32]string{}}
	if _, err := p.AddCollector(lmsim.Collector{Description: "scenario"}); err != nil {
		panic(err) // a fresh account takes a collector
	}
	p.server = httptest.NewServer(p)
	return p
}

func (p *portal) close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

func credentials() (id, key string) {
	token := lmsim.DemoToken()
	return token.AccessID, token.AccessKey
}

// calls are those since the last sim zero.
func (p *portal) calls() []lmsim.Call { return p.Calls(p.zero) }

// device is a resource as the account shows it.
type device struct {
	ID          int32  `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Type        int    `json:"deviceType"`
	Collector   int    `json:"preferredCollectorId"`
	Containers  string `json:"hostGroupIds"`
	Muted       bool   `json:"disableAlerting"`
	Custom      []pair `json:"customProperties"`
	System      []pair `json:"systemProperties"`
}

type pair struct{ Name, Value string }

// group as the account shows it.
type group struct {
	ID        int32    `json:"id"`
	ParentID  int32    `json:"parentId"`
	Name      string   `json:"name"`
	Path      string   `json:"fullPath"`
	AppliesTo string   `json:"appliesTo"`
	Muted     bool     `json:"disableAlerting"`
	Custom    []pair   `json:"customProperties"`
	Members   []string `json:"members"`
}

func valueOf(properties []pair, name string) string {
	for _, p := range properties {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}

// property is one of its own, or what the account knows of it.
func (d device) property(name string) string {
	return cmp.Or(valueOf(d.Custom, name), valueOf(d.System, name))
}

// devices are all of the account, in the order of their display names.
func (p *portal) devices() ([]device, error) {
	all, err := decodeAll[device](p.Dump(account.View{Unmasked: true, StaticOnly: true}).Devices)
	slices.SortFunc(all, func(a, b device) int {
		return cmp.Or(cmp.Compare(a.DisplayName, b.DisplayName), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// groups are all of the account but its root, in the order of their paths.
func (p *portal) groups() ([]group, error) {
	all, err := decodeAll[group](p.Dump(account.View{Unmasked: true, StaticOnly: true}).Groups)
	all = slices.DeleteFunc(all, func(g group) bool { return g.ID == account.RootGroup })
	slices.SortFunc(all, func(a, b group) int { return cmp.Compare(a.Path, b.Path) })
	return all, err
}

func decodeAll[T any](raw []json.RawMessage) ([]T, error) {
	all := make([]T, len(raw))
	for i, r := range raw {
		if err := json.Unmarshal(r, &all[i]); err != nil {
			return nil, fmt.Errorf("decode %s: %w", r, err)
		}
	}
	return all, nil
}

// clusterRule selects nothing, and is what the cluster group is known by.
const clusterRule = `hasCategory("KubernetesCluster") && auto.clustername == "demo"`

// within is a group's path as files write it: "." is the cluster group, and what
// is not below it begins with a slash.
func within(all []group, g group) string {
	at := slices.IndexFunc(all, func(g group) bool { return g.AppliesTo == clusterRule })
	switch {
	case at < 0:
	case g.ID == all[at].ID:
		return "."
	default:
		if path, below := strings.CutPrefix(g.Path, all[at].Path+"/"); below {
			return path
		}
	}
	return "/" + g.Path
}

// group finds a group by its path, as files write it.
func (p *portal) group(path string) (group, error) {
	if path == "/" {
		return group{ID: account.RootGroup}, nil
	}
	all, err := p.groups()
	if err != nil {
		return group{}, err
	}
	for _, g := range all {
		if within(all, g) == path {
			return g, nil
		}
	}
	return group{}, fmt.Errorf("there is no group %q", path)
}
