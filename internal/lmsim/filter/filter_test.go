package filter

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

// item is a thing with fields.
type item map[string]any

func (i item) Field(name string) (any, bool) {
	if name == AllFields {
		return []string{"web-1", "shop"}, true
	}
	v, ok := i[name]
	return v, ok
}

var device = item{
	"name": "Web-1", "id": int64(7), "active": true, "empty": "", "nothing": nil, "tags": []string{"a", "b"}, "note": `a,b|c "q" (x) 50%`,
	"customProperties": []Pair{{"k", "1"}, {"l", "2"}}, "none": []Pair{},
}

func TestMatch(t *testing.T) {
	for text, want := range map[string]bool{
		``: true, `name:"web-1"`: true, `name:"web"`: false, `name!:"web"`: true, `name~"EB"`: true, `name!~"eb"`: false,
		`name:"w*"`: true, `name:"*-1"`: true, `name:"*b*1"`: true, `name:"x*"`: false, `name:"w\*"`: false,
		`name:"x"|"web-1"`: true,
		`name:web-1`:       false, `id:7`: true, `id:"7"`: true, `id:8|7`: true, `id>6`: true, `id>:7`: true, `id<7`: false, `id<:7`: true, `id!:7`: false, `id>"6"`: true,
		`active:true`: true, `active:false`: false, `active:"true"`: true,
		`empty:::empty`: true, `name:::empty`: false, `name!::empty`: true, `nothing:::empty`: true, `empty!::null`: false, `none:::empty`: true,
		`empty:""`:          true,
		`name:"web-1",id:8`: false, `name:"x",id:7||id:7`: true, `name:"x"||id:8`: false,
		`tags:"b"`: true, `tags!:"b"`: false, `tags!:"c"`: true,
		`customProperties.name:"k",customProperties.value:"2"`: true, `customProperties.name:"z"`: false, `customProperties.name!:"z"`: true,
		`customProperties:"{\"name\":\"k\",\"value\":\"1\"}"`: true, `customProperties:"{\"name\":\"k\",\"value\":\"2\"}"`: false, `customProperties!:"{\"name\":\"k\",\"value\":\"2\"}"`: true,
		`customProperties~"{\"name\":\"K\"}"`: true,
		`unknown:"x"`:                         true, `unknown:"x",name:"y"`: false, `_all~"SHOP"`: true, `_all~"nowhere"`: false,
		`note:"a,b|c \"q\" \(x\) 50%"`: true, `note:"a,b|c \"q\" %5C%28x%5C%29 50%25"`: true,
		`name%3A%22web-1%22`: true,
	} {
		f, err := Parse(text, Options{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Match(device); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestOptions(t *testing.T) {
	for text, c := range map[string]struct {
		o    Options
		want bool
	}{
		`name:web-1`: {Options{UnquotedMatches: true}, true},
		`id:8`:       {Options{Ignored: []string{"id"}}, true},
		`customProperties.name:"k",customProperties.value:"2"`: {Options{SameElement: true}, false},
		`customProperties.name:"k",customProperties.value:"1"`: {Options{SameElement: true}, true},
	} {
		f, err := Parse(text, c.o)
		if err != nil || f.Match(device) != c.want {
			t.Errorf("%s with %+v: want %v (%v)", text, c.o, c.want, err)
		}
	}
}

func TestEqual(t *testing.T) {
	for text, want := range map[string]string{
		`displayName:"a"`: "a", `id:1,displayName:"a"`: "a", `displayName:"a"||id:1`: "", `displayName:"a*"`: "", `displayName:"a"|"b"`: "", `displayName!:"a"`: "", `displayName:a`: "",
	} {
		f, err := Parse(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := f.Equal("displayName"); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, text := range []string{`"`, `name`, `name:"a`, `:"a"`, `name:"a",`, `name:"a"||`, `name:"a"x`, `,`, `name!"a"`, `name:"x","y"`} {
		_, err := Parse(text, Options{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: got %v, want a *SyntaxError", text, err)
		}
	}
}

// FuzzParse proves that parsing and matching never panic.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`name:"a"`, `id>:"7",name~x||_all~"y"`, `customProperties:"{\"name\":\"k\"}"`, `a:::empty`, `a:"%25"|"*"`, `name%3A%22x%22`, `"`, `a:"\`} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		for _, o := range []Options{{}, {UnquotedMatches: true, SameElement: true}} {
			if parsed, err := Parse(s, o); err == nil {
				parsed.Match(device)
				parsed.Equal("name")
			}
		}
	})
}

// FuzzQuote proves that any text, quoted and encoded once more the way the API asks for, comes back
// as that text and matches nothing else.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{`a`, `"`, `\`, `*`, `%41`, `a" || id>0`, `(x) $ & # [y]`, `ä,|`, "\n"} {
		f.Add(s)
	}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `*`, `\*`, `(`, `\(`, `)`, `\)`, `$`, `\$`, `&`, `\&`, `#`, `\#`, `[`, `\[`, `]`, `\]`)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > maxLength/12 {
			return
		}
		parsed, err := Parse(`name:"`+url.PathEscape(escape.Replace(s))+`"`, Options{})
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if got, ok := parsed.Equal("name"); !ok || got != s {
			t.Errorf("got %q, want %q", got, s)
		}
		if !parsed.Match(item{"name": s}) || parsed.Match(item{"name": s + "x"}) {
			t.Errorf("%q does not match exactly itself", s)
		}
	})
}
