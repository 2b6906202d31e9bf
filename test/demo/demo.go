package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/argus-k8s/argus/test/cluster"
	"github.com/argus-k8s/argus/test/demo/equal"
)

const (
	clusterName = "demo"
	nodes       = 4
	// rest is the time between two changes when somebody looks on.
	rest = 10 * time.Second
)

//go:embed workloads
var workloads embed.FS

// demo is everything that runs.
type demo struct {
	screen  *screen
	dir     string // for the files of Argus
	cluster *cluster.Cluster
	client  kubernetes.Interface
	portal  *portal
	argus   *argus
	took    []timing
	// patience is how long one change may take to be followed.
	patience time.Duration
}

// timing is how long a step took.
type timing struct {
	step string
	time.Duration
}

// show runs the demo to its end, or until somebody ends it, and leaves nothing
// behind.
func show(ctx context.Context, o options, s *screen) (err error) {
	s.say("Argus demo: a Kubernetes, a simulated LogicMonitor account, and Argus between them")
	s.say("")
	begin := time.Now()
	assets, err := cluster.Binaries(ctx, s)
	if err != nil {
		return fmt.Errorf("build Kubernetes: %w", err)
	}
	bin, err := build(ctx, s)
	if err != nil {
		return err
	}
	if o.once {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.bound, fmt.Errorf("the demo did not end within %s", o.bound))
		defer cancel()
	}
	d := &demo{screen: s, patience: 3 * time.Minute}
	d.time("programs built or found", begin)
	defer func() { err = errors.Join(err, d.end()) }()
	if err := d.start(ctx, assets, bin); err != nil {
		return err
	}
	stop := d.watch(ctx)
	defer stop()
	if o.once {
		return d.once(ctx)
	}
	return d.forever(ctx)
}

// start brings up all that runs and fills the cluster.
func (d *demo) start(ctx context.Context, assets, bin string) (err error) {
	begin := time.Now()
	if d.cluster, err = cluster.Start(ctx, cluster.Options{BinDir: assets, Progress: d.screen}); err != nil {
		return err
	}
	if d.client, err = kubernetes.NewForConfig(d.cluster.Config()); err != nil {
		return fmt.Errorf("set up a client: %w", err)
	}
	if _, err := d.cluster.AddNodes(ctx, nodes, cluster.NodeOptions{}); err != nil {
		return err
	}
	d.time(fmt.Sprintf("Kubernetes with %d simulated nodes started", nodes), begin)

	begin = time.Now()
	for _, name := range []string{"shop", "payments", "analytics", "media", "platform"} {
		if err := d.apply(ctx, name); err != nil {
			return err
		}
	}
	d.time("workloads applied in five namespaces", begin)

	begin = time.Now()
	if d.portal, err = openPortal(ctx); err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp("", "argus-demo-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if d.argus, err = startArgus(ctx, bin, d.dir, d.cluster.Kubeconfig(), d.portal.api); err != nil {
		return err
	}
	d.time("account and Argus started", begin)
	d.addresses()
	return nil
}

// apply brings the workloads of one namespace into the cluster.
func (d *demo) apply(ctx context.Context, namespace string) error {
	manifests, err := workloads.ReadFile("workloads/" + namespace + ".yaml")
	if err != nil {
		return fmt.Errorf("read the workloads: %w", err)
	}
	return d.cluster.Apply(ctx, manifests)
}

func (d *demo) addresses() {
	d.screen.say("")
	d.screen.say("  the account    %s   (open it in a browser)", d.portal.page)
	d.screen.say("  argus          http://%s/readyz   http://%s/metrics", d.argus.address, d.argus.address)
	d.screen.say("  its log        %s", d.argus.log)
	d.screen.say("  the cluster    export KUBECONFIG=%s", d.cluster.Kubeconfig())
	d.screen.say("")
}

// end stops all that runs, the reader before what it reads.
func (d *demo) end() error {
	var all []error
	if d.argus != nil {
		all = append(all, d.argus.stop())
	}
	if d.portal != nil {
		all = append(all, d.portal.close())
	}
	if d.cluster != nil {
		all = append(all, d.cluster.Stop())
	}
	return errors.Join(append(all, os.RemoveAll(d.dir))...)
}

// time notes and tells how long a step took.
func (d *demo) time(step string, begin time.Time) {
	t := timing{step, time.Since(begin)}
	d.took = append(d.took, t)
	d.screen.say("%6.1f s  %s", t.Seconds(), step)
}

