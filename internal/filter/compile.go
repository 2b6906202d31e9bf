package filter

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/argus-k8s/argus/internal/kind"
)

// compiler gathers the rules of a Set with all that is wrong and all that is
// worth a notice.
type compiler struct {
	set     *Set
	faults  Faults
	notices []Notice
	cel     celEnvironment
}

func (c *compiler) fault(at Place, text string, err error) {
	f := Fault{Place: at, Text: text, Problem: err.Error()}
	var cause fail
	if errors.As(err, &cause) {
		f.Offset, f.Mend = cause.offset, cause.mend
	}
	c.faults = append(c.faults, f)
}

func (c *compiler) notice(at Place, rule string, texts ...string) {
	slices.Sort(texts)
	for _, text := range slices.Compact(texts) {
		c.notices = append(c.notices, Notice{Place: at, Rule: oneLine(rule), Text: text})
	}
}

func (c *compiler) add(at Place, text string, include bool, t test) {
	source := Source{Place: at, Text: oneLine(text), Include: include}
	c.set.rules = append(c.set.rules, rule{Source: source, name: source.String(), test: t})
}

// keep compiles the selector of objects that no rule excludes.
func (c *compiler) keep(selector string) {
	if selector == "" {
		return
	}
	var err error
	if c.set.keep, err = labels.Parse(selector); err != nil {
		c.fault(Place{Path: "keep"}, selector, err)
	}
}

// legacy compiles the expressions of the older forms.
func (c *compiler) legacy(rules []Rule) {
	position := make(map[string]int)
	for _, r := range rules {
		list := "filters"
		if r.Kind != "" {
			list += "." + r.Kind
		}
		at := Place{Path: itemPath(list, position[list]), File: r.File, Line: r.Line}
		position[list]++
		if r.Joined {
			at.Path = list
		}
		c.expression(at, r)
	}
}

func (c *compiler) expression(at Place, r Rule) {
	t := &expressionTest{loose: r.Kind != ""}
	if r.Kind != "" {
		k, err := kind.Parse(r.Kind)
		if err != nil {
			c.fault(at, "", fail{0, err.Error(), strings.TrimPrefix(suggestKind(r.Kind), "; ")})
			return
		}
		t.only = k
	}
	e, notices, err := compileExpression(r.Expression, dialect{loose: t.loose})
	if err != nil {
		c.fault(at, r.Expression, err)
		return
	}
	c.notice(at, r.Expression, notices...)
	parts := disjuncts(e.checked)
	if !r.Joined || len(parts) == 1 {
		t.expression = e
		c.add(at, r.Expression, false, t)
		c.warnMissing(at, r.Expression, t)
		return
	}
	for i, part := range parts {
		c.part(at, i, r.Expression[part.start:part.end], part, *t)
	}
}

// part compiles one of the rules that were joined by ||.
func (c *compiler) part(at Place, i int, text string, tree *node, t expressionTest) {
	e, _, err := lowered(tree, dialect{loose: t.loose})
	if err != nil {
		c.fault(at, text, err)
		return
	}
	t.expression = e
	at.Path += fmt.Sprintf(" part %d", i+1)
	c.add(at, text, false, &t)
	c.warnMissing(at, text, &t)
}

// warnMissing notes rules that may match an object because it does not have a
// label: of those the first Argus skipped the rule.
func (c *compiler) warnMissing(at Place, text string, t *expressionTest) {
	for _, key := range t.expression.labels {
		if slices.ContainsFunc(kind.All, func(k *kind.Kind) bool { return t.concerns(k) && t.mayMatchWithout(k, key) }) {
			c.notice(at, text, fmt.Sprintf("objects without %q can match, as if it were empty; the first Argus skipped the rule for them", key))
		}
	}
}

// constants notes rules that match nothing or everything they are asked about.
func (c *compiler) constants() {
	for _, r := range c.set.rules {
		concerned, never, always := 0, 0, 0
		for _, k := range kind.All {
			if !r.test.concerns(k) {
				continue
			}
			concerned++
			switch value, known := r.test.static(k); {
			case known && value:
				always++
			case known:
				never++
			}
		}
		// A block that names kinds and nothing else is meant to match all of them.
		block, isBlock := r.test.(*blockTest)
		switch {
		case never == concerned:
			c.notice(r.Place, r.Text, "the rule matches nothing")
		case always == concerned && (!isBlock || block.kinds == nil):
			c.notice(r.Place, r.Text, "the rule matches everything")
		}
	}
}

// expressionTest is a rule of the older forms.
type expressionTest struct {
	expression *expression
	only       *kind.Kind // the kind under which it stands; nil for all
	loose      bool
}

func (t *expressionTest) concerns(k *kind.Kind) bool { return t.only == nil || t.only.ID == k.ID }

func (t *expressionTest) match(s *subject) outcome {
	s.loose, s.missing = t.loose, false
	matched, ok := t.expression.match(s)
	return outcome{matched: matched, failed: !ok, missing: s.missing}
}

func (t *expressionTest) static(k *kind.Kind) (value, known bool) {
	return t.expression.static(func(variable string) (any, bool) { return knownOf(k, variable) })
}

// mayMatchWithout says whether the rule can match an object of the kind that
// does not have a label of this key.
func (t *expressionTest) mayMatchWithout(k *kind.Kind, key string) bool {
	value, known := t.expression.static(func(variable string) (any, bool) {
		if variable == prefixLabel+key {
			return missingValue, true
		}
		return knownOf(k, variable)
	})
	return value || !known
}

// knownOf is what variables are for all objects of a kind.
func knownOf(k *kind.Kind, variable string) (any, bool) {
	switch variable {
	case varType:
		return wordsOf(k)[0], true
	case varTypeWords:
		return wordsOf(k), true
	case varNamespace:
		return "", !k.Namespaced
	}
	return nil, false
}

// suggestKind is a hint at the kind that an unknown word may mean, or nothing.
func suggestKind(word string) string {
	best, distance := "", 3
	for _, k := range kind.All {
		for _, candidate := range append(slices.Clone(k.Aliases), string(k.ID)) {
			if d := editDistance(strings.ToLower(word), candidate); d < distance && d < len(candidate) {
				best, distance = candidate, d
			}
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is how many characters to insert, remove or replace.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
