// Command mutants plants bugs in Argus, one at a time, and runs the tests that
// must notice them: those of the first Argus, and others that would break one of
// the promises of docs/architecture.md. A suite that lets one live is no evidence.
//
// Each file of testdata is a mutant; docs/mutants.md says how to write one. It
// ends with 0 only if every mutant was caught by a test, or, where its file says
// so, by a test that did not end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"
)

// options of the command.
type options struct {
	match   *regexp.Regexp // names
	trials  *regexp.Regexp
	list    bool
	trust   bool
	workers int
	timeout time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1) //nolint:forbidigo // this is the main that ends the process
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := options{}.parse(args, out)
	if err != nil {
		return err
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	all, err := load(root, o.match)
	if err != nil {
		return err
	}
	if all = only(all, o.trials); len(all) == 0 {
		return fmt.Errorf("no mutant has a run line that matches %q", o.trials)
	}
	if o.list {
		return list(all, out)
	}
	r := runner{root: root, timeout: o.timeout}
	if !o.trust {
		if err := r.control(ctx, all, func(t trial, took time.Duration) {
			fmt.Fprintf(out, "passes without a mutant, %5.1f s: %s\n", took.Seconds(), t)
		}); err != nil {
			return err
		}
	}
	return hunt(ctx, r, all, o.workers, out)
}

func (o options) parse(args []string, out io.Writer) (options, error) {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(out)
	match := flags.String("run", "", "only mutants whose name matches this `regexp`")
	trials := flags.String("by", "", "only tests whose run line matches this `regexp`, and mutants that have one: what one layer catches by itself")
	flags.BoolVar(&o.list, "list", false, "list them and run nothing")
	flags.BoolVar(&o.trust, "trust", false, "do not run the tests without a mutant first")
	flags.IntVar(&o.workers, "workers", 2, "how many to run at the same time")
	flags.DurationVar(&o.timeout, "timeout", 4*time.Minute, "longest `time` of one run of tests")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var errMatch, errTrials error
	o.match, errMatch = regexp.Compile(*match)
	o.trials, errTrials = regexp.Compile(*trials)
	return o, errors.Join(errMatch, errTrials)
}

// only keeps those of the trials that match, and the mutants that are left with one.
func only(all []mutant, match *regexp.Regexp) []mutant {
	var kept []mutant
	for _, m := range all {
		m.runs = slices.DeleteFunc(slices.Clone(m.runs), func(t trial) bool { return !match.MatchString(t.String()) })
		if len(m.runs) > 0 {
			kept = append(kept, m)
		}
	}
	return kept
}

// list prints what there is.
func list(all []mutant, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range all {
		fmt.Fprintf(w, "%s\t%s\t%s %s\n", m.name, strings.Join(m.breaks, " "), m.why, m.origin)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%d mutants, which break all promises and let through all classes of faults but: %v\n", len(all), breaksNone(all))
	return err
}

// hunt tries all mutants and prints the table, row by row in order of name.
func hunt(ctx context.Context, r runner, all []mutant, workers int, out io.Writer) error {
	began := time.Now()
	results := make([]chan result, len(all))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	next := make(chan int)
	var work sync.WaitGroup
	for range max(workers, 1) {
		work.Go(func() {
			for i := range next {
				results[i] <- r.try(ctx, all[i])
			}
		})
	}
	go func() {
		defer close(next)
		for i := range all {
			next <- i
		}
	}()
	defer work.Wait()
	width := 0
	for _, m := range all {
		width = max(width, len(m.name))
	}
	fmt.Fprintf(out, "\n%-*s  %-16s  %6s  %s\n", width, "mutant", "breaks", "s", "caught by")
	var bad []result
	for i := range all {
		res := <-results[i]
		said := res.caught
		switch {
		case res.err != nil:
			said = "ERROR"
		case res.survives():
			said = "SURVIVES"
		}
		if res.caught == "" {
			bad = append(bad, res)
		}
		fmt.Fprintf(out, "%-*s  %-16s  %6.1f  %s\n", width, res.mutant.name, strings.Join(res.mutant.breaks, " "), res.took.Seconds(), said)
	}
	return sum(all, bad, time.Since(began), out)
}

// sum ends the table, with more about each mutant that was not caught.
func sum(all []mutant, bad []result, took time.Duration, out io.Writer) error {
	fmt.Fprintf(out, "\ncaught %d of %d, in %s\n", len(all)-len(bad), len(all), took.Round(time.Second))
	if len(bad) == 0 {
		return nil
	}
	var names []string
	for _, res := range bad {
		names = append(names, res.mutant.name)
		if res.err != nil {
			fmt.Fprintf(out, "\n%s: %v\n", res.mutant.name, res.err)
			continue
		}
		fmt.Fprintf(out, "\n%s survives: %s\nIt breaks %s; these tests pass with it:\n", res.mutant.name, res.mutant.why, strings.Join(res.mutant.breaks, ", "))
		for _, t := range res.mutant.runs {
			fmt.Fprintf(out, "  go test %s\n", t)
		}
	}
	slices.Sort(names)
	return fmt.Errorf("not caught: %s", strings.Join(names, ", "))
}
