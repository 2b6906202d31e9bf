package cluster

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// janitor cleans up after this process when it cannot do so itself: killed,
// out of memory, a panic in some goroutine, a test's time limit. It is a shell
// that reads from a pipe; the kernel closes our end of it however we end. (A
// parent-death signal would end the programs, too, but exists on Linux only,
// follows the thread and not the process, and removes no folder.)
type janitor struct {
	cmd *exec.Cmd

	mu   sync.Mutex // guards pipe
	pipe io.WriteCloser
}

// janitorScript reads "watch ID" and "forget ID" until the pipe closes, kills
// the process groups still watched, and removes the folder $1, if any. A
// dying program may still write into it, hence more than one try.
const janitorScript = `
groups=
while read -r verb id; do
	rest=
	for g in $groups; do [ "$g" = "$id" ] || rest="$rest $g"; done
	groups=$rest
	[ "$verb" = forget ] || groups="$groups $id"
done
for g in $groups; do kill -KILL "-$g"; done
[ -n "$1" ] || exit 0
for try in 1 2 3 4 5; do
	rm -rf -- "$1" && exit 0
	sleep 1
done
`

// startJanitor starts a janitor that removes folder at the end; empty means
// that no folder is removed.
func startJanitor(folder string) (*janitor, error) {
	cmd := exec.Command("/bin/sh", "-c", janitorScript, "argus-cluster-janitor", folder)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not reach it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start janitor: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start janitor: %w", err)
	}
	return &janitor{cmd: cmd, pipe: pipe}, nil
}

// watch puts a process group under the janitor's eye.
func (j *janitor) watch(group int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := fmt.Fprintf(j.pipe, "watch %d\n", group); err != nil {
		return fmt.Errorf("tell janitor: %w", err)
	}
	return nil
}

// forget takes a process group that is gone off the janitor's list, so that a
// later process with that ID is safe. A janitor already dismissed forgot it.
func (j *janitor) forget(group int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = fmt.Fprintf(j.pipe, "forget %d\n", group)
}

// dismiss lets the janitor do the rest of its work and end.
func (j *janitor) dismiss() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	// Wait closes the pipe only after the end, which closing it brings about.
	if err := j.pipe.Close(); err != nil {
		return fmt.Errorf("dismiss janitor: %w", err)
	}
	if err := j.cmd.Wait(); err != nil {
		return fmt.Errorf("dismiss janitor: %w", err)
	}
	return nil
}
