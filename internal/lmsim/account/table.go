package account

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/argus-k8s/argus/internal/lmsim/filter"
)

// A View says how an answer is to be rendered.
type View struct {
	Fields []string // names to show; empty for all; unknown names are ignored
	// StaticOnly is needStcGrpAndSortedCP: only static groups in hostGroupIds, properties sorted.
	StaticOnly bool
	// Unmasked shows sensitive values. Only the Go API asks for it.
	Unmasked bool
}

// A field is one member of a JSON object the API answers with. One table a type serves rendering,
// filtering and sorting, so that the three cannot disagree.
type field[T any] struct {
	name string
	get  func(a *Account, x T, v View) any
}

type table[T any] struct {
	fields []field[T]
	byName map[string]int
}

func newTable[T any](fields ...field[T]) *table[T] {
	t := &table[T]{fields: fields, byName: map[string]int{}}
	for i, f := range fields {
		t.byName[f.name] = i
	}
	return t
}

// render appends the JSON object of one item.
func (t *table[T]) render(b []byte, a *Account, x T, v View) []byte {
	b = append(b, '{')
	first := true
	write := func(f field[T]) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, f.name), ':')
		b = appendValue(b, f.get(a, x, v))
	}
	if len(v.Fields) == 0 {
		for _, f := range t.fields {
			write(f)
		}
		return append(b, '}')
	}
	for _, name := range v.Fields {
		if i, ok := t.byName[name]; ok {
			write(t.fields[i])
		}
	}
	return append(b, '}')
}

// subject shows an item to a filter.
type subject[T any] struct {
	t *table[T]
	a *Account
	x T
}

// Field implements filter.Subject.
func (s *subject[T]) Field(name string) (any, bool) {
	if name == filter.AllFields {
		return s.texts(), true
	}
	i, ok := s.t.byName[name]
	if !ok {
		return nil, false
	}
	switch v := s.t.fields[i].get(s.a, s.x, View{Unmasked: true}).(type) {
	case int32:
		return int64(v), true
	case int:
		return int64(v), true
	case string, bool, int64, []string, []Property, nil:
		return v, true
	default:
		return nil, true
	}
}

func (s *subject[T]) texts() []string {
	var out []string
	for _, f := range s.t.fields {
		switch v := f.get(s.a, s.x, View{Unmasked: true}).(type) {
		case string:
			out = append(out, v)
		case []Property:
			for _, p := range v {
				out = append(out, p.Name, p.Value)
			}
		}
	}
	return out
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int32:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case []Property:
		return appendProperties(b, v)
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		return append(b, ']')
	case json.RawMessage:
		return append(b, v...)
	}
	return appendMarshaled(b, v)
}

// appendMarshaled appends a value as JSON without escaping what only HTML needs escaped.
func appendMarshaled(b []byte, v any) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return append(b, "null"...)
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

func appendProperties(b []byte, list []Property) []byte {
	b = append(b, '[')
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = appendString(b, p.Name)
		b = append(b, `,"value":`...)
		b = appendString(b, p.Value)
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendString appends a JSON string; plain ASCII, the usual case, is copied as it is.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return appendMarshaled(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// negativeTotal is the total of a page while more items remain, under the rule that hides the count.
func negativeTotal(offset, size int) int { return -min(offset+size+1, math.MaxInt32) }
