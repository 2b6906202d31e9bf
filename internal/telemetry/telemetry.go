// Package telemetry is what Argus tells about itself: the logger and the list of
// keys its lines may have, the registry of metrics, and the version of the
// build. It decides nothing and knows nothing of Kubernetes or LogicMonitor.
package telemetry

import (
	"io"
	"log/slog"
	"os"
	"time"

	"golang.org/x/term"
)

// Formats of log lines. Auto is text on a terminal and JSON otherwise.
const (
	FormatAuto = "auto"
	FormatText = "text"
	FormatJSON = "json"
)

// repeatWindow is how long the same warning is held back after it was written.
const repeatWindow = time.Minute

// NewLogger returns a logger that writes lines of a format to w; an unknown
// format is taken as auto. level may be changed while it runs. Warnings and
// errors that repeat within a minute are counted instead of written.
func NewLogger(w io.Writer, format string, level *slog.LevelVar) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: seconds}
	if format == FormatText || format != FormatJSON && isTerminal(w) {
		return slog.New(NewRepeatHandler(slog.NewTextHandler(w, options), repeatWindow))
	}
	return slog.New(NewRepeatHandler(slog.NewJSONHandler(w, options), repeatWindow))
}

// seconds writes durations as people and Prometheus do, and not in nanoseconds.
func seconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	}
	return a
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// ParseLevel reads the words for levels, those of older versions too: trace is
// debug, fatal and panic are error. Every other word is info.
func ParseLevel(word string) slog.Level {
	switch word {
	case "debug", "trace":
		return slog.LevelDebug
	case "warn", "warning":
		return slog.LevelWarn
	case "error", "fatal", "panic":
		return slog.LevelError
	}
	return slog.LevelInfo
}
