package filter

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a piece of an expression is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenKey // a variable in brackets
	tokenText
	tokenNumber
	tokenOperator // with parentheses and the comma
)

type token struct {
	kind       tokenKind
	text       string // what it means: without quotes, brackets, escapes
	number     float64
	start, end int // bytes of the expression
}

// is says whether the token is this operator.
func (t token) is(operator string) bool { return t.kind == tokenOperator && t.text == operator }

// symbols by length, longest first, so that the first that fits is right.
var symbols = [...]string{
	"==", "!=", ">=", "<=", "=~", "!~", "&&", "||", "<<", ">>", "**", "??",
	">", "<", "!", "(", ")", ",", "?", ":", "+", "-", "*", "/", "%", "&", "|", "^", "~",
}

// fail is a fault at a byte of an expression, before its place is known.
type fail struct {
	offset        int
	problem, mend string
}

func (f fail) Error() string { return f.problem }

// lexer cuts an expression into tokens, as govaluate does, except that a bare
// name may hold '.', '-' and '/', so that a label's key is one token, and that
// a text is never taken for a date.
type lexer struct {
	text   string
	at     int
	tokens []token
}

// maxTokens bounds the work for one expression.
const maxTokens = 4000

func lex(text string) ([]token, error) {
	if !utf8.ValidString(text) {
		return nil, fail{0, "the rule is not UTF-8", "write it anew"}
	}
	l := &lexer{text: text}
	for {
		l.at += len(text[l.at:]) - len(strings.TrimLeftFunc(text[l.at:], unicode.IsSpace))
		if len(l.tokens) > maxTokens {
			return nil, fail{l.at, "the rule is too long", "split it into several"}
		}
		start := l.at
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		t.start, t.end = start, l.at
		l.tokens = append(l.tokens, t)
		if t.kind == tokenEnd {
			return l.tokens, nil
		}
	}
}

func (l *lexer) next() (token, error) {
	if l.at == len(l.text) {
		return token{kind: tokenEnd}, nil
	}
	r, _ := utf8.DecodeRuneInString(l.text[l.at:])
	switch {
	case r == '"' || r == '\'':
		return l.quoted(tokenText, isQuote, `this text has no end`, `close it with "`)
	case r == '[':
		return l.quoted(tokenKey, func(r rune) bool { return r == ']' }, "this bracket is not closed", "close it with ]")
	case unicode.IsLetter(r):
		return l.word(), nil
	case r >= '0' && r <= '9' || r == '.':
		return l.number()
	}
	for _, operator := range symbols {
		if strings.HasPrefix(l.text[l.at:], operator) {
			l.at += len(operator)
			return token{kind: tokenOperator, text: operator}, nil
		}
	}
	problem, mend := "unexpected "+strconv.QuoteRune(r), "put texts in quotes, and keys with special characters in brackets"
	if r == '=' {
		problem, mend = "a single =", "compare with =="
	}
	return token{}, fail{l.at, problem, mend}
}

func isQuote(r rune) bool { return r == '"' || r == '\'' }

// quoted reads up to the closing character. Either quote closes a text, as in
// govaluate. A backslash makes the next character an ordinary one.
func (l *lexer) quoted(kind tokenKind, closes func(rune) bool, problem, mend string) (token, error) {
	var b strings.Builder
	start, escaped := l.at, false
	for i, r := range l.text[start+1:] {
		switch {
		case escaped:
			escaped = false
			b.WriteRune(r)
		case r == '\\':
			escaped = true
		case closes(r):
			l.at = start + 1 + i + 1
			return token{kind: kind, text: b.String()}, nil
		default:
			b.WriteRune(r)
		}
	}
	return token{}, fail{start, problem, mend}
}

// word reads a bare name: letters, digits, '_' and what label keys hold.
func (l *lexer) word() token {
	var b strings.Builder
	escaped := false
	for i, r := range l.text[l.at:] {
		switch {
		case escaped:
			escaped = false
			b.WriteRune(r)
		case r == '\\':
			escaped = true
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-/", r):
			b.WriteRune(r)
		default:
			l.at += i
			return token{kind: tokenWord, text: b.String()}
		}
	}
	l.at = len(l.text)
	return token{kind: tokenWord, text: b.String()}
}

func (l *lexer) number() (token, error) {
	start := l.at
	isHex := strings.HasPrefix(l.text[start:], "0x")
	if isHex {
		l.at += 2
	}
	for l.at < len(l.text) && (l.text[l.at] == '.' || unicode.Is(unicode.ASCII_Hex_Digit, rune(l.text[l.at])) && (isHex || l.text[l.at] <= '9')) {
		l.at++
	}
	digits := l.text[start:l.at]
	var value float64
	var err error
	if isHex {
		var whole uint64
		whole, err = strconv.ParseUint(digits[2:], 16, 64)
		value = float64(whole)
	} else {
		value, err = strconv.ParseFloat(digits, 64)
	}
	if err != nil {
		return token{}, fail{start, "not a number: " + digits, "put it in quotes to compare text"}
	}
	return token{kind: tokenNumber, text: digits, number: value}, nil
}
