package telemetry_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/argus-k8s/argus/internal/telemetry"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		`roles/shop/"käse" 日本`:      `roles/shop/"käse" 日本`,
		"a\nb\tc\r\u2028d":          "a b c  d",
		"\x1b[2J\x1b]0;title\adone": "\ufffd[2J\ufffd]0;title\ufffddone",
		"abc\u202egnp.exe":          "abc\ufffdgnp.exe", // shown from right to left
		"\u009b31m":                 "\ufffd31m",
		"a\xffb":                    "a\ufffdb",
	} {
		if got := telemetry.Printable(text); got != want {
			t.Errorf("Printable(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("roles/shop/web")
	f.Add("\x1b[2J\u009b\u202e\n\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := telemetry.Printable(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) && r != utf8.RuneError }) {
			t.Errorf("Printable(%q) = %q: it steers the terminal", text, got)
		}
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(text) || telemetry.Printable(got) != got {
			t.Errorf("Printable(%q) = %q, want a character for each, and the same the second time", text, got)
		}
	})
}
