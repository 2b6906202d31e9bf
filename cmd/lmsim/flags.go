package main

import (
	"flag"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// config is what the flags and the environment say.
type config struct {
	listen, admin string
	tls           bool
	caFile        string
	stateFile     string
	stateEvery    time.Duration
	unlimited     bool
	window        int
	verbose       bool
	seed          lmsim.Seed
	switches      lmsim.Switches
	tokens        []lmsim.Token
}

// parse reads flags and environment. Secrets come by the environment only, so that they never
// stand in a process list.
func parse(args, environ []string, stderr io.Writer) (config, error) {
	c := config{switches: lmsim.DefaultSwitches()}
	fs := flag.NewFlagSet("lmsim", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&c.listen, "listen", "127.0.0.1:8480", "address of the account's REST API; port 0 picks a free one")
	fs.StringVar(&c.admin, "admin", "127.0.0.1:8481", "address of the admin API and the page; it asks for no credential")
	fs.BoolVar(&c.tls, "tls", false, "serve the REST API over TLS with a certificate made at start")
	fs.StringVar(&c.caFile, "ca-file", "", "where to write the certificate authority that made it (with -tls)")
	fs.StringVar(&c.stateFile, "state", "", "file that keeps the account across restarts")
	fs.DurationVar(&c.stateEvery, "state-every", 10*time.Second, "how often the file is written while things change")
	fs.BoolVar(&c.unlimited, "unlimited", false, "no rate limits")
	fs.IntVar(&c.window, "window", 60, "window of the rate limits in seconds")
	fs.BoolVar(&c.verbose, "verbose", false, "log every call")
	fs.IntVar(&c.seed.Collectors, "seed-collectors", 1, "collectors that are up at the start of a fresh account")
	fs.IntVar(&c.seed.Foreign, "seed-foreign", 0, "devices of somebody else at the start of a fresh account")
	fs.IntVar(&c.seed.Pods, "seed-pods", 0, "Kubernetes pods at the start of a fresh account")
	fs.IntVar(&c.seed.Namespaces, "seed-namespaces", 10, "namespaces the seeded pods are spread over")
	fs.StringVar(&c.seed.Cluster, "seed-cluster", "seeded", "cluster of the seeded pods")
	switchFlags(fs, reflect.ValueOf(&c.switches).Elem())
	if err := fs.Parse(args); err != nil {
		return c, err
	}
	if fs.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if c.stateEvery <= 0 {
		return c, fmt.Errorf("state-every %v is not a time between writes", c.stateEvery)
	}
	c.tokens = tokens(environ)
	return c, c.switches.Validate()
}

// switchFlags makes one flag of every switch: its JSON name, its help.
func switchFlags(fs *flag.FlagSet, v reflect.Value) {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if field.Anonymous {
			switchFlags(fs, value)
			continue
		}
		name, help := field.Tag.Get("json"), field.Tag.Get("help")
		switch p := value.Addr().Interface().(type) {
		case *bool:
			fs.BoolVar(p, name, *p, help)
		case *int:
			fs.IntVar(p, name, *p, help)
		case *uint64:
			fs.Uint64Var(p, name, *p, help)
		case *float64:
			fs.Float64Var(p, name, *p, help)
		case *string:
			fs.StringVar(p, name, *p, help)
		}
	}
}

// tokens reads the credentials the account accepts; none means the demo token.
func tokens(environ []string) []lmsim.Token {
	env := map[string]string{}
	for _, e := range environ {
		k, v, _ := strings.Cut(e, "=")
		env[k] = v
	}
	t := lmsim.Token{Name: "given", AccessID: env["LMSIM_ACCESS_ID"], AccessKey: env["LMSIM_ACCESS_KEY"],
		Bearer: env["LMSIM_BEARER_TOKEN"], Role: lmsim.Administrator()}
	if t.Bearer == "" && (t.AccessID == "" || t.AccessKey == "") {
		return nil
	}
	return []lmsim.Token{t}
}
