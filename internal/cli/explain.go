package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
)

func newExplain(p Process) *cobra.Command {
	var f flags
	var namespace string
	cmd := &cobra.Command{
		Use:   "explain KIND/NAME",
		Short: "Tell why one object is in the account as it is, or is not",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := parseKey(args[0], namespace)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Minute)
			defer cancel()
			return explain(ctx, p, f, key)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&namespace, "namespace", "n", "default", "namespace of the object")
	return cmd
}

// parseKey reads KIND/NAME; the namespace counts where the kind has one.
func parseKey(text, namespace string) (resource.Key, error) {
	word, name, ok := strings.Cut(text, "/")
	if !ok || name == "" {
		return resource.Key{}, fmt.Errorf("%q names no object: want a kind and a name, such as pods/web-0", text)
	}
	k, err := kind.Parse(word)
	if err != nil {
		return resource.Key{}, err
	}
	if !k.Watched() || k.GroupsOnly {
		return resource.Key{}, fmt.Errorf("kind %s makes groups and no resources", k.ID)
	}
	if !k.Namespaced {
		namespace = ""
	}
	return resource.Key{Kind: k.ID, Namespace: namespace, Name: name}, nil
}

// explain decides on one key as run would, and tells all that went into it.
func explain(ctx context.Context, p Process, f flags, key resource.Key) error {
	a, err := assembleQuiet(ctx, p, f)
	if err != nil {
		return err
	}
	defer a.lm.Close()
	watches, stop := a.listen(ctx, key.Kind)
	defer stop()
	if err := settled(ctx, watches); err != nil {
		return err
	}
	snapshot, err := a.account.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("list the account: %w", err)
	}
	m := mirror.New(mirror.Config{
		Cluster: watches, Account: snapshot, Cache: resourcecache.New(a.policy),
		Kinds: a.mirrored(), Policy: a.policy, Log: a.log,
	})
	if err := m.Audit(ctx); err != nil {
		return err
	}
	step, err := m.Plan(ctx, key)
	if err != nil {
		return err
	}
	out := &printer{w: p.Stdout}
	out.line("%s", key)
	out.object(watches.Read(ctx, key))
	var held []resource.Observed
	err = snapshot.List(ctx, func(o *resource.Observed) {
		if o.Key == key {
			held = append(held, *o)
		}
	})
	if err != nil {
		return err
	}
	out.held(held)
	out.verdict(step)
	return out.err
}

// object tells what the cluster says.
func (p *printer) object(o plan.Object) {
	switch o.Sight {
	case plan.Present:
		p.line("in the cluster: yes, UID %s; it should be", o.UID)
		p.line("    name = %q", o.Want.Name)
		p.line("    displayName = %q", o.Want.DisplayName)
		p.line("    system.categories = %q", resource.JoinCategories(o.Want.Categories))
		for _, property := range o.Want.Properties {
			p.line("    %s = %s  (from %s)", property.Name, short(property.Value), property.From)
		}
		for _, note := range o.Want.Notes {
			p.line("    note: %s", note)
		}
	case plan.Absent:
		p.line("in the cluster: no")
	case plan.Excluded:
		p.line("in the cluster: yes, and kept out of the account by %s", o.Reason)
	case plan.NotReady:
		p.line("in the cluster: yes, and it cannot be mirrored yet: %s", o.Reason)
	case plan.Unreadable, plan.Unseen:
		p.line("in the cluster: unknown: %s", o.Reason)
	}
}

// held tells what the account holds.
func (p *printer) held(all []resource.Observed) {
	if len(all) == 0 {
		p.line("in the account: no")
	}
	for _, o := range all {
		life := ""
		if o.Life == resource.Deleted {
			life = ", marked deleted"
		}
		p.line("in the account: resource %d, %q, name %q, UID %s%s", o.ID, o.DisplayName, o.Name, o.UID, life)
	}
}

// verdict tells what run would do.
func (p *printer) verdict(step plan.Step) {
	switch step.Do {
	case plan.Act:
		p.line("run would %s it: %s", step.Change.Op, step.Reason)
		for _, field := range step.Change.Fields {
			p.field(field)
		}
	case plan.Park, plan.Wait, plan.Withhold, plan.Linger:
		p.line("run can do nothing now: %s", step.Reason)
	case plan.Rest, plan.ReadObject, plan.ReadResource, plan.FindName:
		p.line("run would do nothing: %s", step.Reason)
	}
}
