package config

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// fuzzFile writes a configuration that sets one key, given by its path.
func fuzzFile(t *testing.T, name, path, value string) []byte {
	t.Helper()
	var tree any = value
	parts := strings.Split(path, ".")
	for _, part := range slices.Backward(parts) {
		tree = map[string]any{part: tree}
	}
	text, err := yaml.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte(name+": c\n"), text...)
}

// translated are the keys of Argus 6 whose values are other ones today, or have to
// be within bounds that depend on other keys.
var translated = []string{"cluster_name", "address", "delete_resources", "enable_new_resource_tree", "app_intervals", "openmetrics", "filters"}

// A key of Argus 6 means what the key of today means that replaces it: the same
// values are refused, and the others come to the same.
func FuzzParse_former(f *testing.F) {
	for _, value := range []string{"true", "5", "P1DT12H", "debug", "http://proxy:3128", "-1", "", "null", "1e9", "\"", "a: b"} {
		for i := range 4 {
			f.Add(uint(i*7), value)
		}
	}
	keys := slices.DeleteFunc(sortedKeys(v6Keys()), func(key string) bool { return slices.Contains(translated, key) || v6Keys()[key] == "" })
	f.Fuzz(func(t *testing.T, n uint, value string) {
		former := keys[n%uint(len(keys))]
		today := v6Keys()[former]
		if strings.HasSuffix(former, "group_id") && value == "0" {
			return // the root group was meant
		}
		old, oldFaults := Parse(fuzzFile(t, "cluster_name", former, value))
		now, nowFaults := Parse(fuzzFile(t, "clusterName", today, value))
		if len(oldFaults) != len(nowFaults) {
			t.Fatalf("%s: %q has the faults\n%v\nand %s\n%v", former, value, Faults(oldFaults), today, Faults(nowFaults))
		}
		if len(oldFaults) > 0 {
			return
		}
		want := fieldAt(t, reflect.ValueOf(&now).Elem(), today).Interface()
		got := fieldAt(t, reflect.ValueOf(&old).Elem(), today).Interface()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Secret{})); diff != "" {
			t.Errorf("%s: %q (-%s +%s):\n%s", former, value, today, former, diff)
		}
	})
}

// The environment says who gets the credentials. Whatever it holds, that is one of
// LogicMonitor's own hosts, by TLS, or nobody.
func FuzzReadEnvironment(f *testing.F) {
	f.Add("acme", "", "17")
	f.Add("acme.logicmonitor.com", "lmgov.us", "-1")
	f.Add("evil.example/", "logicmonitor.com.evil.example", "1e3")
	f.Add("a@evil.example#", "qa-lmgov.us", "99999999999")
	f.Add("ACME", "LOGICMONITOR.COM", " 5 ")
	f.Fuzz(func(t *testing.T, account, domain, collector string) {
		vars := map[string]string{"ACCOUNT": account, "COMPANY_DOMAIN": domain, "COLLECTOR_ID": collector, "ACCESS_ID": "canary", "ACCESS_KEY": "canary"}
		c := Default()
		err := c.ReadEnvironment(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
		if err != nil {
			if strings.Contains(strings.NewReplacer(quote(account), "", quote(domain), "", quote(collector), "").Replace(err.Error()), "canary") &&
				!strings.Contains(account+domain+collector, "canary") {
				t.Errorf("the error holds a credential: %v", err)
			}
			return
		}
		u, err := url.Parse(c.PortalURL())
		if err != nil {
			t.Fatalf("account %q, domain %q: %v", account, domain, err)
		}
		first, rest, _ := strings.Cut(u.Host, ".")
		if u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || !slices.Contains(domains(), rest) || !strings.EqualFold(first, strings.TrimSpace(account)) {
			t.Errorf("account %q, domain %q: the credentials go to %s", account, domain, u)
		}
		if c.LM.CollectorID < 0 {
			t.Errorf("collector %q: got %d", collector, c.LM.CollectorID)
		}
	})
}
