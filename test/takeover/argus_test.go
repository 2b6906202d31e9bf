package takeover

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/config"
	"github.com/argus-k8s/argus/internal/filter"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

const (
	argusVersion      = "v8.0.0"
	kubernetesVersion = "v1.37.0"
)

// argus is Argus on a scene: what package cli puts together, without its watches,
// so that it runs in fake time.
type argus struct {
	mirror *mirror.Manager
	groups *resourcegroup.Manager
	stop   func()
}

// parts are what a run and a plan have in common.
type parts struct {
	client  *lm.Client
	account *account.Account
	policy  plan.Policy
	layout  resourcegroup.Layout
	kinds   []*kind.Kind
}

func (s *scene) assemble(t *testing.T) parts {
	t.Helper()
	c := s.config
	client, err := lm.New(lm.Config{
		BaseURL: "http://sim", Transport: s.sim.Transport(), Timeout: 10 * time.Second,
		Credentials: credential.Config{Bearer: credential.Secret(lmsim.DemoToken().Bearer)},
	})
	if err != nil {
		t.Fatal(err)
	}
	identity := resource.Cluster{Name: c.ClusterName, UID: s.cluster.uid}
	label, _, err := filter.CompileIgnore("labels", c.Monitoring.Labels.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	annotation, _, err := filter.CompileIgnore("annotations", c.IgnoredAnnotations())
	if err != nil {
		t.Fatal(err)
	}
	view := kind.View{Cluster: identity, IgnoreLabel: label, IgnoreAnnotation: annotation}
	off := map[resource.Kind]bool{}
	for _, k := range c.DisabledKinds() {
		off[k.ID] = true
	}
	s.cluster.mu.Lock()
	s.cluster.view, s.cluster.off = view, off
	s.cluster.mu.Unlock()
	return parts{
		client: client,
		account: account.New(account.Config{
			Client: client, Cluster: identity, Version: argusVersion, Container: c.ResourceContainerID, DisableAlerting: c.Alerting.DisableAll,
			Collectors: account.CollectorConfig{ID: 1}, Log: slog.New(slog.DiscardHandler),
		}),
		policy: plan.Policy{
			Ownership:   view.Ownership(),
			DisplayName: func(key resource.Key) string { return kind.DisplayName(key, c.ClusterName) },
			Retention:   plan.Retention{After: c.GlobalDeleteAfterDuration, OwnPods: c.DeleteInfraPodsAfter, DefaultName: kind.DefaultName},
		},
		layout: layoutOf(c, identity),
		kinds:  slices.Concat(c.EnabledKinds(), c.DisabledKinds()),
	}
}

func layoutOf(c config.Config, identity resource.Cluster) resourcegroup.Layout {
	l := resourcegroup.Layout{
		Cluster: identity, Version: argusVersion, Legacy: c.EnableLegacyResourceTree, Kinds: c.EnabledKinds(),
		MarkDeleted: c.GlobalDeleteAfterDuration > 0, NamespaceDeleted: c.EnableNamespacesDeletedGroups,
		DisableAlerting: c.Alerting.DisableAll, KindAlertingOff: map[resource.Kind]bool{}, KindProperties: map[resource.Kind][]resourcegroup.Property{},
	}
	for _, k := range kind.All {
		l.KindAlertingOff[k.ID] = c.AlertingDisabled(k.ID)
	}
	for of, list := range c.ResourceGroupProps {
		for _, p := range list {
			made := resourcegroup.Property{Name: p.Name, Value: p.Value, Override: p.Override}
			if k, err := kind.Parse(of); err == nil {
				l.KindProperties[k.ID] = append(l.KindProperties[k.ID], made)
			} else {
				l.ClusterProperties = append(l.ClusterProperties, made)
			}
		}
	}
	return l
}

func (s *scene) groupConfig(p parts) resourcegroup.Config {
	return resourcegroup.Config{
		Reader: p.account, Writer: p.account.GroupWriter(), Cluster: s.cluster, Layout: p.layout, Parent: s.config.ClusterTreeParentID,
		Every: s.config.Daemons.LMCacheSync.Interval, Log: slog.New(slog.DiscardHandler),
		Facts: func(context.Context) []resource.Property {
			return []resource.Property{{Name: "argus.app-version", Value: argusVersion}, {Name: "kubernetes.version", Value: kubernetesVersion}}
		},
	}
}

// start starts Argus as a process would: with an empty memory.
func (s *scene) start(t *testing.T) *argus {
	t.Helper()
	p := s.assemble(t)
	a := &argus{}
	groups := s.groupConfig(p)
	groups.OnRequest = func(name string) {
		if name == resourcegroup.PropRename {
			a.mirror.RenameSoon()
		}
	}
	a.groups = resourcegroup.New(groups)
	a.mirror = mirror.New(mirror.Config{
		Cluster: s.cluster, Account: p.account, Actions: p.account, Cache: resourcecache.New(p.policy), Kinds: p.kinds, Policy: p.policy,
		OnGroups: a.groups.Touch, AuditEvery: s.config.Daemons.LMCacheSync.Interval, SweepEvery: s.config.Daemons.LMResourceSweeper.Interval,
		Log: slog.New(slog.DiscardHandler),
	})
	s.cluster.mu.Lock()
	s.cluster.sink = a.mirror
	s.cluster.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for a.groups.Claim(ctx) != nil && ctx.Err() == nil {
			time.Sleep(time.Second)
		}
		g.Go(func() error { return a.groups.Run(ctx) })
		return a.mirror.Run(ctx)
	})
	stopped := false
	a.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := g.Wait(); ctx.Err() == nil {
			t.Errorf("Argus ended: %v", err)
		}
		p.client.Close()
	}
	t.Cleanup(a.stop)
	return a
}

// settle waits until nothing is left to do.
func (a *argus) settle(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(time.Hour) // of fake time
	for {
		time.Sleep(5 * time.Second)
		m, g := a.mirror.Snapshot(), a.groups.Report()
		if m.Loaded && m.Idle && g.InStep {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not settled after an hour:\n%+v\n%+v", m, g)
		}
	}
}
