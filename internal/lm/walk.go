package lm

import (
	"fmt"
	"strconv"
)

// maxGaps is how many times one listing goes back because items moved.
const maxGaps = 50

// A walk goes through the pages of a list that may change meanwhile, and decides
// from what each holds where to go on and when all was seen. It sends nothing.
//
// Sorted by id, consecutive pages overlap by one item. If the first item of a
// page is one that was seen, nothing between the two pages was missed; if not,
// items before it were deleted and others moved into the place already passed, so
// the walk goes back. Items that come again are known by their id. At the end, no
// fewer items may have been seen than the account says there are.
type walk[T any] struct {
	size int
	id   func(*T) int64
	key  func(*T) string

	offset   int
	complete bool

	started  bool
	last     int64               // highest id seen
	distinct int                 // items seen
	gaps     int                 // times gone back
	seen     map[string]struct{} // keys, where there is no order to rely on
	total    int                 // of the first page, for lists without order
}

func newWalk[T any](size int, id func(*T) int64, key func(*T) string) *walk[T] {
	return &walk[T]{size: size, id: id, key: key}
}

// take takes in the page at offset and returns those of its items that are new.
func (w *walk[T]) take(p page[T]) ([]T, error) {
	if w.id == nil {
		return w.takeUnsorted(p)
	}
	if i := w.disorder(p); i >= 0 {
		if w.started || w.id(&p.items[i]) <= 0 {
			return nil, fmt.Errorf("item %d of the page at %d is out of order or has no id", i, w.offset)
		}
		// The account does not sort: go on as with any list without order.
		id := w.id
		w.id, w.key = nil, func(item *T) string { return strconv.FormatInt(id(item), 10) }
		return w.takeUnsorted(p)
	}
	w.started = true
	n := len(p.items)
	if w.offset > 0 && (n == 0 || w.id(&p.items[0]) > w.last) {
		return nil, w.goBack()
	}
	known := 0
	for known < n && w.id(&p.items[known]) <= w.last {
		known++
	}
	fresh := p.items[known:]
	if len(fresh) > 0 {
		w.last = w.id(&fresh[len(fresh)-1])
		w.distinct += len(fresh)
	}
	end := w.offset + n
	if !w.more(p, end) {
		w.complete = true
		return fresh, w.missing(p.total)
	}
	if end-1 <= w.offset {
		return nil, fmt.Errorf("the page at %d holds %d items though there are more: total %d", w.offset, n, p.total)
	}
	w.offset = end - 1
	return fresh, nil
}

// disorder returns the index of the first item whose id is not above the one
// before, -1 if there is none.
func (w *walk[T]) disorder(p page[T]) int {
	var before int64
	for i := range p.items {
		id := w.id(&p.items[i])
		if id <= before {
			return i
		}
		before = id
	}
	return -1
}

// goBack moves to where the items that moved must be: a little at first, then
// further, in the end to the start.
func (w *walk[T]) goBack() error {
	w.gaps++
	if w.gaps > maxGaps {
		return fmt.Errorf("the list changed under each of %d attempts to close a gap in it", maxGaps)
	}
	w.offset = max(0, w.offset-max(1, min(1<<min(w.gaps, 20), w.size/2)))
	return nil
}

// more tells whether the account has items beyond this page. A total that is not
// negative is exact; a negative one means at least so many.
func (w *walk[T]) more(p page[T], end int) bool {
	if p.total >= 0 {
		return end < p.total
	}
	return len(p.items) >= w.size || end < -p.total
}

// missing checks at the end that no fewer items were seen than there are.
func (w *walk[T]) missing(total int) error {
	if total < 0 {
		total = -total
	}
	if w.distinct < total {
		return fmt.Errorf("%d items were listed, but there are %d", w.distinct, total)
	}
	return nil
}

// takeUnsorted is take for a list without an order to rely on: it is complete
// only if it did not change and as many different items came as it has.
func (w *walk[T]) takeUnsorted(p page[T]) ([]T, error) {
	if w.seen == nil {
		w.seen, w.total = map[string]struct{}{}, p.total
	}
	if p.total >= 0 && w.total >= 0 && p.total != w.total {
		return nil, fmt.Errorf("the list changed while it was read: total %d, then %d", w.total, p.total)
	}
	w.started = true
	fresh := make([]T, 0, len(p.items))
	for i := range p.items {
		key := w.key(&p.items[i])
		if _, again := w.seen[key]; again {
			continue
		}
		w.seen[key] = struct{}{}
		fresh = append(fresh, p.items[i])
	}
	w.distinct += len(fresh)
	w.offset += len(p.items)
	if !w.more(p, w.offset) {
		w.complete = true
		return fresh, w.missing(p.total)
	}
	if len(p.items) == 0 {
		return nil, fmt.Errorf("the page at %d is empty though there are more: total %d", w.offset, p.total)
	}
	return fresh, nil
}
