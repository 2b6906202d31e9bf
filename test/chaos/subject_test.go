package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/test/chaos/proxy"
	"github.com/argus-k8s/argus/test/demo/equal"
	"github.com/argus-k8s/argus/test/harness"
)

// clusterName is the cluster's name in every account.
const clusterName = "chaos"

// foreigners is how many devices of others each account holds.
const foreigners = 20

// configuration of every subject. Audits and retries come soon, so that what a
// fault left behind is repaired within a test.
const configuration = `clusterName: chaos
lm: {collectorID: 1, timeout: 2s}
server: {address: 127.0.0.1:0}
kinds: {enable: [configmaps, secrets]}
daemons: {lmCacheSync: {interval: 5s, minInterval: 1s}}
`

// A subject is one Argus with an account of its own, a proxy on either side, and
// one gate in both. All subjects of a run follow the same cluster.
type subject struct {
	sim    *lmsim.Server
	gate   *proxy.Gate
	k8s    *proxy.Kubernetes
	lm     *proxy.LogicMonitor
	before equal.Account
	*replica
	witness *witness
	logs    []*harness.Output // of all its processes
	elects  bool              // it campaigns for a Lease
	late    bool              // the account did not show what is new: nobody can know

	unproven []string // faults that were set and have not struck yet

	counted  func(proxy.Request) bool // which requests count for kills; nil: all
	doom     <-chan struct{}          // closed when the process is to be killed
	doomed   bool                     // it is or was
	killedAt proxy.Request
}

// A replica is one process and how it is started.
type replica struct {
	args []string
	env  map[string]string
	*harness.Process
}

// newSubject prepares an Argus. Nothing of it runs yet.
func newSubject(tb testing.TB) *subject {
	tb.Helper()
	return newSubjectAs(tb, kube.Config(), newAccount(tb))
}

// newSubjectAs prepares one with credentials of the cluster and an account.
func newSubjectAs(tb testing.TB, config *rest.Config, sim *lmsim.Server) *subject {
	tb.Helper()
	s := &subject{sim: sim, gate: proxy.NewGate(), witness: newWitness(sim)}
	var err error
	s.before = s.account(tb)
	s.k8s, err = proxy.NewKubernetes(config, s.gate)
	must(tb, err)
	tb.Cleanup(s.k8s.Stop)
	s.lm = proxy.NewLogicMonitor(sim, s.gate, s.witness.see)
	server := httptest.NewServer(s.lm)
	tb.Cleanup(func() {
		s.gate.Discard()
		must(tb, s.lm.Lift())
		server.CloseClientConnections()
		server.Close()
	})
	dir := tb.TempDir()
	file, kubeconfig := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "kubeconfig")
	must(tb, os.WriteFile(file, []byte(configuration), 0o600))
	must(tb, writeKubeconfig(kubeconfig, s.k8s))
	token := lmsim.DemoToken()
	s.replica = &replica{
		args: []string{"run", "--config", file, "--kubeconfig", kubeconfig, "--lm-url", server.URL},
		env:  map[string]string{"ACCESS_ID": token.AccessID, "ACCESS_KEY": token.AccessKey},
	}
	return s
}

// newAccount is an account with one collector, devices of others, and limits that
// nothing reaches.
func newAccount(tb testing.TB) *lmsim.Server {
	tb.Helper()
	const much = 1_000_000
	sim := lmsim.New(lmsim.Options{Limits: &lmsim.Limits{
		Window: 60, Methods: map[string]int{"GET": much, "POST": much, "PUT": much, "PATCH": much, "DELETE": much},
	}})
	_, err := sim.AddCollector(lmsim.Collector{Description: "chaos"})
	must(tb, err)
	must(tb, sim.Seed(lmsim.Seed{Foreign: foreigners}))
	return sim
}

// writeKubeconfig leads to a proxy, which asks for no credentials.
func writeKubeconfig(file string, p *proxy.Kubernetes) error {
	c := clientcmdapi.NewConfig()
	c.Clusters["c"] = &clientcmdapi.Cluster{Server: p.URL, CertificateAuthorityData: p.CA}
	c.AuthInfos["u"] = &clientcmdapi.AuthInfo{}
	c.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	c.CurrentContext = "x"
	return clientcmd.WriteToFile(*c, file)
}

// start starts the process, for the first time or again.
func (s *subject) start(tb testing.TB) {
	tb.Helper()
	s.Process = harness.Start(tb, program.Command(tb, s.args...), s.env)
	s.logs = append(s.logs, s.Log)
}

