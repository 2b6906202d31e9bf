package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// mutant is one fault that is planted.
type mutant struct {
	name   string
	why    string   // what it does, for a person
	breaks []string // the promises and the classes of faults: I5, F8
	origin string   // where the first Argus was like that, or empty
	hangs  bool     // nothing but a test that never ends can show it
	runs   []trial
	edits  []edit
}

// trial is one way to notice a mutant: a package and flags for its tests.
type trial struct {
	pkg   string
	flags string
}

func (t trial) String() string { return strings.TrimSpace(t.pkg + " " + t.flags) }

// edit is what a mutant changes in one file.
type edit struct {
	file  string // from the root of the repository
	hunks []hunk
}

// hunk is a piece of text that stands in a file exactly once, and what stands
// there instead.
type hunk struct{ old, new string }

// errStale says that a mutant's text is not in the source any more.
var errStale = errors.New("stale")

// folder holds the mutants, from the root of the repository.
const folder = "test/mutants/testdata"

// load reads the mutants whose names match, in order of name.
func load(root string, match *regexp.Regexp) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(root, folder, "*.txtar"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if !match.MatchString(name) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m, err := parse(name, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no mutant in %s matches %q", filepath.Join(root, folder), match)
	}
	return all, nil
}

var label = regexp.MustCompile(`^[IF][0-9]+$`)

// parse reads a mutant: sentences, then "word: value" lines, then a patch without
// line numbers for each file.
func parse(name string, text []byte) (mutant, error) {
	m := mutant{name: name}
	archive := txtar.Parse(text)
	for line := range strings.Lines(string(archive.Comment)) {
		if err := m.line(strings.TrimSpace(line)); err != nil {
			return mutant{}, err
		}
	}
	for _, f := range archive.Files {
		hunks, err := parseHunks(string(f.Data))
		if err != nil {
			return mutant{}, fmt.Errorf("%s: %w", f.Name, err)
		}
		m.edits = append(m.edits, edit{f.Name, hunks})
	}
	switch {
	case m.why == "":
		return mutant{}, errors.New("say first what it does")
	case len(m.breaks) == 0:
		return mutant{}, errors.New("no breaks: name a promise (I5) or a class of faults (F8)")
	case len(m.runs) == 0:
		return mutant{}, errors.New("no run: name a package whose tests notice it")
	case len(m.edits) == 0:
		return mutant{}, errors.New("it changes nothing")
	}
	return m, nil
}

// line takes one line above the patches.
func (m *mutant) line(line string) error {
	key, value, found := strings.Cut(line, ": ")
	switch {
	case line == "":
	case found && key == "breaks":
		m.breaks = strings.Fields(value)
		for _, b := range m.breaks {
			if !label.MatchString(b) {
				return fmt.Errorf("breaks %q: want promises (I5) and classes of faults (F8)", b)
			}
		}
	case found && key == "origin":
		m.origin = value
	case found && key == "hangs":
		m.hangs = true
	case found && key == "run":
		pkg, flags, _ := strings.Cut(value, " ")
		m.runs = append(m.runs, trial{pkg, flags})
	case len(m.breaks) > 0 || len(m.runs) > 0:
		return fmt.Errorf("what is %q: want breaks, origin, hangs or run", line)
	default:
		m.why = strings.TrimSpace(m.why + " " + line)
	}
	return nil
}

// parseHunks reads a patch without line numbers: lines that begin with a blank
// stay, those with "-" go, those with "+" come, and "@@" begins another hunk.
func parseHunks(text string) ([]hunk, error) {
	var hunks []hunk
	var h hunk
	flush := func() error {
		switch {
		case h == hunk{}:
			return nil
		case h.old == "" || h.old == h.new:
			return fmt.Errorf("a hunk that finds or changes nothing: %q", h.new)
		}
		hunks, h = append(hunks, h), hunk{}
		return nil
	}
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "@@"):
			if err := flush(); err != nil {
				return nil, err
			}
		case strings.HasPrefix(line, "-"):
			h.old += line[1:]
		case strings.HasPrefix(line, "+"):
			h.new += line[1:]
		case strings.HasPrefix(line, " "):
			h.old, h.new = h.old+line[1:], h.new+line[1:]
		case line == "\n":
			h.old, h.new = h.old+line, h.new+line
		default:
			return nil, fmt.Errorf("line %q begins with none of blank, - and +", line)
		}
	}
	return hunks, flush()
}

// apply returns the text with every hunk in place. Each must be found exactly
// once, or the mutant is stale.
func apply(text string, hunks []hunk) (string, error) {
	for _, h := range hunks {
		// Whole lines only: a hunk begins where a line does.
		if n := strings.Count("\n"+text, "\n"+h.old); n != 1 {
			return "", fmt.Errorf("%w: this stands there %d times, want once:\n%s", errStale, n, h.old)
		}
		text = strings.Replace("\n"+text, "\n"+h.old, "\n"+h.new, 1)[1:]
	}
	return text, nil
}

// mutate returns the files of a mutant as they are with it, by name.
func (m *mutant) mutate(root string) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range m.edits {
		text, err := os.ReadFile(filepath.Join(root, e.file))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errStale, err)
		}
		if files[e.file], err = apply(string(text), e.hunks); err != nil {
			return nil, fmt.Errorf("%s: %w", e.file, err)
		}
	}
	return files, nil
}

// breaksNone are the promises and classes of faults that no mutant breaks.
func breaksNone(all []mutant) []string {
	var none []string
	for _, group := range []struct {
		letter string
		most   int
	}{{"I", 14}, {"F", 28}} {
		for n := 1; n <= group.most; n++ {
			name := fmt.Sprint(group.letter, n)
			if !slices.ContainsFunc(all, func(m mutant) bool { return slices.Contains(m.breaks, name) }) {
				none = append(none, name)
			}
		}
	}
	return none
}
