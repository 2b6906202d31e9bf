package e2e_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/config"
)

// listening are the addresses at which a process accepts connections, as the kernel
// knows them.
func listening(tb testing.TB, pid int) []netip.AddrPort {
	tb.Helper()
	mine := map[string]bool{}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	must(tb, err)
	for _, file := range files {
		if target, err := os.Readlink(file); err == nil { // it may have been closed since
			mine[target] = true
		}
	}
	var all []netip.AddrPort
	for _, family := range []string{"tcp", "tcp6"} {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, family))
		must(tb, err)
		for line := range strings.Lines(string(table)) {
			const listen = "0A"
			fields := strings.Fields(line)
			if len(fields) > 9 && fields[3] == listen && mine["socket:["+fields[9]+"]"] {
				all = append(all, kernelAddress(tb, fields[1]))
			}
		}
	}
	return all
}

// kernelAddress reads an address as /proc writes it: each four bytes backwards.
func kernelAddress(tb testing.TB, text string) netip.AddrPort {
	tb.Helper()
	digits, port, _ := strings.Cut(text, ":")
	raw := make([]byte, len(digits)/2)
	for i := range raw {
		b, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		must(tb, err)
		raw[i/4*4+3-i%4] = byte(b)
	}
	n, err := strconv.ParseUint(port, 16, 16)
	must(tb, err)
	address, ok := netip.AddrFromSlice(raw)
	if !ok {
		tb.Fatalf("%q is no address", text)
	}
	return netip.AddrPortFrom(address.Unmap(), uint16(n))
}

// Argus listens at the one address that is configured and nowhere else, with or
// without profiles; the default of that address is loopback's.
func TestSockets(t *testing.T) {
	address, err := netip.ParseAddrPort(config.Default().Server.Address)
	if err != nil || !address.Addr().IsLoopback() || config.Default().Profiling.Enable {
		t.Errorf("by default: listens at %s (%v), profiles are %t; want loopback, and none", address, err, config.Default().Profiling.Enable)
	}
	for name, more := range map[string]string{"without profiles": "", "with profiles": "profiling: {enable: true}\n"} {
		t.Run(name, func(t *testing.T) {
			a := setup{portal: newPortal(t), cluster: "sockets", config: more}.startProcess(t)
			a.awaitIdle(t)
			want, err := a.Address()
			must(t, err)
			if got := listening(t, a.child.PID()); len(got) != 1 || got[0].String() != want || !got[0].Addr().IsLoopback() {
				t.Errorf("listens at %v, want %s alone", got, want)
			}
		})
	}
}
