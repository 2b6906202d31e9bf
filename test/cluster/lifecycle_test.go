package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// stubborn is a program that ignores a polite request to end, has a child, and
// writes its process ID into the file beside it.
const stubborn = "#!/bin/sh\ntrap '' TERM\necho $$ > \"$0.pid\"\nsleep 1000 &\nwait\nwait\n"

// patient is a program that runs until it is asked to end.
const patient = "#!/bin/sh\necho $$ > \"$0.pid\"\nexec sleep 1000\n"

// programsFolder makes a folder of programs that are shell scripts.
func programsFolder(t *testing.T, scripts map[Component]string) string {
	t.Helper()
	dir := t.TempDir()
	for component, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, string(component)), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// eventually waits until what returns nil; the limit only bounds a failure.
func eventually(t *testing.T, what func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := poll(ctx, nil, what); err != nil {
		t.Fatal(err)
	}
}

// gone tells whether no process with that ID is left, a zombie aside that
// nobody waits for: in a container the first process may not.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}

func TestStartWithBrokenProgramFailsAndLeavesNothing(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	binDir := programsFolder(t, map[Component]string{
		Etcd:      patient,
		APIServer: "#!/bin/sh\nuntil [ -s ${0%/*}/etcd.pid ]; do :; done\necho boom >&2\nexit 3\n",
	})
	c, err := Start(t.Context(), Options{BinDir: binDir, Components: []Component{APIServer}})
	if err == nil {
		t.Fatalf("Start succeeded, want an error; stop: %v", c.Stop())
	}
	var exit *ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("Start: got error %v, want an *ExitError", err)
	}
	if exit.Component != APIServer || exit.Log != "boom" {
		t.Errorf("got %s with log %q, want %s with log %q", exit.Component, exit.Log, APIServer, "boom")
	}
	content, err := os.ReadFile(filepath.Join(binDir, "etcd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	if !gone(pid) {
		t.Errorf("process %d of etcd is left", pid)
	}
	if got := entries(t, temporary); len(got) > 0 {
		t.Errorf("got %v left in the temporary folder, want nothing", got)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	binDir := programsFolder(t, map[Component]string{Etcd: patient, APIServer: patient})
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	_, err := Start(ctx, Options{BinDir: binDir, Components: []Component{APIServer}})
	if !errors.Is(err, enough) {
		t.Errorf("got error %v, want %v", err, enough)
	}
	if got := entries(t, temporary); len(got) > 0 {
		t.Errorf("got %v left in the temporary folder, want nothing", got)
	}
}

func TestStartNamesMissingPrograms(t *testing.T) {
	script := map[Component]string{Etcd: patient, APIServer: patient}
	cases := map[string]struct {
		options Options
		scripts map[Component]string
		assets  bool // give the folder by environment
		want    []string
	}{
		"given folder, nothing in it": {
			want: []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "stages"},
		},
		"given folder, only what is needed counts": {
			options: Options{Components: []Component{Scheduler}}, scripts: script,
			want: []string{"kube-scheduler"},
		},
		"environment, the minimum is there": {
			scripts: script, assets: true,
			want: []string{"kube-controller-manager", "kube-scheduler", "kwok", "stages"},
		},
		"environment, nothing in it": {
			options: Options{Components: []Component{APIServer}}, assets: true,
			want: []string{"etcd", "kube-apiserver"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := programsFolder(t, tc.scripts)
			if tc.assets {
				t.Setenv(AssetsEnv, dir)
			} else {
				tc.options.BinDir = dir
			}
			_, err := Start(t.Context(), tc.options)
			var lacks *MissingError
			if !errors.As(err, &lacks) {
				t.Fatalf("got error %v, want a *MissingError", err)
			}
			if diff := cmp.Diff(tc.want, lacks.Missing); diff != "" {
				t.Errorf("missing programs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingIsLeftOfAKilledTest(t *testing.T) {
	binDir := programsFolder(t, map[Component]string{Etcd: stubborn, APIServer: patient})
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+binDir, "TMPDIR="+t.TempDir())
	out, err := child.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v", err)
	}
	var pid int
	var dir string
	if _, err := fmt.Sscan(string(out), &pid, &dir); err != nil {
		t.Fatalf("the child said %q: %v", out, err)
	}
	eventually(t, func(context.Context) error {
		if !gone(pid) {
			return fmt.Errorf("process %d is left", pid)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			return fmt.Errorf("folder %s is left: %s", dir, fmt.Sprint(err))
		}
		return nil
	})
}

func TestTakenPortIsFound(t *testing.T) {
	p, err := freePorts()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", loopback(p.scheduler))
	if err != nil {
		t.Fatal(err)
	}
	if port, taken := p.taken(); !taken || port != p.scheduler {
		t.Errorf("somebody listens on %d: got %d, %t", p.scheduler, port, taken)
	}
	l.Close()
	if port, taken := p.taken(); taken {
		t.Errorf("nobody listens: got port %d taken", port)
	}
}

// TestStartTriesOtherPorts takes a port from a start that has just chosen it.
// The second try fails for another reason and is the last.
func TestStartTriesOtherPorts(t *testing.T) {
	binDir := programsFolder(t, map[Component]string{
		Etcd:      "#!/bin/sh\necho \"$@\" >> \"$0.args\"\nuntil [ -e \"$0.go\" ]; do :; done\nexit 1\n",
		APIServer: patient,
	})
	started := make(chan error, 1)
	go func() {
		_, err := Start(t.Context(), Options{BinDir: binDir, Components: []Component{APIServer}})
		started <- err
	}()
	starts := func() []string {
		content, _ := os.ReadFile(filepath.Join(binDir, "etcd.args"))
		return strings.SplitAfter(string(content), "\n")[:strings.Count(string(content), "\n")]
	}
	var port int
	eventually(t, func(context.Context) error {
		if len(starts()) == 0 {
			return errors.New("etcd is not started")
		}
		_, flag, _ := strings.Cut(starts()[0], "--listen-client-urls=http://127.0.0.1:")
		_, err := fmt.Sscan(flag, &port)
		return err
	})
	l, err := net.Listen("tcp", loopback(port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.WriteFile(filepath.Join(binDir, "etcd.go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var exit *ExitError
	var taken *portTakenError
	if err := <-started; !errors.As(err, &exit) || errors.As(err, &taken) {
		t.Errorf("got error %v, want the second try's *ExitError", err)
	}
	if got := len(starts()); got != 2 {
		t.Errorf("etcd was started %d times, want 2", got)
	}
}

func TestExistingNeedsKubeconfig(t *testing.T) {
	t.Setenv("KUBECONFIG", "")
	if _, err := Start(t.Context(), Options{Existing: true}); err == nil || !strings.Contains(err.Error(), "set KUBECONFIG") {
		t.Errorf("got error %v, want one that says what to set", err)
	}
}
