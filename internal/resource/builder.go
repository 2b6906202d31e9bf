package resource

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What LogicMonitor stores at most. Longer names are cut to keepLength bytes and
// given a number made of the whole, so that two long names stay two.
const (
	maxName          = 255
	keepLength       = 244
	maxPropertyName  = 255
	maxPropertyValue = 24000 // characters
)

// Builder builds a Resource. A Mapper tells it what the object says; it applies
// what LogicMonitor can store, keeps the first value given to a name (names are
// the same whatever their case), and remembers where each value came from. It
// is not safe for concurrent use.
type Builder struct {
	res   Resource
	given []given
}

// given is a property as it was told, with the name LogicMonitor knows it by.
type given struct {
	lower string
	Property
}

// usual is the number of properties of most objects.
const usual = 24

// NewBuilder begins the resource of the object key with this uid.
func NewBuilder(key Key, uid UID) *Builder {
	return &Builder{res: Resource{Key: key, UID: uid}, given: make([]given, 0, usual)}
}

// Name sets what LogicMonitor calls name: an address, or a host name. The last
// call counts.
func (b *Builder) Name(name string) {
	b.res.Name = b.fit("name", name, nameRune)
}

// DisplayName sets the display name. The last call counts.
func (b *Builder) DisplayName(name string) {
	b.res.DisplayName = b.fit("display name", name, displayRune)
}

// Category adds an element to system.categories.
func (b *Builder) Category(category string) {
	if !slices.Contains(b.res.Categories, category) {
		b.res.Categories = append(b.res.Categories, category)
	}
}

// Auto adds the property "auto."+name. An empty value adds nothing.
func (b *Builder) Auto(name, value, from string) { b.add("auto."+name, value, from) }

// System adds the property "system."+name. An empty value adds nothing.
func (b *Builder) System(name, value, from string) { b.add("system."+name, value, from) }

// Custom adds a property. An empty value adds nothing.
func (b *Builder) Custom(name, value, from string) { b.add(name, value, from) }

// Label adds the property of a label; an empty value becomes "null".
func (b *Builder) Label(key, value string) {
	b.add(PrefixLabel+key, cmp.Or(value, Empty), "metadata.labels")
}

// Annotation adds the property of an annotation; an empty value becomes "null".
func (b *Builder) Annotation(key, value string) {
	b.add(PrefixAnnotation+key, cmp.Or(value, Empty), "metadata.annotations")
}

// Group adds a name that makes a group of its own: a node's role.
func (b *Builder) Group(name string) {
	if !slices.Contains(b.res.Groups, name) {
		b.res.Groups = append(b.res.Groups, name)
	}
}

// Build returns the resource. The Builder must not be used afterwards.
func (b *Builder) Build() Resource {
	b.res.Properties = make([]Property, 0, len(b.given))
	last := ""
	for _, i := range b.sorted() {
		g := &b.given[i]
		if g.lower != last {
			b.res.Properties = append(b.res.Properties, g.Property)
			last = g.lower
			continue
		}
		if kept := b.res.Properties[len(b.res.Properties)-1]; kept.Value != g.Value {
			b.note("property %s left out: LogicMonitor cannot tell it from %s", g.Name, kept.Name)
		}
	}
	slices.Sort(b.res.Groups)
	return b.res
}

// sorted returns the places in given by name, and of equal names as they were
// told. Numbers move at less cost than properties.
func (b *Builder) sorted() []int {
	places := make([]int, len(b.given))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(x, y int) int {
		if c := strings.Compare(b.given[x].lower, b.given[y].lower); c != 0 {
			return c
		}
		return x - y
	})
	return places
}

func (b *Builder) add(name, value, from string) {
	if value == "" {
		return
	}
	if len(name) > maxPropertyName {
		b.note("property %s… left out: its name has %d bytes, LogicMonitor takes %d", Cut(name, 64), len(name), maxPropertyName)
		return
	}
	// JSON can carry nothing else, so what comes back would never be equal.
	value = strings.ToValidUTF8(value, string(utf8.RuneError))
	if len(value) > maxPropertyValue && utf8.RuneCountInString(value) > maxPropertyValue {
		value = string([]rune(value)[:maxPropertyValue])
		b.note("property %s cut to %d characters", name, maxPropertyValue)
	}
	b.given = append(b.given, given{strings.ToLower(name), Property{Name: name, Value: value, From: from}})
}

func (b *Builder) note(format string, args ...any) {
	b.res.Notes = append(b.res.Notes, fmt.Sprintf(format, args...))
}

// fit makes a name that LogicMonitor stores as it is. A name that fits is not
// touched; of any other the characters it refuses become "_", the end is cut,
// and a number made of the whole name follows.
func (b *Builder) fit(what, name string, allowed func(rune) bool) string {
	clean := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !allowed(r) {
			return '_'
		}
		return r
	}, name)
	clean = strings.TrimSpace(strings.ReplaceAll(clean, "##", "__"))
	if clean == name && len(name) <= maxName {
		return name
	}
	fitted := Cut(clean, keepLength) + "-" + strconv.FormatUint(uint64(sum32(name)), 10)
	b.note("%s %q written as %q: LogicMonitor takes neither more than %d bytes nor every character", what, Cut(name, maxName), fitted, maxName)
	return fitted
}

// Cut shortens s to at most n bytes without tearing a character.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func sum32(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return h.Sum32()
}

// nameRune: the characters of a device name that LogicMonitor's ingest accepts
// (lm-data-sdk-go, validator).
func nameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(":._-", r)
}

// displayRune: the characters that a display name may hold (lm-data-sdk-go,
// validator of display names).
func displayRune(r rune) bool { return r >= ' ' && r != 0x7f && !strings.ContainsRune("*<?,;`", r) }
