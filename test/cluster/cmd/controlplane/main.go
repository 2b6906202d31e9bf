// Command controlplane starts the Kubernetes of package cluster and keeps it
// running until Ctrl-C, or only builds its programs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/argus-k8s/argus/test/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("controlplane", flag.ContinueOnError)
	flags.SetOutput(stderr)
	build := flags.Bool("build", false, "only build the programs and print their folder")
	nodes := flags.Int("nodes", 3, "number of simulated nodes")
	data := flags.String("data", "", "keep keys, logs and the database in this folder (default: a temporary one)")
	verbosity := flags.Int("v", 0, "verbosity of the programs' logs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *build {
		dir, err := cluster.Binaries(ctx, stderr)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, dir)
		return nil
	}
	return serve(ctx, *nodes, cluster.Options{DataDir: *data, LogLevel: *verbosity, Progress: stderr}, stdout)
}

// serve runs a cluster until the context ends.
func serve(ctx context.Context, nodes int, o cluster.Options, stdout io.Writer) (err error) {
	start := time.Now()
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if _, err := c.AddNodes(ctx, nodes, cluster.NodeOptions{}); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Kubernetes with %d nodes runs at %s, ready after %s\n", nodes, c.URL(),
		time.Since(start).Round(100*time.Millisecond))
	fmt.Fprintf(stdout, "export KUBECONFIG=%s\n", c.Kubeconfig())
	fmt.Fprintln(stdout, "Ctrl-C ends it")
	<-ctx.Done()
	return nil
}
