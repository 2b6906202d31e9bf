package filter

import (
	"fmt"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// blockTest is an include or exclude block.
type blockTest struct {
	kinds      map[resource.Kind]bool // nil for those it concerns by default
	namespaces []string               // globs; nil for any
	selector   labels.Selector        // nil for any
	cel        *celTest               // nil for any
}

// concerns: see Block.Kinds.
func (t *blockTest) concerns(k *kind.Kind) bool {
	switch {
	case t.kinds != nil:
		return t.kinds[k.ID]
	case k.GroupsOnly:
		return t.namespaces != nil && t.selector == nil && t.cel == nil
	}
	return t.namespaces == nil || k.Namespaced
}

func (t *blockTest) match(s *subject) outcome {
	if t.namespaces != nil && !matchesGlob(t.namespaces, namespaceOf(s)) {
		return outcome{}
	}
	if t.selector != nil && !t.selector.Matches(labels.Set(s.labels)) {
		return outcome{}
	}
	if t.cel != nil {
		return t.cel.match(s)
	}
	return outcome{matched: true}
}

// namespaceOf is the object's namespace; a namespace is in itself.
func namespaceOf(s *subject) string {
	if s.kind.GroupsOnly {
		return s.obj.GetName()
	}
	return s.obj.GetNamespace()
}

func (t *blockTest) static(k *kind.Kind) (value, known bool) {
	if t.cel != nil {
		if value, known = t.cel.static(k); known && !value {
			return false, true
		}
	} else {
		value, known = true, true
	}
	if t.namespaces != nil && !matchesGlobAll(t.namespaces) || t.selector != nil && !t.selector.Empty() {
		return false, false
	}
	return value, known
}

// matchesGlobAll says whether one of the globs matches every namespace.
func matchesGlobAll(globs []string) bool {
	for _, glob := range globs {
		if glob != "" && strings.Trim(glob, "*") == "" {
			return true
		}
	}
	return false
}

// blocks compiles include or exclude.
func (c *compiler) blocks(list string, blocks []Block) {
	for i, b := range blocks {
		at := Place{Path: itemPath(list, i), File: b.File, Line: b.Line}
		before := len(c.faults)
		t := c.block(at, b)
		if len(c.faults) > before {
			continue
		}
		text := b.describe()
		c.add(at, text, list == "include", t)
		if list == "include" && t.kinds == nil && t.namespaces == nil {
			c.notice(at, text, "the block concerns every kind, nodes and volumes too; name the kinds that are meant")
		}
	}
}

func (c *compiler) block(at Place, b Block) *blockTest {
	t := &blockTest{namespaces: b.Namespaces}
	if len(b.Kinds) == 0 && len(b.Namespaces) == 0 && b.Selector == "" && b.CEL == "" {
		c.fault(at, "", fail{0, "the block is empty", "set kinds, namespaces, selector or cel"})
	}
	if len(b.Namespaces) == 0 {
		t.namespaces = nil
	}
	c.kinds(at, b, t)
	for i, glob := range b.Namespaces {
		if _, err := path.Match(glob, ""); err != nil || glob == "" {
			c.fault(at.within(itemPath("namespaces", i)), glob, fail{0, "not a glob", "use names, * and ?; a [ needs its ]"})
		}
	}
	var err error
	if b.Selector != "" {
		if t.selector, err = labels.Parse(b.Selector); err != nil {
			c.fault(at.within("selector"), b.Selector, selectorFail(b.Selector, err))
		}
	}
	if b.CEL != "" {
		if t.cel, err = c.cel.compile(b.CEL); err != nil {
			c.fault(at.within("cel"), b.CEL, err)
		}
	}
	return t
}

// within is the place of a part of a rule.
func (p Place) within(part string) Place {
	p.Path += "." + part
	return p
}

func (c *compiler) kinds(at Place, b Block, t *blockTest) {
	for i, word := range b.Kinds {
		k, err := kind.Parse(word)
		if err != nil {
			c.fault(at.within(itemPath("kinds", i)), "", fail{0, err.Error(), strings.TrimPrefix(suggestKind(word), "; ")})
			continue
		}
		if len(b.Namespaces) > 0 && !k.Namespaced && !k.GroupsOnly {
			c.fault(at.within(itemPath("kinds", i)), "", fail{0, fmt.Sprintf("%s have no namespace", k.ID), "put them in a block of their own"})
		}
		if t.kinds == nil {
			t.kinds = make(map[resource.Kind]bool)
		}
		t.kinds[k.ID] = true
	}
}

// selectorFail finds the place that a selector's error is about, as far as it
// tells the word.
func selectorFail(selector string, err error) fail {
	f := fail{problem: "not a label selector: " + err.Error(), mend: "write it as for kubectl -l: app=web,tier in (a,b),!legacy"}
	for _, before := range []string{"found '", `Invalid value: "`} {
		if _, rest, ok := strings.Cut(f.problem, before); ok {
			word, _, _ := strings.Cut(rest, before[len(before)-1:])
			if f.offset = len(selector); word != "" {
				f.offset = max(strings.LastIndex(selector, word), 0)
			}
			break
		}
	}
	return f
}

// describe is the block in one line.
func (b Block) describe() string {
	var parts []string
	add := func(name, text string) {
		if text != "" {
			parts = append(parts, name+" "+text)
		}
	}
	add("kinds", strings.Join(b.Kinds, ","))
	add("namespaces", strings.Join(b.Namespaces, ","))
	add("selector", b.Selector)
	add("cel", b.CEL)
	return strings.Join(parts, "; ")
}
