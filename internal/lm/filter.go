package lm

import (
	"slices"
	"strconv"
	"strings"
)

// A Filter narrows a listing of T. The account applies it as far as it is known
// to understand it, and the client checks every item again by itself: an account
// may ignore a filter, compare without case, or read "*" in a value as a pattern.
// So a listing yields exactly the items that match. The zero Filter matches all.
//
// A filter can still hide items if the account looks in another place than the
// client (a property kept in another array, for instance): that a filtered
// listing yields nothing proves nothing.
type Filter[T any] struct {
	expr  string
	needs []string // fields that match reads
	match func(*T) bool
}

// String is the filter as the account gets it; empty if it is sent none.
func (f Filter[T]) String() string { return f.expr }

// Matches tells whether the item is wanted.
func (f Filter[T]) Matches(item *T) bool { return f.match == nil || f.match(item) }

// And matches what both match.
func (f Filter[T]) And(other Filter[T]) Filter[T] {
	parts := slices.DeleteFunc([]string{f.expr, other.expr}, func(s string) bool { return s == "" })
	return Filter[T]{
		expr:  strings.Join(parts, ","),
		needs: slices.Concat(f.needs, other.needs),
		match: func(item *T) bool { return f.Matches(item) && other.Matches(item) },
	}
}

// DeviceWithDisplayName matches the device with exactly this display name.
func DeviceWithDisplayName(name string) Filter[Device] {
	return equal("displayName", name, func(d *Device) string { return d.DisplayName })
}

// DevicesWithDisplayNameLike matches devices whose display name differs at most in
// case: what stands in the way when the account calls a name taken.
func DevicesWithDisplayNameLike(name string) Filter[Device] {
	f := DeviceWithDisplayName(name)
	f.match = func(d *Device) bool { return strings.EqualFold(d.DisplayName, name) }
	return f
}

// DevicesWithName matches devices with exactly this name (host name or address).
func DevicesWithName(name string) Filter[Device] {
	return equal("name", name, func(d *Device) string { return d.Name })
}

// DevicesWithProperty matches devices that have a custom property of this name,
// compared without case, with exactly this value.
func DevicesWithProperty(name, value string) Filter[Device] {
	expr := condition("customProperties.name", name)
	if byValue := condition("customProperties.value", value); expr != "" && byValue != "" {
		expr += "," + byValue
	} else {
		expr += byValue
	}
	return Filter[Device]{expr: expr, needs: []string{"customProperties"}, match: func(d *Device) bool {
		have, ok := Lookup(d.CustomProperties, name)
		return ok && have == value
	}}
}

// GroupsUnder matches the groups directly under a parent.
func GroupsUnder(parent GroupID) Filter[DeviceGroup] {
	return Filter[DeviceGroup]{
		expr:  "parentId:" + strconv.FormatInt(int64(parent), 10),
		needs: []string{"parentId"},
		match: func(g *DeviceGroup) bool { return g.ParentID == parent },
	}
}

// GroupsWithName matches groups with exactly this name, wherever they are.
func GroupsWithName(name string) Filter[DeviceGroup] {
	return equal("name", name, func(g *DeviceGroup) string { return g.Name })
}

// GroupAt matches the group with exactly this full path, such as "A/B".
func GroupAt(path string) Filter[DeviceGroup] {
	return equal("fullPath", path, func(g *DeviceGroup) string { return g.FullPath })
}

// GroupsBelow matches the groups whose full path begins with path and a slash.
func GroupsBelow(path string) Filter[DeviceGroup] {
	expr := ""
	if safe := longestSafe(path); safe != "" {
		expr = `fullPath~"` + safe + `"`
	}
	return Filter[DeviceGroup]{expr: expr, needs: []string{"fullPath"}, match: func(g *DeviceGroup) bool {
		return strings.HasPrefix(g.FullPath, path+"/")
	}}
}

// CollectorsIn matches the collectors of a collector group.
func CollectorsIn(group CollectorGroupID) Filter[Collector] {
	return Filter[Collector]{
		expr:  "collectorGroupId:" + strconv.FormatInt(int64(group), 10),
		needs: []string{"collectorGroupId"},
		match: func(c *Collector) bool { return c.CollectorGroupID == group },
	}
}

// CollectorsWithDescription matches collectors with exactly this description.
func CollectorsWithDescription(text string) Filter[Collector] {
	return equal("description", text, func(c *Collector) string { return c.Description })
}

// CollectorGroupsWithName matches collector groups with exactly this name.
func CollectorGroupsWithName(name string) Filter[CollectorGroup] {
	return equal("name", name, func(g *CollectorGroup) string { return g.Name })
}

func equal[T any](field, value string, of func(*T) string) Filter[T] {
	return Filter[T]{
		expr:  condition(field, value),
		needs: []string{field},
		match: func(item *T) bool { return of(item) == value },
	}
}

// condition writes that a field equals a value, if the account is known to read
// the value as it is meant; otherwise that it contains the longest part of it for
// which that holds; otherwise nothing. So it never excludes what equals value.
func condition(field, value string) string {
	safe := longestSafe(value)
	switch {
	case safe == "":
		return ""
	case safe == value:
		return field + `:"` + value + `"`
	default:
		return field + `~"` + safe + `"`
	}
}

// longestSafe returns the longest part of a value that means the same however the
// account decodes it. Quotes, backslashes and the reserved ( ) $ & # [ ] need
// escapes that are told differently; "*" is a pattern; "," and "|" divide
// conditions; "%" and "+" change if the account decodes the query twice; and
// blanks at the ends may be trimmed.
func longestSafe(value string) string {
	longest := ""
	for part := range strings.FieldsFuncSeq(value, unsafeInFilter) {
		if part != value {
			part = strings.Trim(part, " ")
		}
		if len(part) > len(longest) {
			longest = part
		}
	}
	if longest == value && strings.Trim(value, " ") != value {
		return strings.Trim(value, " ")
	}
	return longest
}

func unsafeInFilter(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune(" ._-:/", r)
}
