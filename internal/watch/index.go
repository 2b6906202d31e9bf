package watch

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"unique"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// place is a key within its kind.
type place struct{ namespace, name string }

// entry is all that is kept of an object.
type entry struct {
	uid   resource.UID
	print resource.Fingerprint
	ready bool // it can be mirrored now
}

// shelf holds the entries of one kind.
type shelf struct {
	listed   bool
	entries  map[place]entry
	notReady int
	// groups are the names some objects make groups of: the roles of nodes.
	groups map[place][]string
}

// Index is what the watches last said of every object. It is safe for
// concurrent use.
type Index struct {
	mu      sync.RWMutex
	shelves map[resource.Kind]*shelf
}

// NewIndex returns an empty Index.
func NewIndex() *Index { return &Index{shelves: map[resource.Kind]*shelf{}} }

// Hint says what is held of an object. While its kind has never been listed,
// nothing is known of objects that are not there.
func (x *Index) Hint(key resource.Key) plan.Hint {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.shelves[key.Kind]
	if s == nil {
		return plan.Hint{Sight: plan.Unseen}
	}
	e, ok := s.entries[place{key.Namespace, key.Name}]
	switch {
	case !ok && !s.listed:
		return plan.Hint{Sight: plan.Unseen}
	case !ok:
		return plan.Hint{Sight: plan.Absent}
	case !e.ready:
		return plan.Hint{Sight: plan.NotReady, UID: e.uid}
	}
	return plan.Hint{Sight: plan.Present, UID: e.uid, Print: e.print}
}

// Keys returns the objects of a kind, in no order.
func (x *Index) Keys(id resource.Kind) []resource.Key {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.shelves[id]
	if s == nil {
		return nil
	}
	keys := make([]resource.Key, 0, len(s.entries))
	for p := range s.entries {
		keys = append(keys, resource.Key{Kind: id, Namespace: p.namespace, Name: p.name})
	}
	return keys
}

// Names returns the names of the objects of a cluster-scoped kind, sorted, and
// whether the kind has been listed completely.
func (x *Index) Names(id resource.Kind) (names []string, listed bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.shelves[id]
	if s == nil {
		return nil, false
	}
	for p := range s.entries {
		names = append(names, p.name)
	}
	slices.Sort(names)
	return names, s.listed
}

// Groups returns the names that objects of a kind make groups of, sorted, and
// whether the kind has been listed completely.
func (x *Index) Groups(id resource.Kind) (names []string, listed bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.shelves[id]
	if s == nil {
		return nil, false
	}
	set := map[string]bool{}
	for _, groups := range s.groups {
		for _, g := range groups {
			set[g] = true
		}
	}
	return slices.Sorted(maps.Keys(set)), s.listed
}

// GroupsOf returns the names that one object makes groups of.
func (x *Index) GroupsOf(key resource.Key) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.shelves[key.Kind]
	if s == nil {
		return nil
	}
	return s.groups[place{key.Namespace, key.Name}]
}

// Count returns the number of objects of a kind, how many of them cannot be
// mirrored yet, and whether the kind was ever listed completely.
func (x *Index) Count(id resource.Kind) (objects, notReady int, listed bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.shelves[id]
	if s == nil {
		return 0, 0, false
	}
	return len(s.entries), s.notReady, s.listed
}

// sighting is an object reduced to what the index keeps.
type sighting struct {
	at     place
	absent bool // it must not be in the account
	entry  entry
	groups []string
}

// sight maps an object and keeps nothing of it: strings that stay are copied,
// because those of a decoded object hold its whole buffer in memory. With a
// *panicError it returns what is known all the same: the object exists.
func sight(k *kind.Kind, obj kind.Object, view kind.View) (sighting, error) {
	s := sighting{
		at:    place{unique.Make(obj.GetNamespace()).Value(), strings.Clone(obj.GetName())},
		entry: entry{uid: resource.UID(strings.Clone(string(obj.GetUID())))},
	}
	want, err := mapObject(k, obj, view)
	if err != nil {
		var excluded resource.Excluded
		var notReady resource.NotReady
		var panicked *panicError
		switch {
		case errors.As(err, &panicked):
			return s, err
		case errors.As(err, &excluded):
			s.absent = true
		case !errors.As(err, &notReady):
			return sighting{}, err
		}
		return s, nil
	}
	s.entry.ready, s.entry.print = true, want.Fingerprint(view.Ownership())
	for _, g := range want.Groups {
		s.groups = append(s.groups, strings.Clone(g))
	}
	return s, nil
}

// put records a sighting and says whether it changes anything, and whether it
// changes the names that the object makes groups of.
func (x *Index) put(id resource.Kind, s sighting) (changed, regrouped bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	regrouped = !slices.Equal(x.shelf(id).groups[s.at], s.groups)
	if s.absent {
		return x.shelf(id).drop(s.at), regrouped
	}
	return x.shelf(id).put(s), regrouped
}

// drop forgets an object and says whether it was there.
func (x *Index) drop(id resource.Kind, at place) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shelf(id).drop(at)
}

// replace makes a complete list the content of a kind, and says whether that
// changes the names that objects make groups of.
func (x *Index) replace(id resource.Kind, all []sighting) (regrouped bool) {
	fresh := &shelf{listed: true, entries: make(map[place]entry, len(all)), groups: map[place][]string{}}
	for _, s := range all {
		if !s.absent {
			fresh.put(s)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	regrouped = !maps.EqualFunc(x.shelf(id).groups, fresh.groups, slices.Equal)
	x.shelves[id] = fresh
	return regrouped
}

func (x *Index) shelf(id resource.Kind) *shelf {
	s := x.shelves[id]
	if s == nil {
		s = &shelf{entries: map[place]entry{}, groups: map[place][]string{}}
		x.shelves[id] = s
	}
	return s
}

func (s *shelf) put(n sighting) bool {
	old, had := s.entries[n.at]
	if had && !old.ready {
		s.notReady--
	}
	if !n.entry.ready {
		s.notReady++
	}
	same := had && old == n.entry && slices.Equal(s.groups[n.at], n.groups)
	s.entries[n.at] = n.entry
	if len(n.groups) > 0 {
		s.groups[n.at] = n.groups
	} else {
		delete(s.groups, n.at)
	}
	return !same
}

func (s *shelf) drop(at place) bool {
	old, had := s.entries[at]
	if had && !old.ready {
		s.notReady--
	}
	delete(s.entries, at)
	delete(s.groups, at)
	return had
}
