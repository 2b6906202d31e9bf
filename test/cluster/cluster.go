// Package cluster starts and stops a real Kubernetes on this machine: etcd,
// kube-apiserver, kube-controller-manager, kube-scheduler, and KWOK, which
// plays the kubelets. Tests and the demo stand on it, so that what they prove
// is proven against the programs that run in production.
//
// Everything listens on loopback only, lives in one folder and ends by its own
// process ID. The package needs a Unix and must not be imported by Argus
// itself, only by tests and the demo.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Component names one program of the control plane. It is also the name of
// that program's file.
type Component string

// The programs a Cluster consists of.
const (
	Etcd              Component = "etcd"
	APIServer         Component = "kube-apiserver"
	ControllerManager Component = "kube-controller-manager"
	Scheduler         Component = "kube-scheduler"
	KWOK              Component = "kwok"
)

// everything lists all programs, in the order in which they start.
func everything() []Component {
	return []Component{Etcd, APIServer, ControllerManager, Scheduler, KWOK}
}

// Options says what Start starts. The zero value is a whole control plane with
// programs from Binaries and a folder of its own.
type Options struct {
	// Components lists the programs to run; empty means all of them. Etcd and
	// APIServer always run, so []Component{APIServer} is the bare API.
	Components []Component
	// BinDir is the folder of the programs; empty means the one of Binaries.
	BinDir string
	// DataDir keeps keys, logs and the database. Empty means a temporary
	// folder that Stop removes; a folder given here stays.
	DataDir string
	// LogLevel is the klog verbosity of the Kubernetes programs and KWOK.
	LogLevel int
	// Flags are added at the end of a program's command line and so override
	// what this package sets.
	Flags map[Component][]string
	// KWOKNodes is the label selector of the nodes that KWOK plays; empty
	// means every node. Set it when a real kubelet joins.
	KWOKNodes string
	// Existing uses the cluster that the environment variable KUBECONFIG
	// points to instead. Nothing is started, and nothing stopped.
	Existing bool
	// Progress receives lines for a person who waits while programs are
	// built; nil discards them.
	Progress io.Writer
}

// has tells whether the component is to run.
func (o Options) has(c Component) bool {
	return c == Etcd || c == APIServer || len(o.Components) == 0 || slices.Contains(o.Components, c)
}

// components lists what is to run, in the order of starting.
func (o Options) components() []Component {
	return slices.DeleteFunc(everything(), func(c Component) bool { return !o.has(c) })
}

// Cluster is a running Kubernetes. Its methods may be called from any
// goroutine.
type Cluster struct {
	options    Options
	layout     layout
	ownFolder  bool
	config     *rest.Config
	client     kubernetes.Interface
	kubeconfig string
	probes     *prober
	janitor    *janitor

	mu        sync.Mutex // guards processes and stopped
	processes map[Component]*process
	stopped   bool
}

// Start brings a control plane up and returns once every program of it says
// that it is ready. The context bounds the start alone: the cluster lives
// until Stop, or until this process ends in whatever way.
//
// A program that ends while it should start makes Start fail with an
// *ExitError; programs that are not there with a *MissingError.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Existing {
		return existing(o)
	}
	binDir, err := o.binaries(ctx)
	if err != nil {
		return nil, err
	}
	// A port that was free a moment ago may be taken by somebody else before
	// the program listens on it; then the start is tried again on others.
	const attempts = 3
	for attempt := 1; ; attempt++ {
		c, err := startOnce(ctx, binDir, o)
		if err == nil {
			return c, nil
		}
		var taken *portTakenError
		if attempt == attempts || !errors.As(err, &taken) {
			return nil, fmt.Errorf("start control plane: %w", err)
		}
	}
}

// startOnce brings everything up on one choice of ports, or leaves nothing.
func startOnce(ctx context.Context, binDir string, o Options) (*Cluster, error) {
	c, err := prepare(binDir, o)
	if err != nil {
		return nil, err
	}
	if err := c.startAll(ctx); err != nil {
		err = errors.Join(err, c.Stop())
		if port, taken := c.layout.ports.taken(); taken {
			err = &portTakenError{port: port, err: err}
		}
		return nil, err
	}
	return c, nil
}

