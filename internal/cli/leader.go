package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/internal/health"
	"github.com/argus-k8s/argus/internal/leader"
	"github.com/argus-k8s/argus/internal/lm"
)

// serviceAccountNamespace holds the namespace of the pod a process runs in.
const serviceAccountNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// electFlags are those of Kubernetes' own controllers.
type electFlags struct {
	elect           bool
	given           bool // on the command line
	name, namespace string
	lease           time.Duration
	renew           time.Duration
	retry           time.Duration
}

func (f *electFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.BoolVar(&f.elect, "leader-elect", false, "let only one of several replicas act; the others stand by (default true in a pod)")
	f.addLease(cmd)
	fs.DurationVar(&f.lease, "leader-elect-lease-duration", leader.DefaultLeaseDuration, "how long others wait before they take over from a leader that is silent")
	fs.DurationVar(&f.renew, "leader-elect-renew-deadline", leader.DefaultRenewDeadline, "how long a leader that cannot renew goes on")
	fs.DurationVar(&f.retry, "leader-elect-retry-period", leader.DefaultRetryPeriod, "pause between two renewals, and between two attempts to take over")
}

// addLease adds the flags that name the Lease.
func (f *electFlags) addLease(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "leader-elect-resource-name", "argus", "name of the Lease")
	cmd.Flags().StringVar(&f.namespace, "leader-elect-resource-namespace", "", "namespace of the Lease (default that of the pod)")
}

// wanted says whether there is an election.
func (f *electFlags) wanted(kubeconfig string) bool {
	if f.given {
		return f.elect
	}
	_, err := rest.InClusterConfig()
	return err == nil && kubeconfig == ""
}

// leaseNamespace is where the Lease is: as the flag, the charts' environment or
// the pod's ServiceAccount say.
func (f *electFlags) leaseNamespace(p Process) string {
	if f.namespace != "" {
		return f.namespace
	}
	if namespace, ok := p.Lookup("MY_NAMESPACE"); ok && namespace != "" {
		return namespace
	}
	content, err := os.ReadFile(serviceAccountNamespace)
	if err != nil {
		return "" // told as a fault of the election
	}
	return strings.TrimSpace(string(content))
}

// newElection is nil when this process alone acts.
func newElection(p Process, f flags, client kubernetes.Interface, log *slog.Logger) (*leader.Election, error) {
	if !f.election.wanted(f.kubeconfig) {
		return nil, nil //nolint:nilnil // none is an answer
	}
	who, _ := p.Lookup("MY_POD_NAME")
	if who == "" {
		who, _ = os.Hostname()
	}
	return leader.New(leader.Config{
		Leases: client.CoordinationV1(), Namespace: f.election.leaseNamespace(p), Name: f.election.name,
		// A container that was started again is another replica.
		Identity:      who + "_" + string(uuid.NewUUID()),
		LeaseDuration: f.election.lease, RenewDeadline: f.election.renew, RetryPeriod: f.election.retry, Log: log,
	})
}

// lead runs what act does as the leader, or alone when there is no election: the
// Lease is given back only after act has ended.
func lead(ctx context.Context, e *leader.Election, act func(context.Context) error) error {
	if e == nil {
		return act(ctx)
	}
	campaign, giveBack := context.WithCancel(context.WithoutCancel(ctx))
	defer giveBack()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lost := make(chan error, 1)
	go func() {
		defer stop()
		lost <- e.Run(campaign)
	}()
	err := act(ctx)
	giveBack()
	if gone := <-lost; gone != nil {
		return gone // and that is why act ended
	}
	return err
}

// await waits until this process leads.
func await(ctx context.Context, e *leader.Election) error {
	if e == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-e.Elected():
		return nil
	}
}

// guard keeps the account from being changed by a replica that does not lead.
func guard(e *leader.Election) lm.Guard {
	if e == nil {
		return nil
	}
	return e.Until
}

// electionCondition says how the campaign stands. A replica that stands by is as
// ready as it can be.
func electionCondition(e *leader.Election) health.Condition {
	c := health.Condition{Name: "leader", Ready: true}
	switch s := e.Standing(); {
	case s.Leads:
		c.Detail = "this replica leads"
	case s.Err != nil:
		c.Ready = false
		c.Detail = fmt.Sprintf("the Lease %s cannot be held: %v; apply the Role of the manifests, or run one replica with --leader-elect=false", s.Lease, s.Err)
	case s.Leader == "":
		c.Detail = "nobody leads yet"
	default:
		c.Detail = "standing by for " + s.Leader
	}
	return c
}

// leads says whether this process acts.
func leads(e *leader.Election) bool {
	if e == nil {
		return true
	}
	select {
	case <-e.Elected():
		return true
	default:
		return false
	}
}

// newLeads tells metrics who acts.
func newLeads(e *leader.Election) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "argus_leader", Help: "1 for a replica that acts, 0 for one that stands by.",
	}, func() float64 {
		if e == nil {
			return 1
		}
		_, err := e.Until()
		return fact(!errors.Is(err, leader.ErrNotLeading))
	})
}
