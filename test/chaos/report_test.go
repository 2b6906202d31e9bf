package chaos_test

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// results of the package, for the table. It is shared by all tests.
var results report

// A report collects what became of each scenario.
type report struct {
	mu    sync.Mutex // guards what follows
	until time.Time  // the end of the budget; zero: there is none
	rows  []result
}

// A result is one line of the table.
type result struct {
	class, scenario, outcome string
	took                     time.Duration
}

// begin starts the clock.
func (r *report) begin(budget time.Duration) {
	if budget > 0 {
		r.until = time.Now().Add(budget)
	}
}

// left is how much of the budget is left; without one there is always enough.
func (r *report) left() time.Duration {
	if r.until.IsZero() {
		return time.Hour
	}
	return time.Until(r.until)
}

// add notes what became of a scenario, and tells a person who waits.
func (r *report) add(class, scenario, outcome string, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	row := result{class, scenario, outcome, took}
	r.rows = append(r.rows, row)
	if !r.until.IsZero() {
		fmt.Fprintln(os.Stderr, row)
	}
}

// String is a line of the table.
func (r result) String() string {
	return fmt.Sprintf("%-6s %-66s %8.1f  %s", r.class, r.scenario, r.took.Seconds(), r.outcome)
}

// What a scenario comes to.
const (
	held     = "held"
	violated = "VIOLATED"
	skipped  = "skipped: no time left"
)

func outcome(failed bool) string {
	if failed {
		return violated
	}
	return held
}

// print writes the table, by class.
func (r *report) print(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(r.rows, func(a, b result) int { return cmp.Compare(number(a.class), number(b.class)) })
	fmt.Fprintf(w, "\n%-6s %-66s %8s  %s\n", "class", "scenario", "seconds", "result")
	count := map[string]int{}
	for _, row := range r.rows {
		fmt.Fprintln(w, row)
		count[row.outcome]++
	}
	fmt.Fprintf(w, "\n%d held, %d violated, %d skipped for lack of time\n", count[held], count[violated], count[skipped])
	fmt.Fprintf(w, "judged in every scenario: %s\n", strings.Join(everywhere(), " "))
	fmt.Fprintf(w, "not expressed here: %s\n", strings.Join(r.absent(), " "))
}

// number of a class: F7 is 7.
func number(class string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(class, "F"))
	return n
}

// everywhere are the classes that every scenario is judged by: own writes that make
// work, and secrets that leave.
func everywhere() []string { return []string{"F24", "F28"} }

// absent are the classes of the 28 of which no scenario ran here; the caller holds
// the lock.
func (r *report) absent() []string {
	var none []string
	for n := 1; n <= 28; n++ {
		class := "F" + strconv.Itoa(n)
		if !slices.Contains(everywhere(), class) && !slices.ContainsFunc(r.rows, func(row result) bool { return row.class == class }) {
			none = append(none, class)
		}
	}
	return none
}
