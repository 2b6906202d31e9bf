// Package account is a LogicMonitor account as the mirror sees it: it turns what
// should be (resource.Resource, resourcegroup.Group) into requests of package lm,
// and devices and groups back into what was observed. It is the only package that
// knows both languages. It decides nothing, and it remembers nothing of the
// account but its collectors.
package account

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

// Config is what an Account needs.
type Config struct {
	Client *lm.Client
	// Cluster whose resources these are. Only its Name is looked at: it is
	// what resources carry.
	Cluster resource.Cluster
	// Version of this program, for auto.createdBy.
	Version string
	// Container is the group that resources are put into.
	Container resource.ID
	// DisableAlerting of new resources.
	DisableAlerting bool
	Collectors      CollectorConfig
	Log             *slog.Logger
}

// Account is safe for concurrent use.
type Account struct {
	Config
	collectors *collectors
}

// New returns an Account.
func New(config Config) *Account {
	if config.Container == 0 {
		config.Container = resource.ID(lm.RootGroup)
	}
	return &Account{Config: config, collectors: newCollectors(config)}
}

// Resource reads one resource; nil when there is none.
func (a *Account) Resource(ctx context.Context, id resource.ID) (*resource.Observed, error) {
	d, err := a.Client.Device(ctx, lm.DeviceID(id))
	if lm.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := a.observe(&d)
	return &o, nil
}

// FindName finds the resources that have this display name, or one that the
// account does not tell from it.
func (a *Account) FindName(ctx context.Context, displayName string) ([]resource.Observed, error) {
	var found []resource.Observed
	for d, err := range a.Client.ListDevices(ctx, lm.DeviceQuery{Filter: lm.DevicesWithDisplayNameLike(displayName)}) {
		if err != nil {
			return nil, err
		}
		found = append(found, a.observe(&d))
	}
	return found, nil
}

// List hands every resource of the cluster to yield, at least once, or returns an
// error.
//
// A filter of the account may look in another place than Argus writes to, and
// then hides what is there. So the answer is held against the account's own count
// of the cluster's group: if that is larger, everything is listed.
func (a *Account) List(ctx context.Context, yield func(*resource.Observed)) error {
	counted, err := a.hosts(ctx)
	if err != nil {
		return err
	}
	listed, err := a.list(ctx, lm.DevicesWithProperty(resource.PropClusterName, a.Cluster.Name), yield)
	if err != nil || listed >= counted {
		return err
	}
	a.Log.Warn("the account's filtered listing is shorter than its own count; listing everything", "listed", listed, "counted", counted)
	_, err = a.list(ctx, lm.Filter[lm.Device]{}, yield)
	return err
}

// hosts is the number of resources the account counts below the cluster's group;
// zero when there is no such group.
func (a *Account) hosts(ctx context.Context) (int, error) {
	groups, err := a.Named(ctx, resourcegroup.ClusterGroup(a.Cluster.Name))
	most := 0
	for _, g := range groups {
		most = max(most, g.Hosts)
	}
	return most, err
}

// list yields those of the devices that are the cluster's, and counts all that
// carry its name.
func (a *Account) list(ctx context.Context, filter lm.Filter[lm.Device], yield func(*resource.Observed)) (count int, err error) {
	for d, err := range a.Client.ListDevices(ctx, lm.DeviceQuery{Filter: filter, Fields: lm.DeviceFieldNames()}) {
		if err != nil {
			return 0, err
		}
		if name, _ := d.Property(resource.PropClusterName); name != a.Cluster.Name {
			continue
		}
		count++
		if o := a.observe(&d); o.Key != (resource.Key{}) {
			yield(&o)
		}
	}
	return count, nil
}

// observe reads a device. Its Key is empty unless it carries the identity of an
// object of this cluster.
func (a *Account) observe(d *lm.Device) resource.Observed {
	o := resource.Observed{
		ID: resource.ID(d.ID), Name: d.Name, DisplayName: d.DisplayName,
		CreatedOn: d.CreatedOn, AlertingDisabled: d.DisableAlerting,
		Properties: make([]resource.Property, 0, len(d.CustomProperties)),
	}
	for _, p := range d.CustomProperties {
		if strings.EqualFold(p.Name, resource.PropCategories) {
			continue
		}
		o.Properties = append(o.Properties, resource.Property{Name: p.Name, Value: p.Value})
	}
	categories, _ := d.Property(resource.PropCategories)
	o.Categories = resource.SplitCategories(categories)
	for _, list := range [][]lm.Property{d.CustomProperties, d.SystemProperties} {
		if ips, ok := lm.Lookup(list, resource.PropIPs); ok {
			o.IPs = append(o.IPs, resource.SplitCategories(ips)...)
		}
	}
	uid, _ := d.Property(resource.PropUID)
	o.UID = resource.UID(uid)
	o.Key, o.Life = a.identity(d, o.Categories)
	return o
}

// identity is the key of the object whose device this is.
func (a *Account) identity(d *lm.Device, categories []string) (resource.Key, resource.Life) {
	cluster, _ := d.Property(resource.PropClusterName)
	name, _ := d.Property(resource.PropName)
	namespace, _ := d.Property(resource.PropNamespace)
	if cluster != a.Cluster.Name || name == "" || d.DeviceType != lm.DeviceKubernetes {
		return resource.Key{}, resource.Live
	}
	var row *kind.Kind
	life := resource.Live
	for _, category := range categories {
		k, l, ok := kind.ByCategory(category)
		switch {
		case !ok:
		case row == nil:
			row, life = k, l
		case k == row && l == resource.Deleted:
			life = l
		}
	}
	if row == nil || row.Namespaced != (namespace != "") {
		return resource.Key{}, resource.Live
	}
	if marked, _ := d.Property(resource.PropDeletedOn); marked != "" {
		life = resource.Deleted
	}
	return resource.Key{Kind: row.ID, Namespace: namespace, Name: name}, life
}

// properties turns properties into the account's.
func properties(list []resource.Property) []lm.Property {
	out := make([]lm.Property, len(list))
	for i, p := range list {
		out[i] = lm.Property{Name: p.Name, Value: p.Value}
	}
	return out
}

func wrap(what string, err error) string { return fmt.Sprintf("%s: %v", what, err) }
