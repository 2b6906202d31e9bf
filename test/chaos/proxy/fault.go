package proxy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// What a proxy can do wrong. The target of a fault is a kind by its plural or, at
// LogicMonitor, a method that a path may follow, such as "POST /device/devices";
// "all" and no target mean everything.
const (
	// Pause lets requests wait, and watches say nothing, until the fault is lifted.
	Pause = "pause"
	// Refuse closes the connection without an answer.
	Refuse = "refuse"
	// Slow answers late by For.
	Slow = "slow"
	// Status answers with the status N; 404 as if the API were not served.
	Status = "status"

	// Drop swallows events of watches: the next N of them, or all.
	Drop = "drop"
	// Close ends the watches that run, once and at once: cleanly, or with N 410
	// by the event that says that their version is too old.
	Close = "close"
	// ServeAt answers like an apiserver that is behind: lists are those of the
	// moment at which the fault was set, and watches tell nothing newer.
	ServeAt = "serveAt"
	// NoWatchList refuses to stream a list, so that it is asked for in pages.
	NoWatchList = "noWatchList"
	// NoBookmark swallows the bookmark that ends a streamed list.
	NoBookmark = "noBookmark"
	// Page answers lists in pages of N.
	Page = "page"
	// Cut leaves the first N objects of each page.
	Cut = "cut"
	// LoseContinue answers lists in pages of N and loses the token to go on with.
	LoseContinue = "loseContinue"

	// CommitDrop lets a request take effect and loses the answer.
	CommitDrop = "commitDrop"
	// DropBeforeCommit loses the request.
	DropBeforeCommit = "dropBeforeCommit"

	// Those that the simulator does: no answer, with an effect or without; the
	// connection reset after the effect; half an answer after it; a page of HTML,
	// or status 200 with an error, instead of an answer.
	Hang, HangAfter, Reset, Truncate, HTML503, Error200 = lmsim.Hang, lmsim.HangAfter, lmsim.Reset, lmsim.Truncate, lmsim.HTML503, lmsim.Error200
	// Limit allows N requests in a window of For.
	Limit = "limit"
	// Late hides what is new from lists and reads for For.
	Late = "late"
)

// of says which actions a side knows.
func of(side string) []string {
	if side == SideLogicMonitor {
		return append(simulated(), Pause, Refuse, Slow, CommitDrop, DropBeforeCommit, Limit, Late)
	}
	return []string{Pause, Refuse, Slow, Status, Drop, Close, ServeAt, NoWatchList, NoBookmark, Page, Cut, LoseContinue}
}

// simulated are the actions that are the simulator's own faults.
func simulated() []string {
	return []string{Hang, HangAfter, Reset, Truncate, HTML503, Error200, Status}
}

// A Fault is one wrong. Zero fields choose everything.
type Fault struct {
	Action string
	Target string
	Verb   string // only this verb of Kubernetes
	N      int    // see the actions
	For    time.Duration
	Nth    int // only the n-th request that fits, from 1
	Times  int // at most so often
}

// Parse reads a fault as it is written in scenarios: an action and in brackets,
// separated by commas, its target and then in any order a number (N), a duration
// (For), a verb, and nth= and times=. For example:
//
//	status(pods, 403, list)
//	commitDrop(POST /device/devices, nth=3)
//	slow(all, 200ms)
func Parse(text string) (Fault, error) {
	action, rest, ok := strings.Cut(strings.TrimSpace(text), "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return Fault{}, fmt.Errorf("fault %q: want an action and brackets", text)
	}
	args := strings.Split(inner, ",")
	f := Fault{Action: action, Target: strings.TrimSpace(args[0])}
	if f.Target == "all" {
		f.Target = ""
	}
	if !slices.Contains(slices.Concat(of(SideKubernetes), of(SideLogicMonitor)), action) {
		return Fault{}, fmt.Errorf("fault %q: no such action", text)
	}
	for _, arg := range args[1:] {
		if err := f.set(strings.TrimSpace(arg)); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	return f, nil
}

// set takes one argument after the target.
func (f *Fault) set(arg string) (err error) {
	switch name, value, named := strings.Cut(arg, "="); {
	case named && name == "nth":
		f.Nth, err = strconv.Atoi(value)
		return err
	case named && name == "times":
		f.Times, err = strconv.Atoi(value)
		return err
	case slices.Contains([]string{"get", "list", "watch", "create", "update", "patch", "delete"}, arg):
		f.Verb = arg
		return nil
	}
	if n, err := strconv.Atoi(arg); err == nil {
		f.N = n
		return nil
	}
	if f.For, err = time.ParseDuration(arg); err != nil {
		return fmt.Errorf("%q is no number, duration, verb, nth= or times=", arg)
	}
	return nil
}

// String is what Parse reads.
func (f Fault) String() string {
	args := []string{f.Target}
	if f.Target == "" {
		args[0] = "all"
	}
	if f.N != 0 {
		args = append(args, strconv.Itoa(f.N))
	}
	if f.For != 0 {
		args = append(args, f.For.String())
	}
	if f.Verb != "" {
		args = append(args, f.Verb)
	}
	if f.Nth != 0 {
		args = append(args, "nth="+strconv.Itoa(f.Nth))
	}
	if f.Times != 0 {
		args = append(args, "times="+strconv.Itoa(f.Times))
	}
	return f.Action + "(" + strings.Join(args, ", ") + ")"
}

// fits says whether the fault is about a request.
func (f Fault) fits(r Request) bool {
	if f.Verb != "" && f.Verb != r.Verb {
		return false
	}
	if r.Side == SideKubernetes || f.Target == "" {
		return f.Target == "" || f.Target == r.Target
	}
	method, path, _ := strings.Cut(f.Target, " ")
	return method == r.Verb && strings.HasPrefix(r.Target, path)
}
