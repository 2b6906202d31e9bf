package filter

import (
	"regexp"
	"slices"
	"strings"

	"github.com/argus-k8s/argus/internal/kind"
)

// words is a value that has several names: a kind with its aliases, the kinds of
// an object's owners. It equals a text if one of them does, in any case.
type words []string

func (w words) any(test func(string) bool) bool { return slices.ContainsFunc(w, test) }

// lowerer replaces in a checked tree what the engine does not know: names become
// variables, comparisons of type and owner and comparisons that are loose or do
// not mind case become calls.
type lowerer struct {
	dialect
	labels  []string
	notices []string
}

func (l *lowerer) lower(n *node) *node {
	switch n.kind {
	case nodeVariable:
		return l.variable(n)
	case nodeBinary:
		if call := l.comparison(n); call != nil {
			return call
		}
	case nodeCall:
		return l.contains(n)
	case nodeLiteral, nodeUnary, nodeTernary, nodeList:
	}
	out := *n
	out.kids = make([]*node, len(n.kids))
	for i, kid := range n.kids {
		out.kids[i] = l.lower(kid)
	}
	return &out
}

func (l *lowerer) variable(n *node) *node {
	out := *n
	switch {
	case l.ignore:
		out.text = varKey
	case n.text == "name":
		out.text = varName
	case n.text == "namespace" || n.text == "ns":
		out.text = varNamespace
	case n.text == "type" && !l.loose:
		out.text = varType
	case n.text == "owner" && !l.loose:
		out.text = varOwner
	default:
		out.text = prefixLabel + n.text
		if !slices.Contains(l.labels, n.text) {
			l.labels = append(l.labels, n.text)
		}
	}
	return &out
}

// comparison is the call for a comparison that is not the engine's, or nil.
func (l *lowerer) comparison(n *node) *node {
	subject, others := n.kids[0], n.kids[1:]
	switch n.text {
	case "in":
		others = n.kids[1].kids
	case "==", "!=":
		if subject.kind == nodeLiteral {
			subject, others = n.kids[1], n.kids[:1]
		}
	case "=~", "!~":
		return l.matching(n)
	default:
		return nil
	}
	texts, ok := literals(others)
	if !ok || subject.is != typeText {
		return nil
	}
	equal := l.equality(subject, texts)
	if equal == nil {
		return nil
	}
	return l.call(n, subject, equal, n.text == "!=")
}

// equality is the test of one value against texts, or nil if the engine's will
// do.
func (l *lowerer) equality(subject *node, texts []string) func(string) bool {
	switch {
	case l.ignore || l.isWords(subject):
		if l.isWords(subject) && subject.text == "type" {
			l.checkKinds(texts)
		}
		return func(value string) bool {
			return slices.ContainsFunc(texts, func(text string) bool { return strings.EqualFold(text, value) })
		}
	case l.loose && slices.ContainsFunc(texts, hasUnderscore):
		l.noteLoose()
		return func(value string) bool {
			return slices.ContainsFunc(texts, func(text string) bool { return looseEqual(text, value) })
		}
	}
	return nil
}

func hasUnderscore(text string) bool { return strings.Contains(text, "_") }

func (l *lowerer) noteLoose() {
	l.notices = append(l.notices, "in rules under a kind _ stands for any of _ - .")
}

func (l *lowerer) checkKinds(texts []string) {
	for _, text := range texts {
		if _, err := kind.Parse(text); err != nil {
			l.notices = append(l.notices, err.Error()+": the comparison of type with it is never true"+suggestKind(text))
		}
	}
}

