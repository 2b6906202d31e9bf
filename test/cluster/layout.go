package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// layout says where a cluster's files and ports are.
type layout struct {
	dir    string
	binDir string
	ports  ports
}

func (l layout) bin(c Component) string  { return filepath.Join(l.binDir, string(c)) }
func (l layout) log(c Component) string  { return filepath.Join(l.dir, "logs", string(c)+".log") }
func (l layout) pki(name string) string  { return filepath.Join(l.dir, "pki", name) }
func (l layout) etc(name string) string  { return filepath.Join(l.dir, "etc", name) }
func (l layout) data(c Component) string { return filepath.Join(l.dir, "data", string(c)) }
func (l layout) kubeconfig() string      { return filepath.Join(l.dir, "kubeconfig") }
func (l layout) url() string             { return "https://" + loopback(l.ports.apiServer) }
func (l layout) etcdURL() string         { return "http://" + loopback(l.ports.etcd) }
func (l layout) etcdPeerURL() string     { return "http://" + loopback(l.ports.etcdPeer) }
func (l layout) stages() string          { return stagesFolder(l.binDir) }
func stagesFolder(binDir string) string  { return filepath.Join(binDir, "stages") }
func loopback(port int) string           { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// readiness returns the address that answers 200 once the component works.
func (l layout) readiness(c Component) string {
	switch c {
	case Etcd:
		return l.etcdURL() + "/readyz"
	case ControllerManager:
		return "https://" + loopback(l.ports.controllerManager) + "/healthz"
	case Scheduler:
		return "https://" + loopback(l.ports.scheduler) + "/readyz"
	case KWOK:
		return "http://" + loopback(l.ports.kwok) + "/readyz"
	default:
		return l.url() + "/readyz"
	}
}

// makeFolders makes the folders, readable by this user alone: keys lie there.
func (l layout) makeFolders() error {
	for _, name := range []string{"logs", "pki", "etc", "data"} {
		if err := os.MkdirAll(filepath.Join(l.dir, name), 0o700); err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
	}
	return nil
}

// ports are the loopback ports of one cluster.
type ports struct {
	etcd, etcdPeer, apiServer, controllerManager, scheduler, kwok int
}

func (p *ports) all() []*int {
	return []*int{&p.etcd, &p.etcdPeer, &p.apiServer, &p.controllerManager, &p.scheduler, &p.kwok}
}

// freePorts asks the kernel for ports nobody listens on, all at once so that
// they differ.
func freePorts() (ports, error) {
	var p ports
	for _, port := range p.all() {
		l, err := net.Listen("tcp", loopback(0))
		if err != nil {
			return ports{}, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

// taken tells, once our programs have ended, which port somebody else holds.
func (p ports) taken() (int, bool) {
	for _, port := range p.all() {
		l, err := net.Listen("tcp", loopback(*port))
		if err == nil {
			l.Close()
			continue
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			return *port, true
		}
	}
	return 0, false
}

// portTakenError says that a start failed because another program took one of
// the ports chosen for it.
type portTakenError struct {
	port int
	err  error
}

func (e *portTakenError) Error() string {
	return fmt.Sprintf("port %d was taken by another program: %v", e.port, e.err)
}

func (e *portTakenError) Unwrap() error { return e.err }
