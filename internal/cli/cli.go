// Package cli is what a user types: it reads flags, files and the environment,
// puts the parts of Argus together, and shows what they say. It is the only
// package that sees all others; it must hold no logic of theirs.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/argus-k8s/argus/internal/telemetry"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailed  = 1
	exitChanges = 2 // plan found something to change
)

// Process is what a command has of the process it runs in.
type Process struct {
	Lookup func(name string) (string, bool) // the environment
	Stdout io.Writer
	Stderr io.Writer
}

// errChanges says that a plan holds changes. It is an exit code and no failure.
var errChanges = errors.New("there are changes")

// Main runs a command line and returns the exit code of the process. It ends soon
// after ctx does.
func Main(ctx context.Context, args []string, p Process) int {
	root := newRoot(p) //nolint:contextcheck // the commands get ctx from ExecuteContext
	root.SetArgs(args)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errChanges):
		return exitChanges
	}
	_, _ = fmt.Fprintf(p.Stderr, "argus: %v\n", err)
	return exitFailed
}

func newRoot(p Process) *cobra.Command {
	root := &cobra.Command{
		Use:           "argus",
		Short:         "Keep a LogicMonitor account in step with a Kubernetes cluster",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newRun(p), newPlan(p), newExplain(p), newConfig(p), newApprove(p), newVersion())
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), telemetry.Version())
			return err
		},
	}
}

// flags are what run and plan have in common.
type flags struct {
	kubeconfig string
	config     []string
	lmURL      string
	election   electFlags // run's alone
}

func (f *flags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig `file` of the cluster; without it, the ServiceAccount of the pod, or else $KUBECONFIG and the usual file")
	cmd.Flags().StringSliceVar(&f.config, "config", []string{"/etc/argus"}, "configuration `file`, or folder with config.yaml; several may be given")
	cmd.Flags().StringVar(&f.lmURL, "lm-url", "", "base `URL` of the LogicMonitor account instead of https://ACCOUNT.COMPANY_DOMAIN, such as a simulator's")
}
