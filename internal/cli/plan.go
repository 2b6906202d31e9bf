package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
	"github.com/argus-k8s/argus/internal/resourcegroup"
	"github.com/argus-k8s/argus/internal/telemetry"
	"github.com/argus-k8s/argus/internal/watch"
)

// planReaders is how many objects a plan reads at a time.
const planReaders = 8

func newPlan(p Process) *cobra.Command {
	var f flags
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what run would change, and change nothing",
		Long: "Show what run would change, and change nothing.\n\n" +
			"The exit code is 0 when there is nothing to change, 2 when there is, and 1 on an error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), patience)
			defer cancel()
			return printPlan(ctx, p, f)
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&patience, "timeout", 10*time.Minute, "longest `time` to take")
	return cmd
}

// decision is what a plan found for one key.
type decision struct {
	key  resource.Key
	step plan.Step
}

// findings are all that a plan found.
type findings struct {
	groups    []resourcegroup.Change
	resources []decision // changes, and keys that cannot be mirrored
	rules     []string   // what there is to tell of the rules
	frozen    []string
	inStep    int
	over      string // what the deletion budget would hold, or empty
}

// assembleQuiet is assemble for a command whose answer stands in its output: the
// log is for trouble.
func assembleQuiet(ctx context.Context, p Process, f flags) (*parts, error) {
	c, err := loadConfig(p, f)
	if err != nil {
		return nil, err
	}
	level := new(slog.LevelVar)
	log := newLogger(p, c, level)
	level.Set(max(level.Level(), slog.LevelWarn))
	return assemble(ctx, c, f.kubeconfig, nil, log) // plan writes nothing
}

func printPlan(ctx context.Context, p Process, f flags) error {
	a, err := assembleQuiet(ctx, p, f)
	if err != nil {
		return err
	}
	defer a.lm.Close()
	found, err := a.plan(ctx)
	if err != nil {
		return err
	}
	if err := found.print(p.Stdout); err != nil {
		return err
	}
	if len(found.groups) > 0 || slices.ContainsFunc(found.resources, func(d decision) bool { return d.step.Do == plan.Act }) {
		return errChanges
	}
	return nil
}

// deaf is a Sink for watches that nobody listens to.
type deaf struct{}

func (deaf) Touch(resource.Key)   {}
func (deaf) Listed(resource.Kind) {}

// plan decides on every key that the cluster or the account has, as run would.
func (a *parts) plan(ctx context.Context) (*findings, error) {
	watches, stop := a.listen(ctx, "")
	defer stop()
	groups := resourcegroup.New(resourcegroup.Config{
		Reader: a.account, Cluster: watches, Layout: a.layout(), Parent: a.config.ClusterTreeParentID, ParentPath: a.config.ClusterTreeParentPath, Facts: a.facts, Log: a.log,
	})
	if err := groups.Claim(ctx); err != nil {
		return nil, fmt.Errorf("read the account's groups: %w", err)
	}
	snapshot, err := a.account.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the account: %w", err)
	}
	if err := settled(ctx, watches); err != nil {
		return nil, err
	}
	found := &findings{}
	for _, n := range a.census.end() {
		found.rules = append(found.rules, n.String())
	}
	m := mirror.New(mirror.Config{
		Cluster: watches, Account: snapshot, Cache: resourcecache.New(a.policy),
		Kinds: a.mirrored(), Policy: a.policy, Log: a.log,
	})
	if err := m.Audit(ctx); err != nil {
		return nil, err
	}
	if found.groups, err = groups.Plan(ctx); err != nil {
		return nil, err
	}
	for _, s := range watches.States() {
		if reason := s.Frozen(); reason != "" {
			found.frozen = append(found.frozen, reason)
		}
	}
	expired, err := m.Expired(ctx)
	for _, change := range expired {
		found.resources = append(found.resources, decision{change.Key, plan.Step{Do: plan.Act, Change: change}})
	}
	if err != nil {
		return nil, err
	}
	if err := found.decide(ctx, m); err != nil {
		return nil, err
	}
	found.over = overBudget(limits(a.config), found.configured(), m.Snapshot().Present())
	return found, nil
}

// listen follows the cluster, or one kind of it with the namespaces that it needs,
// until stop is called.
func (a *parts) listen(ctx context.Context, only resource.Kind) (watches *watch.Cluster, stop func()) {
	kinds := slices.DeleteFunc(slices.Clone(a.kinds), func(k *kind.Kind) bool {
		return only != "" && k.ID != only && k != kind.Namespace
	})
	watches = watch.NewCluster(kinds, a.off, watch.Config{
		REST: a.rest, Client: a.client, Index: a.index, Sink: deaf{}, View: a.view, Log: a.log,
	})
	ctx, cancel := context.WithCancel(ctx)
	var g sync.WaitGroup
	g.Go(func() { _ = watches.Run(ctx) })
	return watches, func() {
		cancel()
		g.Wait()
	}
}

