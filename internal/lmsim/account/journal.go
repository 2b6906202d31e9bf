package account

import (
	"time"
)

// What a commit did.
const (
	Created  = "create"
	Updated  = "update"
	Deleted  = "delete"
	Restored = "restore"
)

// A Commit is one change of the account. Commits are numbered in the one order in which they
// happened.
type Commit struct {
	Seq    uint64    `json:"seq"`
	Time   time.Time `json:"time"`
	Who    string    `json:"who"`
	Op     string    `json:"op"`
	Type   string    `json:"type"` // device, deviceGroup, collector, collectorGroup, opsNote
	ID     string    `json:"id"`
	Name   string    `json:"name"` // display name of a device, full path of a group
	Before any       `json:"before,omitempty"`
	After  any       `json:"after,omitempty"`
}

// A JournalQuery selects commits. Zero fields select everything.
type JournalQuery struct {
	Since uint64 // only commits with a higher number
	Type  string
	ID    string
	Name  string // display name or path, before or after
	Last  int    // only this many of the newest
}

// Journal returns the kept commits that fit, oldest first. Records in them are shared and must not
// be changed.
func (a *Account) Journal(q JournalQuery) []Commit {
	var out []Commit
	a.journal.backward(func(c Commit) bool {
		if c.Seq <= q.Since || q.Last > 0 && len(out) >= q.Last {
			return false
		}
		if (q.Type == "" || q.Type == c.Type) && (q.ID == "" || q.ID == c.ID) && (q.Name == "" || c.named(q.Name)) {
			out = append(out, c)
		}
		return true
	})
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func (c Commit) named(name string) bool {
	if fold(c.Name) == fold(name) {
		return true
	}
	before, ok := c.Before.(*Device)
	return ok && fold(before.DisplayName) == fold(name)
}

func (a *Account) commit(by By, op, kind, id, name string, before, after any) {
	a.seq++
	a.touch()
	a.journal.push(Commit{Seq: a.seq, Time: by.At, Who: by.Who, Op: op, Type: kind, ID: id, Name: name, Before: before, After: after})
}

// A ring keeps the newest entries.
type ring[T any] struct {
	buf  []T
	next int
	max  int
}

func newRing[T any](size int) ring[T] { return ring[T]{max: max(1, size)} }

func (r *ring[T]) push(v T) {
	if len(r.buf) < r.max {
		r.buf = append(r.buf, v)
		return
	}
	r.buf[r.next] = v
	r.next = (r.next + 1) % r.max
}

// backward visits entries from the newest until visit says false.
func (r *ring[T]) backward(visit func(T) bool) {
	for i := len(r.buf) - 1; i >= 0; i-- {
		if !visit(r.buf[(r.next+i)%len(r.buf)]) {
			return
		}
	}
}

// LastCommit returns the number of the newest commit, 0 when there was none.
func (a *Account) LastCommit() uint64 { return a.seq }

// Masked returns a commit whose sensitive property values are stars.
func (a *Account) Masked(c Commit) Commit {
	c.Before, c.After = a.maskedRecord(c.Before), a.maskedRecord(c.After)
	return c
}

func (a *Account) maskedRecord(record any) any {
	switch r := record.(type) {
	case *Device:
		d := *r
		d.Custom = a.mask(d.Custom, View{})
		return &d
	case *Group:
		g := *r
		g.Custom = a.mask(g.Custom, View{})
		return &g
	case *Collector:
		k := *r
		k.Custom = a.mask(k.Custom, View{})
		return &k
	case *CollectorGroup:
		g := *r
		g.Custom = a.mask(g.Custom, View{})
		return &g
	}
	return record
}