// restart kills the process and starts it again.
func (s *subject) restart(tb testing.TB) {
	tb.Helper()
	s.Kill(tb)
	s.gate.Discard()
	s.start(tb)
}

// do carries out an order: the side, and what is to be done there.
//
//	k8s drop(pods, 3)
//	lm commitDrop(POST /device/devices, nth=2)
//	proc restart
//	lift
func (s *subject) do(tb testing.TB, order string) {
	tb.Helper()
	side, what, _ := strings.Cut(order, " ")
	switch side {
	case "lift":
		s.lift(tb)
		return
	case "proc":
		s.process(tb, what)
		return
	}
	f, err := proxy.Parse(what)
	must(tb, err)
	switch side {
	case proxy.SideKubernetes:
		err = s.k8s.Set(tb.Context(), f)
	case proxy.SideLogicMonitor:
		err = s.lm.Set(f)
	default:
		err = errors.New("there is no such side")
	}
	if err != nil {
		tb.Fatalf("order %q: %v", order, err)
	}
	s.late = s.late || f.Action == proxy.Late
	s.unproven = append(s.unproven, side+" "+f.Action)
}

// process does something to the process itself.
func (s *subject) process(tb testing.TB, what string) {
	tb.Helper()
	action, k, _ := strings.Cut(strings.TrimSuffix(what, ")"), "(")
	switch action {
	case "restart":
		s.restart(tb)
	case "killBefore", "killAfter":
		at, err := strconv.Atoi(k)
		must(tb, err)
		s.doomed = true
		s.doom = s.gate.Arm(proxy.Stop{At: at, After: action == "killAfter", Only: s.counted})
	default:
		tb.Fatalf("order %q: there is no such thing to do to a process", what)
	}
}

// revive kills the process if its world has stopped as was ordered, and starts it
// again.
func (s *subject) revive(tb testing.TB) {
	tb.Helper()
	select {
	case <-s.doom:
		s.doom, s.killedAt = nil, s.gate.At()
		s.restart(tb)
	default:
	}
}

// lift takes all faults back, once each of them has struck.
func (s *subject) lift(tb testing.TB) {
	tb.Helper()
	s.proven(tb)
	must(tb, s.lm.Lift())
	s.k8s.Lift()
}

// proven waits until every fault that was ordered has struck: a scenario that
// disturbs nothing shows nothing.
func (s *subject) proven(tb testing.TB) {
	tb.Helper()
	for _, fault := range s.unproven {
		side, action, _ := strings.Cut(fault, " ")
		struck := s.k8s.Struck
		if side == proxy.SideLogicMonitor {
			struck = s.lm.Struck
		}
		eventually(tb, "the fault "+fault+" strikes", func(context.Context) error {
			if struck(action) == 0 {
				return errors.New("it did not")
			}
			return nil
		})
	}
	s.unproven = nil
}

// account as it is, nothing masked.
func (s *subject) account(tb testing.TB) equal.Account {
	tb.Helper()
	dump, err := s.sim.DumpJSON(account.View{Unmasked: true})
	must(tb, err)
	a, err := equal.ReadAccount(dump)
	must(tb, err)
	return a
}

// differences between a cluster and the account.
func (s *subject) differences(tb testing.TB, c equal.Cluster) error {
	tb.Helper()
	if found := equal.Compare(c, s.before, s.account(tb)); len(found) > 0 {
		return fmt.Errorf("the account differs from the cluster:\n%s", strings.Join(found, "\n"))
	}
	return nil
}

// equal is nil when the account equals the cluster.
func (s *subject) equal(ctx context.Context, tb testing.TB) error {
	tb.Helper()
	c, err := equal.ReadCluster(ctx, kube.Config(), clusterName)
	if err != nil {
		return err
	}
	return s.differences(tb, c)
}

// awaitIdle waits until Argus is ready and nothing waits.
func (s *subject) awaitIdle(tb testing.TB) {
	tb.Helper()
	eventually(tb, "argus is ready and idle", s.Idle)
}

// says is nil when a metric has a value.
func (s *subject) says(ctx context.Context, metric, want string) error {
	got, err := s.Metric(ctx, metric)
	if err == nil && got != want {
		err = fmt.Errorf("%s is %s, want %s", metric, got, want)
	}
	return err
}

// deletion says whether a request deletes a device, and which.
func deletion(r *http.Request) (id int32, ok bool) {
	_, path, _ := strings.Cut(r.URL.Path, "/device/devices/")
	if r.Method != http.MethodDelete || path == "" {
		return 0, false
	}
	_, err := fmt.Sscan(path, &id)
	return id, err == nil
}
