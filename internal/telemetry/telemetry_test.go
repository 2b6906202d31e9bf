package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNewLogger_format(t *testing.T) {
	for format, wantJSON := range map[string]bool{FormatAuto: true, FormatJSON: true, FormatText: false, "": true} {
		var out bytes.Buffer
		var level slog.LevelVar
		log := NewLogger(&out, format, &level)
		log.Debug("hidden")
		level.Set(slog.LevelDebug)
		log.Debug("seen", KeyKind, "pods")
		if got := json.Valid(out.Bytes()); got != wantJSON {
			t.Errorf("format %q to a buffer: JSON %v, want %v: %s", format, got, wantJSON, &out)
		}
		if text := out.String(); strings.Contains(text, "hidden") || !strings.Contains(text, "seen") {
			t.Errorf("format %q: got %q, want the line after the level changed only", format, text)
		}
	}
}

func TestParseLevel(t *testing.T) {
	for word, want := range map[string]slog.Level{
		"trace": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn,
		"warning": slog.LevelWarn, "error": slog.LevelError, "fatal": slog.LevelError, "panic": slog.LevelError, "": slog.LevelInfo,
	} {
		if got := ParseLevel(word); got != want {
			t.Errorf("ParseLevel(%q) = %v, want %v", word, got, want)
		}
	}
}

// say is one record at a second of the test.
type say struct {
	second int
	level  slog.Level
	text   string
	attrs  []any
}

func TestRepeatHandler(t *testing.T) {
	down := errors.New("account is down")
	tests := map[string]struct {
		say  []say
		want []string
	}{
		"the same error once a minute, with the number held back": {
			say: []say{
				{0, slog.LevelError, "list", []any{KeyError, down, KeyAttempt, 1}},
				{1, slog.LevelError, "list", []any{KeyError, down, KeyAttempt, 2}},
				{2, slog.LevelError, "list", []any{KeyError, down, KeyAttempt, 3}},
				{61, slog.LevelInfo, "other", nil},
				{62, slog.LevelError, "list", []any{KeyError, down, KeyAttempt, 4}},
				{122, slog.LevelInfo, "other", nil},
			},
			want: []string{
				`level=ERROR msg=list error="account is down" attempt=1`,
				`level=ERROR msg=list error="account is down" attempt=3 repeated=2`,
				`level=INFO msg=other`,
				`level=ERROR msg=list error="account is down" attempt=4 repeated=1`,
				`level=INFO msg=other`,
			},
		},
		"what differs is written": {
			say: []say{
				{0, slog.LevelWarn, "list", []any{KeyError, down}},
				{0, slog.LevelError, "list", []any{KeyError, down}},
				{0, slog.LevelWarn, "get", []any{KeyError, down}},
				{0, slog.LevelWarn, "list", []any{KeyError, errors.New("up")}},
			},
			want: []string{
				`level=WARN msg=list error="account is down"`, `level=ERROR msg=list error="account is down"`,
				`level=WARN msg=get error="account is down"`, `level=WARN msg=list error=up`,
			},
		},
		"information is never held back": {
			say:  []say{{0, slog.LevelInfo, "a", nil}, {0, slog.LevelInfo, "a", nil}},
			want: []string{"level=INFO msg=a", "level=INFO msg=a"},
		},
		"an error that stopped is new when it returns": {
			say:  []say{{0, slog.LevelWarn, "a", nil}, {61, slog.LevelWarn, "a", nil}},
			want: []string{"level=WARN msg=a", "level=WARN msg=a"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			handler := NewRepeatHandler(plain(&out), time.Minute)
			for _, s := range test.say {
				record := slog.NewRecord(time.Unix(int64(s.second), 0), s.level, s.text, 0)
				record.Add(s.attrs...)
				if err := handler.Handle(context.Background(), record); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(test.want, strings.Split(strings.TrimSpace(out.String()), "\n")); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func plain(out *bytes.Buffer) slog.Handler {
	return slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
}

func TestRepeatHandler_with(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(NewRepeatHandler(plain(&out), time.Minute))
	for range 2 {
		log.With(KeyKind, "pods").Warn("a")
		log.With(KeyKind, "nodes").Warn("a")
		log.WithGroup("g").Warn("a", KeyKind, "pods")
	}
	want := "level=WARN msg=a kind=pods\nlevel=WARN msg=a kind=nodes\nlevel=WARN msg=a g.kind=pods\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestRepeatHandler_isBounded(t *testing.T) {
	var out bytes.Buffer
	handler := NewRepeatHandler(plain(&out), time.Minute)
	log := slog.New(handler)
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range maxRepeats {
				log.Warn("a", KeyCount, fmt.Sprint(worker, "/", i))
			}
		})
	}
	wait.Wait()
	if got := len(handler.shared.seen); got > maxRepeats {
		t.Errorf("remembers %d lines, want at most %d", got, maxRepeats)
	}
	if got, want := strings.Count(out.String(), "\n"), 4*maxRepeats; got != want {
		t.Errorf("wrote %d lines, want all %d, which differ", got, want)
	}
}

func TestVersion(t *testing.T) {
	b := Version()
	if b.Version == "" || b.GoVersion == "" {
		t.Errorf("Version() = %+v, want a version and a compiler", b)
	}
	if got, want := (Build{"v1.2.3", "abc", "go1.26"}).String(), "argus v1.2.3 (abc, go1.26)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNewRegistry(t *testing.T) {
	registry := NewRegistry()
	for _, name := range []string{"argus_build_info", "go_goroutines", "process_start_time_seconds"} {
		if n, err := testutil.GatherAndCount(registry, name); err != nil || n != 1 {
			t.Errorf("%s: %d metrics, %v; want 1", name, n, err)
		}
	}
}

func TestCatalog_Markdown(t *testing.T) {
	var c Catalog
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "argus_z", Help: "A gauge."})
	c.MustRegister(
		gauge,
		prometheus.NewCounterVec(prometheus.CounterOpts{Name: "argus_a_total", Help: `Calls, by "what" | who.`}, []string{"kind", "op"}),
		prometheus.NewHistogram(prometheus.HistogramOpts{Name: "argus_m_seconds", Help: "Times."}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "argus_f", Help: "Asked."}, func() float64 { return 1 }),
		prometheus.NewCounter(prometheus.CounterOpts{Name: "argus_gone_total", Help: "Gone."}),
	)
	if !c.Unregister(c.collectors[4]) || c.Unregister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "argus_never"})) {
		t.Error("Unregister: want true for what is there and false for what is not")
	}
	got, err := c.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	want := "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n" +
		"| `argus_a_total` | counter | `kind`, `op` | Calls, by \"what\" \\| who. |\n" +
		"| `argus_f` | gauge |  | Asked. |\n| `argus_m_seconds` | histogram |  | Times. |\n| `argus_z` | gauge |  | A gauge. |\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Markdown() (-want +got):\n%s", diff)
	}
}
