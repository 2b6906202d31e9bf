// Package day_test lets Argus live through whole days in moments. The loops of the
// program run in fake time, put together as internal/cli does it, with the real
// clients of both sides on connections in memory: client-go's watches against
// test/scenario/fakeapi, and the client of the account against the simulator.
package day_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/config"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/leader"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
	"github.com/argus-k8s/argus/internal/resourcegroup"
	"github.com/argus-k8s/argus/internal/watch"
	"github.com/argus-k8s/argus/test/scenario/fakeapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network is a server whose connections are pipes in memory. It counts requests by
// the name that it is given for each.
type network struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once

	mu    sync.Mutex // guards calls
	calls map[string]int
}

// serve runs a server until the test ends.
func serve(t *testing.T, handler http.Handler, name func(*http.Request) string) *network {
	t.Helper()
	n := &network{conns: make(chan net.Conn), ended: make(chan struct{}), calls: map[string]int{}}
	server := &http.Server{ReadHeaderTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		n.calls[name(r)]++
		n.mu.Unlock()
		handler.ServeHTTP(w, r)
	})}
	done := make(chan error)
	go func() { done <- server.Serve(n) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return n
}

// dial connects to the server.
func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case n.conns <- there:
		return here, nil
	case <-n.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (n *network) Close() error {
	n.once.Do(func() { close(n.ended) })
	return nil
}

// Addr implements net.Listener.
func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

// take returns the requests since it was last asked.
func (n *network) take() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	calls := n.calls
	n.calls = map[string]int{}
	return calls
}

// heard counts what Argus logs, by message.
type heard struct {
	slog.Handler
	mu    sync.Mutex // guards times
	times map[string]int
}

func newHeard() *heard { return &heard{Handler: slog.DiscardHandler, times: map[string]int{}} }

// Enabled implements slog.Handler.
func (*heard) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (h *heard) Handle(_ context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.times[r.Message]++
	return nil
}

// WithAttrs implements slog.Handler.
func (h *heard) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler.
func (h *heard) WithGroup(string) slog.Handler { return h }

// take returns how often a message was logged since it was last asked for.
func (h *heard) take(message string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer delete(h.times, message)
	return h.times[message]
}

// world is a cluster and an account.
type world struct {
	api    *fakeapi.Server
	kube   *network
	sim    *lmsim.Server
	portal *network
}

// newWorld is called in a bubble: all of it lives in fake time.
func newWorld(t *testing.T, limits lmsim.Limits) *world {
	t.Helper()
	w := &world{api: fakeapi.New(), sim: lmsim.New(lmsim.Options{Limits: &limits, Clock: time.Now})}
	if _, err := w.sim.AddCollector(lmsim.Collector{}); err != nil {
		t.Fatal(err)
	}
	w.kube, w.portal = serve(t, w.api, kubeCall), serve(t, w.sim, portalCall)
	return w
}

// argus is one replica.
type argus struct {
	watches  *watch.Cluster
	mirror   *mirror.Manager
	groups   *resourcegroup.Manager
	election *leader.Election
	client   *lm.Client
	log      *heard
	cancel   context.CancelFunc
	done     chan error
}

const clusterName = "lab"

// relay hands on what a watch sees to a mirror that is made after it.
type relay struct{ to watch.Sink }

func (r *relay) Touch(key resource.Key)    { r.to.Touch(key) }
func (r *relay) Listed(kind resource.Kind) { r.to.Listed(kind) }

