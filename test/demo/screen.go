package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// quietFor is how long a status stands before a screen that is no terminal gets
// another line of it.
const quietFor = 5 * time.Second

// A screen takes lines, and below them one status line that is written over and
// over. Where that cannot be done the status becomes a line now and then. It is
// safe for concurrent use, and a Writer of whole lines.
type screen struct {
	out   io.Writer
	width func() int // columns of a terminal; 0 for anything else

	mu     sync.Mutex // guards what follows
	status string     // as it stands below the last line
	shown  time.Time  // when a status last became a line
	last   string     // what it said
}

// newScreen writes to a file; the status line is there if that is a terminal.
func newScreen(f *os.File) *screen {
	s := &screen{out: f, width: func() int { return 0 }}
	if term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		s.width = func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil || width <= 0 {
				return 80
			}
			return width
		}
	}
	return s
}

// say writes a line above the status.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprintf(s.out, format+"\n", args...)
	s.draw()
}

// Write implements io.Writer for programs that tell how far they are.
func (s *screen) Write(p []byte) (int, error) {
	s.say("%s", strings.TrimRight(string(p), "\n"))
	return len(p), nil
}

// show sets the status.
func (s *screen) show(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.width() > 0 {
		if status != s.status {
			s.erase()
			s.status = status
			s.draw()
		}
		return
	}
	if now := time.Now(); status != s.last && now.Sub(s.shown) >= quietFor {
		s.shown, s.last = now, status
		fmt.Fprintln(s.out, "  "+status)
	}
}

// clear takes the status away.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.status = ""
}

func (s *screen) erase() {
	if s.status != "" {
		fmt.Fprint(s.out, "\r\x1b[K")
	}
}

func (s *screen) draw() {
	if s.status != "" {
		fmt.Fprint(s.out, cut(s.status, s.width()-1))
	}
}

// cut shortens a text to a number of columns.
func cut(text string, columns int) string {
	if utf8.RuneCountInString(text) <= columns {
		return text
	}
	return string([]rune(text)[:max(0, columns-1)]) + "…"
}
