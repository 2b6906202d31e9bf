package filter

import (
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/argus-k8s/argus/internal/kind"
)

// plainNames lets a CEL expression say namespace, which CEL reserves: outside of
// texts and comments it becomes ns, and blanks, so that places stay.
func plainNames(text string) string {
	const long, short = "namespace", "ns       "
	var b strings.Builder
	for at := 0; at < len(text); {
		if n := skip(text[at:]); n > 0 {
			b.WriteString(text[at : at+n])
			at += n
			continue
		}
		n := 0
		for at+n < len(text) && isNameByte(text[at+n]) {
			n++
		}
		if text[at:at+n] == long {
			b.WriteString(short)
		} else {
			n = max(n, 1)
			b.WriteString(text[at : at+n])
		}
		at += n
	}
	return b.String()
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// skip is the length of the CEL text or comment that begins here, or 0.
func skip(text string) int {
	if strings.HasPrefix(text, "//") {
		return len(text[:strings.IndexByte(text+"\n", '\n')])
	}
	prefix := 0
	for prefix < len(text) && prefix < 2 && strings.IndexByte("rRbB", text[prefix]) >= 0 {
		prefix++
	}
	raw := strings.ContainsAny(text[:prefix], "rR")
	for _, quote := range []string{`"""`, "'''", `"`, "'"} {
		if strings.HasPrefix(text[prefix:], quote) {
			return prefix + len(quote) + quotedLength(text[prefix+len(quote):], quote, raw)
		}
	}
	return 0
}

// quotedLength is how far a text goes, with its end.
func quotedLength(text, quote string, raw bool) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && !raw:
			i++
		case strings.HasPrefix(text[i:], quote):
			return i + len(quote)
		}
	}
	return len(text)
}

// nameKinds lets kind be compared with any of a kind's names: it replaces the
// name by the one that kind has.
func nameKinds(text string, tree *ast.AST) error {
	var words []ast.Expr
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) { words = append(words, comparedWithKind(e)...) }))
	for _, e := range words {
		word, ok := stringLiteral(e)
		if !ok {
			continue
		}
		k, err := kind.Parse(word)
		if err != nil {
			at, _ := tree.SourceInfo().GetOffsetRange(e.ID())
			return fail{runeOffset(text, int(at.Start)), err.Error() + suggestKind(word), "name a kind"}
		}
		e.SetKindCase(ast.NewExprFactory().NewLiteral(e.ID(), types.String(k.ID)))
	}
	return nil
}

// comparedWithKind is what an expression compares kind with.
func comparedWithKind(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind {
		return nil
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.Equals, operators.NotEquals:
		if isKind(args[0]) {
			return args[1:]
		}
		if isKind(args[1]) {
			return args[:1]
		}
	case operators.In:
		if isKind(args[0]) && args[1].Kind() == ast.ListKind {
			return args[1].AsList().Elements()
		}
	}
	return nil
}

func isKind(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "kind" }

func stringLiteral(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}

// runeOffset is the byte at which the n-th character begins.
func runeOffset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}