// once makes each change once and reports.
func (d *demo) once(ctx context.Context) error {
	err := d.firstSync(ctx)
	for _, c := range d.changes(0) {
		if err == nil {
			err = d.follow(ctx, c)
		}
	}
	d.screen.clear()
	if err != nil {
		d.explain(context.WithoutCancel(ctx))
		return err
	}
	return d.report()
}

// forever makes the changes again and again. One that is not followed is told
// and does not end it.
func (d *demo) forever(ctx context.Context) error {
	if err := d.tolerate(ctx, d.firstSync(ctx)); err != nil {
		return err
	}
	d.screen.say("")
	d.screen.say("now the cluster changes every few seconds; Ctrl-C ends everything")
	for round := 0; ; round++ {
		for _, c := range d.changes(round) {
			if err := pause(ctx, rest); err != nil {
				return err
			}
			if err := d.tolerate(ctx, d.follow(ctx, c)); err != nil {
				return err
			}
		}
	}
}

// tolerate tells an error and returns it only if nothing can go on after it.
func (d *demo) tolerate(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || d.argus.gone() != nil {
		return err
	}
	d.screen.say("          %v", err)
	return nil
}

// firstSync waits until the account holds the cluster for the first time.
func (d *demo) firstSync(ctx context.Context) error {
	begin := time.Now()
	d.screen.say("          filling the account (LogicMonitor takes 200 new resources a minute)")
	if err := d.converge(ctx); err != nil {
		return fmt.Errorf("first sync: %w", err)
	}
	d.time("the account equals the cluster", begin)
	return nil
}

// follow makes a change and waits until the account shows it.
func (d *demo) follow(ctx context.Context, c change) error {
	begin, commit := time.Now(), d.portal.lastCommit()
	before, _ := d.portal.used()
	d.screen.say("")
	d.screen.say("          %s", c.title)
	if err := c.do(ctx); err != nil {
		return fmt.Errorf("%s: %w", c.title, err)
	}
	if err := d.converge(ctx); err != nil {
		return fmt.Errorf("%s: %w", c.title, err)
	}
	after, _ := d.portal.used()
	for _, line := range shorten(d.portal.changes(commit)) {
		d.screen.say("            %s", line)
	}
	d.time(fmt.Sprintf("followed, with %d calls, %d of them writes", after.calls-before.calls, after.writes-before.writes), begin)
	d.took[len(d.took)-1].step = c.title
	return nil
}

// shorten keeps the list of what changed readable.
func shorten(lines []string) []string {
	const most = 8
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most-1:most-1], fmt.Sprintf("… and %d more", len(lines)-most+1))
}

// differences between the cluster and the account as they are now. They may be
// on their way: settled tells whether the cluster still works on something.
func (d *demo) differences(ctx context.Context) (found, unsettled []string, err error) {
	c, err := equal.ReadCluster(ctx, d.cluster.Config(), clusterName)
	if err != nil {
		return nil, nil, err
	}
	now, err := d.portal.account()
	if err != nil {
		return nil, nil, err
	}
	return equal.Compare(c, d.portal.before, now), c.Unsettled(), nil
}

// converge returns once the cluster has settled and the account equals it in two
// looks in a row.
func (d *demo) converge(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d.patience, fmt.Errorf("not within %s", d.patience))
	defer cancel()
	var found, unsettled []string
	for looks := 0; looks < 2; {
		if err := d.argus.gone(); err != nil {
			return err
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return &waitError{err, unsettled, found}
		}
		f, u, err := d.differences(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return &waitError{context.Cause(ctx), unsettled, found}
			}
			return err
		}
		found, unsettled = f, u
		looks++
		if len(found)+len(unsettled) > 0 {
			looks = 0
		}
	}
	return nil
}

// A waitError says what was waited for in vain.
type waitError struct {
	err              error
	unsettled, found []string
}

func (e *waitError) Error() string {
	text := fmt.Sprintf("waited for the account to equal the cluster: %v", e.err)
	if len(e.unsettled) > 0 {
		text += fmt.Sprintf("; the cluster itself still works on %d objects, such as: %s", len(e.unsettled), e.unsettled[0])
	}
	return text + fmt.Sprintf("; %d differences", len(e.found))
}

func (e *waitError) Unwrap() error { return e.err }
