package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// redacted stands for a secret wherever something is printed.
const redacted = "***"

// Secret is a value that must not be shown: every usual way to print it gives
// "***", or nothing when it is empty. Reveal is the one way to its content.
type Secret struct{ value string }

// NewSecret hides a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value, to be sent to whom it belongs.
func (s Secret) Reveal() string { return s.value }

// IsZero says whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

// String hides the value.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.String()) }

// Format hides the value from every verb.
func (s Secret) Format(f fmt.State, verb rune) {
	switch verb {
	case 'q':
		_, _ = fmt.Fprintf(f, "%q", s.String())
	case 'v':
		if f.Flag('#') {
			_, _ = fmt.Fprint(f, s.GoString())
			return
		}
		fallthrough
	default:
		_, _ = fmt.Fprint(f, s.String())
	}
}

// MarshalText hides the value from JSON, YAML and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the value.
func (s Secret) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", s.String()), nil }

// MarshalYAML hides the value.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue hides the value from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// A Source is where a credential comes from: a value, or a file that is read
// whenever the credential is needed, so that it can be exchanged without a
// restart. The zero Source has neither.
type Source struct {
	// Value is the credential itself; empty when File is set.
	Value Secret
	// File holds the credential; blanks and line ends around it do not count.
	File string
	// From is the name of the environment variable that gave it.
	From string
}

// IsZero says whether there is neither a value nor a file.
func (s Source) IsZero() bool { return s.Value.IsZero() && s.File == "" }

// Read returns the credential as it is now. The error names the variable and the
// file.
func (s Source) Read() (Secret, error) {
	if s.File == "" {
		return s.Value, nil
	}
	content, err := os.ReadFile(s.File)
	if err != nil {
		return Secret{}, fmt.Errorf("read the file that %s names: %w", s.From, err)
	}
	value := strings.TrimSpace(string(content))
	if value == "" {
		return Secret{}, fmt.Errorf("read the file that %s names, %s: %w", s.From, s.File, errEmptyFile)
	}
	return NewSecret(value), nil
}

var errEmptyFile = errors.New("it is empty")
