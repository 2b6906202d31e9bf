// Package resourcecache remembers what the account was last seen to hold for this
// cluster: for each key the number, the UID and a fingerprint of its resource, and
// nothing larger. It is filled by one complete listing or not at all, and kept
// current by the results of Argus's own changes. It does no I/O; who lists is
// somebody else.
package resourcecache

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// record is what is kept of one resource.
type record struct {
	id                    resource.ID
	uid                   resource.UID
	createdOn             int64
	visible, wrote, after uint64
	unlisted, misnamed    bool
	retiring, dismissed   bool
}

// Cache is safe for concurrent use.
type Cache struct {
	policy plan.Policy

	mu     sync.RWMutex
	loaded bool
	// records holds the resource of each key; more holds the others of the few
	// keys that have several.
	records map[resource.Key]record
	more    map[resource.Key][]record
	doubts  map[resource.Key]string
	counts  map[resource.Kind]int
	// graves are resources that are marked deleted and have a time to go.
	graves map[resource.ID]time.Time
	// settled are the resources that a result has changed since the listing that
	// is under way began, those that went among them; nil when none is.
	settled map[resource.Key][]resource.ID
}

// New returns an empty Cache that is not loaded.
func New(policy plan.Policy) *Cache {
	return &Cache{
		policy:  policy,
		records: map[resource.Key]record{},
		more:    map[resource.Key][]record{},
		doubts:  map[resource.Key]string{},
		counts:  map[resource.Kind]int{},
		graves:  map[resource.ID]time.Time{},
	}
}

// Loaded says whether a complete listing has filled the cache. Before, it knows
// nothing, and no decision may rest on it.
func (c *Cache) Loaded() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.loaded
}

// Known returns the resources held to be the key's, and the display name of a
// create that may have happened unanswered.
func (c *Cache) Known(key resource.Key) (known []plan.Known, doubt string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if r, ok := c.records[key]; ok {
		known = append(known, r.known())
	}
	for _, r := range c.more[key] {
		known = append(known, r.known())
	}
	return known, c.doubts[key]
}

// Settle records the outcome of deciding on a key, which began with what was known
// then and ended with what is known now. What a listing brought meanwhile stays,
// but for what the decision itself changed; and a decision that changed nothing is
// no result that would be younger than a listing that is under way.
func (c *Cache) Settle(key resource.Key, was, known []plan.Known, doubt string) {
	before, after := recordsOf(was), recordsOf(known)
	c.mu.Lock()
	defer c.mu.Unlock()
	if doubt == "" {
		delete(c.doubts, key)
	} else {
		c.doubts[key] = doubt
	}
	if slices.Equal(before, after) {
		return
	}
	c.put(key, between(before, c.all(key), after))
	if c.settled != nil {
		c.settled[key] = append(c.settled[key], changed(before, after)...)
	}
}

// changed are the numbers of the records that are not the same in both.
func changed(before, after []record) []resource.ID {
	var ids []resource.ID
	for _, r := range before {
		if !slices.Contains(after, r) {
			ids = append(ids, r.id)
		}
	}
	for _, r := range after {
		if !slices.Contains(before, r) {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// between is after, brought up to date by what has changed from before to now.
func between(before, now, after []record) []record {
	of := func(records []record, id resource.ID) int {
		return slices.IndexFunc(records, func(r record) bool { return r.id == id })
	}
	for _, r := range now {
		b, a := of(before, r.id), of(after, r.id)
		switch {
		case b < 0 && a < 0:
			after = append(after, r)
		case b >= 0 && a >= 0 && before[b] == after[a]:
			after[a] = r
		}
	}
	return after
}

// Listing collects the resources of one complete listing of the account. It is
// not safe for concurrent use; its Cache is, all the while.
type Listing struct {
	cache   *Cache
	records map[resource.Key][]record
	graves  map[resource.ID]time.Time
	count   int
}

// Begin starts a listing. Only one may be under way.
func (c *Cache) Begin() *Listing {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled = map[resource.Key][]resource.ID{}
	return &Listing{cache: c, records: make(map[resource.Key][]record, len(c.records)), graves: map[resource.ID]time.Time{}}
}

// Add adds one resource that the account lists. Of resources that are marked
// deleted, which are no key's any more, only their time is kept.
func (l *Listing) Add(o *resource.Observed) {
	if o.Life != resource.Live {
		if due, ok := l.cache.policy.Retention.Due(o); ok {
			l.graves[o.ID] = due
		}
		return
	}
	l.count++
	l.records[o.Key] = append(l.records[o.Key], record{
		id: o.ID, uid: o.UID, createdOn: o.CreatedOn, visible: o.Fingerprint(l.cache.policy.Ownership).Visible,
		misnamed: l.cache.policy.Misnamed(o),
	})
}

// Len is the number of live resources added.
func (l *Listing) Len() int { return l.count }

// Abort ends a listing that did not complete. The cache stays as it is.
func (l *Listing) Abort() {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	l.cache.settled = nil
}

// Complete makes a listing the content of the cache. Resources that a result has
// changed since it began keep that result, which is younger. Resources the listing
// does not have stay, marked as unlisted: a list that shifts while it is paged can
// miss some, so that its silence is a question and not an answer.
func (l *Listing) Complete() {
	c := l.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.records {
		if _, listed := l.records[key]; !listed {
			l.records[key] = nil
		}
	}
	for key, listed := range l.records {
		c.put(key, c.merge(key, listed))
	}
	// Graves that the listing does not have are younger than it, or gone: who
	// looks after them reads them first.
	maps.Copy(c.graves, l.graves)
	c.settled, c.loaded = nil, true
}

// Bury remembers a resource that was marked deleted.
func (c *Cache) Bury(o *resource.Observed) {
	due, ok := c.policy.Retention.Due(o)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.graves[o.ID] = due
}

// Forget forgets a resource that was marked deleted.
func (c *Cache) Forget(id resource.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.graves, id)
}

// Due returns the resources marked deleted whose time is over, in order of ID.
func (c *Cache) Due(now time.Time) []resource.ID {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var due []resource.ID
	for id, at := range c.graves {
		if !at.After(now) {
			due = append(due, id)
		}
	}
	slices.Sort(due)
	return due
}

// Marked is the number of resources that are marked deleted and have a time to go.
func (c *Cache) Marked() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.graves)
}

