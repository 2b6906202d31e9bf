package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/test/cluster"
)

func TestBuildPrintsTheFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(cluster.AssetsEnv, dir)
	var stdout bytes.Buffer
	if err := run(t.Context(), []string{"-build"}, &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got, want := stdout.String(), dir+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestServeUntilTheContextEnds(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	ctx, interrupt := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-nodes", "1"}, writer, os.Stderr)
		writer.Close()
	}()
	var kubeconfig string
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		if path, ok := strings.CutPrefix(lines.Text(), "export KUBECONFIG="); ok {
			kubeconfig = path
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the kubeconfig printed: %v", err)
			}
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			interrupt()
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("got error %v, want none after an interrupt", err)
	}
	interrupt()
	if _, err := os.Stat(kubeconfig); kubeconfig == "" || !os.IsNotExist(err) {
		t.Errorf("kubeconfig %q is left (%v)", kubeconfig, err)
	}
}
