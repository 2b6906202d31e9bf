package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// What cannot work ends with code 1 and one message that says what to do, and the
// account stays as it was.
func TestBadInput(t *testing.T) {
	p := newPortal(t)
	p.AddToken(lmsim.Token{Name: "weak", AccessID: "weak", AccessKey: "weak-secret", Role: lmsim.Role{}})
	_, err := p.CreateGroup(account.GroupInput{
		Name:   new("Kubernetes Cluster: taken"),
		Custom: &[]account.Property{{Name: "argus.cluster-uid", Value: "another-clusters-uid"}},
	})
	must(t, err)
	garbage := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, os.WriteFile(garbage, []byte("apiVersion: v1\nkind: Config\nclusters: [\n"), 0o600))

	for name, tt := range map[string]struct {
		setup
		says []string
	}{
		"the account refuses the credentials": {
			setup{env: map[string]string{"ACCESS_KEY": "not-the-key"}},
			[]string{"does not accept the credentials", "check ACCESS_ID and ACCESS_KEY", "401"},
		},
		"the token may read nothing": {
			setup{env: map[string]string{"ACCESS_ID": "weak", "ACCESS_KEY": "weak-secret"}},
			[]string{"the LogicMonitor token may not read groups", "manage rights", "403"},
		},
		"credentials are missing": {
			setup{env: map[string]string{"ACCESS_ID": "", "ACCESS_KEY": ""}},
			[]string{"ACCESS_ID", "ACCESS_KEY", "BEARER_TOKEN"},
		},
		"the apiserver refuses the credentials": {
			setup{kubeconfig: kubeconfig(t, kube.URL(), "not-a-token", kube.CA())},
			[]string{"does not accept the credentials", "check the kubeconfig", kube.URL()},
		},
		"the apiserver is another than the kubeconfig vouches for": {
			setup{kubeconfig: kubeconfig(t, kube.URL(), "a-token", newWitness(t).CA)},
			[]string{"cannot be reached", "certificate"},
		},
		"the kubeconfig is malformed": {setup{kubeconfig: garbage}, []string{"read how to reach the Kubernetes cluster", garbage}},
		"the kubeconfig is missing": {
			setup{kubeconfig: filepath.Join(t.TempDir(), "nothing")}, []string{"read how to reach the Kubernetes cluster", "no such file"},
		},
		"a key is unknown": {
			setup{file: "clusterName: bad\nlm: {colectorID: 1}\n"}, []string{"lm.colectorID", "collectorID", "config.yaml:2"},
		},
		"several things are wrong": {
			setup{file: "clusterNam: bad\nlm: {timeout: soon}\n"}, []string{"clusterNam", "clusterName", "timeout", "soon"},
		},
		"the configuration is malformed": {
			setup{file: "clusterName: bad\n  lm: [1\n"}, []string{"config.yaml:2"},
		},
		"the cluster has no name":        {setup{file: "lm: {collectorID: 1}\n"}, []string{"clusterName"}},
		"the name is of another cluster": {setup{cluster: "taken"}, []string{`"Kubernetes Cluster: taken"`, "belongs to another cluster", "another clusterName"}},
		"the address is already taken":   {setup{config: "", file: "clusterName: bad\nserver: {address: '" + strings.TrimPrefix(p.URL, "http://") + "'}\n"}, []string{"address already in use"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := tt.setup
			s.portal = p
			if s.cluster == "" {
				s.cluster = "bad"
			}
			before := p.commits()
			code, stdout, stderr := s.run(t, "run")
			t.Log(stderr)
			if code != 1 || stdout != "" {
				t.Errorf("code %d and output %q, want 1 and none", code, stdout)
			}
			_, message, ok := strings.Cut("\n"+stderr, "\nargus: ")
			if !ok || strings.Contains(message, "\nargus: ") || strings.Contains(stderr, `"level":"ERROR"`) {
				t.Errorf("it said %q, want one message", stderr)
			}
			for _, part := range tt.says {
				if !strings.Contains(message, part) {
					t.Errorf("the message is %q, want %q in it", message, part)
				}
			}
			if strings.Contains(stderr, "not-the-key") || strings.Contains(stderr, "weak-secret") || strings.Contains(stderr, "not-a-token") {
				t.Errorf("a credential is in %q", stderr)
			}
			if got := p.commits(); got != before {
				t.Errorf("%d changes were made", got-before)
			}
		})
	}
}

// An apiserver that is not there is waited for a little and then reported.
func TestBadInput_noAPIServer(t *testing.T) {
	t.Parallel()
	nobody := strings.Replace(unreachablePortal(t).URL, "http://", "https://", 1)
	a := setup{portal: newPortal(t), cluster: "bad", kubeconfig: kubeconfig(t, nobody, "a-token", kube.CA())}.startProcess(t)
	if code := a.Wait(t, patience); code != 1 {
		t.Errorf("code %d, want 1", code)
	}
	for _, part := range []string{"argus: the apiserver at " + nobody + " cannot be reached", "check the address", "connection refused"} {
		if text := a.Log.String(); !strings.Contains(text, part) {
			t.Errorf("it says %q, want %q in it", text, part)
		}
	}
}

// An account that takes the name away while Argus runs ends it: both clusters
// would write to one tree.
func TestBadInput_nameTakenLater(t *testing.T) {
	p := newPortal(t)
	s := setup{portal: p, cluster: "shared", config: "daemons: {lmCacheSync: {interval: 1s, minInterval: 1s}}"}
	a := s.start(t)
	a.awaitIdle(t)
	_, groups := p.contents(t)
	for _, g := range groups {
		if g.FullPath == "Kubernetes Cluster: shared" {
			must(t, p.EditGroup(g.ID, account.GroupInput{Custom: &[]account.Property{{Name: "argus.cluster-uid", Value: "another"}}}))
		}
	}
	if code := a.Wait(t, patience); code != 1 {
		t.Errorf("code %d, want 1", code)
	}
	if log := a.Log.String(); !strings.Contains(log, "\nargus: ") || !strings.Contains(log, "belongs to another cluster") {
		t.Errorf("it does not say why it ended: %s", log)
	}
}

// Requests that are wrong in themselves are told apart from trouble.
func TestBadInput_commandLine(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"an unknown command":  {[]string{"rum"}, `unknown command "rum"`},
		"an unknown flag":     {[]string{"run", "--kubconfig", "x"}, "unknown flag: --kubconfig"},
		"too many arguments":  {[]string{"run", "now"}, `unknown command "now"`},
		"no such config file": {[]string{"run", "--config", filepath.Join(t.TempDir(), "none.yaml")}, "none.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			code, _, stderr := runMain(ctx, tt.args, nil)
			if code != 1 || !strings.Contains(stderr, tt.says) {
				t.Errorf("code %d, %q; want 1 and %q", code, stderr, tt.says)
			}
		})
	}
	code, stdout, _ := runMain(t.Context(), []string{"version"}, nil)
	if code != 0 || strings.TrimSpace(stdout) == "" {
		t.Errorf("version: code %d, %q; want 0 and a version", code, stdout)
	}
}
