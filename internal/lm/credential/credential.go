// Package credential holds the key to a LogicMonitor account: it reads it from
// values or from files that may change, signs requests with it, and keeps it out
// of every text. It sends nothing and decides nothing about retries.
package credential

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// hidden is what a Secret looks like to every printer.
const hidden = "***"

// A Secret is a string that prints as "***" everywhere: with fmt, slog, JSON and
// YAML. Reveal is the only way to its text.
type Secret string

// Reveal returns the text itself. Use it to sign and nowhere else.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer.
func (Secret) String() string { return hidden }

// GoString implements fmt.GoStringer, for %#v.
func (Secret) GoString() string { return hidden }

// Format implements fmt.Formatter, so that no verb, not even %x, shows the text.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalText implements encoding.TextMarshaler, for JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Config says where the key comes from. Each part is given as a value or as the
// name of a file that holds it, not both. Either both AccessID and AccessKey
// (scheme LMv1) or Bearer must be there; when all are, LMv1 is used.
type Config struct {
	AccessID      Secret
	AccessIDFile  string
	AccessKey     Secret
	AccessKeyFile string
	Bearer        Secret
	BearerFile    string
}

// recheck is how often the files are looked at, at most.
const recheck = time.Second

// A Source gives the current Key. Files are looked at again when a key is asked
// for and a second has passed; no goroutine is needed. A Source is safe for
// concurrent use.
type Source struct {
	config Config
	others []Secret

	mu      sync.Mutex // guards the fields below
	key     Key
	stamps  [3]stamp
	checked time.Time
}

// A stamp tells whether a file changed. Kubernetes replaces mounted Secrets by
// moving a link, so time and size of the file behind the link are enough.
type stamp struct {
	modified time.Time
	size     int64
}

// NewSource reads the key for the first time. The others are secrets that sign
// nothing and must be kept out of texts all the same, the longest first: a proxy's.
func NewSource(config Config, others ...Secret) (*Source, error) {
	for _, part := range []struct {
		name  string
		value Secret
		file  string
	}{
		{"access id", config.AccessID, config.AccessIDFile},
		{"access key", config.AccessKey, config.AccessKeyFile},
		{"bearer token", config.Bearer, config.BearerFile},
	} {
		if part.value != "" && part.file != "" {
			return nil, fmt.Errorf("%s: given both as a value and as file %s: give one", part.name, part.file)
		}
	}
	s := &Source{config: config, others: others}
	stamps, err := s.stat()
	if err != nil {
		return nil, err
	}
	key, err := s.read()
	if err != nil {
		return nil, err
	}
	s.key, s.stamps, s.checked = key, stamps, time.Now()
	return s, nil
}

// Key returns the key to sign with now. While a changed file cannot be read, or
// holds nothing, the last good key stays and the error says so: a rotation in
// two steps must not leave Argus without a key.
func (s *Source) Key() (Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.files() || time.Since(s.checked) < recheck {
		return s.key, nil
	}
	return s.reload()
}

// Refresh looks at the files without waiting for the second to pass, and tells
// whether the key is now another one than used. It is asked after a 401.
func (s *Source) Refresh(used Key) (Key, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files() {
		_, _ = s.reload() // an unreadable file leaves the key as it was
	}
	return s.key, s.key != used
}

func (s *Source) files() bool {
	return s.config.AccessIDFile != "" || s.config.AccessKeyFile != "" || s.config.BearerFile != ""
}

func (s *Source) reload() (Key, error) {
	s.checked = time.Now()
	stamps, err := s.stat()
	if err != nil {
		return s.key, err
	}
	if stamps == s.stamps {
		return s.key, nil
	}
	key, err := s.read()
	if err != nil {
		return s.key, err
	}
	s.key, s.stamps = key, stamps
	return s.key, nil
}

func (s *Source) stat() ([3]stamp, error) {
	var stamps [3]stamp
	for i, name := range []string{s.config.AccessIDFile, s.config.AccessKeyFile, s.config.BearerFile} {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return stamps, fmt.Errorf("look at credential file: %w", err)
		}
		stamps[i] = stamp{modified: info.ModTime(), size: info.Size()}
	}
	return stamps, nil
}

func (s *Source) read() (Key, error) {
	id, errID := readPart(s.config.AccessID, s.config.AccessIDFile)
	key, errKey := readPart(s.config.AccessKey, s.config.AccessKeyFile)
	bearer, errBearer := readPart(s.config.Bearer, s.config.BearerFile)
	if err := errors.Join(errID, errKey, errBearer); err != nil {
		return Key{}, err
	}
	switch {
	case id != "" && key != "":
		return Key{id: id, key: key, others: &s.others}, nil
	case bearer != "":
		return Key{bearer: bearer, others: &s.others}, nil
	case id != "":
		return Key{}, errors.New("an access id without an access key: give both, or a bearer token")
	case key != "":
		return Key{}, errors.New("an access key without an access id: give both, or a bearer token")
	default:
		return Key{}, errors.New("no credentials: give an access id and an access key, or a bearer token")
	}
}

// maxFile bounds a credential file, in bytes: a wrong path must not fill memory.
const maxFile = 64 << 10

func readPart(value Secret, file string) (Secret, error) {
	if file == "" {
		return Secret(strings.TrimSpace(string(value))), nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("look at credential file: %w", err)
	}
	if info.Size() > maxFile {
		return "", fmt.Errorf("credential file %s: %d bytes, want at most %d", file, info.Size(), maxFile)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read credential file: %w", err)
	}
	trimmed := strings.TrimSpace(string(text))
	if trimmed == "" {
		return "", fmt.Errorf("credential file %s is empty", file)
	}
	return Secret(trimmed), nil
}
