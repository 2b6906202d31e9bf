package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/argus-k8s/argus/internal/health"
	"github.com/argus-k8s/argus/internal/leader"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
	"github.com/argus-k8s/argus/internal/resourcegroup"
	"github.com/argus-k8s/argus/internal/telemetry"
	"github.com/argus-k8s/argus/internal/watch"
)

func newRun(p Process) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "run",
		Aliases: []string{"watch"},
		Short:   "Watch the cluster and keep the account in step until told to stop",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.election.given = cmd.Flags().Changed("leader-elect")
			return run(cmd.Context(), p, f)
		},
	}
	f.add(cmd)
	f.election.add(cmd)
	return cmd
}

// loops is Argus running: the watches, the mirror and the tree of groups.
type loops struct {
	*parts
	events   *events
	election *leader.Election // nil when this process alone acts
	watches  *watch.Cluster
	mirror   *mirror.Manager
	groups   *resourcegroup.Manager
}

// relay hands on what a watch sees to a mirror that is made after it.
type relay struct{ to watch.Sink }

func (r *relay) Touch(key resource.Key)    { r.to.Touch(key) }
func (r *relay) Listed(kind resource.Kind) { r.to.Listed(kind) }

// connect puts the loops together. Nothing runs yet.
func (a *parts) connect() *loops {
	l := &loops{parts: a}
	policy := a.policy
	policy.ReuseWithin = a.config.LM.Resource.ReuseWithin
	sink := &relay{}
	l.watches = watch.NewCluster(a.kinds, a.off, watch.Config{REST: a.rest, Client: a.client, Index: a.index, Sink: sink, View: a.view, Log: a.log})
	l.groups = resourcegroup.New(resourcegroup.Config{
		Reader: a.account, Writer: a.account.GroupWriter(), Cluster: l.watches, Layout: a.layout(),
		Parent: a.config.ClusterTreeParentID, ParentPath: a.config.ClusterTreeParentPath, Every: a.config.Daemons.LMCacheSync.Interval,
		Facts: a.facts, OnRequest: l.request, Log: a.log,
	})
	l.mirror = mirror.New(mirror.Config{
		Cluster: l.watches, Account: a.account, Actions: a.account, Cache: resourcecache.New(policy),
		Kinds: a.mirrored(), Policy: policy, OnGroups: l.groups.Touch, OnPark: l.notMirrored,
		Budget: a.budget, AgreeAfter: limits(a.config).AgreeAfter, Relist: l.watches.Relist, OnHold: l.holds, Identify: a.sameCluster,
		AuditEvery: a.config.Daemons.LMCacheSync.Interval, SweepEvery: a.config.Daemons.LMResourceSweeper.Interval, Log: a.log, Metrics: mirror.NewMetrics(a.metrics),
	})
	sink.to = l.mirror
	a.metrics.MustRegister(newStatus(l))
	return l
}

func run(ctx context.Context, p Process, f flags) error {
	c, err := loadConfig(p, f)
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	log := newLogger(p, c, level)
	r := newReloader(p, f, level, log)
	if err = r.begin(ctx, c); err != nil {
		return stopped(ctx, err)
	}
	first := r.loops
	r.events = newEvents(ctx, p, first.client, log)
	defer r.events.stop()
	first.events = r.events
	live := health.NewLiveness()
	server, err := health.Listen(ctx, health.Config{
		Address: c.Server.Address, Live: live, Ready: r.conditions, Gatherer: r,
		Profiling: c.Profiling.Enable, Log: log,
	})
	if err != nil {
		return err
	}
	log.Info("argus is starting", telemetry.KeyVersion, telemetry.Version().Version, telemetry.KeyCluster, first.cluster.Name,
		telemetry.KeyClusterUID, string(first.cluster.UID), telemetry.KeyURL, c.PortalURL(), telemetry.KeyAddress, server.Address())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return server.Serve(ctx) })
	g.Go(func() error {
		return lead(ctx, r.election, func(ctx context.Context) error { return r.run(ctx, live) })
	})
	if err = stopped(ctx, g.Wait()); err == nil {
		log.Info("argus has stopped")
	}
	return err
}

