package appliesto

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// host is a device of properties.
type host map[string]string

func (h host) Property(name string) (string, bool) { v, ok := h[name]; return v, ok }

func (h host) HasValue(value string) bool {
	for _, v := range h {
		if v == value {
			return true
		}
	}
	return false
}

func (h host) DeviceType() int {
	if _, ok := h["kubernetes"]; ok {
		return 8
	}
	return 0
}

var pod = host{
	"system.categories": "KubernetesPod, Custom", "auto.clustername": "demo", "auto.namespace": "shop", "auto.my-name": "dash",
	"size": "10", "kubernetes": "yes", "system.staticgroups": "A/B,C", "path": `C:\x "q"`, "system.sysinfo": "Linux 6",
}

func TestMatch(t *testing.T) {
	for expression, want := range map[string]bool{
		`hasCategory("KubernetesPod") && auto.clustername == "demo"`:    true,
		`hasCategory("kubernetespod")`:                                  true,
		`hasCategory("Kubernetes")`:                                     false,
		`hasCategory("Custom")`:                                         true,
		`auto.namespace == "shop" and not (auto.clustername != "demo")`: true,
		`auto.namespace == "Shop"`:                                      false,
		`AUTO.NAMESPACE == "shop"`:                                      true,
		`auto.clustername == "demo" &&  ( hasCategory("KubernetesPodDeleted") || hasCategory("x") ) `: false,
		`false() || false() or true()`:           true,
		`true() || false() && false()`:           true, // and binds closer
		`!auto.namespace`:                        false,
		`auto.namespace`:                         true,
		`absent`:                                 false,
		`absent == ""`:                           true,
		`absent != "x"`:                          true,
		`getPropValue("auto.my-name") == "dash"`: true,
		`getPropValue("absent", "d") == "d"`:     true,
		`size > 9 && size >= 10 && size < 11 && size <= 10 && size == "10"`: true,
		`auto.namespace > 1`:                          false,
		`auto.namespace =~ "^sh"`:                     true,
		`auto.namespace =~ "SH"`:                      false,
		`auto.namespace !~ "^x|y$"`:                   true,
		`auto.namespace =~ "\w+"`:                     true,
		`exists("auto.namespace")`:                    true,
		`exists("shop")`:                              false,
		`contains(system.staticgroups, "C")`:          true,
		`join(system.staticgroups, "|") =~ "A/B\\|C"`: true,
		`startsWith(auto.clustername, "de")`:          true,
		`sum(size, "1,2") == "13"`:                    true,
		`path == "C:\\x \"q\""`:                       true,
		`isK8sPod() && !isDevice() && isLinux() && !isWindows() && !isMisc() && !isCollectorDevice()`: true,
		`"demo" == auto.clustername`: true,
	} {
		e, err := Parse(expression, Options{})
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got := e.Match(pod); got != want {
			t.Errorf("%s: got %v, want %v", expression, got, want)
		}
	}
}

func TestOptions(t *testing.T) {
	for expression, o := range map[string]Options{
		`auto.namespace =~ "SH"`: {RegexIgnoresCase: true},
		`exists("shop")`:         {ExistsByValue: true},
	} {
		e, err := Parse(expression, o)
		if err != nil || !e.Match(pod) {
			t.Errorf("%s with %+v: got no match (%v)", expression, o, err)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, expression := range []string{
		``, ` `, `a ==`, `== "a"`, `a == "b`, `(a`, `a)`, `a b`, `nofunc("x")`, `hasCategory()`, `hasCategory("a","b")`,
		`a =~ b`, `a =~ "("`, `a-b == "x"`, `a/b`, `a &&`, `&& a`, `and`, `a === "b"`, `hasCategory("a"`, `a; b`,
		strings.Repeat("(", 100_000), strings.Repeat("!", 100_000), strings.Repeat("sum(", 10_000),
	} {
		_, err := Parse(expression, Options{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.60s: got error %v, want a *SyntaxError", expression, err)
		}
	}
}

func TestKeys(t *testing.T) {
	for expression, want := range map[string][]Key{
		`hasCategory("KubernetesPod") && auto.clustername == "demo"`:                         {{Categories, "kubernetespod"}},
		`auto.namespace == "shop" && auto.clustername == "demo" && hasCategory("x")`:         {{"auto.namespace", "shop"}},
		`auto.clustername == "demo" && (hasCategory("aDeleted") || hasCategory("bDeleted"))`: {{Categories, "adeleted"}, {Categories, "bdeleted"}},
		`getPropValue("auto.namespace") == "shop"`:                                           {{"auto.namespace", "shop"}},
		`hasCategory("x") || auto.namespace == "y"`:                                          {{Categories, "x"}, {"auto.namespace", "y"}},
		`hasCategory("x") || size > 1`:                                                       nil,
		`!hasCategory("x")`:                                                                  nil,
		`auto.namespace == ""`:                                                               nil, // also matches hosts without it
		`auto.namespace =~ "x"`:                                                              nil,
	} {
		e, err := Parse(expression, Options{})
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		got, ok := e.Keys()
		if !ok {
			got = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expression, diff)
		}
	}
}

// FuzzParse proves that parsing never panics, and that keys never hide a match: a host that matches
// has one of the keys.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`hasCategory("KubernetesPod") && auto.clustername == "demo"`, `a =~ "x" || !(b)`, `getPropValue("a","b") == "c"`, `"`, `(((`, `size >= 3 and not false()`,
		`auto.namespace == "shop" || hasCategory("custom")`, `join(system.staticgroups,"") =~ "A"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s, Options{})
		if err != nil || !e.Match(pod) {
			return
		}
		keys, ok := e.Keys()
		if !ok {
			return
		}
		for _, k := range keys {
			if k.Property == Categories {
				for _, c := range elements(pod[Categories]) {
					if strings.EqualFold(c, k.Value) || strings.ToLower(c) == k.Value {
						return
					}
				}
			} else if v, has := hostValue(k.Property); has && v == k.Value {
				return
			}
		}
		t.Errorf("%q matches but none of its keys %v fits", s, keys)
	})
}

func hostValue(name string) (string, bool) { return pod.Property(name) }

// FuzzQuote proves that any text, quoted the way the language asks for, comes back as that text.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{``, `a`, `"`, `\`, `\"`, `a" || true() || "`, "\x00", `ä`} {
		f.Add(s)
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(`name == "`+quote.Replace(s)+`"`, Options{})
		if len(s) > maxLength/2 {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if !e.Match(host{"name": s}) || e.Match(host{"name": s + "x"}) {
			t.Errorf("%q does not match exactly itself", s)
		}
	})
}
