package resource

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

// Fingerprint is a hash of what Argus owns of a resource: the one thing that is
// remembered of it, so that a cluster of a hundred thousand objects fits in a
// few megabytes. Equal fingerprints mean that no write is due. Zero is no
// fingerprint.
//
// It means something in this process only: it is seeded anew at each start, so
// that whoever writes labels cannot look for two that collide.
type Fingerprint struct {
	// Visible covers what the account shows: it can be compared between a
	// wanted and an observed resource.
	Visible uint64
	// Full covers the values the account masks or changes by itself as well:
	// it can be compared between two wanted resources only.
	Full uint64
}

// Fingerprint of a wanted resource. The display name takes no part: it is set
// when the resource is created and is the portal's afterwards.
func (r *Resource) Fingerprint(own Ownership) Fingerprint {
	return digest(r.Name, r.Categories, r.Properties, own)
}

// Fingerprint of an observed resource; Full is zero.
func (o *Observed) Fingerprint(own Ownership) Fingerprint {
	sum := digest(o.Name, own.Categories(o.Categories), o.Properties, own)
	return Fingerprint{Visible: sum.Visible}
}

// seed of all fingerprints of this process.
var seed = maphash.MakeSeed()

// line is a property as it takes part in a fingerprint.
type line struct {
	name, value string
	masked      bool // its value is in Full only
	hidden      bool // it is in Full only
}

// digest hashes the parts in one canonical order, each with its length before
// it, so that no two different inputs run together. Categories are a set, and
// the names of properties and categories have no case, as in LogicMonitor.
func digest(name string, categories []string, properties []Property, own Ownership) Fingerprint {
	lines := make([]line, 0, len(properties))
	for _, p := range properties {
		lower := strings.ToLower(p.Name)
		switch {
		case lower == PropIPs:
			lines = append(lines, line{name: lower, value: p.Value, hidden: true})
		case own.Owns(lower):
			lines = append(lines, line{name: lower, value: p.Value, masked: Sensitive(lower)})
		}
	}
	// What a Builder made is sorted already.
	if !slices.IsSortedFunc(lines, compareLines) {
		slices.SortFunc(lines, compareLines)
	}
	var visible, full writer
	visible.SetSeed(seed)
	full.SetSeed(seed)
	both := func(s string) { visible.text(s); full.text(s) }

	both(name)
	set := canonical(categories)
	visible.number(len(set))
	full.number(len(set))
	for _, c := range set {
		both(c)
	}
	for _, l := range lines {
		full.text(l.name)
		full.text(l.value)
		if l.hidden {
			continue
		}
		visible.text(l.name)
		if !l.masked {
			visible.text(l.value)
		}
	}
	return Fingerprint{Visible: max(visible.Sum64(), 1), Full: max(full.Sum64(), 1)}
}

// writer is a hash that tells where one part ends and the next begins.
type writer struct{ maphash.Hash }

func (w *writer) text(s string) {
	w.number(len(s))
	_, _ = w.WriteString(s) // never fails
}

func (w *writer) number(n int) {
	var bytes [8]byte
	binary.LittleEndian.PutUint64(bytes[:], uint64(n))
	_, _ = w.Write(bytes[:]) // never fails
}

// compareLines orders by name, and by value where an account holds a name twice.
func compareLines(a, b line) int {
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c
	}
	return strings.Compare(a.value, b.value)
}

// canonical returns the categories as a sorted set in lower case.
func canonical(categories []string) []string {
	set := make([]string, len(categories))
	for i, c := range categories {
		set[i] = strings.ToLower(c)
	}
	slices.Sort(set)
	return slices.Compact(set)
}
