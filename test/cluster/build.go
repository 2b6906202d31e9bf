package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// program is a component and the package it is built from.
type program struct {
	component Component
	path      string
	// cold is what building took on two cores with an empty build cache.
	cold time.Duration
}

// programs lists them in the order of building. Each profits from what the
// earlier ones left in Go's build cache.
func programs() []program {
	return []program{
		{Etcd, "go.etcd.io/etcd/server/v3", 80 * time.Second},
		{APIServer, "k8s.io/kubernetes/cmd/kube-apiserver", 7 * time.Minute},
		{ControllerManager, "k8s.io/kubernetes/cmd/kube-controller-manager", 3 * time.Minute},
		{Scheduler, "k8s.io/kubernetes/cmd/kube-scheduler", 20 * time.Second},
		{KWOK, "sigs.k8s.io/kwok/cmd/kwok", 30 * time.Second},
	}
}

// buildFlags are those of go build, for a version of Kubernetes.
func buildFlags(version string) []string {
	return []string{"-trimpath", "-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion=" + version}
}

// builder builds programs of a module into a folder.
type builder struct {
	module   string
	dir      string
	progress io.Writer
}

// buildMissing builds what the folder lacks.
func (b builder) buildMissing(ctx context.Context) error {
	version, err := b.list(ctx, "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return err
	}
	var left time.Duration
	for _, p := range programs() {
		if len(missing(b.dir, []Component{p.component})) > 0 {
			left += p.cold
		}
	}
	if left > 0 {
		fmt.Fprintf(b.progress, "building Kubernetes %s from its Go modules: with a cold build cache on 2 cores "+
			"about %s, once; later starts take seconds\n", version, minutes(left))
	}
	for i, p := range programs() {
		if _, err := os.Stat(filepath.Join(b.dir, string(p.component))); err == nil {
			continue
		}
		if err := b.build(ctx, i, p, version); err != nil {
			return err
		}
	}
	if _, err := os.Stat(stagesFolder(b.dir)); err == nil {
		return nil
	}
	kwok, err := b.list(ctx, "{{.Dir}}", "sigs.k8s.io/kwok")
	if err != nil {
		return err
	}
	return copyStages(kwok, stagesFolder(b.dir))
}

// build builds one program and puts it in place when it is complete.
func (b builder) build(ctx context.Context, i int, p program, version string) error {
	title := fmt.Sprintf("building %s (%d of %d)", p.component, i+1, len(programs()))
	fmt.Fprintf(b.progress, "%s, the first time takes about %s on 2 cores\n", title, minutes(p.cold))
	temporary := filepath.Join(b.dir, "."+string(p.component)+".new")
	defer os.Remove(temporary) // nothing is there once it was renamed
	// -mod overrides what GOFLAGS may say.
	args := append([]string{"build", "-mod=readonly", "-o", temporary}, buildFlags(version)...)

	start := time.Now()
	done := make(chan error, 1)
	go func() { done <- b.run(ctx, io.Discard, append(args, p.path)...) }()
	ticker := time.NewTicker(15 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			fmt.Fprintf(b.progress, "%s, the first time takes about %s on 2 cores; %s so far\n",
				title, minutes(p.cold), time.Since(start).Round(time.Second))
		case err := <-done:
			if err != nil {
				return err
			}
			if err := os.Rename(temporary, filepath.Join(b.dir, string(p.component))); err != nil {
				return fmt.Errorf("put %s in place: %w", p.component, err)
			}
			fmt.Fprintf(b.progress, "built %s in %s\n", p.component, time.Since(start).Round(time.Second))
			return nil
		}
	}
}

// list asks go list for one property of a module that the pinned one requires.
func (b builder) list(ctx context.Context, format, module string) (string, error) {
	var out bytes.Buffer
	if err := b.run(ctx, &out, "list", "-mod=readonly", "-m", "-f", format, module); err != nil {
		return "", err
	}
	value := strings.TrimSpace(out.String())
	if value == "" {
		return "", fmt.Errorf("go list -m -f %s %s: no answer", format, module)
	}
	return value, nil
}

// run runs the go command in the pinned module. Its error holds all that the
// command had to say.
func (b builder) run(ctx context.Context, stdout io.Writer, args ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.module
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+b.module)
	cmd.Stdout, cmd.Stderr = stdout, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), errors.Join(err, context.Cause(ctx)), said.String())
	}
	return nil
}

// minutes rounds up to what a person wants to know: "1 minute", "8 minutes".
func minutes(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n == 1 {
		return "1 minute"
	}
	return fmt.Sprintf("%d minutes", n)
}

// lockFile takes an exclusive lock that ends with this process at the latest,
// and calls waiting once if somebody else holds it.
func lockFile(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock cache folder: %w", err)
	}
	told := false
	err = poll(ctx, nil, func(context.Context) error {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil && !told {
			told = true
			waiting()
		}
		return err
	})
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("lock cache folder: %w", err)
	}
	return func() { file.Close() }, nil
}