// start runs a replica, as a process would begin it: with an empty memory.
func (w *world) start(t *testing.T, name string) *argus {
	t.Helper()
	a := &argus{log: newHeard(), done: make(chan error, 1)}
	log := slog.New(a.log)
	kube := &rest.Config{Host: "http://kubernetes", Dial: w.kube.dial, QPS: -1, Impersonate: rest.ImpersonationConfig{UserName: "argus"}}
	client, err := kubernetes.NewForConfig(kube)
	must(t, err)
	system, err := client.CoreV1().Namespaces().Get(t.Context(), metav1.NamespaceSystem, metav1.GetOptions{})
	must(t, err)
	a.election, err = leader.New(leader.Config{
		Leases: client.CoordinationV1(), Namespace: "kube-system", Name: "argus", Identity: name,
		LeaseDuration: leader.DefaultLeaseDuration, RenewDeadline: leader.DefaultRenewDeadline, RetryPeriod: leader.DefaultRetryPeriod, Log: log,
	})
	must(t, err)
	a.client, err = lm.New(lm.Config{
		BaseURL: "http://portal", Transport: &http.Transport{DialContext: w.portal.dial}, Credentials: demo(), Guard: a.election.Until, Logger: log,
	})
	must(t, err)
	settings, faults := config.Parse([]byte("clusterName: " + clusterName + "\nkinds: {preset: essentials}\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	view := kind.View{Cluster: resource.Cluster{Name: clusterName, UID: resource.UID(system.UID)}}
	policy := plan.Policy{Ownership: view.Ownership(), DisplayName: func(key resource.Key) string { return kind.DisplayName(key, clusterName) }}
	target := account.New(account.Config{Client: a.client, Cluster: view.Cluster, Version: "test", Log: log, Collectors: account.CollectorConfig{ID: 1}})
	sink := &relay{}
	a.watches = watch.NewCluster(settings.EnabledKinds(), nil, watch.Config{REST: kube, Client: client, Sink: sink, View: view, Log: log})
	a.groups = resourcegroup.New(resourcegroup.Config{
		Reader: target, Writer: target.GroupWriter(), Cluster: a.watches, Log: log,
		Layout: resourcegroup.Layout{Cluster: view.Cluster, Version: "test", Kinds: settings.EnabledKinds()},
	})
	a.mirror = mirror.New(mirror.Config{
		Cluster: a.watches, Account: target, Actions: target, Cache: resourcecache.New(policy), Kinds: settings.EnabledKinds(), Policy: policy,
		OnGroups: a.groups.Touch, AuditEvery: settings.Daemons.LMCacheSync.Interval, SweepEvery: settings.Daemons.LMResourceSweeper.Interval, Log: log,
	})
	sink.to = a.mirror
	ctx, cancel := context.WithCancel(t.Context())
	a.cancel = cancel
	go func() { a.done <- a.lead(ctx) }()
	return a
}

// lead campaigns, acts as a leader, and gives the Lease back when that has ended.
func (a *argus) lead(ctx context.Context) error {
	defer a.client.Close()
	campaign, giveBack := context.WithCancel(context.WithoutCancel(ctx))
	defer giveBack()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lost := make(chan error, 1)
	go func() {
		defer stop()
		lost <- a.election.Run(campaign)
	}()
	err := a.act(ctx)
	giveBack()
	return errors.Join(<-lost, err)
}

func (a *argus) act(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.watches.Run(ctx) })
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.election.Elected():
		}
		for a.groups.Claim(ctx) != nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Second):
			}
		}
		g.Go(func() error { return a.groups.Run(ctx) })
		return a.mirror.Run(ctx)
	})
	return g.Wait()
}

// stop ends it as Kubernetes does.
func (a *argus) stop(t *testing.T) {
	t.Helper()
	a.cancel()
	if err := <-a.done; !errors.Is(err, context.Canceled) {
		t.Errorf("argus ended with %v, want context canceled", err)
	}
}

// settle waits until nothing is left to do, for at most so long in fake time.
func (a *argus) settle(t *testing.T, most time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(most); ; time.Sleep(time.Second) {
		s, r := a.mirror.Snapshot(), a.groups.Report()
		if a.watches.Settled() && s.Loaded && s.Idle && r.InStep && r.Pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not settled after %v: settled %v, %+v, groups %+v", most, a.watches.Settled(), s, r)
		}
	}
}

func demo() credential.Config {
	token := lmsim.DemoToken()
	return credential.Config{AccessID: credential.Secret(token.AccessID), AccessKey: credential.Secret(token.AccessKey)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
