package simulation_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/argus-k8s/argus/test/simulation"
)

var full = flag.Bool("full", false, "enumerate the larger scopes, which takes minutes")

// workers are how many worlds run at the same time.
const workers = 2

// script is what happens in a small scope: up to three objects in two namespaces.
type script struct{ name, before, work string }

func scripts() []script {
	return []script{
		{"one comes", "", "k8s:create 0"},
		{"one changes", "k8s:create 0", "k8s:change 0\nk8s:change 0\nk8s:change 0"},
		{"one goes", "k8s:create 0", "k8s:delete 0"},
		{"one comes again", "k8s:create 0", "k8s:delete 0\nk8s:create 0"},
		{"one is excluded and taken back", "k8s:create 0", "k8s:exclude 0\nk8s:include 0"},
		{"one loses its address", "k8s:create 0", "k8s:unready 0\nk8s:ready 0"},
		{"duplicates are there", "k8s:create 0\nperson:duplicate 0\nperson:duplicate 0", "k8s:change 0"},
		{"an orphan is there", "person:duplicate 0\nk8s:create 1", "k8s:delete 1"},
		{"a name is taken", "person:clash 0\nk8s:create 1", "k8s:create 0\nperson:unclash 0"},
		{"a kind may not be read", "k8s:create 0\nk8s:create 2", "k8s:revoke 0\nk8s:delete 0\nk8s:change 2\nk8s:grant 0"},
		{"one of three goes", "k8s:create 0\nk8s:create 1\nk8s:create 2", "k8s:delete 1"},
		{"three come", "", "k8s:create 0\nk8s:create 1\nk8s:create 2"},
	}
}

// scope is a script with its bounds.
type scope struct {
	simulation.Scope
	name string
}

func newScope(t *testing.T, s script, writers int, policy simulation.Policy, switches, faults int) scope {
	t.Helper()
	parse := func(ops string) simulation.Schedule {
		parsed, err := simulation.Parse(fmt.Sprintf("world writers=%d objects=3 policy=%s\n%s", writers, policy, ops))
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	work := parse(s.work)
	return scope{simulation.Scope{Setting: work.Setting, Before: parse(s.before).Ops, Work: work.Ops, Switches: switches, Faults: faults}, s.name}
}

// scopes are those that are enumerated to their end.
func scopes(t *testing.T) []scope {
	t.Helper()
	var all []scope
	for _, s := range scripts() {
		large := strings.Count(s.before+s.work, "create") > 2
		if *full || !large {
			all = append(all, newScope(t, s, 2, simulation.Delete, 1, 1))
		}
		for _, policy := range []simulation.Policy{simulation.Delete, simulation.Reuse, simulation.Retain} {
			all = append(all, newScope(t, s, 1, policy, 1, 1))
			if *full {
				all = append(all, newScope(t, s, 1, policy, 2, 1))
			}
			if *full && (policy == simulation.Delete || !large) { // pairs of faults
				all = append(all, newScope(t, s, 1, policy, 1, 2))
			}
			if *full && policy != simulation.Delete {
				all = append(all, newScope(t, s, 2, policy, 1, 1))
			}
		}
	}
	return all
}

// TestExplore has every schedule of small scopes happen: each crash point and each
// single fault, with the orders that a number of switches between writers, their
// watches, their listings and the work can make.
func TestExplore(t *testing.T) {
	t.Parallel()
	began := time.Now()
	seen := &simulation.Explored{States: map[uint64]struct{}{}}
	jobs := make(chan scope)
	var mu sync.Mutex // guards seen
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			lab := simulation.NewLab()
			for s := range jobs {
				start, own := time.Now(), &simulation.Explored{States: map[uint64]struct{}{}}
				schedule, v := lab.Explore(s.Scope, 1<<20, own)
				mu.Lock()
				if v != nil {
					report(t, lab, s.name, schedule, v)
				}
				t.Logf("%-31s %s switches=%d faults=%d: %d schedules, %d states, %s, to its end: %v", s.name, s.Setting, s.Switches, s.Faults,
					own.Schedules, len(own.States), time.Since(start).Round(time.Millisecond), !own.Cut && v == nil)
				seen.Schedules, seen.Ops = seen.Schedules+own.Schedules, seen.Ops+own.Ops
				maps.Copy(seen.States, own.States)
				seen.Coverage.Add(&own.Coverage)
				mu.Unlock()
			}
		})
	}
	for _, s := range slices.Backward(scopes(t)) {
		jobs <- s
	}
	close(jobs)
	work.Wait()
	if t.Failed() {
		return
	}
	t.Logf("%d schedules, %d states, 0 violations; %d ops in %s\n%s",
		seen.Schedules, len(seen.States), seen.Ops, time.Since(began).Round(time.Millisecond), &seen.Coverage)
	if least := 100_000; seen.Schedules < least {
		t.Errorf("got %d schedules, want at least %d: the scopes have lost something", seen.Schedules, least)
	}
}
