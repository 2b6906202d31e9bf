package browsertest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// Environment of the test: where Chromium is, that it may be absent, where to put screenshots.
const (
	chromiumEnv = "LMSIM_CHROMIUM"
	absentEnv   = "LMSIM_WITHOUT_CHROMIUM"
	shotsEnv    = "LMSIM_SCREENSHOTS"
)

func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(chromiumEnv); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv(absentEnv) != "" {
		return ""
	}
	t.Fatalf("no chromium on PATH: install it (apt-get install -y chromium), name it in %s, or set %s=1 to do without this test", chromiumEnv, absentEnv)
	return ""
}

// browser starts a Chromium of its own; it ends with the test. The page's errors fail the test.
func browser(t *testing.T, path string) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile(t)), chromedp.WindowSize(1440, 900),
		chromedp.Flag("headless", true), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(endAllocator)
	ctx, endBrowser := chromedp.NewContext(allocator)
	t.Cleanup(endBrowser)
	ctx, endTime := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(endTime)
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page threw: %s", e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				t.Errorf("the page logged: %v", e.Args)
			}
		}
	})
	return ctx
}

// cluster returns an account with a cluster in it.
func cluster(t *testing.T) *lmsim.Server {
	t.Helper()
	sim := lmsim.New(lmsim.Options{})
	name, query := "Kubernetes Cluster: demo", `auto.clustername == "demo"`
	if _, err := sim.CreateGroup(account.GroupInput{Name: &name, AppliesTo: &query}); err != nil {
		t.Fatal(err)
	}
	if err := sim.Seed(lmsim.Seed{Pods: 150, Cluster: "demo", Namespaces: 3, Foreign: 5}); err != nil {
		t.Fatal(err)
	}
	hostile := "hostile"
	collector := int32(1)
	props := []account.Property{{Name: "note", Value: `<script>document.title="pwned"</script>`}, {Name: "db.pass", Value: "canary-property"}}
	if _, err := sim.CreateDevice(account.DeviceInput{Name: &hostile, DisplayName: &hostile, PreferredCollectorID: &collector, Custom: &props}); err != nil {
		t.Fatal(err)
	}
	return sim
}

func TestPage(t *testing.T) {
	path := chromium(t)
	if path == "" {
		t.Logf("left out: %s is set", absentEnv)
		return
	}
	sim := cluster(t)
	var changed atomic.Bool
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/journal" && changed.CompareAndSwap(true, false) { // between the summary and the journal
			if err := edit(sim, "rival"); err != nil {
				t.Error(err)
			}
		}
		sim.AdminHandler().ServeHTTP(w, r)
	}))
	t.Cleanup(admin.Close)
	ctx := browser(t, path)
	const row = `//ul[@class="rows"]//b`

	do(ctx, t, "the tree and the counts show", chromedp.Navigate(admin.URL),
		chromedp.WaitVisible(`//b[text()="Kubernetes Cluster: demo"]`, chromedp.BySearch),
		textIs("#devices", "156"), shot("overview"))
	do(ctx, t, "a group lists its devices", chromedp.Click(`//b[text()="Kubernetes Cluster: demo"]/..`, chromedp.BySearch),
		chromedp.WaitVisible(`//code[@class="query"]`, chromedp.BySearch), chromedp.WaitVisible(row, chromedp.BySearch), shot("group"))
	do(ctx, t, "more devices are asked for", chromedp.Click(".more"), countIs(".rows li", 150))
	do(ctx, t, "a search finds a device and shows its properties as text", chromedp.SendKeys("#search", "hostile"),
		textIs("#detail h2", "“hostile”"), chromedp.Click(row, chromedp.BySearch), chromedp.WaitVisible(".props"),
		contains("#detail", `<script>document.title="pwned"</script>`), contains("#detail", "********"),
		lacks("body", "canary-property"), shot("device"))
	do(ctx, t, "a change by somebody else appears by itself", action(func() error { return edit(sim, "team") }),
		contains("#detail", "blue"), contains("#journal li:first-child", "update device · team"))
	do(ctx, t, "changes in quick succession appear once each, and the tree keeps the focus",
		chromedp.Focus(`[data-focus="pick1"]`), action(func() error { changed.Store(true); return edit(sim, "ruler") }),
		contains("#journal li:first-child", "· rival"), action(func() error { return edit(sim, "rest") }),
		contains("#journal li:first-child", "· rest"), contains("#journal li:nth-child(2)", "· rival"),
		contains("#journal li:nth-child(3)", "· ruler"), contains("#journal li:nth-child(4)", "· team"),
		holds(`document.activeElement.dataset.focus === "pick1"`))
	do(ctx, t, "a fault button sets a fault", chromedp.Click(`//button[starts-with(text(),"Lose a create")]`, chromedp.BySearch),
		chromedp.WaitVisible(`//button[starts-with(text(),"Lose a create") and @aria-pressed="true"]`, chromedp.BySearch))
	if f := sim.Faults(); len(f) != 1 || f[0].Action != lmsim.Lose {
		t.Errorf("got faults %+v, want one that loses a create", f)
	}
	do(ctx, t, "a switch button turns a switch", chromedp.Click(`//button[starts-with(text(),"Busy neighbor")]`, chromedp.BySearch),
		chromedp.WaitVisible(`//button[starts-with(text(),"Busy neighbor") and @aria-pressed="true"]`, chromedp.BySearch),
		action(func() error { return call(sim, "GET", "/device/devices") }), chromedp.WaitVisible(".meter"), shot("faults"))
	if share := sim.Switches().TenantShare; share != 0.6 {
		t.Errorf("got tenantShare %v, want 0.6", share)
	}
	do(ctx, t, "all quiet turns everything back", chromedp.Click(`//button[text()="All quiet"]`, chromedp.BySearch),
		chromedp.WaitNotPresent(`//button[@aria-pressed="true"]`, chromedp.BySearch))
	if len(sim.Faults()) != 0 || sim.Switches().TenantShare != 0 {
		t.Errorf("after all quiet: faults %v, tenantShare %v", sim.Faults(), sim.Switches().TenantShare)
	}
	do(ctx, t, "a device is deleted by hand", chromedp.Click(`//button[text()="Delete for good"]`, chromedp.BySearch),
		contains("#detail", "not in the account any more"), textIs("#devices", "155"))
	var title string
	do(ctx, t, "nothing from the account ran", chromedp.Title(&title))
	if title != "lmsim" {
		t.Errorf("got title %q, want lmsim: a property value ran as a script", title)
	}
}

