package account

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/filter"
)

// A Query is a list call's paging, sorting and selection.
type Query struct {
	View
	Size, Offset int
	Sort         string // a field name, with - in front for falling order; empty for rising id
	Filter       string
	Deleted      bool // also what is in the recycle bin (devices only)
}

// A Page is the answer of a list call: a JSON object with total and items.
type Page []byte

// listCache keeps the ids a filter selected while nothing changes, so that paging through a large
// account evaluates a filter once and not once a page.
type listCache struct {
	generation uint64
	builtAt    uint64
	key        string
	ids        []int32
}

// source is what a list call reads from.
type source[T any] struct {
	table   *table[T]
	ignored []string
	items   []T
}

// ListDevices answers a list of devices; group restricts it to the direct members of one, 0 does not.
func (a *Account) ListDevices(by By, group int32, q Query) (Page, error) {
	ids := a.order
	if group != 0 {
		n, err := a.readableGroup(group, by.At)
		if err != nil {
			return nil, err
		}
		ids = n.members
	}
	f, err := a.filterFor(q.Filter, deviceTable.byName, a.ignoredFields())
	if err != nil {
		return nil, err
	}
	if err := checkHostStatus(f); err != nil {
		return nil, err
	}
	if q, err = a.checkQuery(q); err != nil {
		return nil, err
	}
	ids = a.selectDevices(by, ids, group, f, q)
	total := len(ids)
	var hosts []*host
	if q.Deleted {
		all := append(a.hosts(ids), a.recycledHosts(f)...)
		total, hosts = len(all), window(a, all, q)
	} else {
		hosts = a.hosts(window(a, ids, q))
	}
	return renderPage(a, deviceTable, hosts, total, q), nil
}

func (a *Account) hosts(ids []int32) []*host {
	out := make([]*host, 0, len(ids))
	for _, id := range ids {
		out = append(out, a.devices.at(id))
	}
	return out
}

// recycledHosts are the devices in the recycle bin that pass a filter, oldest deletion first.
func (a *Account) recycledHosts(f *filter.Filter) []*host {
	var out []*host
	for _, r := range a.recycled {
		for _, d := range r.Devices {
			h := &host{Device: d, deletedMillis: r.DeletedOn.UnixMilli()}
			if f.Match(&subject[*host]{deviceTable, a, h}) {
				out = append(out, h)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].deletedMillis < out[j].deletedMillis || out[i].deletedMillis == out[j].deletedMillis && out[i].ID < out[j].ID
	})
	return out
}

// selectDevices applies filter, lag and order.
func (a *Account) selectDevices(by By, ids []int32, group int32, f *filter.Filter, q Query) []int32 {
	if name, ok := f.Equal("displayName"); ok && group == 0 {
		ids = nil
		if id, exists := a.display[fold(name)]; exists {
			ids = []int32{id}
		}
	}
	plain := strings.TrimSpace(q.Filter) == "" && a.Rules.ListLag <= 0
	if !plain {
		ids = a.filterDevices(by.At, ids, group, f, q)
	}
	if q.Sort == "" || q.Sort == "id" {
		return ids
	}
	hosts := a.hosts(ids)
	sortBy(a, deviceTable, hosts, q.Sort)
	out := make([]int32, len(hosts))
	for i, h := range hosts {
		out[i] = h.ID
	}
	return out
}

func (a *Account) filterDevices(now time.Time, ids []int32, group int32, f *filter.Filter, q Query) []int32 {
	key := strings.Join([]string{strconv.Itoa(int(group)), q.Filter, a.Rules.UnquotedStrings, a.Rules.PropertyFilterElement, a.Rules.IgnoredFilterFields}, "\x00")
	cacheable := a.Rules.ListLag <= 0
	if cacheable && a.lists.key == key && a.lists.builtAt == a.lists.generation {
		return a.lists.ids
	}
	out := make([]int32, 0, 64)
	nanos := now.UnixNano()
	s := &subject[*host]{t: deviceTable, a: a} // one for all: a scan must not allocate
	for _, id := range ids {
		s.x = a.devices.at(id)
		if s.x.visibleList <= nanos && f.Match(s) {
			out = append(out, id)
		}
	}
	if cacheable {
		a.lists.key, a.lists.builtAt, a.lists.ids = key, a.lists.generation, out
	}
	return out
}

// ListGroups answers a list of device groups.
func (a *Account) ListGroups(by By, q Query) (Page, error) {
	items := make([]*node, 0, len(a.groups))
	for _, id := range a.groupOrder {
		if n := a.groups[id]; n.visibleList <= by.At.UnixNano() {
			items = append(items, n)
		}
	}
	return list(a, source[*node]{table: groupTable, items: items}, q)
}

// ListCollectors answers a list of collectors.
func (a *Account) ListCollectors(q Query) (Page, error) {
	return list(a, source[*Collector]{table: collectorTable, items: sortedValues(a.collectors)}, q)
}

// ListCollectorGroups answers a list of collector groups.
func (a *Account) ListCollectorGroups(q Query) (Page, error) {
	return list(a, source[*CollectorGroup]{table: collectorGroupTable, items: sortedValues(a.collectorGroups)}, q)
}

// ListNotes answers a list of ops notes.
func (a *Account) ListNotes(by By, q Query) (Page, error) {
	var items []*Note
	for _, n := range a.notes {
		if n.visibleFrom <= by.At.UnixNano() {
			items = append(items, n)
		}
	}
	sort.Slice(items, func(i, j int) bool { return serial(items[i].ID) < serial(items[j].ID) })
	return list(a, source[*Note]{table: noteTable, items: items}, q)
}

