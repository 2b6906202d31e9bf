package filter

import (
	"net/url"
	"strings"
)

// maxLength bounds a filter; the real bound is the length of a URL.
const maxLength = 64 << 10

// Parse reads a filter as it stands after the query string was decoded once. Empty text is a
// filter that matches everything. The error is a *SyntaxError.
func Parse(text string, o Options) (*Filter, error) {
	if len(text) > maxLength {
		return nil, &SyntaxError{Offset: maxLength, Reason: "filter too long"}
	}
	f := &Filter{opts: o}
	if strings.TrimSpace(text) == "" {
		return f, nil
	}
	if !strings.ContainsAny(text, ":~<>") {
		if again, err := url.PathUnescape(text); err == nil {
			text = again // encoded twice as a whole, which v3 accepts
		}
	}
	p := &parser{s: text}
	for {
		and, err := p.conjunction()
		if err != nil {
			return nil, err
		}
		f.any = append(f.any, and)
		if p.done() {
			return f, nil
		}
		p.pos += len("||")
	}
}

type parser struct {
	s   string
	pos int
}

func (p *parser) done() bool            { return p.pos >= len(p.s) }
func (p *parser) at(prefix string) bool { return strings.HasPrefix(p.s[p.pos:], prefix) }

func (p *parser) fail(reason string) error { return &SyntaxError{Offset: p.pos, Reason: reason} }

// conjunction reads conditions up to the end or "||", which it leaves.
func (p *parser) conjunction() ([]Condition, error) {
	var and []Condition
	for {
		c, err := p.condition()
		if err != nil {
			return nil, err
		}
		and = append(and, c)
		switch {
		case p.done() || p.at("||"):
			return and, nil
		case p.at(","):
			p.pos++
		default:
			return nil, p.fail("expected , or ||")
		}
	}
}

func (p *parser) condition() (Condition, error) {
	start := p.pos
	for !p.done() && !strings.ContainsRune(`:!~<>,|"`, rune(p.s[p.pos])) {
		p.pos++
	}
	c := Condition{Field: strings.TrimSpace(p.s[start:p.pos])}
	if c.Field == "" {
		return c, p.fail("expected a field name")
	}
	for _, special := range []struct{ text, op string }{{":::empty", "empty"}, {"!::empty", "!empty"}, {"!::null", "!null"}} {
		if p.at(special.text) {
			p.pos += len(special.text)
			c.Op = special.op
			return c, nil
		}
	}
	for _, op := range []string{"!:", "!~", ">:", "<:", ":", "~", ">", "<"} {
		if p.at(op) {
			p.pos += len(op)
			c.Op = op
			return c, p.values(&c)
		}
	}
	return c, p.fail("expected an operator after the field name")
}

func (p *parser) values(c *Condition) error {
	for {
		l, err := p.literal()
		if err != nil {
			return err
		}
		c.Values = append(c.Values, l)
		if !p.at("|") || p.at("||") {
			return nil
		}
		p.pos++
	}
}

func (p *parser) literal() (Literal, error) {
	if p.at(`"`) {
		return p.quoted()
	}
	start := p.pos
	for !p.done() && p.s[p.pos] != ',' && p.s[p.pos] != '|' {
		p.pos++
	}
	raw := strings.TrimSpace(p.s[start:p.pos])
	return newLiteral(raw, false), nil
}

func (p *parser) quoted() (Literal, error) {
	for i := p.pos + 1; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			i++
		case '"':
			raw := p.s[p.pos+1 : i]
			p.pos = i + 1
			return newLiteral(raw, true), nil
		}
	}
	return Literal{}, p.fail("string is not closed")
}

// newLiteral undoes the second percent-encoding, then the backslashes, and cuts at free stars.
func newLiteral(raw string, quoted bool) Literal {
	if again, err := url.PathUnescape(raw); err == nil {
		raw = again
	}
	l := Literal{Quoted: quoted}
	var all, part strings.Builder
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '*' {
			all.WriteByte(c)
			l.parts = append(l.parts, part.String())
			part.Reset()
			continue
		}
		if c == '\\' && i+1 < len(raw) && strings.IndexByte(`"\()$&#[]*,|`, raw[i+1]) >= 0 {
			i++
			c = raw[i]
		}
		all.WriteByte(c)
		part.WriteByte(c)
	}
	l.parts = append(l.parts, part.String())
	l.Text = all.String()
	return l
}