// matching is a regular expression that the engine cannot apply by itself: to
// words, without regard to case, with a loose pattern, or with a pattern that is
// known only later and may be none.
func (l *lowerer) matching(n *node) *node {
	subject, pattern := n.kids[0], n.kids[1]
	text, isLiteral := pattern.value.(string)
	if !isLiteral {
		call := &node{kind: nodeCall, is: typeBool, start: n.start, end: n.end, kids: []*node{l.lower(subject), l.lower(pattern)}}
		negate := n.text == "!~"
		call.apply = func(args ...any) bool { return matchLate(args[0], args[1]) != negate }
		return call
	}
	compiled := regexp.MustCompile(text) // it was compiled to check it
	if matchesAll(compiled) {
		return &node{kind: nodeLiteral, is: typeBool, value: n.text == "=~", start: n.start, end: n.end}
	}
	switch {
	case l.ignore:
		return l.call(n, subject, matchKey(compiled), n.text == "!~")
	case l.loose && strings.ContainsAny(text, "_.-/"):
		if hasUnderscore(text) {
			l.noteLoose()
			compiled = or(regexp.Compile(loosePattern(text)))(compiled)
		} else {
			l.notices = append(l.notices, "the pattern is matched as written; older releases first made _ of its . and -")
		}
	case !l.isWords(subject):
		return nil
	}
	return l.call(n, subject, compiled.MatchString, n.text == "!~")
}

// matchKey matches a key, which is in lower case, with a pattern in any. Most
// patterns are plain texts.
func matchKey(pattern *regexp.Regexp) func(string) bool {
	if plain, complete := pattern.LiteralPrefix(); complete {
		plain = strings.ToLower(plain)
		return func(key string) bool { return strings.Contains(key, plain) }
	}
	return or(regexp.Compile("(?i)" + pattern.String()))(pattern).MatchString
}

// or takes the pattern that compiled, or the one there is.
func or(better *regexp.Regexp, err error) func(*regexp.Regexp) *regexp.Regexp {
	return func(have *regexp.Regexp) *regexp.Regexp {
		if err != nil {
			return have
		}
		return better
	}
}

func matchLate(value, pattern any) bool {
	text, isText := value.(string)
	source, isSource := pattern.(string)
	compiled, err := regexp.Compile(source)
	return isText && isSource && err == nil && compiled.MatchString(text)
}

// isWords says whether a part is a variable with several names.
func (l *lowerer) isWords(n *node) bool {
	return n.kind == nodeVariable && !l.loose && !l.ignore && (n.text == "type" || n.text == "owner")
}

// call is a test of one value, negated or not.
func (l *lowerer) call(n, subject *node, test func(string) bool, negate bool) *node {
	argument := l.lower(subject)
	if l.isWords(subject) {
		argument.text = "*" + subject.text
	}
	return &node{
		kind: nodeCall, is: typeBool, start: n.start, end: n.end, kids: []*node{argument},
		apply: func(args ...any) bool { return test1(args[0], test) != negate },
	}
}

func test1(value any, test func(string) bool) bool {
	switch v := value.(type) {
	case string:
		return test(v)
	case words:
		return v.any(test)
	}
	return false
}

// contains says whether a value is among the words of a comma list.
func (l *lowerer) contains(n *node) *node {
	subject, list := n.kids[0], n.kids[1]
	if text, ok := list.value.(string); ok {
		texts := commaList(text)
		if l.isWords(subject) && subject.text == "type" {
			l.checkKinds(texts)
		}
		return l.call(n, subject, memberOf(texts), false)
	}
	out := &node{kind: nodeCall, is: typeBool, start: n.start, end: n.end, kids: []*node{l.lower(subject), l.lower(list)}}
	if l.isWords(subject) {
		out.kids[0].text = "*" + subject.text
	}
	out.apply = func(args ...any) bool {
		text, ok := args[1].(string)
		return ok && test1(args[0], memberOf(commaList(text)))
	}
	return out
}

func memberOf(texts []string) func(string) bool {
	return func(value string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.EqualFold(text, value) })
	}
}

func commaList(text string) []string {
	var list []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// literals are the texts of nodes that are all texts.
func literals(nodes []*node) ([]string, bool) {
	texts := make([]string, 0, len(nodes))
	for _, n := range nodes {
		text, ok := n.value.(string)
		if n.kind != nodeLiteral || !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}
