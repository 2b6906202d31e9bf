package filter_test

import (
	"fmt"
	"testing"

	"github.com/argus-k8s/argus/internal/filter"
)

// Per object: 20 rules, of which five name another kind.
func BenchmarkSet_Exclude(b *testing.B) {
	forms := map[string]func(i int) filter.Config{
		"list": func(i int) filter.Config {
			return list("", fmt.Sprintf(`type == "%s" && name =~ "^web-%d-" && [app.kubernetes.io/name] != "x"`, []string{"pod", "pod", "pod", "svc"}[i%4], i))
		},
		"map": func(i int) filter.Config {
			return list([]string{"pod", "pod", "pod", "svc"}[i%4], fmt.Sprintf(`name =~ "^web-%d-" && [app.kubernetes.io/name] != "x"`, i))
		},
		"block": func(i int) filter.Config {
			return filter.Config{Exclude: []filter.Block{{Kinds: []string{[]string{"pod", "pod", "pod", "svc"}[i%4]}, Namespaces: []string{fmt.Sprintf("team-%d-*", i)}, Selector: "app in (a,b)"}}}
		},
		"cel": func(i int) filter.Config {
			return filter.Config{Exclude: []filter.Block{{CEL: fmt.Sprintf(`kind == "%s" && name.startsWith("web-%d-") && labels[?"app"].orValue("") != "x"`, []string{"pod", "pod", "pod", "svc"}[i%4], i)}}}
		},
	}
	for _, form := range []string{"list", "map", "block", "cel"} {
		b.Run(form, func(b *testing.B) {
			var config filter.Config
			for i := range 20 {
				one := forms[form](i)
				config.Rules = append(config.Rules, one.Rules...)
				config.Exclude = append(config.Exclude, one.Exclude...)
			}
			s := set(b, config)
			k, obj := object(b, "pods team/web-99-abc", keys{"app": "web", "app.kubernetes.io/name": "web", "team": "a"}, nil)
			b.ReportAllocs()
			for b.Loop() {
				if s.Exclude(k, obj, filter.NamespaceInfo{}).Excluded {
					b.Fatal("excluded")
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for name, config := range map[string]filter.Config{
		"list": list("", `type in ("pod", "deploy") && name =~ "nginx" && [a.b/c] != "d"`),
		"cel":  {Exclude: []filter.Block{{CEL: `kind == "pod" && labels[?"a"].orValue("") != "d"`}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := filter.Compile(config); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompileIgnore_key(b *testing.B) {
	ignored, _, err := filter.CompileIgnore("ignore", filter.DefaultIgnoredAnnotations())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ignored("app.kubernetes.io/managed-by") {
			b.Fatal("ignored")
		}
	}
}
