// Command gen writes docs/metrics.md from the metrics that the code registers.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/argus-k8s/argus/internal/cli"
)

const head = `# Metrics

Argus serves these at /metrics of server.address, beside those of the Go runtime and
of the process. This page is written from the code by "make generate".

`

func main() {
	out := flag.String("o", "", "file to write")
	flag.Parse()
	table, err := cli.MetricsTable()
	if err == nil {
		err = os.WriteFile(*out, []byte(head+table), 0o644) //nolint:gosec // a page for everybody
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
