package filter

import (
	"encoding/json"
	"strconv"
	"strings"
)

// allFields is the pseudo field that searches every field of an item.
const allFields = "_all"

// AllFields is what a Subject must answer for the field "_all": its searchable texts.
const AllFields = allFields

func (f *Filter) holds(c Condition, sub string, v any) bool {
	switch v := v.(type) {
	case nil:
		return f.text(c, "")
	case string:
		return f.text(c, v)
	case bool:
		return f.text(c, strconv.FormatBool(v))
	case int64:
		return f.number(c, v)
	case []string:
		plain := positive(c)
		return f.anyOf(c, len(v), func(i int) bool { return f.text(plain, v[i]) })
	case []Pair:
		return f.pairs(c, sub, v)
	}
	return false
}

// pairs matches a condition on an array of properties, or on the name or value of its elements.
func (f *Filter) pairs(c Condition, sub string, v []Pair) bool {
	if text, ok := c.plain(); ok && sub != "" {
		return anyMember(v, sub, text)
	}
	plain := positive(c)
	if sub == "" {
		return f.anyOf(c, len(v), func(i int) bool { return f.pair(plain, v[i]) })
	}
	return f.anyOf(c, len(v), func(i int) bool { return f.text(plain, member(v[i], sub)) })
}

// plain returns the text of a condition that is one quoted equality without a star.
func (c Condition) plain() (string, bool) {
	if c.Op != ":" || len(c.Values) != 1 || !c.Values[0].Quoted || c.Values[0].Wildcard() {
		return "", false
	}
	return c.Values[0].Text, true
}

// anyMember is the inner loop of a scan through a large account.
func anyMember(v []Pair, sub, text string) bool {
	names := strings.EqualFold(sub, "name")
	for i := range v {
		got := v[i].Value
		if names {
			got = v[i].Name
		}
		if len(got) == len(text) && (got == text || strings.EqualFold(got, text)) {
			return true
		}
	}
	return false
}

// positive strips the negation of an operator: on an array, "not equal" means no element is equal.
func positive(c Condition) Condition {
	switch c.Op {
	case "!:", "!~":
		c.Op = c.Op[1:]
	}
	return c
}

func (f *Filter) anyOf(c Condition, n int, holds func(i int) bool) bool {
	switch c.Op {
	case "empty":
		return n == 0
	case "!empty", "!null":
		return n > 0
	}
	found := false
	for i := 0; i < n && !found; i++ {
		found = holds(i)
	}
	return found != strings.HasPrefix(c.Op, "!")
}

// pair matches one property against the JSON form {"name":..,"value":..}, or any text in it.
func (f *Filter) pair(c Condition, p Pair) bool {
	for _, l := range c.Values {
		var want struct {
			Name  *string `json:"name"`
			Value *string `json:"value"`
		}
		if json.Unmarshal([]byte(l.Text), &want) != nil {
			if f.text(Condition{Op: c.Op, Values: []Literal{l}}, p.Name) || f.text(Condition{Op: c.Op, Values: []Literal{l}}, p.Value) {
				return true
			}
			continue
		}
		if agrees(c.Op, want.Name, p.Name) && agrees(c.Op, want.Value, p.Value) {
			return true
		}
	}
	return false
}

func agrees(op string, want *string, got string) bool {
	if want == nil {
		return true
	}
	if op == "~" {
		return containsFold(got, *want)
	}
	return strings.EqualFold(got, *want)
}

func (f *Filter) text(c Condition, got string) bool {
	switch c.Op {
	case "empty":
		return got == ""
	case "!empty", "!null":
		return got != ""
	case "!:", "!~":
		return !f.text(positive(c), got)
	}
	for _, l := range c.Values {
		if f.literal(c.Op, l, got) {
			return true
		}
	}
	return false
}

func (f *Filter) literal(op string, l Literal, got string) bool {
	if !l.Quoted && !bare(l.Text) && !f.opts.UnquotedMatches {
		return false
	}
	switch op {
	case ":":
		if l.Wildcard() {
			return wildcard(l.parts, strings.ToLower(got))
		}
		return len(l.Text) == len(got) && strings.EqualFold(l.Text, got)
	case "~":
		return containsFold(got, l.Text)
	}
	g, errG := strconv.ParseFloat(got, 64)
	w, errW := strconv.ParseFloat(l.Text, 64)
	return errG == nil && errW == nil && less(op, g, w)
}

// bare reports whether a text may go without quotes: a number or a boolean.
func bare(s string) bool {
	if s == "true" || s == "false" {
		return true
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func (f *Filter) number(c Condition, got int64) bool {
	switch c.Op {
	case "empty":
		return false
	case "!empty", "!null":
		return true
	case "!:":
		return !f.number(positive(c), got)
	case "~", "!~":
		return f.text(c, strconv.FormatInt(got, 10))
	}
	for _, l := range c.Values {
		want, err := strconv.ParseInt(l.Text, 10, 64)
		if err != nil {
			continue
		}
		if c.Op == ":" && got == want || c.Op != ":" && less(c.Op, float64(got), float64(want)) {
			return true
		}
	}
	return false
}

func less(op string, got, want float64) bool {
	switch op {
	case ">":
		return got > want
	case "<":
		return got < want
	case ">:":
		return got >= want
	case "<:":
		return got <= want
	}
	return false
}

func containsFold(s, sub string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(sub))
}

// wildcard matches a lower-case text against the parts between stars.
func wildcard(parts []string, s string) bool {
	first, last := strings.ToLower(parts[0]), strings.ToLower(parts[len(parts)-1])
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, strings.ToLower(p))
		if i < 0 {
			return false
		}
		s = s[i+len(strings.ToLower(p)):]
	}
	return true
}
