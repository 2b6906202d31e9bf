// Command demo shows Argus at work: it starts a Kubernetes, a simulated
// LogicMonitor account and Argus on this machine, fills the cluster, and changes
// it step by step while one looks on. With -once (or DEMO=once) it needs nobody:
// it makes each change once and exits 0 only if the account equals the cluster.
//
// Argus runs as a process of its own, built by go build from cmd/argus, because
// that is what users run: with a kubeconfig, a configuration file and
// credentials in its environment. Whether the account equals the cluster is
// decided by package equal, which shares nothing with Argus.
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
)

// options of the demo.
type options struct {
	once bool
	// bound is the longest that -once may take after everything is built.
	bound time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second Ctrl-C ends the demo at once; its programs are ended all the same.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Getenv, newScreen(os.Stdout))
	stop()
	os.Exit(code) //nolint:forbidigo // this is the main that ends the process
}

// run returns the exit code: 0 if the account equals the cluster, or if somebody
// ended the demo with Ctrl-C; 1 otherwise; 2 for a wrong command line.
func run(ctx context.Context, args []string, getenv func(string) string, s *screen) int {
	o, err := parse(args, getenv, s)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	err = show(ctx, o, s)
	s.clear()
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && !o.once:
		s.say("ended; nothing is left behind")
		return 0
	}
	s.say("")
	s.say("demo: %v", err)
	return 1
}

func parse(args []string, getenv func(string) string, out io.Writer) (options, error) {
	o := options{bound: 6 * time.Minute}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&o.once, "once", getenv("DEMO") == "once", "make each change once, compare, and end (also DEMO=once)")
	flags.DurationVar(&o.bound, "timeout", o.bound, "longest `time` for -once after everything is built")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("unknown argument %q", flags.Arg(0))
		fmt.Fprintln(out, "demo:", err)
		return o, err
	}
	return o, nil
}
