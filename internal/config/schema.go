package config

import (
	"reflect"
	"strings"
	"time"
)

// A rule is what the tags of a field say about its value.
type rule struct {
	key      string // as written in the file
	value    string // when the key is absent, or ""
	min, max string
	oneof    []string
	check    string
	unused   string // why the key has no effect, or ""
	index    int    // of the field in its struct
}

// rules of the fields of a struct type, in order.
func rules(t reflect.Type) []rule {
	var all []rule
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		key := tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		all = append(all, rule{
			key: key, value: tag.Get("default"), min: tag.Get("min"), max: tag.Get("max"),
			oneof: strings.Fields(tag.Get("oneof")), check: tag.Get("check"), unused: tag.Get("unused"), index: i,
		})
	}
	return all
}

// The types that are not told by their reflect.Kind.
var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[Secret]()
	filtersType  = reflect.TypeFor[Filters]()
)

// isSection says whether a type is a map of keys of its own.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != secretType && t != filtersType
}

// Default is the configuration of an empty file.
func Default() Config {
	var c Config
	setDefaults(reflect.ValueOf(&c).Elem())
	return c
}

// setDefaults gives every field of a section the value of its default tag.
func setDefaults(section reflect.Value) {
	for _, r := range rules(section.Type()) {
		field := section.Field(r.index)
		switch {
		case isSection(field.Type()):
			setDefaults(field)
		case r.value != "":
			// A test sets every default, so the problem is always empty here.
			_ = setScalar(field, r.value)
		}
	}
}
