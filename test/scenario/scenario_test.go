// Package scenario tells the life of clusters as stories that anyone can read:
// each file of testdata says what happens in a cluster, or to Argus, or in the
// account, and what the account then shows (docs/scenarios.md has the words).
//
// The whole program runs them, as a process of its own, against a simulated
// account: once on a Kubernetes in memory, in moments, and once on a real control
// plane. Nothing of Argus is imported here but the program itself.
package scenario_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/argus-k8s/argus/internal/cli"
	"github.com/argus-k8s/argus/test/cluster"
)

const (
	// programEnv makes the test binary play Argus.
	programEnv = "ARGUS_SCENARIO_PROGRAM"
	// clustersEnv chooses the clusters to run on: fake, real, or, as without it,
	// both where the programs of a real one are to be had.
	clustersEnv = "ARGUS_SCENARIO_CLUSTERS"
	// updateEnv has the tables of the files written anew, for a person to look
	// at what has changed.
	updateEnv = "ARGUS_SCENARIO_UPDATE"
)

// patience is how long anything is waited for. The longest thing there is to wait
// for is Argus asking again for a kind that it may not read or that is not served.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(programEnv) != "" {
		os.Exit(argusMain())
	}
	flag.Parse()
	if !given("test.parallel") {
		// Scenarios wait more than they work.
		if err := flag.Set("test.parallel", "20"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

func given(name string) (given bool) {
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// argusMain is what cmd/argus does.
func argusMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Main(ctx, os.Args[1:], cli.Process{Lookup: os.LookupEnv, Stdout: os.Stdout, Stderr: os.Stderr})
}

// TestFake runs every scenario on a Kubernetes in memory.
func TestFake(t *testing.T) {
	if os.Getenv(clustersEnv) == "real" {
		return
	}
	testscript.Run(t, params(t, files(t, func(string) bool { return true }), newFakeCluster))
}

// TestReal runs the same files on a real control plane, all of them on one, each
// with objects of its own (see TestFiles_apart).
func TestReal(t *testing.T) {
	if os.Getenv(clustersEnv) == "fake" || testing.Short() {
		return
	}
	c := startRealCluster(t)
	for _, file := range files(t, func(first string) bool { return strings.HasPrefix(first, alone) }) {
		// One at a time, and none leaves anything: they must be done with the
		// cluster before others use it.
		t.Run("alone", func(t *testing.T) { testscript.Run(t, params(t, []string{file}, c.newOnlyUser)) })
	}
	// The subtests are parallel: they must have ended before the cluster does.
	t.Run("shared", func(t *testing.T) {
		testscript.Run(t, params(t, files(t, func(first string) bool {
			return !strings.HasPrefix(first, alone) && !strings.HasPrefix(first, fakeOnly)
		}), c.newUser))
	})
}

// What may begin the first line of a file, before the reason: that it cannot run
// on a real control plane, and that nobody else may use that meanwhile.
const (
	fakeOnly = "# fake only: "
	alone    = "# alone: "
)

// files are the scenarios whose first line pleases.
func files(tb testing.TB, pleases func(first string) bool) []string {
	tb.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(all) == 0 {
		tb.Fatalf("find scenarios: %v, %v", all, err)
	}
	var chosen []string
	for _, file := range all {
		content, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		first, _, _ := strings.Cut(string(content), "\n")
		if pleases(first) {
			chosen = append(chosen, file)
		}
	}
	return chosen
}

// storyKey is where the state of a scenario is.
type storyKey struct{}

// params say how scenarios are run, each on a cluster, or a part of one, of its
// own.
func params(tb testing.TB, files []string, newCluster func(testing.TB, *testscript.Env) (kubernetes, error)) testscript.Params {
	tb.Helper()
	return testscript.Params{
		Files: files,
		Setup: func(env *testscript.Env) error {
			s := &story{dir: env.WorkDir, known: map[string]known{}, own: newOwn()}
			env.Values[storyKey{}] = s
			var err error
			if s.cluster, err = newCluster(tb, env); err != nil {
				return err
			}
			s.portal = newPortal()
			env.Defer(s.portal.close)
			if !s.cluster.shared() {
				env.Defer(func() { s.clean(tb) })
			}
			s.argus = &argus{story: s}
			// What is deferred last is done first.
			env.Defer(s.argus.kill)
			return s.prepare()
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"argus": func(ts *testscript.TestScript, neg bool, args []string) { storyOf(ts).argusCmd(ts, neg, args) },
			"k8s":   func(ts *testscript.TestScript, neg bool, args []string) { storyOf(ts).k8sCmd(ts, neg, args) },
			"sim":   func(ts *testscript.TestScript, neg bool, args []string) { storyOf(ts).simCmd(ts, neg, args) },
			"ready": func(ts *testscript.TestScript, neg bool, args []string) { storyOf(ts).readyCmd(ts, neg, args) },
			"log":   func(ts *testscript.TestScript, neg bool, args []string) { storyOf(ts).logCmd(ts, neg, args) },
		},
	}
}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// story is one scenario as it runs. A script's commands run one after the other.
type story struct {
	dir     string
	cluster kubernetes
	portal  *portal
	argus   *argus
	known   map[string]known // objects the file has applied, by plural/namespace/name
	own     own
}

// command runs the subcommand that the first argument names.
func command(ts *testscript.TestScript, args []string, commands map[string]func(args []string)) {
	if len(args) == 0 || commands[args[0]] == nil {
		ts.Fatalf("unknown command %q", args)
	}
	commands[args[0]](args[1:])
}

// want checks the number of arguments.
func want(ts *testscript.TestScript, args []string, n int, usage string) {
	if len(args) != n {
		ts.Fatalf("usage: %s", usage)
	}
}

// eventually asks again and again until check is content, and ends the script with
// its last complaint when that takes too long.
func eventually(ts *testscript.TestScript, check func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not within %v: %v", patience, err)
		}
		time.Sleep(50 * time.Millisecond) // between two looks
	}
}

// startRealCluster starts the control plane that all scenarios share. No controller
// runs but those that end a deletion, and the one that gives namespaces their
// ServiceAccount: what else happens to objects is in the files.
func startRealCluster(tb testing.TB) *realCluster {
	tb.Helper()
	return newRealCluster(tb, cluster.ForTest(tb, cluster.Options{
		Components: []cluster.Component{cluster.ControllerManager},
		Flags: map[cluster.Component][]string{
			// ServiceAccounts would have to be there before pods.
			cluster.APIServer: {"--disable-admission-plugins=ServiceAccount"},
			cluster.ControllerManager: {
				"--controllers=namespace-controller,serviceaccount-controller,persistentvolumeclaim-protection-controller,persistentvolume-protection-controller",
			},
		},
	}))
}
