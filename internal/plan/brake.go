package plan

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// Budget bounds the removals that rest on the configuration alone: objects that
// exist and that a rule, a switch or a namespace keeps out of the account. A
// removal whose object was just read to be gone, or to be another, is proven by
// that and counts for nothing.
type Budget struct {
	Minimum int           // removals that a window always has room for
	Share   float64       // of the resources in the account, if that is more; 1 sets no bound
	Window  time.Duration // the window rolls
	// AgreeAfter is the least time from one complete list that agrees with removals
	// that are held to the next.
	AgreeAfter time.Duration
}

// Limit is how many removals a window has room for when the account holds so many
// resources. A Budget of zero has no bound.
func (b Budget) Limit(owned int) int {
	if b.Window <= 0 || b.Share >= 1 {
		return math.MaxInt
	}
	return max(b.Minimum, int(b.Share*float64(owned)))
}

// agreements is how many complete lists have to agree with a removal that is held.
const agreements = 2

// A Brake is the state of a Budget: what was removed, and what is held because
// that was too much. It is no function, but it is pure: nothing but its methods
// changes it, and time is handed to it. It is not safe for concurrent use.
type Brake struct {
	budget   Budget
	spent    []time.Time // removals in the window, the oldest first
	id       string      // of the hold in force, or empty
	since    time.Time
	limit    int
	held     map[resource.Key]held
	released map[resource.Key]bool // somebody or something answered for them
}

type held struct {
	reason string
	at     time.Time // when it was held, or a list last agreed
	agreed int
}

// NewBrake returns a Brake that holds nothing.
func NewBrake(budget Budget) *Brake {
	return &Brake{budget: budget, held: map[resource.Key]held{}, released: map[resource.Key]bool{}}
}

// Configure takes another Budget, because the configuration has changed: what was
// held is judged anew, what was spent stays spent.
func (b *Brake) Configure(budget Budget) {
	b.budget = budget
	b.end()
}

// Limit is how many removals a window has room for.
func (b *Brake) Limit(owned int) int { return b.budget.Limit(owned) }

// Reason says why the removal of a key would be held now, or is empty; kept says
// that it is being held.
func (b *Brake) Reason(key resource.Key) (reason string, kept bool) {
	if b.id == "" || b.released[key] {
		return "", false
	}
	_, kept = b.held[key]
	return b.reason(), kept
}

func (b *Brake) reason() string {
	return fmt.Sprintf("held by the deletion budget, %d in %v: the configuration would remove more (hold %s)", b.limit, b.budget.Window, b.id)
}

// Take asks for one removal. When there is no room for it a hold begins, and the
// Case is to be decided on again.
func (b *Brake) Take(key resource.Key, now time.Time, owned int) bool {
	switch {
	case b.released[key]:
		return true
	case b.id != "":
		return false
	}
	b.spent = slices.DeleteFunc(b.spent, func(t time.Time) bool { return now.Sub(t) >= b.budget.Window })
	// What was removed was owned when the window began.
	if limit := b.budget.Limit(owned + len(b.spent)); len(b.spent) >= limit {
		b.id, b.since, b.limit = now.UTC().Format("20060102-150405"), now, limit
		return false
	}
	b.spent = append(b.spent, now)
	return true
}

// Return gives back the room for a removal that did not happen.
func (b *Brake) Return(key resource.Key) {
	if n := len(b.spent); n > 0 && !b.released[key] {
		b.spent = b.spent[:n-1]
	}
}

// Keep notes a removal that is held. It is false when the hold has ended meanwhile,
// and the key is to be decided on again.
func (b *Brake) Keep(key resource.Key, reason string, now time.Time) bool {
	if b.id == "" || b.released[key] {
		return false
	}
	if _, kept := b.held[key]; !kept {
		b.held[key] = held{reason: reason, at: now}
	}
	return true
}

// Forget says that a key is not to be removed any more, or has been. With the last
// that is held the hold ends.
func (b *Brake) Forget(key resource.Key) {
	delete(b.released, key)
	if _, kept := b.held[key]; !kept {
		return
	}
	if delete(b.held, key); len(b.held) == 0 {
		b.id = ""
	}
}

// Approve lets everything go that is held now, because a person said so of this
// very hold. It returns the keys.
func (b *Brake) Approve(id string) ([]resource.Key, error) {
	switch {
	case b.id == "":
		return nil, fmt.Errorf("approve hold %q: nothing is held", id)
	case id != b.id:
		return nil, fmt.Errorf("approve hold %q: the hold in force is %q; look at what it holds first", id, b.id)
	}
	return b.release(slices.Collect(maps.Keys(b.held))), nil
}

// Listed takes a complete list of a kind, read after all that is held was held:
// what it contradicts is forgotten, and what it agrees with for the second time
// goes. It returns the keys of both.
func (b *Brake) Listed(kind resource.Kind, now time.Time, agrees func(resource.Key) bool) (changed []resource.Key) {
	var free []resource.Key
	for key, h := range b.held {
		switch {
		case key.Kind != kind:
		case !agrees(key):
			changed = append(changed, key)
		case now.Sub(h.at) >= b.budget.AgreeAfter:
			h.agreed, h.at = h.agreed+1, now
			if b.held[key] = h; h.agreed >= agreements {
				free = append(free, key)
			}
		}
	}
	for _, key := range changed {
		b.Forget(key)
	}
	return append(changed, b.release(free)...)
}

func (b *Brake) release(keys []resource.Key) []resource.Key {
	for _, key := range keys {
		delete(b.held, key)
		b.released[key] = true
	}
	if len(b.held) == 0 {
		b.id = ""
	}
	return keys
}

func (b *Brake) end() {
	b.id = ""
	clear(b.held)
	clear(b.released)
}

// Hold is what a person wants to know of a hold.
type Hold struct {
	ID      string // empty when nothing is held
	Since   time.Time
	Limit   int // of removals in a window
	Window  time.Duration
	Count   int
	Kinds   map[resource.Kind]int
	Reasons map[string]int // what of the configuration removes them
	Keys    []resource.Key // some of them, in order
}

// Hold tells of the hold in force.
func (b *Brake) Hold() Hold {
	const shown = 5
	h := Hold{ID: b.id, Since: b.since, Limit: b.limit, Window: b.budget.Window, Count: len(b.held), Kinds: map[resource.Kind]int{}, Reasons: map[string]int{}}
	if b.id == "" {
		return Hold{}
	}
	for key, held := range b.held {
		h.Kinds[key.Kind]++
		h.Reasons[held.reason]++
		h.Keys = append(h.Keys, key)
	}
	slices.SortFunc(h.Keys, func(a, b resource.Key) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Compare(b)) })
	h.Keys = h.Keys[:min(shown, len(h.Keys))]
	return h
}