// run runs the loops until ctx ends.
func (l *loops) run(ctx context.Context, live *health.Liveness) error {
	defer l.lm.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.watches.Run(ctx) })
	g.Go(func() error { return l.beat(ctx, live) })
	g.Go(func() error { return l.tellRules(ctx) })
	g.Go(func() error {
		if err := await(ctx, l.election); err != nil {
			return err
		}
		if err := l.claim(ctx); err != nil {
			return err
		}
		l.lm.BeginFirstSync()
		g.Go(func() error { return l.groups.Run(ctx) })
		g.Go(func() error { return l.endFirstSync(ctx) })
		g.Go(func() error { return l.approvals(ctx) })
		return l.mirror.Run(ctx)
	})
	return g.Wait()
}

// notMirrored tells people of an object that needs them.
func (l *loops) notMirrored(key resource.Key, reason string) {
	l.events.warn(eventNotMirrored, fmt.Sprintf("%s is not mirrored: %s", key, reason))
}

// request honors what a person asked for on the cluster group.
func (l *loops) request(property string) {
	if property == resourcegroup.PropRename {
		l.mirror.RenameSoon()
		return
	}
	l.mirror.AuditSoon()
}

// stopped turns the end that was asked for into no error.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// claim makes sure that the account's tree is this cluster's before anything is
// changed. While the account cannot be reached it waits; what will not mend by
// itself ends Argus.
func (l *loops) claim(ctx context.Context) error {
	const first, most = 2 * time.Second, time.Minute
	for pause := first; ; pause = min(2*pause, most) {
		err := l.groups.Claim(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if err := hopeless(err); err != nil {
			return err
		}
		l.waiting(err)
		l.log.Warn("the LogicMonitor account cannot be reached; waiting", telemetry.KeyError, err, telemetry.KeyRetryIn, pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// hopeless says what a person has to mend before the account's tree can be claimed,
// or nil where waiting may be enough.
func hopeless(err error) error {
	switch {
	case lm.IsClockSkew(err), lm.IsUnauthorized(err):
		return fmt.Errorf("the LogicMonitor account does not accept the credentials: check ACCESS_ID and ACCESS_KEY, or BEARER_TOKEN, and that the token is active: %w", err)
	case lm.IsForbidden(err):
		return fmt.Errorf("the LogicMonitor token may not read groups: give its role manage rights on resources, resource groups and collectors: %w", err)
	case resourcegroup.Fatal(err):
		return err
	}
	return nil
}

// claimable says why these loops must not take the place of those that run: they would
// end Argus. An account that does not answer in time may answer later.
func (l *loops) claimable(ctx context.Context) error {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := hopeless(l.groups.Claim(ctx))
	if err != nil {
		l.lm.Close()
	}
	return err
}

// waiting notes why nothing is mirrored yet.
func (l *loops) waiting(err error) { l.mirror.Note(err) }

// endFirstSync goes back to the everyday share of the account's limits when
// everything has been mirrored once.
func (l *loops) endFirstSync(ctx context.Context) error {
	for {
		if l.watches.Settled() {
			if s := l.mirror.Snapshot(); s.Loaded && s.Backlog() == 0 {
				l.lm.EndFirstSync()
				l.log.Info("first sync is complete")
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// beat lives as long as the mirror answers: a lock that is never released, or a
// loop that hangs on one, stops it.
func (l *loops) beat(ctx context.Context, live *health.Liveness) error {
	loop := live.Start("mirror", time.Minute)
	defer loop.Done()
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			l.mirror.Snapshot()
			l.groups.Report()
			l.watches.States()
			loop.Beat()
		}
	}
}
