package filter_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/argus-k8s/argus/internal/filter"
)

// file is the part of a configuration file that the manual's examples show.
type file struct {
	Filters    yaml.Node      `yaml:"filters"`
	Include    []filter.Block `yaml:"include"`
	Exclude    []filter.Block `yaml:"exclude"`
	Monitoring struct {
		HonorDisableLabel   bool `yaml:"honorDisableLabel"`
		Annotations, Labels struct {
			Ignore []string `yaml:"ignore"`
		}
	} `yaml:"monitoring"`
}

// config is what the example says, as package config would make it.
func (f *file) config(t *testing.T) filter.Config {
	t.Helper()
	config := filter.Config{Include: f.Include, Exclude: f.Exclude, HonorDisableLabel: f.Monitoring.HonorDisableLabel}
	add := func(under string, node *yaml.Node) {
		if node.Kind == yaml.ScalarNode {
			config.Rules = append(config.Rules, filter.Rule{Kind: under, Expression: node.Value, Joined: true})
		}
		if node.Kind == yaml.SequenceNode {
			for _, item := range node.Content {
				config.Rules = append(config.Rules, filter.Rule{Kind: under, Expression: item.Value})
			}
		}
	}
	if f.Filters.Kind == yaml.MappingNode {
		for i := 0; i < len(f.Filters.Content); i += 2 {
			add(f.Filters.Content[i].Value, f.Filters.Content[i+1])
		}
		return config
	}
	add("", &f.Filters)
	return config
}

var fence = regexp.MustCompile("(?ms)^```yaml( wrong)?\n(.*?)^```\n(?:```text\n(.*?)^```)?")

// The examples of the manual compile and do to the objects they name what they
// say; the wrong ones are refused with the words it shows.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/filters.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := fence.FindAllStringSubmatch(string(text), -1)
	if fences := strings.Count(string(text), "```yaml"); fences != len(examples) || fences < 10 {
		t.Fatalf("found %d examples behind %d fences, want all of at least 10", len(examples), fences)
	}
	asked := 0
	for _, example := range examples {
		var f file
		decoder := yaml.NewDecoder(strings.NewReader(example[2]))
		decoder.KnownFields(true)
		if err := decoder.Decode(&f); err != nil {
			t.Errorf("%s\n%v", example[2], err)
			continue
		}
		s, _, err := filter.Compile(f.config(t))
		if example[1] != "" {
			if err == nil || strings.TrimSpace(err.Error()) != strings.TrimSpace(example[3]) {
				t.Errorf("%s\ngot  %v\nwant %s", example[2], err, example[3])
			}
			continue
		}
		if err != nil {
			t.Errorf("%s\n%v", example[2], err)
			continue
		}
		for _, keys := range [][]string{f.Monitoring.Annotations.Ignore, f.Monitoring.Labels.Ignore} {
			if _, _, err := filter.CompileIgnore("ignore", keys); err != nil {
				t.Errorf("%s\n%v", example[2], err)
			}
		}
		asked += checkClaims(t, example[2], s)
	}
	if asked < 30 {
		t.Errorf("the manual makes %d claims about objects, want at least 30", asked)
	}
}

// checkClaims asks about the objects in an example's comments and returns how
// many there are.
func checkClaims(t *testing.T, example string, s *filter.Set) int {
	t.Helper()
	asked := 0
	for line := range strings.Lines(example) {
		claim, words, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# "), ": ")
		if !ok || !strings.HasPrefix(line, "# ") {
			continue
		}
		asked++
		fields := strings.Fields(words)
		k, obj := object(t, strings.Join(fields[:2], " "), keys{}, nil)
		namespace := filter.NamespaceInfo{Labels: keys{}}
		for _, field := range fields[2:] {
			if owner, ok := strings.CutPrefix(field, "owner:"); ok {
				kindName, name, _ := strings.Cut(owner, "/")
				obj.OwnerReferences = owned(kindName, name)
				continue
			}
			label, value, _ := strings.Cut(field, "=")
			if key, ok := strings.CutPrefix(label, "namespace:"); ok {
				namespace.Labels[key] = value
			} else {
				obj.Labels[label] = value
			}
		}
		if got := s.Exclude(k, obj, namespace); got.Excluded != (claim == "excludes") {
			t.Errorf("%s\nsays %s %s, got %+v", example, claim, words, got)
		}
	}
	return asked
}
