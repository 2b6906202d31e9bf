package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
)

// TestLMConfig: what a user writes about the way to the account, and about how
// much of it Argus takes, reaches the client.
func TestLMConfig(t *testing.T) {
	const file = `
clusterName: lab
ignoreSSL: true
proxy: {url: "http://proxy.example:3128"}
lm:
  caFile: /etc/argus/ca.pem
  timeout: 20s
  api:
    share: 0.5
    firstSyncShare: 1
    limits:
      POST /device/devices: {limit: 30}
      GET /device/devices: {limit: 5, window: 1s, share: 0.9}
      DELETE /device/devices/{id}: {limit: 1, window: 10m}
      PATCH /device/devices/{id}: {share: 0.2}
`
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := credentials()
	environment["COMPANY_DOMAIN"] = "lmgov.us"
	environment["PROXY_USER"], environment["PROXY_PASS"] = "me", "secret"
	c, err := loadConfig(Process{Lookup: func(name string) (string, bool) { v, ok := environment[name]; return v, ok }}, flags{config: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := proxyOf(c)
	if err != nil {
		t.Fatal(err)
	}
	a := &parts{config: c}
	got := a.lmConfig(proxy)
	want := lm.Config{
		Account: environment["ACCOUNT"], Domain: "lmgov.us", IgnoreSSL: true, CAFiles: []string{"/etc/argus/ca.pem"},
		Proxy:   lm.Proxy{URL: "http://proxy.example:3128", User: "me", Password: "secret"},
		Timeout: c.LM.Timeout, Share: 0.5, FirstSyncShare: 1,
		Limits: map[lm.Endpoint]lm.Limit{
			lm.EndpointCreateDevice: {Cap: 30},
			lm.EndpointListDevices:  {Cap: 300, Share: 0.9},
			lm.EndpointDeleteDevice: {Cap: 1}, // and not 0, which would be no bound
			lm.EndpointPatchDevice:  {Share: 0.2},
		},
		Credentials: credential.Config{
			AccessID: credential.Secret(environment["ACCESS_ID"]), AccessKey: credential.Secret(environment["ACCESS_KEY"]),
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(lm.Config{}, "Version", "Logger", "Metrics")); diff != "" {
		t.Errorf("the client's configuration (-want +got):\n%s", diff)
	}
}
