package config

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// source is one file's content.
type source struct {
	name string
	data []byte
}

// Parse reads one configuration. All faults are returned at once; with a fault,
// the Config holds what could be read.
func Parse(data []byte) (Config, []Fault) {
	c, faults := parse([]source{{data: data}})
	return c, faults
}

// Load reads a configuration from files, each with a part of the keys; none
// may be set in two of them. A folder, such as a mounted ConfigMap, stands for
// its config.yaml and filters-config.yaml. The error is Faults when the files
// could be read.
func Load(files ...string) (Config, error) {
	var sources []source
	for _, file := range files {
		found, err := read(file)
		if err != nil {
			return Config{}, err
		}
		sources = append(sources, found...)
	}
	c, faults := parse(sources)
	return c, faults.err()
}

// partNames are the files that make a configuration in a folder.
func partNames() []string { return []string{"config.yaml", "filters-config.yaml"} }

func read(file string) ([]source, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, unreadable(file, err)
	}
	if !info.IsDir() {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, unreadable(file, err)
		}
		return []source{{file, data}}, nil
	}
	var sources []source
	for _, name := range partNames() {
		part := filepath.Join(file, name)
		switch data, err := os.ReadFile(part); {
		case err == nil:
			sources = append(sources, source{part, data})
		case !errors.Is(err, os.ErrNotExist):
			return nil, unreadable(part, err)
		}
	}
	if len(sources) == 0 {
		return nil, Faults{{File: file, Problem: "the folder holds no config.yaml", Mend: "name the file, or the folder it is in"}}
	}
	return sources, nil
}

func unreadable(file string, err error) Faults {
	var reason *os.PathError
	if errors.As(err, &reason) {
		err = reason.Err
	}
	return Faults{{File: file, Problem: "cannot be read: " + err.Error(), Mend: "name a file that Argus may read with --config"}}
}

// parse decodes all sources into one Config.
func parse(sources []source) (Config, Faults) {
	c := Default()
	d := decoder{names: map[string]string{}, places: map[string]placed{}}
	roots := make([]*yaml.Node, len(sources))
	for i, s := range sources {
		d.file = s.name
		roots[i] = d.tree(s.data)
		d.legacy = d.legacy || roots[i] != nil && speaksV6(roots[i])
	}
	if d.legacy {
		v6Defaults(&c)
	}
	for i, s := range sources {
		root := roots[i]
		if root == nil {
			continue
		}
		d.file = s.name
		if d.legacy {
			root = d.translate(root)
		}
		d.section(root, reflect.ValueOf(&c).Elem(), "")
	}
	if !slices.Contains(roots, nil) {
		d.finish(&c)
	}
	c.Notices = d.notices
	slices.SortStableFunc(d.faults, func(a, b Fault) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return c, slices.Clip(d.faults)
}

// tree reads one YAML document. It is nil when a fault says why.
func (d *decoder) tree(data []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return &yaml.Node{Kind: yaml.MappingNode}
	case err != nil:
		d.malformed(err)
		return nil
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			d.malformed(err)
		} else {
			d.fault(second.Line, "", problem{"a second document begins here", "keep one document in a file"})
		}
		return nil
	}
	root := resolve(document.Content[0])
	if isNull(root) {
		return &yaml.Node{Kind: yaml.MappingNode}
	}
	if !d.wants(root, yaml.MappingNode, "", "keys and values") {
		return nil
	}
	return root
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// malformed turns an error of the YAML library, which is text only, into a fault
// with its line.
func (d *decoder) malformed(err error) {
	text, line := err.Error(), 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ = strconv.Atoi(m[1])
	}
	d.fault(line, "", problem{"not YAML: " + text, "look at the indentation, quotes and colons near this line"})
}

// sortedKeys of a map, for output that does not vary.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