// mirrored are the kinds that the account is compared for.
func (a *parts) mirrored() []*kind.Kind { return slices.Concat(a.kinds, a.off) }

// settled waits until every kind is listed or known not to be readable.
func settled(ctx context.Context, watches *watch.Cluster) error {
	for !watches.Settled() {
		select {
		case <-ctx.Done():
			for _, s := range watches.States() {
				if !s.Listed && s.Frozen() == "" {
					return fmt.Errorf("kind %s could not be listed in time: %s", s.Kind.ID, cmp.Or(s.Detail, string(s.Phase)))
				}
			}
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// decide asks the Manager about every key.
func (f *findings) decide(ctx context.Context, m *mirror.Manager) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(planReaders)
	for _, key := range m.Keys() {
		g.Go(func() error {
			step, err := m.Plan(ctx, key)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			switch step.Do {
			case plan.Act, plan.Wait:
				f.resources = append(f.resources, decision{key, step})
			case plan.Park:
				if m.Cluster.Frozen(key.Kind) == "" {
					f.resources = append(f.resources, decision{key, step})
				}
			case plan.Withhold, plan.Linger: // run's alone
			case plan.Rest, plan.ReadObject, plan.ReadResource, plan.FindName:
				f.inStep++
			}
			return nil
		})
	}
	err := g.Wait()
	slices.SortFunc(f.resources, func(a, b decision) int {
		return cmp.Or(cmp.Compare(place(a.key.Kind), place(b.key.Kind)), a.key.Compare(b.key))
	})
	return err
}

// place is where a kind stands in the table.
func place(id resource.Kind) int {
	return slices.IndexFunc(kind.All, func(k *kind.Kind) bool { return k.ID == id })
}

// print draws a plan for people.
func (f *findings) print(w io.Writer) error {
	out := &printer{w: w}
	counts := map[plan.Op]int{}
	for _, c := range f.groups {
		out.line("%c group %q  %s", rune(c.Op), c.Path, c.Reason)
	}
	waits := 0
	for _, d := range f.resources {
		if d.step.Do != plan.Act {
			waits++
			out.line("! %s  %s", d.key, d.step.Reason)
			continue
		}
		c := d.step.Change
		counts[c.Op]++
		out.change(c)
	}
	for _, reason := range slices.Concat(f.rules, f.frozen) {
		out.line("! %s", reason)
	}
	if f.over != "" {
		out.line("! %s", f.over)
	}
	out.line("%d to create, %d to update, %d to delete, %d in step, %d cannot be mirrored; %d groups to change.",
		counts[plan.Create], counts[plan.Update], counts[plan.Delete], f.inStep, waits, len(f.groups))
	return out.err
}

// printer writes lines until one fails. What comes from a cluster or an account
// cannot move the cursor or draw lines of its own: names of roles and properties
// may hold any character.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, telemetry.Printable(fmt.Sprintf(format, args...)))
	}
}

func (p *printer) change(c plan.Change) {
	switch c.Op {
	case plan.Create:
		p.line("%c %s  %q  %s", rune(c.Op), c.Key, c.Want.DisplayName, c.Reason)
		for _, note := range c.Want.Notes {
			p.line("    note: %s", note)
		}
	case plan.Update:
		p.line("%c %s  resource %d  %s", rune(c.Op), c.Key, c.ID, c.Reason)
		for _, field := range c.Fields {
			p.field(field)
		}
	case plan.Delete:
		p.line("%c %s  resource %d  %s", rune(c.Op), c.Key, c.ID, c.Reason)
	case plan.None:
	}
}

func (p *printer) field(f plan.Field) {
	switch {
	case f.Want == "":
		p.line("    - %s = %s", f.Name, short(f.Have))
	case f.Have == "":
		p.line("    + %s = %s", f.Name, short(f.Want))
	default:
		p.line("    ~ %s = %s -> %s", f.Name, short(f.Have), short(f.Want))
	}
}

// short quotes a value and cuts a long one.
func short(value string) string {
	const most = 80
	if cut := resource.Cut(value, most); cut != value {
		return fmt.Sprintf("%q...", cut)
	}
	return fmt.Sprintf("%q", value)
}
