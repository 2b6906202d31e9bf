package e2e_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mount is where a pod finds its ServiceAccount. client-go looks nowhere else.
const mount = "/var/run/secrets/kubernetes.io/serviceaccount"

// enterPod is what the test binary does as a child: it gives itself a mount
// namespace in which the folder named by childEnv is the ServiceAccount's, and
// becomes the program of its arguments. The machine's own files are not touched.
func enterPod() int {
	err := becomePod(os.Getenv(childEnv), os.Args[1:])
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func becomePod(files string, command []string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	var contents [][]byte
	names := []string{"token", "ca.crt", "namespace"}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(files, name))
		if err != nil {
			return err
		}
		contents = append(contents, content)
	}
	if err := syscall.Mount("tmpfs", "/var/run", "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("mount over /var/run: %w", err)
	}
	if err := os.MkdirAll(mount, 0o755); err != nil {
		return err
	}
	for i, name := range names {
		if err := os.WriteFile(filepath.Join(mount, name), contents[i], 0o600); err != nil {
			return err
		}
	}
	return syscall.Exec(command[0], command, os.Environ())
}

// inPod is a command that runs a program as in a pod, with these files mounted.
// As an ordinary user it needs a user namespace of its own.
func inPod(tb testing.TB, files string, command ...string) *exec.Cmd {
	tb.Helper()
	self, err := os.Executable()
	must(tb, err)
	cmd := exec.Command(self, command...)
	cmd.Env = []string{childEnv + "=" + files}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// Without --kubeconfig Argus takes the token, the CA and the namespace of its
// pod's ServiceAccount, and the address that the kubelet puts into the
// environment; and it acts as the holder of the Lease, which it gives back.
func TestInCluster(t *testing.T) {
	p := newPortal(t)
	files := t.TempDir()
	for name, content := range map[string][]byte{"token": []byte(deployed(t)), "ca.crt": kube.CA(), "namespace": []byte("argus")} {
		must(t, os.WriteFile(filepath.Join(files, name), content, 0o600))
	}
	address, err := url.Parse(kube.URL())
	must(t, err)
	s := setup{portal: p, cluster: "pod", kubeconfig: "-", env: map[string]string{
		"KUBERNETES_SERVICE_HOST": address.Hostname(), "KUBERNETES_SERVICE_PORT": address.Port(),
	}}
	a := s.launch(t, inPod(t, files, append([]string{program.File(t)}, s.args(t, "run")...)...))
	p.awaitEqual(t, "pod")
	a.awaitIdle(t)
	if got := leaseHolder(t); got == "" {
		t.Error("nobody holds the Lease while Argus acts")
	}
	a.Stop(t)
	if got := leaseHolder(t); got != "" {
		t.Errorf("the Lease is held by %q after the end, want it given back", got)
	}
	if _, err := os.Stat(mount); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s of this machine: got %v, want that it does not exist", mount, err)
	}
}

// leaseHolder is who holds the Lease of the replicas.
func leaseHolder(tb testing.TB) string {
	tb.Helper()
	lease, err := kube.client.CoordinationV1().Leases("argus").Get(tb.Context(), "argus", metav1.GetOptions{})
	must(tb, err)
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}
