package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"go.uber.org/goleak"

	"github.com/argus-k8s/argus/internal/resource"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// invoke runs a command line as a process would, with an environment of its own.
func invoke(t *testing.T, environment map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	lookup := func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	}
	code = Main(t.Context(), args, Process{Lookup: lookup, Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

// file writes a file of the test's own.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// golden compares what was printed with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func credentials() map[string]string {
	return map[string]string{"ACCOUNT": "acme", "ACCESS_ID": "canary-id", "ACCESS_KEY": "canary-key"}
}

func TestVersion(t *testing.T) {
	code, stdout, stderr := invoke(t, nil, "version")
	if code != exitOK || !strings.HasPrefix(stdout, "argus ") || strings.Count(stdout, "\n") != 1 || stderr != "" {
		t.Errorf("got code %d, %q, %q, want one line that begins with argus", code, stdout, stderr)
	}
}

// TestBadInput: whatever cannot be, is said on stderr in words that tell what to
// mend, nothing is printed on stdout, and no secret anywhere.
func TestBadInput(t *testing.T) {
	good := file(t, "config.yaml", "clusterName: lab\n")
	bad := file(t, "config.yaml", "clusterName: lab\nlog: {level: loud}\nclusterNam: x\n")
	broken := file(t, "config.yaml", "clusterName: [\n")
	notKubeconfig := file(t, "kubeconfig", "what: ever\n")
	brokenKubeconfig := file(t, "kubeconfig", "clusters: [\n")
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	t.Setenv("KUBECONFIG", notKubeconfig)
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	tests := map[string]struct {
		args        []string
		environment map[string]string
		says        []string
	}{
		"unknown command":        {[]string{"runn"}, nil, []string{`unknown command "runn"`}},
		"unknown flag of run":    {[]string{"run", "--nonsense"}, nil, []string{"--nonsense"}},
		"unknown flag of plan":   {[]string{"plan", "--nonsense"}, nil, []string{"--nonsense"}},
		"flag without its value": {[]string{"plan", "--config"}, nil, []string{"--config"}},
		"flag that is no time":   {[]string{"plan", "--timeout", "soon"}, nil, []string{"soon", "--timeout"}},
		"argument too many":      {[]string{"version", "now"}, nil, []string{"now"}},
		"no file":                {[]string{"run", "--config", missing}, credentials(), []string{"missing.yaml", "no such file", "--config"}},
		"folder without a file":  {[]string{"plan", "--config", t.TempDir()}, credentials(), []string{"config.yaml"}},
		"broken YAML":            {[]string{"run", "--config", broken}, credentials(), []string{"config.yaml:", "not YAML", "look at"}},
		"every fault at once":    {[]string{"run", "--config", bad}, nil, []string{"config.yaml:2:", "log.level", "loud", "config.yaml:3:", "clusterNam", "clusterName"}},
		"no credentials":         {[]string{"run", "--config", good}, nil, []string{"ACCOUNT", "ACCESS_ID", "ACCESS_KEY", "BEARER_TOKEN"}},
		"half of the credentials": {[]string{"plan", "--config", good}, map[string]string{"ACCOUNT": "acme", "ACCESS_ID": "canary-id"},
			[]string{"ACCESS_KEY", "ACCESS_ID"}},
		"account that is a host": {[]string{"plan", "--config", good}, map[string]string{"ACCOUNT": "acme.logicmonitor.com", "BEARER_TOKEN": "canary"},
			[]string{"ACCOUNT", "acme"}},
		"no kubeconfig":            {[]string{"run", "--config", good, "--kubeconfig", missing}, credentials(), []string{"Kubernetes cluster", "missing.yaml"}},
		"broken kubeconfig":        {[]string{"plan", "--config", good, "--kubeconfig", brokenKubeconfig}, credentials(), []string{"Kubernetes cluster", "kubeconfig"}},
		"kubeconfig of no cluster": {[]string{"plan", "--config", good}, credentials(), []string{"no Kubernetes cluster is known", "--kubeconfig", "KUBECONFIG"}},
		"explain nothing":          {[]string{"explain"}, nil, []string{"accepts 1 arg"}},
		"explain no object":        {[]string{"explain", "web-0"}, nil, []string{`"web-0" names no object`, "pods/web-0"}},
		"explain an unknown kind":  {[]string{"explain", "podz/web-0"}, nil, []string{"podz"}},
		"explain a namespace":      {[]string{"explain", "namespaces/shop"}, nil, []string{"namespaces", "groups"}},
		"explain without a file":   {[]string{"explain", "pods/web-0", "--config", missing}, credentials(), []string{"missing.yaml"}},
		"validate every fault":     {[]string{"config", "validate", "--config", bad}, nil, []string{"config.yaml:2:", "loud", "config.yaml:3:", "clusterName"}},
		"print with a fault":       {[]string{"config", "print", "--config", bad}, nil, []string{"config.yaml:2:", "config.yaml:3:"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := invoke(t, tt.environment, tt.args...)
			if code != exitFailed || stdout != "" || !strings.HasPrefix(stderr, "argus: ") {
				t.Errorf("got code %d, stdout %q, stderr %q, want %d, nothing, and a message of argus", code, stdout, stderr, exitFailed)
			}
			for _, part := range tt.says {
				if !strings.Contains(stderr, part) {
					t.Errorf("got %q, want it to say %q", stderr, part)
				}
			}
			if strings.Contains(stderr, "canary") {
				t.Errorf("got %q, which holds a secret", stderr)
			}
			if strings.Count(stderr, "argus: ") != 1 || strings.Contains(stderr, "Usage:") {
				t.Errorf("got %q, want one message and not the usage", stderr)
			}
		})
	}
}

func TestConfigValidate(t *testing.T) {
	path := file(t, "config.yaml", "clusterName: lab\nlm: {url: 'http://portal.test'}\n")
	code, stdout, stderr := invoke(t, nil, "config", "validate", "--config", path)
	if code != exitOK || stderr != "" {
		t.Errorf("got code %d and %q, want %d and nothing", code, stderr, exitOK)
	}
	for _, part := range []string{`good: cluster "lab"`, "kinds", "lm.url", "not encrypted"} {
		if !strings.Contains(stdout, part) {
			t.Errorf("got %q, want it to say %q", stdout, part)
		}
	}
}

// TestConfigPrint: what is printed is a configuration, of the same meaning.
func TestConfigPrint(t *testing.T) {
	path := file(t, "config.yaml", "clusterName: lab\nlog: {level: debug}\n")
	code, first, stderr := invoke(t, credentials(), "config", "print", "--config", path)
	if code != exitOK || stderr != "" {
		t.Fatalf("got code %d and %q, want %d and nothing", code, stderr, exitOK)
	}
	for _, part := range []string{"clusterName: lab", "level: debug"} {
		if !strings.Contains(first, part) {
			t.Errorf("got %q, want it to say %q", first, part)
		}
	}
	if strings.Contains(first, "canary") {
		t.Errorf("got %q, which holds a secret", first)
	}
	code, second, stderr := invoke(t, nil, "config", "print", "--config", file(t, "config.yaml", first))
	if diff := cmp.Diff(first, second); code != exitOK || diff != "" {
		t.Errorf("printed again: got code %d, %q (-first +second):\n%s", code, stderr, diff)
	}
}

// TestHelp: every command and every flag says what it is for.
func TestHelp(t *testing.T) {
	var walk func(c *cobra.Command, path []string)
	walk = func(c *cobra.Command, path []string) {
		t.Run(strings.Join(append([]string{"argus"}, path...), " "), func(t *testing.T) {
			code, stdout, stderr := invoke(t, nil, append(path, "--help")...)
			if code != exitOK || stderr != "" || c.Short == "" || !strings.Contains(stdout, c.Short) || !strings.Contains(stdout, "Usage:") {
				t.Errorf("got code %d, %q, %q, want %d and a text that says what it does", code, stdout, stderr, exitOK)
			}
			for line := range strings.Lines(c.LocalFlags().FlagUsages()) {
				if words := strings.Fields(line); len(words) < 3 {
					t.Errorf("flag %q says nothing", strings.TrimSpace(line))
				}
			}
		})
		for _, sub := range c.Commands() {
			walk(sub, append(path[:len(path):len(path)], sub.Name()))
		}
	}
	walk(newRoot(Process{}), nil)
}

func TestParseKey(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want resource.Key
	}{
		"plural":      {"pods/web-0", resource.Key{Kind: "pods", Namespace: "shop", Name: "web-0"}},
		"short":       {"deploy/web", resource.Key{Kind: "deployments", Namespace: "shop", Name: "web"}},
		"cluster":     {"node/n-1", resource.Key{Kind: "nodes", Name: "n-1"}},
		"odd but one": {"clusterroles/system:a/b", resource.Key{Kind: "clusterroles", Name: "system:a/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseKey(tt.text, "shop")
			if err != nil || got != tt.want {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}
