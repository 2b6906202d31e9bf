package filter_test

import (
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/filter"
)

func TestCompileIgnore(t *testing.T) {
	tests := map[string]struct {
		expressions []string
		key         string
		want        bool
	}{
		"in":                    {[]string{`key in ('a','b')`}, "b", true},
		"in, one element":       {[]string{`key in ('a')`}, "a", true},
		"in, not":               {[]string{`key in ('a','b')`}, "c", false},
		"pattern":               {[]string{`key =~ 'last-applied'`}, "x.io/last-applied-state", true},
		"any of several":        {[]string{`key == "a"`, `key == "b"`}, "b", true},
		"case of the rule":      {[]string{`key == "Team/Owner"`}, "team/owner", true},
		"case of the key":       {[]string{`key == "team/owner"`}, "Team/Owner", true},
		"case of a pattern":     {[]string{`key =~ "^Team/[A-Z]"`}, "team/owner", true},
		"unequal minds no case": {[]string{`key != "Team"`}, "team", false},
		"combined":              {[]string{`key =~ "^a" && !(key =~ "b$")`}, "ac", true},
		"no expressions":        {nil, "a", false},
		"default, leader":       {filter.DefaultIgnoredAnnotations(), "control-plane.alpha.kubernetes.io/leader", true},
		"default, conditions":   {filter.DefaultIgnoredAnnotations(), "autoscaling.alpha.kubernetes.io/conditions", true},
		"default, metrics":      {filter.DefaultIgnoredAnnotations(), "autoscaling.alpha.kubernetes.io/current-metrics", true},
		"default, node status":  {filter.DefaultIgnoredAnnotations(), "virtual-kubelet.io/last-applied-node-status", true},
		"default, last applied": {filter.DefaultIgnoredAnnotations(), "kubectl.kubernetes.io/last-applied-configuration", true},
		"default, other":        {filter.DefaultIgnoredAnnotations(), "team", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ignored, _, err := filter.CompileIgnore("monitoring.labels.ignore", tt.expressions)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{tt.key, strings.ToLower(tt.key)} {
				if got := ignored(key); got != tt.want {
					t.Errorf("%v for %q: ignored = %v, want %v", tt.expressions, key, got, tt.want)
				}
			}
		})
	}
}

func TestCompileIgnore_faults(t *testing.T) {
	_, _, err := filter.CompileIgnore("monitoring.labels.ignore", []string{`key == "a"`, `name == "a"`, `key`, `contains(key, "a")`})
	for _, want := range []string{
		"monitoring.labels.ignore[1]: unknown name \"name\"; the only one here is key\n    name == \"a\"\n    ^",
		"monitoring.labels.ignore[2]: the rule is text, not true or false",
		"monitoring.labels.ignore[3]: unknown function \"contains\"",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	_, notices, err := filter.CompileIgnore("x", []string{`key =~ ".*"`})
	if err != nil || len(notices) != 1 || notices[0].Text != "the rule matches everything" {
		t.Errorf("a pattern for every key: got %v, %v, want one notice that it matches everything", notices, err)
	}
}
