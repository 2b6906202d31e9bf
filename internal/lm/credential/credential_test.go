package credential

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The vectors are computed with openssl from LogicMonitor's description of LMv1.
func TestKey_Authorization(t *testing.T) {
	source, err := NewSource(Config{AccessID: "test-id", AccessKey: "test-access-key"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := source.Key()
	if err != nil {
		t.Fatal(err)
	}
	now := time.UnixMilli(1700000000000)
	for name, tt := range map[string]struct{ method, body, path, want string }{
		"a read": {"GET", "", "/device/devices",
			"MGM5ZDQxMDRkNmRmYTZmN2Y0YTJiNGJmYTI5NDA5ZDM5NjljYjQwMGY2NWFmMjJhNmYzODJmY2ZiMTViNzcwMQ=="},
		"a create": {"POST", `{"name":"n","displayName":"d","preferredCollectorId":1}`, "/device/devices",
			"YTc1NDYwNGIzMjRiYWQ3N2QwNDg5NmQzYjhmNTI0ZTAzMTgxYTNlZWZmNjAyZWU0NWYxMDM5NWJiM2Q0YmEwYQ=="},
		"a delete": {"DELETE", "", "/device/devices/42",
			"NzVlZjdlMzk2ZjVkY2IyZDk4MzU4ZjY0OTQ2NzAwOTk1OTgwYjQ1ZDI1YmJkNzkzYzUzMTMyZDAyNTMwZTkyNw=="},
		"log ingestion": {"POST", `[{"msg":"hello"}]`, "/log/ingest",
			"YjExOTBjMGU2NTVmMGYwNDlmZDE0ZTVjNWI0NjE4NjI2ODY3ZjQ2ZjMxMTBiMzdjNDYxZDIxMDI4NmQxNjY4Yw=="},
	} {
		t.Run(name, func(t *testing.T) {
			got := key.Authorization(tt.method, now, []byte(tt.body), tt.path)
			if want := "LMv1 test-id:" + tt.want + ":1700000000000"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestKey_AuthorizationBearer(t *testing.T) {
	source, err := NewSource(Config{Bearer: "token-text"})
	if err != nil {
		t.Fatal(err)
	}
	key, _ := source.Key()
	if got, want := key.Authorization("GET", time.Now(), nil, "/x"), "Bearer token-text"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNewSource_refuses(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]Config{
		"nothing":               {},
		"an id without a key":   {AccessID: "id"},
		"a key without an id":   {AccessKey: "canary-key"},
		"a value and a file":    {AccessID: "id", AccessKey: "canary-key", AccessKeyFile: empty},
		"an empty file":         {AccessID: "id", AccessKeyFile: empty},
		"a file that is absent": {BearerFile: empty + ".absent"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSource(config)
			if err == nil {
				t.Fatal("got no error")
			}
			if strings.Contains(err.Error(), "canary-key") {
				t.Errorf("the error holds a credential: %v", err)
			}
		})
	}
}

func TestSource_filesAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "token")
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("first\n")
		source, err := NewSource(Config{BearerFile: file})
		if err != nil {
			t.Fatal(err)
		}
		token := func() string {
			key, _ := source.Key()
			return strings.TrimPrefix(key.Authorization("GET", time.Now(), nil, ""), "Bearer ")
		}
		if got := token(); got != "first" {
			t.Fatalf("got %q, want first", got)
		}
		write("second-is-longer")
		if got := token(); got != "first" {
			t.Errorf("within the second: got %q, want first", got)
		}
		time.Sleep(recheck)
		if got := token(); got != "second-is-longer" {
			t.Errorf("after the second: got %q, want second-is-longer", got)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(recheck)
		if _, err := source.Key(); err == nil {
			t.Error("the file is gone: got no error")
		}
		if got := token(); got != "second-is-longer" {
			t.Errorf("the file is gone: got %q, want the last good one", got)
		}
		old, _ := source.Key()
		write("third")
		if _, changed := source.Refresh(old); !changed {
			t.Error("Refresh: got no change, want one without waiting")
		}
		if got := token(); got != "third" {
			t.Errorf("after Refresh: got %q, want third", got)
		}
	})
}

func TestSecretsDoNotPrint(t *testing.T) {
	const canary = "canary-0123456789"
	config := Config{AccessID: canary, AccessKey: canary, Bearer: canary}
	source, err := NewSource(config)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := source.Key()
	encoded, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, v := range []any{config, &config, key, &key, config.AccessKey} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "canary") || strings.Contains(got, "63616e617279") {
				t.Errorf("%s of %T: %s", verb, v, got)
			}
		}
	}
	if strings.Contains(string(encoded), canary) {
		t.Errorf("as JSON: %s", encoded)
	}
}

func TestKey_Redact(t *testing.T) {
	source, err := NewSource(Config{AccessID: "the-id", AccessKey: "the-access-key"})
	if err != nil {
		t.Fatal(err)
	}
	key, _ := source.Key()
	header := key.Authorization("GET", time.Now(), nil, "/x")
	for name, text := range map[string]string{
		"the parts":           "id the-id key the-access-key.",
		"the header":          "you sent Authorization: " + header,
		"the header, quoted":  `<b title="` + header + `">LMv1 x:y:1</b>`,
		"another's signature": "LMv1 foreign:c2lnbmF0dXJl:1",
	} {
		t.Run(name, func(t *testing.T) {
			got := key.Redact(text)
			for _, secret := range []string{"the-id", "the-access-key", "c2lnbmF0dXJl", strings.Split(header, ":")[1]} {
				if strings.Contains(got, secret) {
					t.Errorf("%q still holds %q", got, secret)
				}
			}
		})
	}
}
