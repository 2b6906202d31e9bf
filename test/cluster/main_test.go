package cluster

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// childEnv makes the test binary play a test that is killed while its cluster
// runs; its value is a folder of programs.
const childEnv = "ARGUS_CLUSTER_TEST_CHILD"

func TestMain(m *testing.M) {
	if binDir := os.Getenv(childEnv); binDir != "" {
		os.Exit(dieWithCluster(binDir))
	}
	goleak.VerifyTestMain(m)
}

// dieWithCluster starts one program, says where it is, and is killed.
func dieWithCluster(binDir string) int {
	c, err := prepare(binDir, Options{Components: []Component{APIServer}})
	if err == nil {
		err = c.launch(Etcd)
	}
	if err == nil {
		fmt.Println(c.processes[Etcd].pid(), c.layout.dir)
		err = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
