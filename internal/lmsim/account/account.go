// Package account is the state of one simulated LogicMonitor account: devices, device groups,
// collectors, ops notes, the recycle bin and the journal of every change, with the rules the real
// account enforces (docs/logicmonitor-api.md §5 to §8).
//
// It knows nothing of HTTP, tokens, rate limits or faults, and it reads no clock: every call says
// who acts and when. It must not be used from two goroutines at once; its owner holds the lock.
package account

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// RootGroup is the id of the group every other group descends from.
const RootGroup int32 = 1

// By says who acts and when; it stands in the journal beside the change.
type By struct {
	Who string
	At  time.Time
}

// An Error is a refusal the way the REST API words it.
type Error struct {
	Status  int // HTTP status
	Code    int // LogicMonitor's errorCode
	Message string
}

func (e *Error) Error() string { return e.Message }

func refuse(status, code int, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *Error { return refuse(400, 1400, format, args...) }

func notFound(thing string, id any) *Error {
	return refuse(404, 1404, "No such %s%v", thing, id)
}

// An Account holds everything one account holds.
type Account struct {
	// Rules may be changed at any time between two calls.
	Rules Rules

	devices rows
	order   idSet // ids of all devices, rising
	display map[string]int32
	names   multi[nameKey]
	posting map[string]map[string]*idSet // property → value → devices, for names used by dynamic groups

	groups      map[int32]*node
	groupOrder  idSet
	childNames  map[childKey]int32
	dynamicKeys map[string]map[string]*idSet // property → value → dynamic groups to evaluate
	dynamicAll  idSet                        // dynamic groups without a key: evaluated on every change

	collectors      map[int32]*Collector
	collectorGroups map[int32]*CollectorGroup
	perCollector    map[int32]int // devices per collector
	notes           map[string]*Note
	recycled        map[string]*Recycled
	deltas          map[string]*delta
	logs            ring[LogEvent]

	journal ring[Commit]
	seq     uint64 // of the last commit
	next    counters
	due     schedule
	gone    []departed // deletions, for delta queries

	lists listCache
	pages int // list calls, for the rule for shifting pages
}

// counters are the last ids given out.
type counters struct {
	Device, Group, Collector, CollectorGroup, Note, Recycle, Delta int32
}

// New returns an account as a fresh portal has it: the root group, the default collector group and
// no collector. journalSize bounds the number of commits that are kept.
func New(rules Rules, journalSize int, now time.Time) *Account {
	a := &Account{
		Rules:           rules,
		display:         map[string]int32{},
		names:           multi[nameKey]{first: map[nameKey]int32{}},
		posting:         map[string]map[string]*idSet{},
		groups:          map[int32]*node{},
		childNames:      map[childKey]int32{},
		dynamicKeys:     map[string]map[string]*idSet{},
		collectors:      map[int32]*Collector{},
		collectorGroups: map[int32]*CollectorGroup{},
		perCollector:    map[int32]int{},
		notes:           map[string]*Note{},
		recycled:        map[string]*Recycled{},
		deltas:          map[string]*delta{},
		journal:         newRing[Commit](journalSize),
		logs:            newRing[LogEvent](10_000),
	}
	a.insertGroup(&Group{ID: RootGroup, GroupType: "Normal", EnableNetflow: true, CreatedOn: now.Unix()})
	a.collectorGroups[1] = &CollectorGroup{ID: 1, Name: "@default", CreateOn: now.Unix(), AutoBalanceThreshold: 10_000}
	a.next.Group, a.next.CollectorGroup = RootGroup, 1
	return a
}

// Advance lets every effect that is due by now happen: late memberships, late system.ips, purges.
func (a *Account) Advance(now time.Time) {
	for {
		e, ok := a.due.pop(now)
		if !ok {
			return
		}
		e.run(e.at)
	}
}

// Generation changes whenever anything in the account changes.
func (a *Account) Generation() uint64 { return a.lists.generation }

func (a *Account) touch() { a.lists.generation++ }

// after runs an effect after a delay in seconds, at once when the delay is zero.
func (a *Account) after(seconds float64, now time.Time, run func(at time.Time)) {
	if seconds <= 0 {
		run(now)
		return
	}
	a.due.push(event{at: now.Add(time.Duration(seconds * float64(time.Second))), run: run})
}

// An idSet is a set of ids kept in rising order.
type idSet []int32

func (s idSet) has(id int32) bool {
	i := s.search(id)
	return i < len(s) && s[i] == id
}

func (s idSet) search(id int32) int {
	if n := len(s); n > 0 && s[n-1] < id {
		return n
	}
	return sort.Search(len(s), func(i int) bool { return s[i] >= id })
}

func (s *idSet) add(id int32) {
	i := s.search(id)
	if i < len(*s) && (*s)[i] == id {
		return
	}
	*s = append(*s, 0)
	copy((*s)[i+1:], (*s)[i:])
	(*s)[i] = id
}

func (s *idSet) remove(id int32) {
	i := s.search(id)
	if i < len(*s) && (*s)[i] == id {
		*s = append((*s)[:i], (*s)[i+1:]...)
	}
}

// A multi is an index that almost always holds one id a key.
type multi[K comparable] struct {
	first map[K]int32
	more  map[K][]int32
}

func (m *multi[K]) add(k K, id int32) {
	if _, taken := m.first[k]; !taken {
		m.first[k] = id
		return
	}
	if m.more == nil {
		m.more = map[K][]int32{}
	}
	m.more[k] = append(m.more[k], id)
}

func (m *multi[K]) remove(k K, id int32) {
	rest := m.more[k]
	if m.first[k] == id {
		if len(rest) == 0 {
			delete(m.first, k)
			return
		}
		m.first[k], rest = rest[0], rest[1:]
	} else {
		kept := rest[:0:0]
		for _, other := range rest {
			if other != id {
				kept = append(kept, other)
			}
		}
		rest = kept
	}
	if len(rest) == 0 {
		delete(m.more, k)
	} else {
		m.more[k] = rest
	}
}

// other reports an id under k that is not the given one.
func (m *multi[K]) other(k K, id int32) (int32, bool) {
	if got, ok := m.first[k]; ok && got != id {
		return got, true
	}
	for _, got := range m.more[k] {
		if got != id {
			return got, true
		}
	}
	return 0, false
}

func fold(s string) string { return strings.ToLower(s) }
