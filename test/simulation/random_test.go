package simulation_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/argus-k8s/argus/test/simulation"
)

var (
	seeds = flag.Uint64("seeds", 30_000, "how many random schedules to run")
	first = flag.Uint64("seed", 1, "the first seed")
	file  = flag.String("schedule", "", "run this file and print what happens")
	keep  = flag.String("keep", regressions, "the folder for schedules that broke something; empty keeps none")
)

const regressions = "testdata/regressions"

// TestSimulation draws schedules from seeds and runs them. One that breaks
// something is shrunk and kept as a regression.
func TestSimulation(t *testing.T) {
	t.Parallel()
	began := time.Now()
	var coverage simulation.Coverage
	ops, excused := 0, 0
	var mu sync.Mutex // guards the three above
	var work sync.WaitGroup
	for n := range uint64(workers) {
		work.Go(func() {
			lab := simulation.NewLab()
			var own simulation.Coverage
			count := 0
			for seed := *first + n; seed < *first+*seeds && !t.Failed(); seed += workers {
				s, v := lab.Draw(seed, &own)
				count += len(s.Ops)
				if v != nil {
					report(t, lab, fmt.Sprintf("seed %d", seed), s, v)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			coverage.Add(&own)
			ops, excused = ops+count, excused+lab.Excused
		})
	}
	work.Wait()
	if t.Failed() {
		return
	}
	took := time.Since(began)
	t.Logf("%d seeds from %d, 0 violations, %d second resources excused; %d ops before the faults stopped; %s, %.0f seeds/s\n%s",
		*seeds, *first, excused, ops, took.Round(time.Millisecond), float64(*seeds)/took.Seconds(), &coverage)
	if missing := coverage.Missing(); len(missing) > 0 && *seeds >= 1000 {
		t.Errorf("never injected: classes %v", missing)
	}
}

// report shrinks a schedule that broke something, keeps it and fails the test.
func report(t *testing.T, lab *simulation.Lab, name string, s simulation.Schedule, v *simulation.Violation) {
	t.Helper()
	small := simulation.Shrink(s, func(less simulation.Schedule) bool {
		again := lab.Run(less, nil)
		return again != nil && again.Invariant == v.Invariant
	})
	if again := lab.Run(small, nil); again != nil {
		v = again
	}
	kept := "nothing"
	if *keep != "" {
		kept = filepath.Join(*keep, strings.ReplaceAll(fmt.Sprintf("%s-%s.txt", v.Invariant, name), " ", "-"))
		text := fmt.Sprintf("# Found by %s: %s\n%s", name, v, small)
		if err := os.WriteFile(kept, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	t.Errorf("%s broke %v\n%d ops, kept as %s and shrunk to %d:\n%s", name, v, len(s.Ops), kept, len(small.Ops), small)
}

// TestRegressions runs what once broke something.
func TestRegressions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(regressions + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	if *file != "" {
		files = []string{*file}
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := simulation.Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			lab := simulation.NewLab()
			if *file != "" {
				lab.Trace = func(line string) { t.Log(line) }
			}
			if v := lab.Run(s, nil); v != nil {
				t.Errorf("broke %v", v)
			}
		})
	}
}
