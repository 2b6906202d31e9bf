package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lookup answers like os.LookupEnv.
func lookup(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := vars[name]; return value, ok }
}

func TestReadEnvironment_faults(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	token := map[string]string{"ACCOUNT": "acme", "ACCESS_ID": "id", "ACCESS_KEY": "canary"}
	with := func(more ...string) map[string]string {
		vars := map[string]string{}
		for k, v := range token {
			vars[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			vars[more[i]] = more[i+1]
		}
		return vars
	}
	tests := map[string]struct {
		vars map[string]string
		url  string
		want []string // variable names of the faults
	}{
		"complete":                            {vars: token},
		"bearer is enough":                    {vars: map[string]string{"ACCOUNT": "acme", "BEARER_TOKEN": "canary"}},
		"nothing set names both":              {want: []string{"ACCOUNT", "ACCESS_ID, ACCESS_KEY"}},
		"empty is not set":                    {vars: with("ACCOUNT", " ", "ACCESS_KEY", ""), want: []string{"ACCOUNT", "ACCESS_KEY"}},
		"half a token":                        {vars: with("ACCESS_ID", ""), want: []string{"ACCESS_ID"}},
		"a URL needs no account":              {vars: with("ACCOUNT", ""), url: "http://127.0.0.1:1"},
		"a host is no account":                {vars: with("ACCOUNT", "acme.logicmonitor.com"), want: []string{"ACCOUNT"}},
		"an account cannot leave its host":    {vars: with("ARGUS_ACCOUNT", "evil.example/"), want: []string{"ARGUS_ACCOUNT"}},
		"a domain must be one of the portals": {vars: with("COMPANY_DOMAIN", "logicmonitor.co"), want: []string{"COMPANY_DOMAIN"}},
		"another domain":                      {vars: with("COMPANY_DOMAIN", "LMGOV.us")},
		"a file that is not there":            {vars: with("ACCESS_KEY_FILE", missing), want: []string{"ACCESS_KEY_FILE"}},
		"a proxy password alone":              {vars: with("PROXY_PASS", "canary"), want: []string{"PROXY_USER"}},
		"a collector that is no number":       {vars: with("COLLECTOR_ID", "x"), want: []string{"COLLECTOR_ID"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := Default()
			c.LM.URL = test.url
			err := c.ReadEnvironment(lookup(test.vars))
			var faults Faults
			var got []string
			if errors.As(err, &faults) {
				for _, f := range faults {
					got = append(got, f.Path)
					if f.Mend == "" || strings.Contains(f.Error(), "canary") {
						t.Errorf("fault %q: want a mend and no secret", f)
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ReadEnvironment: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestReadEnvironment_precedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(" from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"ACCOUNT": "acme", "ACCESS_ID": "id"}
	// Each step adds a variable that wins over all before it.
	for _, step := range []struct{ name, value, want string }{
		{"ACCESS_KEY", "plain", "plain"},
		{"ACCESS_KEY_FILE", file, "from-file"},
		{"ARGUS_ACCESS_KEY", "prefixed", "prefixed"},
		{"ARGUS_ACCESS_KEY_FILE", file, "from-file"},
	} {
		vars[step.name] = step.value
		c := Default()
		if err := c.ReadEnvironment(lookup(vars)); err != nil {
			t.Fatal(err)
		}
		got, err := c.Credentials.AccessKey.Read()
		if err != nil || got.Reveal() != step.want || c.Credentials.AccessKey.From != step.name {
			t.Errorf("with %s: got %q from %s, %v; want %q", step.name, got.Reveal(), c.Credentials.AccessKey.From, err, step.want)
		}
	}
}

func TestReadEnvironment_proxyOfTheChart(t *testing.T) {
	vars := map[string]string{
		"ACCOUNT": "acme", "BEARER_TOKEN": "t",
		"PROXY_USER": "plain", "PROXY_USER_FROM_SECRET": "generic", "PROXY_USER_FROM_SECRET_ARGUS": "special",
	}
	for _, want := range []string{"PROXY_USER_FROM_SECRET_ARGUS", "PROXY_USER_FROM_SECRET", "PROXY_USER"} {
		c := Default()
		if err := c.ReadEnvironment(lookup(vars)); err != nil {
			t.Fatal(err)
		}
		if got := c.Credentials.ProxyUser.From; got != want {
			t.Errorf("proxy user from %s, want %s", got, want)
		}
		delete(vars, want)
	}
}

func TestReadEnvironment_collectorAndNotices(t *testing.T) {
	c := Default()
	err := c.ReadEnvironment(lookup(map[string]string{
		"ACCOUNT": "acme", "ACCESS_ID": "id", "ACCESS_KEY": "canary", "BEARER_TOKEN": "canary", "COLLECTOR_ID": "17",
	}))
	if err != nil || c.LM.CollectorID != 17 {
		t.Errorf("collector %d, %v; want 17", c.LM.CollectorID, err)
	}
	if len(c.Notices) != 1 || c.Notices[0].Path != "BEARER_TOKEN" {
		t.Errorf("notices %v, want one about the token that is not used", c.Notices)
	}
}

func TestSource_Read(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	s := Source{File: file, From: "ACCESS_KEY_FILE"}
	for _, want := range []string{"one", "two"} { // exchanged while running
		if err := os.WriteFile(file, []byte(want+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Read(); err != nil || got.Reveal() != want {
			t.Errorf("Read() = %q, %v; want %q", got.Reveal(), err, want)
		}
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(); err == nil || !strings.Contains(err.Error(), "ACCESS_KEY_FILE") {
		t.Errorf("an empty file: got %v, want an error that names the variable", err)
	}
}

func TestPortalURL(t *testing.T) {
	tests := map[string]string{
		"":                                    "https://acme.lmgov.us",
		"http://127.0.0.1:8/":                 "http://127.0.0.1:8",
		"https://gw.example/lm/santaba/rest/": "https://gw.example/lm",
	}
	for given, want := range tests {
		c := Config{Credentials: Credentials{Account: "acme", Domain: "lmgov.us"}}
		c.LM.URL = given
		if got := c.PortalURL(); got != want {
			t.Errorf("PortalURL with lm.url %q = %q, want %q", given, got, want)
		}
	}
}