// merge takes over from the records there are what a listing cannot tell: what
// was last written, and what results have changed meanwhile. Any other record
// whose number is not listed stays, unlisted.
func (c *Cache) merge(key resource.Key, listed []record) []record {
	younger := c.settled[key]
	listed = slices.DeleteFunc(listed, func(r record) bool { return slices.Contains(younger, r.id) })
	slices.SortFunc(listed, func(a, b record) int { return int(a.id - b.id) })
	listed = slices.CompactFunc(listed, func(a, b record) bool { return a.id == b.id })
	for _, old := range c.all(key) {
		at := slices.IndexFunc(listed, func(r record) bool { return r.id == old.id })
		if at < 0 {
			old.unlisted = old.unlisted || !slices.Contains(younger, old.id)
			listed = append(listed, old)
			continue
		}
		listed[at].wrote, listed[at].after = old.wrote, old.after
	}
	return listed
}

// Keys returns the keys that have a resource or a doubt, of one kind, or of all
// for the empty kind. The order is not defined.
func (c *Cache) Keys(kind resource.Kind) []resource.Key {
	c.mu.RLock()
	defer c.mu.RUnlock()
	keys := make([]resource.Key, 0, len(c.records))
	for key := range c.records {
		if kind == "" || key.Kind == kind {
			keys = append(keys, key)
		}
	}
	for key := range c.doubts {
		if _, has := c.records[key]; !has && (kind == "" || key.Kind == kind) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Counts returns how many resources the account holds, by kind.
func (c *Cache) Counts() map[resource.Kind]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return maps.Clone(c.counts)
}

func (c *Cache) all(key resource.Key) []record {
	r, ok := c.records[key]
	if !ok {
		return nil
	}
	return append([]record{r}, c.more[key]...)
}

// put replaces the records of a key. c.mu is held.
func (c *Cache) put(key resource.Key, records []record) {
	if _, had := c.records[key]; had {
		c.counts[key.Kind] -= 1 + len(c.more[key])
	}
	delete(c.records, key)
	delete(c.more, key)
	if len(records) == 0 {
		return
	}
	c.records[key] = records[0]
	if len(records) > 1 {
		c.more[key] = records[1:]
	}
	c.counts[key.Kind] += len(records)
}

func (r record) known() plan.Known {
	return plan.Known{
		ID: r.id, UID: r.uid, CreatedOn: r.createdOn,
		Visible: r.visible, Wrote: r.wrote, After: r.after, Unlisted: r.unlisted, Misnamed: r.misnamed,
		Retiring: r.retiring, Dismissed: r.dismissed,
	}
}

func recordsOf(known []plan.Known) []record {
	records := make([]record, len(known))
	for i := range known {
		records[i] = recordOf(&known[i])
	}
	return records
}

func recordOf(k *plan.Known) record {
	return record{
		id: k.ID, uid: k.UID, createdOn: k.CreatedOn,
		visible: k.Visible, wrote: k.Wrote, after: k.After, unlisted: k.Unlisted, misnamed: k.Misnamed,
		retiring: k.Retiring, dismissed: k.Dismissed,
	}
}
