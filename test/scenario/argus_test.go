package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// argus is the program of a scenario: a process of its own.
type argus struct {
	story   *story
	process *exec.Cmd
	log     *os.File
	starts  int // how often its loops have begun
}

// logFile is all that Argus has said, over its restarts.
func (s *story) logFile() string { return filepath.Join(s.dir, "argus.log") }

// base is what every configuration has; the file of a scenario has the rest. One
// that is about the cluster's name has that too.
const (
	base     = "server: {address: \"127.0.0.1:0\"}\n"
	baseName = "clusterName: demo\n"
)

// prepare writes the configuration to begin with: the file's config.yaml, if it
// has one.
func (s *story) prepare() error {
	content, err := os.ReadFile(filepath.Join(s.dir, "config.yaml"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	text := base
	if !strings.Contains(string(content), "clusterName:") {
		text += baseName
	}
	if err := os.WriteFile(filepath.Join(s.dir, "base.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	return s.configure(content)
}

// configure replaces the configuration in one step.
func (s *story) configure(content []byte) error {
	file := filepath.Join(s.dir, "current.yaml")
	if err := os.WriteFile(file+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (s *story) argusCmd(ts *testscript.TestScript, neg bool, args []string) {
	a := s.argus
	if neg && (len(args) == 0 || args[0] != "config" && args[0] != "start") {
		ts.Fatalf("only argus config and argus start can be negated")
	}
	command(ts, args, map[string]func([]string){
		"start": func(args []string) {
			want(ts, args, 0, "argus start")
			ts.Check(a.start())
			if neg {
				a.refuses(ts)
			} else {
				eventually(ts, a.synced)
			}
		},
		"stop": func(args []string) {
			want(ts, args, 0, "argus stop")
			ts.Check(a.stop())
		},
		"kill": func([]string) { a.kill() },
		"restart": func(args []string) {
			want(ts, args, 0, "argus restart")
			ts.Check(a.stop())
			ts.Check(a.start())
			eventually(ts, a.synced)
		},
		"config": func(args []string) {
			want(ts, args, 1, "argus config FILE")
			a.config(ts, neg, args[0])
		},
		"idle": func(args []string) {
			want(ts, args, 0, "argus idle")
			eventually(ts, a.idle)
		},
		"plan": func(args []string) { a.plan(ts, args) },
	})
}

// command is Argus with a subcommand.
func (a *argus) command(ctx context.Context, name string) (*exec.Cmd, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, name, "--kubeconfig", a.story.cluster.kubeconfig(), "--lm-url", a.story.portal.server.URL,
		"--config", filepath.Join(a.story.dir, "base.yaml"), "--config", filepath.Join(a.story.dir, "current.yaml"))
	id, key := credentials()
	cmd.Env = append(os.Environ(), programEnv+"=1", "ACCESS_ID="+id, "ACCESS_KEY="+key, "COLLECTOR_ID=1")
	return cmd, nil
}

func (a *argus) start() (err error) {
	if a.process != nil {
		return errors.New("argus runs already")
	}
	if a.log, err = os.OpenFile(a.story.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	if a.process, err = a.command(context.Background(), "run"); err != nil {
		return err
	}
	a.process.Stderr = a.log
	a.starts++
	return a.process.Start()
}

// stop ends it as Kubernetes does, and expects it to end well.
func (a *argus) stop() error {
	if a.process == nil {
		return errors.New("argus does not run")
	}
	if err := a.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return a.end()
}

// refuses expects that it ends by itself, with an error.
func (a *argus) refuses(ts *testscript.TestScript) {
	process := a.process.Process
	end := time.AfterFunc(patience, func() { _ = process.Kill() })
	defer end.Stop()
	if err := a.end(); err == nil {
		ts.Fatalf("argus ended well")
	}
}

// kill ends it as the kernel does.
func (a *argus) kill() {
	if a.process == nil {
		return
	}
	_ = a.process.Process.Kill() // it may have ended by itself
	_ = a.end()                  // as it was asked to
}

func (a *argus) end() error {
	err := a.process.Wait()
	a.process = nil
	a.starts = strings.Count(a.said(), messageSynced)
	return errors.Join(err, a.log.Close())
}

// What Argus says.
const (
	messageSynced  = `"msg":"first sync is complete"`
	messageRefused = `"msg":"configuration has faults and is not taken; the one before stays in force"`
)

func (a *argus) said() string {
	text, err := os.ReadFile(a.story.logFile())
	if err != nil {
		return ""
	}
	return string(text)
}

// synced says whether Argus, as it was started or configured last, has mirrored
// everything once.
func (a *argus) synced() error {
	if n := strings.Count(a.said(), messageSynced); n < a.starts {
		return errors.New("the first sync is not complete; argus said:\n" + tail(a.said()))
	}
	return a.idle()
}

// idle says whether Argus has nothing to do. On a cluster that others change there
// is always some group of theirs to wait for.
func (a *argus) idle() error {
	body, err := a.ready()
	if err != nil {
		return err
	}
	lines := []string{"[+]backlog"}
	if !a.story.cluster.shared() {
		lines = append(lines, " 0 changes wait")
	}
	for _, line := range lines {
		if !strings.Contains(body, line) {
			return fmt.Errorf("want %q in:\n%s", line, body)
		}
	}
	return nil
}

// config replaces the configuration, and waits until Argus works with it, or,
// negated, says why it does not.
func (a *argus) config(ts *testscript.TestScript, neg bool, file string) {
	refused := strings.Count(a.said(), messageRefused)
	ts.Check(a.story.configure([]byte(ts.ReadFile(file))))
	switch {
	case a.process == nil:
	case neg:
		eventually(ts, func() error {
			if strings.Count(a.said(), messageRefused) == refused {
				return errors.New("argus has not refused the configuration")
			}
			return nil
		})
	default:
		a.starts++
		eventually(ts, a.synced)
	}
}

// ready is what /readyz says.
func (a *argus) ready() (string, error) {
	var address string
	for line := range strings.Lines(a.said()) {
		var fields struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &fields) == nil && fields.Msg == "argus is starting" {
			address = fields.Address
		}
	}
	if address == "" {
		return "", errors.New("argus has not started; it said:\n" + tail(a.said()))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz?verbose", nil)
	if err != nil {
		return "", err
	}
	request.Close = true // leaves no connection behind
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("%w; argus said:\n%s", err, tail(a.said()))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// tail is the end of a text.
func tail(text string) string {
	const most = 4000
	return text[max(0, len(text)-most):]
}

// readyCmd waits until /readyz?verbose has a line like a pattern, or has none.
func (s *story) readyCmd(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, args, 1, "ready PATTERN")
	pattern := compile(ts, args[0])
	eventually(ts, func() error {
		body, err := s.argus.ready()
		if err == nil && pattern.MatchString(body) == neg {
			err = fmt.Errorf("/readyz says:\n%s", body)
		}
		return err
	})
}

// logCmd waits until Argus has logged a line like a pattern; negated, it looks
// once.
func (s *story) logCmd(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, args, 1, "log PATTERN")
	pattern := compile(ts, args[0])
	if neg {
		if found := pattern.FindString(s.argus.said()); found != "" {
			ts.Fatalf("argus said: %s", found)
		}
		return
	}
	eventually(ts, func() error {
		if !pattern.MatchString(s.argus.said()) {
			return fmt.Errorf("argus did not say %q but:\n%s", args[0], tail(s.argus.said()))
		}
		return nil
	})
}

func compile(ts *testscript.TestScript, pattern string) *regexp.Regexp {
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	return re
}

// plan runs argus plan and expects an exit code; stdout is then what it printed.
func (a *argus) plan(ts *testscript.TestScript, args []string) {
	want(ts, args, 1, "argus plan CODE")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd, err := a.command(ctx, "plan")
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("argus plan: %v", err)
	}
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("argus plan ended with code %s, want %s", got, args[0])
	}
}

// poll asks until check is content.
func poll(check func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Millisecond) // between two looks
	}
}