// ListRecycled answers a list of the recycle bin.
func (a *Account) ListRecycled(q Query) (Page, error) {
	var items []*Recycled
	for _, r := range a.recycled {
		items = append(items, r)
	}
	sort.Slice(items, func(i, j int) bool { return serial(items[i].ID) < serial(items[j].ID) })
	return list(a, source[*Recycled]{table: recycledTable, items: items}, q)
}

// ListProperties answers a list of a device's or group's properties.
func (a *Account) ListProperties(by By, o Owner, q Query) (Page, error) {
	items, err := a.Properties(by, o)
	if err != nil {
		return nil, err
	}
	return list(a, source[EntityProperty]{table: propertyTable, items: items}, q)
}

func serial(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
	return n
}

func sortedValues[V any](m map[int32]V) []V {
	ids := make([]int32, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := make([]V, 0, len(ids))
	for _, id := range ids {
		out = append(out, m[id])
	}
	return out
}

func list[T any](a *Account, s source[T], q Query) (Page, error) {
	f, err := a.filterFor(q.Filter, s.table.byName, s.ignored)
	if err != nil {
		return nil, err
	}
	if q, err = a.checkQuery(q); err != nil {
		return nil, err
	}
	items := make([]T, 0, len(s.items))
	for _, x := range s.items {
		if f.Match(&subject[T]{s.table, a, x}) {
			items = append(items, x)
		}
	}
	if q.Sort != "" {
		sortBy(a, s.table, items, q.Sort)
	}
	return renderPage(a, s.table, window(a, items, q), len(items), q), nil
}

func (a *Account) ignoredFields() []string {
	var out []string
	for name := range strings.SplitSeq(a.Rules.IgnoredFilterFields, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

func (a *Account) filterFor(text string, known map[string]int, ignored []string) (*filter.Filter, error) {
	f, err := filter.Parse(text, filter.Options{
		UnquotedMatches: a.Rules.UnquotedStrings == "match",
		SameElement:     a.Rules.PropertyFilterElement == "same",
		Ignored:         ignored,
	})
	if err != nil {
		return nil, refuse(400, 14004, "bad query string: %v", err)
	}
	if a.Rules.UnknownFilterField != "refuse" {
		return f, nil
	}
	for _, name := range f.Fields() {
		if _, ok := known[name]; !ok && name != filter.AllFields {
			return nil, badRequest("invalid filter: unknown field %s", name)
		}
	}
	return f, nil
}

// checkHostStatus refuses the words of hostStatus, which the API takes as numbers in a filter.
func checkHostStatus(f *filter.Filter) error {
	for _, c := range f.Conditions() {
		if c.Field != "hostStatus" {
			continue
		}
		for _, v := range c.Values {
			if _, err := strconv.Atoi(v.Text); err != nil && !v.Quoted {
				return badRequest("invalid filter: hostStatus %s", v.Text)
			}
		}
	}
	return nil
}

const maxPage = 1000

func (a *Account) checkQuery(q Query) (Query, error) {
	if q.Size <= 0 || q.Offset < 0 {
		return q, badRequest("size must be positive and offset must not be negative")
	}
	if q.Size > maxPage {
		if a.Rules.OversizedPage == "refuse" {
			return q, badRequest("size must not exceed %d", maxPage)
		}
		q.Size = maxPage
	}
	return q, nil
}

// window is one page of items. Under the rule for shifting pages its start wanders by one row from
// call to call, as when rows come and go between two pages.
func window[T any](a *Account, items []T, q Query) []T {
	start := q.Offset
	if a.Rules.ShiftingPages == "always" || a.Rules.ShiftingPages == "unsorted" && q.Sort == "" {
		a.pages++
		start = max(0, start+a.pages%3-1)
	}
	if start >= len(items) {
		return nil
	}
	return items[start:min(len(items), start+q.Size)]
}

func sortBy[T any](a *Account, t *table[T], items []T, by string) {
	name, falling := strings.CutPrefix(by, "-")
	i, ok := t.byName[name]
	if !ok {
		return
	}
	get := t.fields[i].get
	sort.SliceStable(items, func(x, y int) bool {
		l, r := get(a, items[x], View{}), get(a, items[y], View{})
		if falling {
			l, r = r, l
		}
		return lessValue(l, r)
	})
}

func lessValue(l, r any) bool {
	switch l := l.(type) {
	case string:
		s, _ := r.(string)
		return fold(l) < fold(s)
	case int32:
		n, _ := r.(int32)
		return l < n
	case int64:
		n, _ := r.(int64)
		return l < n
	case int:
		n, _ := r.(int)
		return l < n
	}
	return false
}

func renderPage[T any](a *Account, t *table[T], items []T, total int, q Query) Page {
	if a.Rules.Total == "negative" && q.Offset+len(items) < total {
		total = negativeTotal(q.Offset, q.Size)
	}
	b := make([]byte, 0, 256+len(items)*256)
	b = append(b, `{"total":`...)
	b = strconv.AppendInt(b, int64(total), 10)
	b = append(b, `,"searchId":null,"items":[`...)
	for i, x := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = t.render(b, a, x, q.View)
	}
	return append(b, "]}"...)
}
