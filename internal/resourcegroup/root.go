package resourcegroup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/argus-k8s/argus/internal/resource"
)

// rootGroup is the group that holds everything in an account.
const rootGroup resource.ID = 1

// OtherClusterError says that the account's cluster group of this name belongs to
// another cluster. Nothing may be changed.
type OtherClusterError struct {
	Group    string
	ID       resource.ID
	Have, Is resource.UID
}

func (e *OtherClusterError) Error() string {
	return fmt.Sprintf("the group %q (%d) belongs to another cluster: its property %s is %q and this cluster's UID is %q; "+
		"give this cluster another clusterName, or if that cluster is gone for good delete the property from the group",
		e.Group, e.ID, PropClusterUID, e.Have, e.Is)
}

// OtherNameError says that the account knows this cluster under another name.
// Going on would mirror it a second time.
type OtherNameError struct {
	Group string
	ID    resource.ID
	Name  string
}

func (e *OtherNameError) Error() string {
	return fmt.Sprintf("this cluster is in the account already, as the group %q (%d), and not as %q: set clusterName back, "+
		"or to begin anew under the new name delete the property %s from that group", e.Group, e.ID, e.Name, PropClusterUID)
}

// Fatal says whether an error will not mend by itself, and nothing may be changed
// while it stands.
func Fatal(err error) bool {
	otherCluster, otherName := new(OtherClusterError), new(OtherNameError)
	return errors.As(err, &otherCluster) || errors.As(err, &otherName)
}

// root finds the cluster group: the one of this cluster's UID wherever a person
// moved it and whatever it is called, or the one of its name below the configured
// parent. Nil says there is none.
func (m *Manager) root(ctx context.Context) (*Observed, error) {
	var err error
	if m.parent, err = m.findParent(ctx); err != nil {
		return nil, err
	}
	name := ClusterGroup(m.Layout.Cluster.Name)
	found, err := m.Reader.Named(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("find the group %q: %w", name, err)
	}
	if o := m.marked(found); o != nil {
		return o, nil
	}
	for i := range found {
		o := &found[i]
		if o.Parent != m.parent {
			continue
		}
		if have, ok := o.Property(PropClusterUID); ok {
			return nil, &OtherClusterError{Group: o.Name, ID: o.ID, Have: resource.UID(have), Is: m.Layout.Cluster.UID}
		}
		return o, nil
	}
	return m.renamed(ctx)
}

// renamed finds a cluster group that a person gave another name.
func (m *Manager) renamed(ctx context.Context) (*Observed, error) {
	found, err := m.Reader.Marked(ctx, resource.Property{Name: PropClusterUID, Value: string(m.Layout.Cluster.UID)})
	if err != nil {
		return nil, fmt.Errorf("find the group of cluster %s: %w", m.Layout.Cluster.UID, err)
	}
	o := m.marked(found)
	if o != nil && !strings.Contains(o.AppliesTo, m.Layout.here()) {
		return nil, &OtherNameError{Group: o.Name, ID: o.ID, Name: ClusterGroup(m.Layout.Cluster.Name)}
	}
	return o, nil
}

func (m *Manager) marked(groups []Observed) *Observed {
	for i := range groups {
		if uid, _ := groups[i].Property(PropClusterUID); resource.UID(uid) == m.Layout.Cluster.UID {
			return &groups[i]
		}
	}
	return nil
}

// findParent is the group the configuration names, or the root of the account when
// there is none like it.
func (m *Manager) findParent(ctx context.Context) (resource.ID, error) {
	if m.ParentPath != "" {
		path := strings.Trim(m.ParentPath, "/")
		found, err := m.Reader.Named(ctx, path[strings.LastIndexByte(path, '/')+1:])
		if err != nil {
			return 0, fmt.Errorf("find the group %q: %w", path, err)
		}
		for _, o := range found {
			if strings.EqualFold(o.FullPath, path) {
				return o.ID, nil
			}
		}
		m.Log.Warn("the parent group of the cluster does not exist; using the root of the account", "group", path)
		return rootGroup, nil
	}
	if m.Parent == rootGroup {
		return rootGroup, nil
	}
	o, err := m.Reader.Group(ctx, m.Parent)
	if err != nil {
		return 0, fmt.Errorf("read the parent group %d: %w", m.Parent, err)
	}
	if o == nil {
		m.Log.Warn("the parent group of the cluster does not exist; using the root of the account", "lm_id", int64(m.Parent))
		return rootGroup, nil
	}
	return m.Parent, nil
}
