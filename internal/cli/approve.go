package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/telemetry"
)

// approveAnnotation of the Lease names the hold that a person approves.
const approveAnnotation = "argus.logicmonitor.com/approve-deletes"

// approvalEvery is how often the Lease is read while something is held.
const approvalEvery = 10 * time.Second

// limits are the deletion budget that a configuration sets.
func limits(c settings) plan.Budget {
	b := c.LM.Resource.DeletionBudget
	return plan.Budget{Minimum: b.Minimum, Share: b.Share, Window: b.Window, AgreeAfter: b.AgreeAfter}
}

// holdText tells a person of a hold: how much, of what, why, and what to do.
func holdText(h plan.Hold) string {
	var kinds []string
	for _, id := range slices.Sorted(maps.Keys(h.Kinds)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", h.Kinds[id], id))
	}
	var names []string
	for _, key := range h.Keys {
		names = append(names, key.String())
	}
	return fmt.Sprintf("hold %s: %s, over the deletion budget of %d in %v (%s; such as %s); take the change of the configuration back, or run: argus approve-deletes %s",
		h.ID, strings.Join(kinds, ", "), h.Limit, h.Window, strings.Join(slices.Sorted(maps.Keys(h.Reasons)), "; "), strings.Join(names, ", "), h.ID)
}

// holds tells people that a hold has begun or ended.
func (l *loops) holds(h plan.Hold) {
	if h.ID == "" {
		l.log.Info("no removals are held any more")
		l.events.note(eventDeletesGo, "no removals are held any more")
		return
	}
	text := holdText(h)
	if l.election == nil {
		text += "; without a Lease nobody can be asked, and two more complete lists that agree let them go"
	}
	l.log.Error("removals are held", telemetry.KeyReason, text, telemetry.KeyCount, h.Count)
	l.events.warn(eventDeletesHeld, text)
}

// approvals looks for a person's approval while something is held.
func (l *loops) approvals(ctx context.Context) error {
	tick := time.NewTicker(approvalEvery)
	defer tick.Stop()
	refused := ""
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		h := l.budget.Hold()
		if h.ID == "" || l.election == nil {
			continue
		}
		id, err := l.election.Annotation(ctx, approveAnnotation)
		if err == nil && id != "" && id != refused {
			if err = l.mirror.ApproveDeletes(id); err != nil {
				refused = id // an approval of an earlier hold
			}
		}
		if err != nil && ctx.Err() == nil {
			l.log.Warn("approval of deletes cannot be taken", telemetry.KeyError, err)
		}
	}
}

func newApprove(p Process) *cobra.Command {
	var kubeconfig string
	var lease electFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "approve-deletes [HOLD]",
		Short: "Let removals go that the deletion budget holds; without HOLD, show what is held",
		Long: `Let removals go that the deletion budget holds; without HOLD, show what is held.

Argus removes no more resources of objects that exist than its deletion budget
allows, whatever the configuration says, and holds the rest. This command shows what
it holds, from its Events, or approves one hold, as an annotation of the Lease by
which Argus leads. It uses your own rights: get events, and get and patch leases, in
the namespace of Argus.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			config, err := restConfig(kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return fmt.Errorf("read how to reach the Kubernetes cluster: %w", err)
			}
			a := approval{client: client, namespace: lease.leaseNamespace(p), lease: lease.name, in: cmd.InOrStdin(), out: p.Stdout}
			if a.namespace == "" {
				a.namespace = "argus"
			}
			if len(args) == 0 {
				return a.show(cmd.Context())
			}
			return a.give(cmd.Context(), args[0], yes)
		},
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig `file` of the cluster; without it $KUBECONFIG and the usual file")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	lease.addLease(cmd)
	return cmd
}

// approval is a person's answer to a hold.
type approval struct {
	client           kubernetes.Interface
	namespace, lease string
	in               io.Reader
	out              io.Writer
}

// held are what the Events of Argus tell of holds, the newest first.
func (a approval) held(ctx context.Context) ([]corev1.Event, error) {
	list, err := a.client.CoreV1().Events(a.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the Events of namespace %s, where Argus tells what it holds: %w", a.namespace, err)
	}
	events := slices.DeleteFunc(list.Items, func(e corev1.Event) bool { return e.Reason != eventDeletesHeld && e.Reason != eventDeletesGo })
	slices.SortFunc(events, func(a, b corev1.Event) int { return b.LastTimestamp.Compare(a.LastTimestamp.Time) })
	return events, nil
}

func (a approval) show(ctx context.Context) error {
	events, err := a.held(ctx)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		_, err = fmt.Fprintf(a.out, "nothing is held, as far as the Events of namespace %s tell (/readyz of Argus knows for sure)\n", a.namespace)
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s  %s\n", events[0].LastTimestamp.UTC().Format(time.RFC3339), telemetry.Printable(events[0].Message))
	return err
}

// give approves a hold, after it has shown what that is.
func (a approval) give(ctx context.Context, id string, yes bool) error {
	if !yes {
		if err := a.show(ctx); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(a.out, "Let everything go that hold %s holds? Write yes: ", id); err != nil {
			return err
		}
		answer, _ := bufio.NewReader(a.in).ReadString('\n')
		if strings.TrimSpace(answer) != "yes" {
			return errors.New("not approved; nothing was changed")
		}
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{approveAnnotation: id}}})
	if err != nil {
		return err
	}
	if _, err = a.client.CoordinationV1().Leases(a.namespace).Patch(ctx, a.lease, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("approve on the Lease %s/%s, by which Argus leads: %w", a.namespace, a.lease, err)
	}
	_, err = fmt.Fprintf(a.out, "approved; Argus takes it up within %v if hold %s is the one in force\n", approvalEvery, id)
	return err
}

// overBudget says what of a plan the deletion budget would hold, for a person;
// empty when nothing.
func overBudget(b plan.Budget, removals, owned int) string {
	limit := b.Limit(owned)
	if removals <= limit {
		return ""
	}
	return fmt.Sprintf("%d of the removals rest on the configuration; the deletion budget has room for %d in %v, and the rest will be held until a person approves (argus approve-deletes) or two more complete lists agree",
		removals, limit, b.Window)
}

// configured counts the removals of a plan that rest on the configuration.
func (f *findings) configured() (removals int) {
	for _, d := range f.resources {
		if d.step.Do == plan.Act && d.step.Change.Removes() && d.step.Change.Configured {
			removals++
		}
	}
	return removals
}
