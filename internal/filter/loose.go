package filter

import "strings"

// fold is what the first Argus made of every text before it compared.
func fold(r byte) byte {
	if r == '.' || r == '-' {
		return '_'
	}
	return r
}

// looseEqual compares a value with a rule's text, in which '_' stands for '_',
// '.' or '-'.
func looseEqual(text, value string) bool {
	if len(text) != len(value) {
		return false
	}
	for i := range len(text) {
		if text[i] != value[i] && (text[i] != '_' || fold(value[i]) != '_') {
			return false
		}
	}
	return true
}

// loosePattern makes '_' in a regular expression stand for '_', '.' or '-'. The
// result may be no pattern, where '_' is part of a name or a range.
func loosePattern(pattern string) string {
	var b strings.Builder
	inClass, escaped := false, false
	for i := range len(pattern) {
		c := pattern[i]
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '_' && inClass && !nextToDash(pattern, i):
			b.WriteString(`_.\-`)
			continue
		case c == '_' && !inClass:
			b.WriteString(`[_.-]`)
			continue
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		}
		b.WriteByte(c)
	}
	return b.String()
}

// nextToDash says whether the character may be an end of a range.
func nextToDash(pattern string, i int) bool {
	return i > 0 && pattern[i-1] == '-' || i+1 < len(pattern) && pattern[i+1] == '-'
}
