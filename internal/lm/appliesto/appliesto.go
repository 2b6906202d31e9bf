// Package appliesto writes expressions of LogicMonitor's AppliesTo language,
// which say which resources a dynamic group holds. It knows the few forms Argus
// needs, escapes what is put into them, and cannot read or evaluate them.
package appliesto

import (
	"regexp"
	"strings"
)

// An Expr is an expression. The zero Expr holds for no resource.
type Expr struct {
	text string
	kind kind
}

type kind int

const (
	nothing kind = iota
	single
	and
	or
)

// String is the expression as the account takes it; "false()" for the zero Expr.
func (e Expr) String() string {
	if e.kind == nothing {
		return "false()"
	}
	return e.text
}

// HasCategory holds where system.categories has exactly this element; the
// account compares without case.
func HasCategory(category string) Expr {
	return Expr{text: "hasCategory(" + quote(category) + ")", kind: single}
}

// Equal holds where the resource's own property has this value. Inherited
// properties are not seen by a dynamic group.
func Equal(property, value string) Expr {
	return Expr{text: reference(property) + " == " + quote(value), kind: single}
}

// NotEqual holds where Equal does not.
func NotEqual(property, value string) Expr {
	return Expr{text: reference(property) + " != " + quote(value), kind: single}
}

// All holds where every one of the expressions does. All of none is the zero Expr.
func All(exprs ...Expr) Expr { return join(exprs, and, " && ") }

// Any holds where at least one of the expressions does.
func Any(exprs ...Expr) Expr { return join(exprs, or, " || ") }

// Not holds where the expression does not.
func Not(e Expr) Expr { return Expr{text: "!(" + e.String() + ")", kind: single} }

func join(exprs []Expr, how kind, sign string) Expr {
	switch len(exprs) {
	case 0:
		return Expr{}
	case 1:
		return exprs[0]
	}
	parts := make([]string, len(exprs))
	for i, e := range exprs {
		parts[i] = e.String()
		if e.kind == and || e.kind == or {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return Expr{text: strings.Join(parts, sign), kind: how}
}

// quote writes a string literal.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// bareName is a name that the language reads as one word.
var bareName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$`)

// reference names a property: bare where the language allows it, and with
// getPropValue otherwise (a name with "-", "/" or ":" would be read as arithmetic).
func reference(property string) string {
	if bareName.MatchString(property) && !word(property) {
		return property
	}
	return "getPropValue(" + quote(property) + ")"
}

// word tells whether the language reads the name as one of its own words.
func word(name string) bool {
	switch strings.ToLower(name) {
	case "and", "or", "not", "true", "false", "null", "in":
		return true
	}
	return false
}
