package watch

import (
	"errors"
	"fmt"
	"log/slog"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// mapped carries a sighting through the reflector's list, which wants to see
// metadata: GetObjectMeta makes as much of it as there is, for the moment of the
// question, so that what is kept stays small.
type mapped struct{ seen sighting }

// GetObjectMeta implements metav1.ObjectMetaAccessor.
func (m *mapped) GetObjectMeta() metav1.Object {
	return &metav1.ObjectMeta{Namespace: m.seen.at.namespace, Name: m.seen.at.name, UID: types.UID(m.seen.entry.uid)}
}

// store is where a reflector puts what it sees of one kind: it reduces each
// object at once, records the rest in the index and tells the sink. The reflector
// calls it from one goroutine.
type store struct {
	kind  *kind.Kind
	view  kind.View
	index *Index
	sink  Sink
	log   *slog.Logger
	// onList is called after each complete list, and onGroups when an object
	// that was there makes other groups than before.
	onList, onGroups func()
}

var _ cache.TransformingStore = (*store)(nil)

// Transformer reduces the objects of a streamed list one by one, so that the
// list is never in memory as a whole.
func (s *store) Transformer() cache.TransformFunc {
	return func(obj any) (any, error) {
		n, err := s.sight(obj)
		if err != nil {
			return nil, err
		}
		return &mapped{seen: n}, nil
	}
}

// Replace takes a complete list: reduced objects of a streamed list, or the
// objects themselves where the apiserver could only list page by page.
func (s *store) Replace(list []any, _ string) error {
	all := make([]sighting, 0, len(list))
	for _, obj := range list {
		if m, ok := obj.(*mapped); ok {
			all = append(all, m.seen)
			continue
		}
		n, err := s.sight(obj)
		if err != nil {
			// An object that cannot be understood must not look deleted.
			return fmt.Errorf("list %s: %w", s.kind.ID, err)
		}
		all = append(all, n)
	}
	regrouped := s.index.replace(s.kind.ID, all)
	s.onList()
	s.sink.Listed(s.kind.ID)
	if regrouped && s.onGroups != nil {
		s.onGroups()
	}
	return nil
}

// Add takes an object that was created.
func (s *store) Add(obj any) error { return s.put(obj) }

// Update takes an object that was changed.
func (s *store) Update(obj any) error { return s.put(obj) }

// Delete takes the last state of an object that was deleted; only its name
// counts.
func (s *store) Delete(obj any) error {
	if tombstone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		obj = tombstone.Obj
	}
	o, ok := obj.(metav1.Object)
	if !ok {
		return fmt.Errorf("watch %s: deleted object is a %T", s.kind.ID, obj)
	}
	if s.index.drop(s.kind.ID, place{o.GetNamespace(), o.GetName()}) {
		s.touch(o.GetNamespace(), o.GetName())
	}
	return nil
}

// Resync has nothing to do: the index is compared with the account by audits.
func (s *store) Resync() error { return nil }

func (s *store) put(obj any) error {
	n, err := s.sight(obj)
	if err != nil {
		return err
	}
	changed, regrouped := s.index.put(s.kind.ID, n)
	if changed {
		s.touch(n.at.namespace, n.at.name)
	}
	if regrouped && s.onGroups != nil {
		s.onGroups()
	}
	return nil
}

func (s *store) sight(obj any) (sighting, error) {
	o, ok := obj.(kind.Object)
	if !ok {
		return sighting{}, fmt.Errorf("watch %s: object is a %T", s.kind.ID, obj)
	}
	n, err := sight(s.kind, o, s.view)
	var panicked *panicError
	if errors.As(err, &panicked) {
		panicked.tell(s.log, o)
		return n, nil
	}
	return n, err
}

func (s *store) touch(namespace, name string) {
	s.sink.Touch(resource.Key{Kind: s.kind.ID, Namespace: namespace, Name: name})
}