// TestPageLoadsNothingFromElsewhere reads the policy and the files themselves.
func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	admin := httptest.NewServer(lmsim.New(lmsim.Options{}).AdminHandler())
	t.Cleanup(admin.Close)
	for _, file := range []string{"/", "/style.css", "/app.js", "/tree.js", "/device.js", "/side.js", "/icon.svg"} {
		resp, err := http.Get(admin.URL + file)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v", file, resp.StatusCode, err)
		}
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: got policy %q", file, csp)
		}
		text := strings.ReplaceAll(string(body), "http://www.w3.org/2000/svg", "")
		for _, foreign := range []string{"http://", "https://", "innerHTML", "eval("} {
			if strings.Contains(text, foreign) {
				t.Errorf("%s contains %q", file, foreign)
			}
		}
	}
}

func do(ctx context.Context, t *testing.T, what string, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func action(f func() error) chromedp.Action {
	return chromedp.ActionFunc(func(context.Context) error { return f() })
}

// The conditions below wait until they hold; the test's deadline bounds them.
func holds(js string) chromedp.Action { return chromedp.Poll(js, nil) }

func quote(s string) string { return "`" + strings.ReplaceAll(s, "`", "\\`") + "`" }

func textIs(selector, text string) chromedp.Action {
	return holds("document.querySelector(" + quote(selector) + ")?.textContent === " + quote(text))
}

func contains(selector, text string) chromedp.Action {
	return holds("document.querySelector(" + quote(selector) + ")?.textContent.includes(" + quote(text) + ")")
}

func lacks(selector, text string) chromedp.Action {
	return holds("!document.querySelector(" + quote(selector) + ").textContent.includes(" + quote(text) + ")")
}

func countIs(selector string, n int) chromedp.Action {
	return holds("document.querySelectorAll(" + quote(selector) + ").length === " + strconv.Itoa(n))
}

// shot keeps a screenshot when the environment names a folder for them.
func shot(name string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		folder := os.Getenv(shotsEnv)
		if folder == "" {
			return nil
		}
		var png []byte
		if err := chromedp.CaptureScreenshot(&png).Do(ctx); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644)
	})
}

// edit gives the last device another property, as somebody else would.
func edit(sim *lmsim.Server, property string) error {
	return sim.EditDevice(156, account.DeviceInput{Custom: &[]account.Property{{Name: property, Value: "blue"}}})
}

func call(sim *lmsim.Server, method, path string) error {
	r, err := http.NewRequest(method, "http://lm/santaba/rest"+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+lmsim.DemoToken().Bearer)
	resp, err := sim.Transport().RoundTrip(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// profile is a folder for the browser. Its processes may still write there for a
// moment after they were told to end, so that it goes when it can.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lmsim-chromium-") //nolint:usetesting // TempDir fails a test whose folder is still written to
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Logf("the browser's folder %s stays", dir)
	})
	return dir
}
