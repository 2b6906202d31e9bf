package telemetry

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes foreign text fit for a line on a terminal: what would end the
// line is a blank, and what would steer the terminal, or show text in another
// order, a replacement character. Log lines need none of it; their handlers quote.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return utf8.RuneError
	}, text)
}
