package appliesto

import "strings"

type kind int

const (
	end kind = iota
	word
	text
	number
	operator
)

type token struct {
	kind   kind
	text   string
	offset int
}

// lex cuts an expression into tokens; the last one is always end.
func lex(s string) ([]token, error) {
	var out []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '"' || c == '\'':
			content, n, ok := lexString(s[i:])
			if !ok {
				return nil, &SyntaxError{Offset: i, Reason: "string is not closed"}
			}
			out = append(out, token{text, content, i})
			i += n
		case isDigit(c):
			n := span(s[i:], func(c byte) bool { return isDigit(c) || c == '.' })
			out = append(out, token{number, s[i : i+n], i})
			i += n
		case isLetter(c):
			n := span(s[i:], func(c byte) bool { return isLetter(c) || isDigit(c) || c == '.' })
			out = append(out, token{word, s[i : i+n], i})
			i += n
		default:
			op := lexOperator(s[i:])
			if op == "" {
				return nil, &SyntaxError{Offset: i, Reason: "unexpected character " + quoteShort(s[i:i+1])}
			}
			out = append(out, token{operator, op, i})
			i += len(op)
		}
	}
	return append(out, token{kind: end, offset: len(s)}), nil
}

func lexOperator(s string) string {
	for _, op := range []string{"==", "!=", "=~", "!~", ">=", "<=", "&&", "||", ">", "<", "!", "(", ")", ","} {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

// lexString reads a quoted string. A backslash escapes a quote or a backslash; before anything
// else it stays, so that regular expressions read naturally.
func lexString(s string) (content string, length int, ok bool) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return b.String(), i + 1, true
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == quote || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func span(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}
