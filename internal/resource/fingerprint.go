package resource

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Fingerprint is a hash of what Argus owns of a resource: the one thing that is
// remembered of it, so that a cluster of a hundred thousand objects fits in a
// few megabytes. Equal fingerprints mean that no write is due. Zero is no
// fingerprint.
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
	visible := digest(r.Name, r.Categories, r.Properties, own, false)
	full := digest(r.Name, r.Categories, r.Properties, own, true)
	return Fingerprint{Visible: visible, Full: full}
}

// Fingerprint of an observed resource; Full is zero.
func (o *Observed) Fingerprint(own Ownership) Fingerprint {
	return Fingerprint{Visible: digest(o.Name, own.Categories(o.Categories), o.Properties, own, false)}
}

// digest hashes the parts in one canonical order, each with its length before
// it, so that no two different inputs run together.
func digest(name string, categories []string, properties []Property, own Ownership, full bool) uint64 {
	type line struct{ name, value string }
	lines := make([]line, 0, len(properties))
	for _, p := range properties {
		lower := strings.ToLower(p.Name)
		switch {
		case lower == PropIPs && full:
			lines = append(lines, line{lower, p.Value})
		case !own.Owns(lower):
		case Sensitive(lower) && !full:
			lines = append(lines, line{lower, ""})
		default:
			lines = append(lines, line{lower, p.Value})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return strings.Compare(a.name, b.name) })
	sum := fnv.New64a()
	var length [8]byte
	write := func(s string) {
		binary.LittleEndian.PutUint64(length[:], uint64(len(s)))
		_, _ = sum.Write(length[:])
		_, _ = io.WriteString(sum, s)
	}
	write(name)
	write(strconv.Itoa(len(categories)))
	for _, c := range slices.Sorted(slices.Values(categories)) {
		write(c)
	}
	for _, l := range lines {
		write(l.name)
		write(l.value)
	}
	if h := sum.Sum64(); h != 0 {
		return h
	}
	return 1
}
