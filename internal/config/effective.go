package config

import (
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Effective is the whole configuration as a file that gives it again, with
// defaults filled in and secrets hidden.
func (c Config) Effective() ([]byte, error) {
	c.Monitoring.Annotations.Ignore = c.IgnoredAnnotations()
	out, err := yaml.Marshal(encode(reflect.ValueOf(c)))
	if err != nil {
		return nil, fmt.Errorf("print the configuration: %w", err)
	}
	return out, nil
}

// encode is the reverse of decoder.value.
func encode(v reflect.Value) *yaml.Node {
	switch t := v.Type(); {
	case t == filtersType:
		filters, _ := v.Interface().(Filters)
		return encodeFilters(filters)
	case isSection(t):
		node := &yaml.Node{Kind: yaml.MappingNode}
		for _, r := range rules(t) {
			node.Content = append(node.Content, word(r.key), encode(v.Field(r.index)))
		}
		return node
	case t.Kind() == reflect.Slice:
		node := &yaml.Node{Kind: yaml.SequenceNode, Style: styleOf(v.Len())}
		for i := range v.Len() {
			node.Content = append(node.Content, encode(v.Index(i)))
		}
		return node
	case t.Kind() == reflect.Map:
		node := &yaml.Node{Kind: yaml.MappingNode, Style: styleOf(v.Len())}
		keys := map[string]bool{}
		for _, key := range v.MapKeys() {
			keys[key.String()] = true
		}
		for _, key := range sortedKeys(keys) {
			node.Content = append(node.Content, word(key), encode(v.MapIndex(reflect.ValueOf(key))))
		}
		return node
	case t.Kind() == reflect.String || t == secretType || t == durationType:
		return word(text(v))
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: text(v)}
}

// encodeFilters prefers the list form; rules of a kind need the map form.
func encodeFilters(f Filters) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: styleOf(len(f.Rules))}
	byKind := &yaml.Node{Kind: yaml.MappingNode}
	for _, rule := range f.Rules {
		expression := word(rule.Expression)
		switch {
		case rule.Kind == "":
			list.Content = append(list.Content, expression)
		case rule.Joined:
			byKind.Content = append(byKind.Content, word(rule.Kind), expression)
		default:
			section := sequenceOf(byKind, rule.Kind)
			section.Content = append(section.Content, expression)
		}
	}
	if len(byKind.Content) > 0 {
		return byKind
	}
	return list
}

// sequenceOf finds or makes the list under a key.
func sequenceOf(node *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	node.Content = append(node.Content, word(key), list)
	return list
}

func word(text string) *yaml.Node {
	var node yaml.Node
	node.SetString(text)
	return &node
}

// styleOf a list or map: an empty one needs its brackets.
func styleOf(length int) yaml.Style {
	if length == 0 {
		return yaml.FlowStyle
	}
	return 0
}
