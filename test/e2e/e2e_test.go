// Package e2e proves what Argus promises its users, on a real Kubernetes and a
// simulated LogicMonitor account: a cluster goes in, an account that equals it
// comes out, whatever happens on the way.
//
// What the account should hold is computed here once more, naively, from the
// cluster's own answers; nothing of Argus that decides is used for it.
package e2e_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/test/cluster"
	"github.com/argus-k8s/argus/test/harness"
)

// patience is how long anything is waited for that takes moments.
const patience = 60 * time.Second

// kube is the cluster that all tests of the package share. It is set once,
// before the first of them.
var kube struct {
	*cluster.Cluster
	client  kubernetes.Interface
	objects dynamic.Interface
}

// childEnv makes the test binary play another program (see incluster_test.go).
const childEnv = "ARGUS_E2E_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(enterPod())
	}
	goleak.VerifyTestMain(onCluster{m})
}

// onCluster runs tests between the start and the end of the cluster.
type onCluster struct{ *testing.M }

func (m onCluster) Run() int {
	code, err := m.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func (m onCluster) run() (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
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
	if kube.objects, err = dynamic.NewForConfig(config); err != nil {
		return 1, err
	}
	if _, err = kube.AddNodes(ctx, 3, cluster.NodeOptions{}); err != nil {
		return 1, err
	}
	return m.M.Run(), program.Remove()
}

// eventually asks again and again until check is content, and fails with its
// last complaint when that takes longer than within.
func eventually(tb testing.TB, within time.Duration, what string, check func(ctx context.Context) error) {
	tb.Helper()
	harness.Eventually(tb, within, what, check)
}
