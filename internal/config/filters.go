package config

import (
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Filters are the exclusion rules as the file has them; what they mean is up to
// package filter.
type Filters struct {
	// Rules in the order of the file.
	Rules []FilterRule
}

// FilterRule is one expression and where it stands.
type FilterRule struct {
	// Kind is the word for the kind that the rule belongs to in the map form
	// ("pod"); empty in the list form, whose rules are for all kinds.
	Kind string
	// Expression as written.
	Expression string
	// Joined says that the rule stood as a single text and not in a list: the
	// oldest form, in which || separates rules.
	Joined bool
	// File and Line tell the place, for messages about the expression.
	File string
	Line int
}

// FilterBlock is one entry of include or exclude. It matches an object that meets
// everything it sets.
type FilterBlock struct {
	// Kinds that the block is about. Without it, all kinds, or those in
	// namespaces if it sets namespaces.
	Kinds []string `yaml:"kinds" check:"kinds"`
	// Namespaces, as names or patterns: * is any characters, ? any one.
	Namespaces []string `yaml:"namespaces"`
	// A label selector, as kubectl takes it: app=web,tier!=cache.
	Selector string `yaml:"selector"`
	// An expression in CEL over kind, name, namespace, labels, annotations, owner
	// and owners. A block whose expression fails does not match.
	CEL string `yaml:"cel"`

	// File and Line tell the place, for messages about it.
	File string `yaml:"-"`
	Line int    `yaml:"-"`
}

// filters decodes all three forms: a list of rules, a map from a kind to a list,
// and a map from a kind to one text.
func (d *decoder) filters(node *yaml.Node, into reflect.Value, path string) {
	var rules []FilterRule
	switch node.Kind {
	case yaml.SequenceNode:
		rules = d.filterList(node, path, "")
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], resolve(node.Content[i+1])
			at := join(path, key.Value)
			if p := checkKind(key.Value); !p.isZero() {
				d.fault(key.Line, at, p)
			}
			rules = append(rules, d.filterValue(value, at, key.Value)...)
		}
	default:
		d.fault(node.Line, path, problem{"want a list of rules, or a map from a kind to its rules", ""})
	}
	into.Set(reflect.ValueOf(Filters{Rules: rules}))
}

// filterValue is what stands under a kind.
func (d *decoder) filterValue(node *yaml.Node, path, kind string) []FilterRule {
	switch {
	case node.Kind == yaml.SequenceNode:
		return d.filterList(node, path, kind)
	case isNull(node):
		return nil
	case node.Kind == yaml.ScalarNode:
		return d.filterRule(node, path, FilterRule{Kind: kind, Joined: true})
	}
	d.fault(node.Line, path, problem{"want a list of rules", ""})
	return nil
}

func (d *decoder) filterList(node *yaml.Node, path, kind string) []FilterRule {
	var rules []FilterRule
	for i, item := range node.Content {
		rules = append(rules, d.filterRule(resolve(item), path+"["+itoa(i)+"]", FilterRule{Kind: kind})...)
	}
	return rules
}

func (d *decoder) filterRule(node *yaml.Node, path string, rule FilterRule) []FilterRule {
	if node.Kind != yaml.ScalarNode || isNull(node) || node.Value == "" {
		d.fault(node.Line, path, problem{"want a rule, such as 'namespace == \"kube-system\"'", "write one or remove it"})
		return nil
	}
	rule.Expression, rule.File, rule.Line = node.Value, d.file, node.Line
	return []FilterRule{rule}
}
