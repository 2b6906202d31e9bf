// Package chaos puts Argus between a real control plane and a simulated account,
// with a proxy on either side that does wrong on demand, and kills, stops and
// restarts whatever there is. The same workload without any of that is the
// measure: every account must come to equal the cluster, with no more creates and
// deletes for any object than the undisturbed one needed.
//
// See docs/chaos.md.
package chaos_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/test/cluster"
	"github.com/argus-k8s/argus/test/harness"
)

// patience is how long anything is waited for that takes moments.
const patience = 90 * time.Second

// budget is how long the whole may take; zero runs the fast part alone, which is
// what "make test" does.
var budget = flag.Duration("budget", 0, "run everything within this time, and print a table; 0: the fast part")

// kube is the cluster that all tests of the package share. It is set once,
// before the first of them.
var kube struct {
	*cluster.Cluster
	client kubernetes.Interface
}

// program is Argus itself.
var program harness.Program

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(onCluster{m})
}

// onCluster runs tests between the start and the end of the cluster.
type onCluster struct{ *testing.M }

func (m onCluster) Run() int {
	flag.Parse()
	results.begin(*budget)
	code, err := m.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if *budget > 0 {
		results.print(os.Stdout)
	}
	return code
}

func (m onCluster) run() (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if kube.Cluster, err = cluster.Start(ctx, cluster.Options{Progress: os.Stderr}); err != nil {
		return 1, err
	}
	defer func() {
		if stopErr := kube.Stop(); stopErr != nil && err == nil {
			err = stopErr
		}
	}()
	config := kube.Config()
	config.WarningHandler = rest.NoWarnings{}
	if kube.client, err = kubernetes.NewForConfig(config); err != nil {
		return 1, err
	}
	if _, err = kube.AddNodes(ctx, 2, cluster.NodeOptions{}); err != nil {
		return 1, err
	}
	return m.M.Run(), program.Remove()
}

func must(tb testing.TB, err error) {
	tb.Helper()
	harness.Must(tb, err)
}

func eventually(tb testing.TB, what string, check func(ctx context.Context) error) {
	tb.Helper()
	harness.Eventually(tb, patience, what, check)
}
