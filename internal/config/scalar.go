package config

import (
	"cmp"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A problem is what is wrong with a value and what to do about it. The zero
// problem is none.
type problem struct{ text, mend string }

func (p problem) isZero() bool { return p == problem{} }

// setScalar parses text into a field that is not a section, list or map.
func setScalar(field reflect.Value, text string) problem {
	if field.Type() == durationType {
		return setDuration(field, text)
	}
	switch field.Kind() {
	case reflect.Bool:
		return setBool(field, text)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || field.OverflowInt(n) {
			return problem{"want a whole number, got " + quote(text), "write digits only"}
		}
		field.SetInt(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return problem{"want a number, got " + quote(text), "write it such as 0.8"}
		}
		field.SetFloat(x)
	default: // strings; a Secret is a struct and the only one to come here
		if field.Type() == secretType {
			field.Set(reflect.ValueOf(NewSecret(text)))
			return problem{}
		}
		field.SetString(text)
	}
	return problem{}
}

func setBool(field reflect.Value, text string) problem {
	switch strings.ToLower(text) {
	case "true":
		field.SetBool(true)
	case "false":
		field.SetBool(false)
	default:
		return problem{"want true or false, got " + quote(text), ""}
	}
	return problem{}
}

func setDuration(field reflect.Value, text string) problem {
	d, err := ParseDuration(text)
	switch {
	case errors.Is(err, errDurationUnit):
		return problem{"a duration needs a unit, got " + quote(text), "write it such as 30s, 10m or 1h"}
	case err != nil:
		return problem{err.Error() + ": " + quote(text), "write it such as 10m, 1h30m or P1DT12H"}
	}
	field.SetInt(int64(d))
	return problem{}
}

// quote shows a value of the file in a message, shortened.
func quote(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "..."
	}
	return strconv.Quote(text)
}

// outside says which bound of its rule a value breaks. A duration below its
// minimum is raised to it instead, and raised says so.
func outside(field reflect.Value, r rule) (p problem, raised string) {
	low, high := bound(field, r.min), bound(field, r.max)
	switch {
	case low < 0 && field.Type() == durationType && field.Int() > 0:
		was := time.Duration(field.Int())
		_ = setScalar(field, r.min)
		return problem{}, "raised from " + was.String() + " to the least allowed, " + r.min
	case low < 0:
		return problem{"must be at least " + r.min + ", got " + text(field), ""}, ""
	case high > 0:
		return problem{"must be at most " + r.max + ", got " + text(field), ""}, ""
	}
	return problem{}, ""
}

// bound compares a value with a limit as its tag writes it; without a limit the
// answer is 0.
func bound(field reflect.Value, limit string) int {
	if limit == "" {
		return 0
	}
	l := reflect.New(field.Type()).Elem()
	_ = setScalar(l, limit) // a test reads every limit
	if field.Kind() == reflect.Float64 {
		return cmp.Compare(field.Float(), l.Float())
	}
	return cmp.Compare(field.Int(), l.Int())
}

// text is a scalar as it is printed and as setScalar reads it.
func text(field reflect.Value) string {
	switch {
	case field.Type() == durationType:
		return time.Duration(field.Int()).String()
	case field.Type() == secretType:
		secret, _ := field.Interface().(Secret)
		return secret.String()
	case field.Kind() == reflect.Bool:
		return strconv.FormatBool(field.Bool())
	case field.Kind() == reflect.Float64:
		return strconv.FormatFloat(field.Float(), 'g', -1, 64)
	case field.CanInt():
		return strconv.FormatInt(field.Int(), 10)
	}
	return field.String()
}
