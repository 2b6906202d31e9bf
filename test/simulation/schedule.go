package simulation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Verb is a word of the language of schedules: something that happens.
type Verb string

// The verbs, by where it happens. A verb that cannot happen in the state a world
// is in, such as the deletion of what does not exist, does nothing.
const (
	// To objects (key).
	ObjectCreate    Verb = "k8s:create"
	ObjectDelete    Verb = "k8s:delete"
	ObjectChange    Verb = "k8s:change"
	ObjectExclude   Verb = "k8s:exclude" // a rule or a phase takes it out
	ObjectInclude   Verb = "k8s:include"
	ObjectUnready   Verb = "k8s:unready" // it loses its address
	ObjectReady     Verb = "k8s:ready"
	ObjectHeartbeat Verb = "k8s:heartbeat" // an event that changes nothing of interest
	// To a kind (kind).
	Revoke Verb = "k8s:revoke"
	Grant  Verb = "k8s:grant"
	// To what a writer hears (writer).
	Deliver Verb = "k8s:deliver"
	Drop    Verb = "k8s:drop"
	Merge   Verb = "k8s:merge"
	Swap    Verb = "k8s:swap"
	// A watch ends and a writer lists again (writer, kind).
	List      Verb = "k8s:list"
	ListCut   Verb = "k8s:cut"
	ListEmpty Verb = "k8s:empty"
	ListOther Verb = "k8s:other"
	// All kinds, from an apiserver that is behind (writer, moments).
	ServeAt Verb = "k8s:serveAt"
	// The read of an object that is pending fails (writer, status; 0 is no answer).
	ReadStatus Verb = "k8s:status"

	// To the request that is pending (writer, status or nothing).
	Status     Verb = "lm:status"           // any but a page of a list
	PageStatus Verb = "lm:page"             // a page of a list
	CommitDrop Verb = "lm:commitDrop"       // done, the answer is lost
	NoCommit   Verb = "lm:dropBeforeCommit" // lost on its way
	HTML       Verb = "lm:html"             // done, and answered by something else
	Hang       Verb = "lm:hang"             // not answered, and done later
	Partial    Verb = "lm:partial"          // half of it is done, the answer is lost
	// To the account.
	Late    Verb = "lm:late" // the first of what hangs is done
	Hide    Verb = "lm:delayVisible"
	Show    Verb = "lm:visible"
	Poison  Verb = "lm:poison" // whatever is written for a key is invalid (key)
	Unfault Verb = "lm:heal"   // ... and is not any more (key)
	// By people and other programs (key).
	PersonEdit      Verb = "person:edit" // a label of ours
	PersonAdd       Verb = "person:add"  // a property and a category of theirs
	PersonRename    Verb = "person:rename"
	PersonRemove    Verb = "person:remove"
	PersonStrip     Verb = "person:strip" // the property that makes it ours
	PersonClash     Verb = "person:clash" // somebody else's resource takes the display name
	PersonUnclash   Verb = "person:unclash"
	PersonDuplicate Verb = "person:duplicate" // before any writer starts

	// To a writer (writer).
	Start       Verb = "proc:start"
	Kill        Verb = "proc:kill"      // before the request that is pending
	KillAfter   Verb = "proc:killAfter" // the request is carried out, nobody hears
	PanicBefore Verb = "proc:panic"
	PanicAfter  Verb = "proc:panicAfter"
	Go          Verb = "proc:go"    // answer what is pending, else begin with what is due
	Listing     Verb = "proc:list"  // the same for the listing of the account
	Look        Verb = "proc:look"  // begin with a key that is due (writer, key)
	Audit       Verb = "proc:audit" // begin a listing of the account
	Wait        Verb = "proc:wait"  // back-offs run out
)

// arguments says how many numbers follow each verb.
func arguments() map[Verb]int {
	m := map[Verb]int{Late: 0, Hide: 0, Show: 0}
	for _, v := range []Verb{List, ListCut, ListEmpty, ListOther, ServeAt, ReadStatus, Status, PageStatus, Look} {
		m[v] = 2
	}
	for _, v := range []Verb{
		ObjectCreate, ObjectDelete, ObjectChange, ObjectExclude, ObjectInclude, ObjectUnready, ObjectReady, ObjectHeartbeat,
		Revoke, Grant, Deliver, Drop, Merge, Swap, CommitDrop, NoCommit, HTML, Hang, Partial, Poison, Unfault,
		PersonEdit, PersonAdd, PersonRename, PersonRemove, PersonStrip, PersonClash, PersonUnclash, PersonDuplicate,
		Start, Kill, KillAfter, PanicBefore, PanicAfter, Go, Listing, Audit, Wait,
	} {
		m[v] = 1
	}
	return m
}

// Op is one thing that happens: a verb and what it is about.
type Op struct {
	Verb Verb
	A, B int
}

// String is the op as a line of a schedule: "lm:status 0 503".
func (o Op) String() string {
	switch arguments()[o.Verb] {
	case 0:
		return string(o.Verb)
	case 1:
		return fmt.Sprintf("%s %d", o.Verb, o.A)
	}
	return fmt.Sprintf("%s %d %d", o.Verb, o.A, o.B)
}

// ParseOp reads a line of a schedule.
func ParseOp(line string) (Op, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return Op{}, fmt.Errorf("no verb in %q", line)
	}
	n, known := arguments()[Verb(words[0])]
	if !known || len(words) != n+1 {
		return Op{}, fmt.Errorf("no verb takes these numbers: %q", line)
	}
	numbers := [2]int{}
	for i, word := range words[1:] {
		v, err := strconv.Atoi(word)
		if err != nil || v < 0 {
			return Op{}, fmt.Errorf("not a number in %q", line)
		}
		numbers[i] = v
	}
	return Op{Verb(words[0]), numbers[0], numbers[1]}, nil
}

// Schedule is the whole of a run.
type Schedule struct {
	Setting
	Ops []Op
}

// String is the schedule as a file, which Parse reads.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, s.Setting)
	for _, o := range s.Ops {
		fmt.Fprintln(&b, o)
	}
	return b.String()
}

// Parse reads a schedule: its setting, then an op a line. Lines that begin with #
// and empty ones say nothing.
func Parse(text string) (Schedule, error) {
	var s Schedule
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if s.Writers == 0 {
			if _, err := fmt.Sscanf(line, "world writers=%d objects=%d policy=%s", &s.Writers, &s.Objects, &s.Policy); err != nil {
				return s, fmt.Errorf("read the setting %q: %w", line, err)
			}
			if err := s.check(); err != nil {
				return s, err
			}
			continue
		}
		o, err := ParseOp(line)
		if err != nil {
			return s, err
		}
		s.Ops = append(s.Ops, o)
	}
	if s.Writers == 0 {
		return s, fmt.Errorf("no setting in %d bytes", len(text))
	}
	return s, nil
}

// Shrink removes from a schedule that fails whatever it fails without, in ever
// smaller pieces. fails must say the same of the same schedule.
func Shrink(s Schedule, fails func(Schedule) bool) Schedule {
	for size := max(len(s.Ops)/2, 1); ; {
		removed := false
		for at := 0; at < len(s.Ops); {
			less := s
			less.Ops = slices.Delete(slices.Clone(s.Ops), at, min(at+size, len(s.Ops)))
			if fails(less) {
				s, removed = less, true
			} else {
				at += size
			}
		}
		if size == 1 && !removed {
			return s
		}
		size = max(size/2, 1)
	}
}
