package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/argus-k8s/argus/internal/lmsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A running lmsim, with the addresses it announced.
type running struct {
	t          *testing.T
	api, admin string
	text       string // what it printed
	client     *http.Client
	end        func() int
}

// start runs lmsim on free ports of loopback.
func start(t *testing.T, environ []string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, args...), environ, w, &stderr)
		w.Close()
	}()
	s := &running{t: t, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), " ")
		s.text += lines.Text() + "\n"
		switch key {
		case "REST":
			s.api = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(value), "API"))
		case "page":
			s.admin = strings.TrimSpace(value)
		}
		if key == "try" || strings.Contains(value, "environment") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	ended := false
	s.end = func() int {
		if ended {
			return exitOK
		}
		ended = true
		cancel()
		c := <-code
		if c != exitOK {
			t.Errorf("exit code %d: %s", c, stderr.String())
		}
		return c
	}
	t.Cleanup(func() { s.end() })
	if s.api == "" || s.admin == "" {
		s.end()
		t.Fatalf("no addresses announced: %s%s", s.text, stderr.String())
	}
	return s
}

func (s *running) get(url, bearer string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("X-Version", "3")
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServesSeedsAndKeepsState(t *testing.T) {
	state := filepath.Join(t.TempDir(), "account.json")
	first := start(t, nil, "-seed-foreign", "7", "-state", state)
	if !strings.Contains(first.text, "demo-access-key") {
		t.Errorf("the demo credential is not announced:\n%s", first.text)
	}
	status, body := first.get(first.api+"/device/devices", lmsim.DemoToken().Bearer)
	if status != 200 || !strings.Contains(body, `"total":7`) {
		t.Errorf("got %d %.80s, want 7 devices", status, body)
	}
	if status, page := first.get(first.admin, ""); status != 200 || !strings.Contains(page, "<title>lmsim</title>") {
		t.Errorf("got %d %.80s, want the page", status, page)
	}
	first.end()
	second := start(t, nil, "-state", state)
	if _, body := second.get(second.api+"/device/devices", lmsim.DemoToken().Bearer); !strings.Contains(body, `"total":7`) {
		t.Errorf("after a restart: got %.80s, want 7 devices", body)
	}
}

func TestGivenCredentialIsNotPrinted(t *testing.T) {
	s := start(t, []string{"LMSIM_ACCESS_ID=id", "LMSIM_ACCESS_KEY=canary-key", "LMSIM_BEARER_TOKEN=canary-bearer"}, "-verbose")
	if status, _ := s.get(s.api+"/device/groups", "canary-bearer"); status != 200 {
		t.Errorf("the given token: got %d, want 200", status)
	}
	if status, _ := s.get(s.api+"/device/groups", lmsim.DemoToken().Bearer); status != 401 {
		t.Errorf("the demo token beside a given one: got %d, want 401", status)
	}
	if strings.Contains(s.text, "canary") {
		t.Errorf("a credential was printed:\n%s", s.text)
	}
}

func TestTLS(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	s := start(t, nil, "-tls", "-ca-file", ca)
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	s.client.Transport = &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool}}
	if status, _ := s.get(s.api+"/device/groups", lmsim.DemoToken().Bearer); status != 200 || !strings.HasPrefix(s.api, "https://127.0.0.1:") {
		t.Errorf("%s: got %d, want 200", s.api, status)
	}
	s.client.Transport = &http.Transport{DisableKeepAlives: true}
	r, _ := http.NewRequest("GET", s.api+"/device/groups", nil)
	if resp, err := s.client.Do(r); err == nil {
		resp.Body.Close()
		t.Error("a client that does not know the authority was served")
	}
}

func TestEverySwitchIsAFlag(t *testing.T) {
	args := []string{"-lose", "0.25", "-total", "negative", "-duplicateDisplayName", "400", "-shiftingPages", "always", "-seed", "9", "-autoRemove=false"}
	c, err := parse(args, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := lmsim.DefaultSwitches()
	want.Lose, want.Total, want.DuplicateDisplayName, want.ShiftingPages, want.Seed, want.AutoRemove = 0.25, "negative", 400, "always", 9, false
	if c.switches != want {
		t.Errorf("got %+v, want %+v", c.switches, want)
	}
	doc, err := os.ReadFile("../../docs/lmsim.md")
	if err != nil {
		t.Fatal(err)
	}
	var each func(typ reflect.Type)
	each = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Anonymous {
				each(f.Type)
				continue
			}
			if f.Tag.Get("help") == "" {
				t.Errorf("switch %s has no help", f.Name)
			}
			if !bytes.Contains(doc, []byte("| `"+f.Tag.Get("json")+"` |")) {
				t.Errorf("docs/lmsim.md does not list switch %s", f.Tag.Get("json"))
			}
		}
	}
	each(reflect.TypeFor[lmsim.Switches]())
}

func TestBadUse(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown flag":       {[]string{"-nonsense"}, exitUsage, "nonsense"},
		"argument":           {[]string{"x"}, exitUsage, "unexpected argument"},
		"meaningless switch": {[]string{"-total", "odd"}, exitUsage, "exact, negative"},
		"bad address":        {[]string{"-listen", "127.0.0.1:99999"}, exitError, "listen"},
		"bad window":         {[]string{"-window", "0"}, exitError, "window"},
		"broken state":       {[]string{"-state", "main.go", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, exitError, "load account"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			if code := run(t.Context(), c.args, nil, io.Discard, &stderr); code != c.code || !strings.Contains(stderr.String(), c.says) {
				t.Errorf("got code %d and %q, want %d and %q", code, stderr.String(), c.code, c.says)
			}
		})
	}
}
