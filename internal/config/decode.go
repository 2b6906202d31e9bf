package config

import (
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// A decoder fills a Config from the nodes of files and collects every fault.
type decoder struct {
	file    string
	legacy  bool              // the file speaks the words of Argus 6
	names   map[string]string // path as the user wrote it, where it differs
	places  map[string]placed // where each path was set, over all files
	faults  Faults
	notices []Notice
}

// placed is where a value stands.
type placed struct {
	file string
	line int
}

// path as the user wrote it.
func (d *decoder) written(path string) string {
	if name, ok := d.names[path]; ok {
		return name
	}
	return path
}

func (d *decoder) fault(line int, path string, p problem) {
	d.faults = append(d.faults, Fault{File: d.file, Line: line, Path: d.written(path), Problem: p.text, Mend: p.mend})
}

func (d *decoder) notice(line int, path, text string) {
	d.notices = append(d.notices, Notice{File: d.file, Line: line, Path: d.written(path), Text: text})
}

// section decodes a mapping into a struct.
func (d *decoder) section(node *yaml.Node, into reflect.Value, path string) {
	if !d.wants(node, yaml.MappingNode, path, "keys and values") {
		return
	}
	fields := rules(into.Type())
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], resolve(node.Content[i+1])
		at := join(path, key.Value)
		known := slices.IndexFunc(fields, func(r rule) bool { return r.key == key.Value })
		switch first, twice := seen[key.Value]; {
		case twice:
			d.fault(key.Line, at, problem{"set twice, first in line " + itoa(first), "remove one of them"})
		case known < 0:
			d.unknown(key, at, fields)
		default:
			d.field(key, value, into.Field(fields[known].index), at, fields[known])
		}
		seen[key.Value] = key.Line
	}
}

// field decodes the value of one known key.
func (d *decoder) field(key, value *yaml.Node, into reflect.Value, path string, r rule) {
	if !isSection(into.Type()) {
		if first, twice := d.places[path]; twice {
			d.fault(key.Line, path, problem{"is set in " + first.file + ", line " + itoa(first.line) + ", already", "remove one of them"})
			return
		}
		d.places[path] = placed{d.file, key.Line}
	}
	if isNull(value) {
		return // as if the key were absent
	}
	if r.unused != "" {
		d.notice(key.Line, path, "has no effect: "+r.unused)
	}
	d.value(value, into, path, r)
}

// value decodes by the type of what is to be filled.
func (d *decoder) value(node *yaml.Node, into reflect.Value, path string, r rule) {
	switch t := into.Type(); {
	case t == filtersType:
		d.filters(node, into, path)
	case isSection(t):
		d.section(node, into, path)
	case t.Kind() == reflect.Slice:
		d.list(node, into, path, r)
	case t.Kind() == reflect.Map:
		d.table(node, into, path)
	default:
		d.scalar(node, into, path, r)
	}
}

// list decodes a sequence.
func (d *decoder) list(node *yaml.Node, into reflect.Value, path string, r rule) {
	if !d.wants(node, yaml.SequenceNode, path, "a list") {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), 0, len(node.Content))) // an empty list is not an absent one
	for i, item := range node.Content {
		element := reflect.New(into.Type().Elem()).Elem()
		if isSection(element.Type()) {
			setDefaults(element)
		}
		d.value(resolve(item), element, path+"["+itoa(i)+"]", rule{check: r.check})
		if block, ok := element.Addr().Interface().(*FilterBlock); ok {
			block.File, block.Line = d.file, item.Line
		}
		into.Set(reflect.Append(into, element))
	}
}

// table decodes a mapping whose keys are the user's.
func (d *decoder) table(node *yaml.Node, into reflect.Value, path string) {
	if !d.wants(node, yaml.MappingNode, path, "keys and values") {
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], resolve(node.Content[i+1])
		at := join(path, key.Value)
		name := reflect.ValueOf(key.Value)
		if into.MapIndex(name).IsValid() {
			d.fault(key.Line, at, problem{"set twice", "remove one of them"})
			continue
		}
		d.places[at] = placed{d.file, key.Line}
		element := reflect.New(into.Type().Elem()).Elem()
		if isSection(element.Type()) {
			setDefaults(element)
		}
		if !isNull(value) {
			d.value(value, element, at, rule{})
		}
		into.SetMapIndex(name, element)
	}
	d.checkTable(into, path)
}

// scalar decodes a single value and applies the rules of its field.
func (d *decoder) scalar(node *yaml.Node, into reflect.Value, path string, r rule) {
	if !d.wants(node, yaml.ScalarNode, path, "a single value") {
		return
	}
	if isNull(node) {
		d.fault(node.Line, path, problem{"is empty", "write a value or remove it"})
		return
	}
	if p := setScalar(into, node.Value); !p.isZero() {
		d.fault(node.Line, path, p)
		return
	}
	if len(r.oneof) > 0 && !slices.Contains(r.oneof, node.Value) {
		d.fault(node.Line, path, oneOf(node.Value, r.oneof))
		return
	}
	p, raised := outside(into, r)
	if raised != "" {
		d.notice(node.Line, path, raised)
	}
	if p.isZero() {
		p = d.check(r.check, node, into, path)
	}
	if !p.isZero() {
		d.fault(node.Line, path, p)
	}
}

// wants says whether a node has the shape it must have, and faults it if not.
func (d *decoder) wants(node *yaml.Node, shape yaml.Kind, path, want string) bool {
	if node.Kind == shape {
		return true
	}
	shapes := map[yaml.Kind]string{yaml.MappingNode: "keys and values", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}
	d.fault(node.Line, path, problem{"want " + want + ", got " + shapes[node.Kind], "see docs/config.md for its form"})
	return false
}

// unknown faults a key that no field has, with what may have been meant.
func (d *decoder) unknown(key *yaml.Node, path string, fields []rule) {
	parent := path[:len(path)-len(key.Value)]
	known := make([]string, len(fields))
	for i, r := range fields {
		known[i] = r.key
	}
	f := Fault{File: d.file, Line: key.Line, Problem: "unknown key " + parent + shorten(key.Value)}
	switch near := nearest(key.Value, known); {
	case isCredential(key.Value):
		f.Mend = "credentials come from the environment: " + variableNames
	case key.Value == "<<":
		f.Problem, f.Mend = "merge keys (<<) are not understood", "write the keys out"
	case near != "":
		f.Problem += ", did you mean " + parent + near + "?"
	default:
		f.Mend = elsewhere(key.Value)
	}
	d.faults = append(d.faults, f)
}

// elsewhere finds the places where a key is known, for one that stands at the
// wrong one.
func elsewhere(key string) string {
	var found []string
	for path := range paths(reflect.TypeFor[Config](), "") {
		if path == key || len(path) > len(key) && path[len(path)-len(key)-1:] == "."+key {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return "remove it, or see docs/config.md for the keys there are"
	}
	slices.Sort(found)
	return "it belongs to " + found[0]
}

// paths of all keys under a section.
func paths(t reflect.Type, prefix string) map[string]rule {
	all := map[string]rule{}
	for _, r := range rules(t) {
		path := join(prefix, r.key)
		all[path] = r
		if field := t.Field(r.index).Type; isSection(field) {
			maps.Copy(all, paths(field, path))
		}
	}
	return all
}

// resolve follows aliases (*name) to what they name.
func resolve(node *yaml.Node) *yaml.Node {
	for range 100 {
		if node.Kind != yaml.AliasNode || node.Alias == nil {
			break
		}
		node = node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
