package lm

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths the account accepts, in characters.
const (
	MaxName          = 255
	MaxDisplayName   = 255
	MaxDescription   = 65535
	MaxPropertyName  = 255
	MaxPropertyValue = 24000
)

// A FieldError says that one field of a device cannot be represented in the account.
type FieldError struct {
	// Field is the field's name; for a property, "customProperties." and its name.
	Field string
	// Problem says what is wrong, Mend what to do. Neither holds a property's value.
	Problem string
	Mend    string
}

// Error names the field, the problem and the mend.
func (e FieldError) Error() string { return e.Field + " " + e.Problem + ": " + e.Mend }

// CheckDevice tells what of a device the account would refuse. It is asked before
// sending, so that what cannot be represented is reported on that device alone.
func CheckDevice(d DeviceFields) []FieldError {
	var faults []FieldError
	if d.Name != nil {
		faults = append(faults, checkName(*d.Name)...)
	}
	if d.DisplayName != nil {
		faults = append(faults, checkDisplayName(*d.DisplayName)...)
	}
	if d.Description != nil {
		faults = append(faults, checkLength("description", *d.Description, MaxDescription)...)
	}
	return append(faults, checkProperties(d.CustomProperties)...)
}

// CheckGroup is CheckDevice for a group.
func CheckGroup(g DeviceGroupFields) []FieldError {
	var faults []FieldError
	if g.Name != nil {
		faults = append(faults, checkLength("name", *g.Name, MaxName)...)
		switch {
		case strings.TrimSpace(*g.Name) != *g.Name || *g.Name == "":
			faults = append(faults, FieldError{"name", "is empty or has blanks at an end", "choose another name"})
		case strings.Contains(*g.Name, "/"):
			faults = append(faults, FieldError{"name", `contains "/", which divides the names of a path`, "choose another name"})
		}
	}
	if g.Description != nil {
		faults = append(faults, checkLength("description", *g.Description, MaxDescription)...)
	}
	return append(faults, checkProperties(g.CustomProperties)...)
}

func checkLength(field, value string, limit int) []FieldError {
	if n := utf8.RuneCountInString(value); n > limit {
		return []FieldError{{field, fmt.Sprintf("has %d characters, the account takes %d", n, limit), "trim it"}}
	}
	return nil
}

func checkName(name string) []FieldError {
	faults := checkLength("name", name, MaxName)
	i := strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(":._-", r))
	})
	switch {
	case name == "":
		faults = append(faults, FieldError{"name", "is empty", "give a host name or an address"})
	case i >= 0:
		bad, _ := utf8.DecodeRuneInString(name[i:])
		faults = append(faults, FieldError{"name", fmt.Sprintf("contains %q", bad), `use letters, digits, ":", ".", "_" and "-"`})
	}
	return faults
}

func checkDisplayName(name string) []FieldError {
	faults := checkLength("displayName", name, MaxDisplayName)
	i := strings.IndexFunc(name, notInDisplayName)
	switch {
	case strings.TrimSpace(name) != name || name == "":
		faults = append(faults, FieldError{"displayName", "is empty or has blanks at an end", "choose another name"})
	case i >= 0:
		bad, _ := utf8.DecodeRuneInString(name[i:])
		faults = append(faults, FieldError{"displayName", fmt.Sprintf("contains %q", bad), "leave this character out"})
	case strings.Contains(name, "##"):
		faults = append(faults, FieldError{"displayName", `contains "##"`, "use at most one # in a row"})
	}
	return faults
}

func notInDisplayName(r rune) bool {
	return strings.ContainsRune("*<?,;`", r) || unicode.IsControl(r) || r == utf8.RuneError
}

func checkProperties(properties []Property) []FieldError {
	var faults []FieldError
	seen := map[string]bool{}
	for _, p := range properties {
		field := "customProperties." + shorten(p.Name)
		lower := strings.ToLower(p.Name)
		switch first, _ := utf8.DecodeRuneInString(p.Name); {
		case seen[lower]:
			faults = append(faults, FieldError{field, "is there twice (names are compared without case)", "leave one out"})
		case !unicode.IsLetter(first):
			faults = append(faults, FieldError{field, "does not begin with a letter", "put a letter before it"})
		case strings.TrimSpace(p.Name) != p.Name:
			faults = append(faults, FieldError{field, "has blanks at an end", "trim it"})
		case strings.Contains(p.Name, "##") || strings.ContainsFunc(p.Name, unicode.IsControl):
			faults = append(faults, FieldError{field, `contains "##" or a control character`, "leave it out"})
		}
		seen[lower] = true
		faults = append(faults, checkLength(field, p.Name, MaxPropertyName)...)
		if p.Value == "" {
			faults = append(faults, FieldError{field, "has no value", "leave the property out or give it a word"})
		}
		if n := utf8.RuneCountInString(p.Value); n > MaxPropertyValue {
			faults = append(faults, FieldError{field, fmt.Sprintf("has a value of %d characters, the account takes %d", n, MaxPropertyValue), "trim the value"})
		}
	}
	return faults
}

func shorten(name string) string {
	const most = 80
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}

// Trim shortens text to limit characters. What is cut is replaced by "-" and ten
// hexadecimal digits of the SHA-256 of the whole text, so that two long names that
// begin alike stay different, and the same name is always cut alike. Text within
// the limit is returned to the letter; a limit below 12 is treated as 12.
func Trim(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	suffix := fmt.Sprintf("-%x", sha256.Sum256([]byte(text)))[:len("-")+10]
	return string([]rune(text)[:max(limit, 12)-len(suffix)]) + suffix
}
