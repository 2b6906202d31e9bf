package account

import (
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/filter"
)

// deltaLife is how long a delta id lives after its last use.
const deltaLife = 30 * time.Minute

// A delta is a registered query that later answers only what changed (docs/logicmonitor-api.md §5.9).
type delta struct {
	filter  *filter.Filter
	known   map[int32]bool
	seen    uint64
	expires time.Time
}

// RegisterDelta answers a list of devices and registers it for later differences.
func (a *Account) RegisterDelta(by By, q Query) (Page, error) {
	f, err := a.filterFor(q.Filter, deviceTable.byName, a.ignoredFields())
	if err != nil {
		return nil, err
	}
	a.next.Delta++
	id := "delta-" + itoa(a.next.Delta)
	d := &delta{filter: f, known: map[int32]bool{}, seen: a.seq, expires: by.At.Add(deltaLife)}
	a.deltas[id] = d
	var hosts []*host
	for _, h := range a.hosts(a.order) {
		if f.Match(&subject[*host]{deviceTable, a, h}) {
			hosts = append(hosts, h)
			d.known[h.ID] = true
		}
	}
	return a.deltaPage(id, hosts, q, func(*host) string { return "ADDED" }), nil
}

// Delta answers the devices of a registered query that changed since the last call.
func (a *Account) Delta(by By, id string, q Query) (Page, error) {
	d, ok := a.deltas[id]
	if !ok || d.expires.Before(by.At) {
		delete(a.deltas, id)
		return nil, notFound("Delta", " "+id)
	}
	status := map[*host]string{}
	var hosts []*host
	add := func(h *host, s string) { hosts = append(hosts, h); status[h] = s }
	for _, g := range a.gone {
		if g.seq > d.seen && d.known[g.device.ID] {
			add(&host{Device: g.device}, "DELETED")
			delete(d.known, g.device.ID)
		}
	}
	for _, h := range a.hosts(a.order) {
		if h.changed <= d.seen || !d.filter.Match(&subject[*host]{deviceTable, a, h}) {
			continue
		}
		if d.known[h.ID] {
			add(h, "UPDATED")
		} else {
			add(h, "ADDED")
		}
		d.known[h.ID] = true
	}
	d.seen, d.expires = a.seq, by.At.Add(deltaLife)
	return a.deltaPage(id, hosts, q, func(h *host) string { return status[h] }), nil
}

func (a *Account) deltaPage(id string, hosts []*host, q Query, status func(*host) string) Page {
	b := append([]byte(`{"deltaId":`), appendString(nil, id)...)
	b = append(b, `,"total":`...)
	b = appendValue(b, len(hosts))
	b = append(b, `,"items":[`...)
	for i, h := range hosts {
		if i > 0 {
			b = append(b, ',')
		}
		b = deviceTable.render(b, a, h, q.View)
		b = append(b[:len(b)-1], `,"status":`...)
		b = append(appendString(b, status(h)), '}')
	}
	return append(b, "]}"...)
}
