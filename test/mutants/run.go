package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// runner runs tests against mutants. The tree it stands in is never written to:
// go is told to read other files in place of those that a mutant changes.
type runner struct {
	root    string
	timeout time.Duration // of one run
}

// result is what became of a mutant.
type result struct {
	mutant mutant
	caught string // by what, or empty
	err    error  // why it cannot be said whether it is caught
	took   time.Duration
}

// survives says whether the tests let the mutant live.
func (r result) survives() bool { return r.caught == "" && r.err == nil }

// try plants a mutant and runs tests until one notices it.
func (r runner) try(ctx context.Context, m mutant) result {
	began := time.Now()
	caught, err := r.catch(ctx, m)
	return result{m, caught, err, time.Since(began)}
}

func (r runner) catch(ctx context.Context, m mutant) (string, error) {
	dir, err := os.MkdirTemp("", "argus-mutant-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	overlay, err := r.plant(m, dir)
	if err != nil {
		return "", err
	}
	for _, t := range m.runs {
		o, err := r.test(ctx, t, "-count=1", "-overlay="+overlay)
		switch {
		case err != nil:
			return "", fmt.Errorf("%s: %w", t, err)
		case o.verdict == unbuilt:
			return "", fmt.Errorf("it does not compile:\n%s", o.log)
		case o.verdict == absent:
			return "", fmt.Errorf("%s: no test ran", t)
		case o.verdict == timedOut && !m.hangs:
			return "", fmt.Errorf("%s: %s did not end in %v; say hangs if that is how it shows", t, o.by, r.timeout)
		case o.verdict == timedOut:
			return fmt.Sprintf("%s %s (did not end)", t.pkg, o.by), nil
		case o.verdict == failed:
			if o.by == "" {
				o.by = "after its tests: " + lastLine(o.log)
			}
			return t.pkg + " " + o.by, nil
		}
	}
	return "", nil
}

// plant writes the files of a mutant and the overlay that names them.
func (r runner) plant(m mutant, dir string) (overlay string, err error) {
	files, err := m.mutate(r.root)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for name, text := range files {
		copied := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(r.root, name)] = copied
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, data, 0o600)
}

// test runs the tests of one trial.
func (r runner) test(ctx context.Context, t trial, flags ...string) (outcome, error) {
	quiet, err := r.quiet(t.pkg)
	if err != nil {
		return outcome{}, err
	}
	args := slices.Concat([]string{"test", "-json", "-vet=off", "-failfast", "-timeout=" + r.timeout.String()}, flags,
		[]string{t.pkg}, strings.Fields(t.flags), quiet)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "ARGUS_SCENARIO_CLUSTERS=fake", "LMSIM_WITHOUT_CHROMIUM=1")
	// go waits for the test program when it is interrupted.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	exit := new(exec.ExitError)
	switch {
	case ctx.Err() != nil:
		return outcome{}, ctx.Err()
	case err != nil && !errors.As(err, &exit):
		return outcome{}, err
	}
	o, readErr := read(&out)
	if err == nil && readErr == nil && o.verdict == failed {
		return o, errors.New("go test says that a test failed and that none did")
	}
	return o, readErr
}

// quiet are the flags that keep the tests of a package from keeping, in the tree,
// what made them fail, and from drawing something else each time.
func (r runner) quiet(pkg string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(r.root, pkg, "*_test.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		switch {
		case err != nil:
			return nil, err
		case bytes.Contains(text, []byte(`"pgregory.net/rapid"`)):
			return []string{"-rapid.nofailfile", "-rapid.seed=1"}, nil
		case bytes.Contains(text, []byte(`flag.String("keep"`)):
			return []string{"-keep="}, nil
		}
	}
	return nil, nil
}

// control runs the trials of all mutants without any, each once. One that fails
// would notice every mutant, and so none.
func (r runner) control(ctx context.Context, all []mutant, say func(trial, time.Duration)) error {
	done := map[trial]bool{}
	for _, m := range all {
		for _, t := range m.runs {
			if done[t] {
				continue
			}
			done[t] = true
			began := time.Now()
			o, err := r.test(ctx, t)
			switch {
			case err != nil:
				return fmt.Errorf("without any mutant, %s: %w", t, err)
			case o.verdict != passed:
				return fmt.Errorf("without any mutant, %s does not pass:\n%s", t, o.log)
			}
			say(t, time.Since(began))
		}
	}
	return nil
}

func lastLine(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for _, line := range slices.Backward(lines) {
		if line != "FAIL" && !strings.HasPrefix(line, "FAIL\t") && !strings.HasPrefix(line, "exit status") {
			return line
		}
	}
	return log
}