// prepare makes the folder, the keys and the command lines. No program runs
// when it returns, except the janitor.
func prepare(binDir string, o Options) (_ *Cluster, err error) {
	c := &Cluster{options: o, processes: map[Component]*process{}}
	dir, removed := o.DataDir, ""
	if dir == "" {
		if dir, err = os.MkdirTemp("", "argus-cluster-"); err != nil {
			return nil, fmt.Errorf("make data folder: %w", err)
		}
		c.ownFolder, removed = true, dir
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	c.layout = layout{dir: dir, binDir: binDir}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if err := c.layout.makeFolders(); err != nil {
		return nil, err
	}
	if c.layout.ports, err = freePorts(); err != nil {
		return nil, err
	}
	if c.janitor, err = startJanitor(removed); err != nil {
		return nil, err
	}
	ca, err := writeKeys(c.layout)
	if err != nil {
		return nil, err
	}
	if err := c.connect(ca); err != nil {
		return nil, err
	}
	return c, writeConfigs(c.layout, o)
}

// connect makes the administrator's clients and kubeconfig.
func (c *Cluster) connect(ca *authority) (err error) {
	admin, err := ca.issue(identity{name: "argus-admin", groups: []string{"system:masters"}})
	if err != nil {
		return err
	}
	c.config = &rest.Config{
		Host:            c.layout.url(),
		TLSClientConfig: rest.TLSClientConfig{CAData: ca.pem, CertData: admin.cert, KeyData: admin.key},
		QPS:             -1, // the client's own limiter is off; it would time the tests
	}
	c.kubeconfig = c.layout.kubeconfig()
	if err := writeKubeconfig(c.kubeconfig, c.config); err != nil {
		return err
	}
	if c.probes, err = newProber(ca.pem, admin); err != nil {
		return err
	}
	c.client, err = kubernetes.NewForConfig(c.config)
	return err
}

// startAll starts the components. The apiserver waits for etcd by itself, so
// the two start side by side; the others end when there is no API yet.
func (c *Cluster) startAll(ctx context.Context) error {
	all := c.options.components()
	for _, wave := range [][]Component{all[:2], all[2:]} {
		for _, component := range wave {
			if err := c.launch(component); err != nil {
				return err
			}
		}
		// Side by side, so that any of them that ends is noticed at once.
		group, waiting := errgroup.WithContext(ctx)
		for _, component := range wave {
			group.Go(func() error { return c.awaitReady(waiting, component) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return c.settle(ctx)
}

// launch starts one component, unless the cluster was stopped meanwhile.
func (c *Cluster) launch(component Component) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return fmt.Errorf("start %s: the cluster is stopped", component)
	}
	p, err := startProcess(component, c.layout, commandLine(component, c.layout, c.options), c.janitor)
	if err != nil {
		return err
	}
	c.processes[component] = p
	return nil
}

// Stop ends every program, those that use the API first and etcd last, and
// removes the data folder if Start made it. It may be called again.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil
	}
	c.stopped = true
	c.endAll()
	var errs []error
	if c.ownFolder {
		errs = append(errs, os.RemoveAll(c.layout.dir))
	}
	if c.janitor != nil {
		errs = append(errs, c.janitor.dismiss())
	}
	return errors.Join(errs...)
}

// endAll ends the clients of the API together, then the apiserver, then etcd:
// an apiserver that lost its etcd does not end on SIGTERM for minutes. The
// caller holds the lock.
func (c *Cluster) endAll() {
	var clients sync.WaitGroup
	for _, component := range []Component{KWOK, Scheduler, ControllerManager} {
		if p, ok := c.processes[component]; ok {
			clients.Go(p.end)
		}
	}
	clients.Wait()
	for _, component := range []Component{APIServer, Etcd} {
		if p, ok := c.processes[component]; ok {
			p.end()
		}
	}
	clear(c.processes)
}

// Config returns a copy of the administrator's client configuration, without
// a limit of requests a second.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }

// Kubeconfig returns the path of a file with the administrator's credentials.
// It goes with Stop, unless it lies in a DataDir that the caller gave.
func (c *Cluster) Kubeconfig() string { return c.kubeconfig }

// URL returns the address of the API.
func (c *Cluster) URL() string { return c.config.Host }

// CA returns the certificates, in PEM, that vouch for URL.
func (c *Cluster) CA() []byte { return slices.Clone(c.config.CAData) }
