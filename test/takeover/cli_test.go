package takeover

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/argus-k8s/argus/internal/cli"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
	"github.com/argus-k8s/argus/test/scenario/fakeapi"
)

// TestCommands types what docs/takeover.md says to type: a plan shows the one
// change, a run makes it, and a second plan shows none.
func TestCommands(t *testing.T) {
	files, err := filepath.Glob("../golden/*.json")
	if err != nil || len(files) != 6 {
		t.Fatalf("recorded accounts: got %v (%v), want 6", files, err)
	}
	for _, file := range files {
		for form, write := range map[string]func(*golden) string{"v6": v6File, "chart": chartFile} {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+form, func(t *testing.T) {
				d := newDesk(t, file, write)
				creates := len(d.missed())

				summary := fmt.Sprintf("%d to create, 0 to update, 0 to delete, %d in step, 0 cannot be mirrored; 1 groups to change.", creates, d.inStep())
				code, out := d.argus(t.Context(), "plan")
				if got := lastLine(out); code != 2 || got != summary {
					t.Errorf("plan: got exit code %d and %q, want 2 and %q:\n%s", code, got, summary, out)
				}
				if line := fmt.Sprintf("~ group %q", clusterGroup); !strings.Contains(out, line) {
					t.Errorf("plan: got no line with %q:\n%s", line, out)
				}

				d.run(t)
				d.want(t, "run", d.taking()...)

				summary = fmt.Sprintf("0 to create, 0 to update, 0 to delete, %d in step, 0 cannot be mirrored; 0 groups to change.", d.inStep()+creates)
				code, out = d.argus(t.Context(), "plan")
				if got := lastLine(out); code != 0 || got != summary {
					t.Errorf("second plan: got exit code %d and %q, want 0 and %q:\n%s", code, got, summary, out)
				}
			})
		}
	}
}

// desk is where a person types: a recorded account and its cluster, each at an
// address, and the configuration files.
type desk struct {
	*scene
	url, kubeconfig, config string
}

func newDesk(t *testing.T, file string, write func(*golden) string) *desk {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	cluster := fakeapi.New()
	apiserver := httptest.NewServer(cluster)
	t.Cleanup(func() {
		cluster.CutWatches()
		apiserver.CloseClientConnections()
		apiserver.Close()
	})
	const much = 1_000_000 // told in each answer; a client that is told nothing takes its time
	limits := lmsim.Limits{Window: 60, Methods: map[string]int{"GET": much, "POST": much, "PATCH": much}}
	d := &desk{scene: &scene{golden: g, portal: &g.Portal, sim: lmsim.New(lmsim.Options{Limits: &limits})}}
	d.fill(t, apiserver.URL)
	d.load(t)
	account := httptest.NewServer(d.sim)
	t.Cleanup(account.Close)
	d.url = account.URL

	dir := t.TempDir()
	d.kubeconfig, d.config = filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "config.yaml")
	access := api.NewConfig()
	access.Clusters["lab"] = &api.Cluster{Server: apiserver.URL}
	access.Contexts["lab"] = &api.Context{Cluster: "lab"}
	access.CurrentContext = "lab"
	if err := clientcmd.WriteToFile(*access, d.kubeconfig); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.config, []byte(write(g)), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// fill creates the recorded objects in a cluster. It gives them other identities,
// which the recorded account then gets too.
func (d *desk) fill(t *testing.T, url string) {
	t.Helper()
	d.create(t, url, kind.Namespace.ID)
	for id := range d.Objects {
		if id != kind.Namespace.ID {
			d.create(t, url, id)
		}
	}
}

func (d *desk) create(t *testing.T, url string, id resource.Kind) {
	t.Helper()
	k, _ := kind.ByID(id)
	base := url + "/apis/" + k.Served[0].String()
	if k.Served[0].Group == "" {
		base = url + "/api/" + k.Served[0].Version
	}
	for _, body := range d.Objects[id] {
		var recorded metav1.PartialObjectMetadata
		if err := json.Unmarshal(body, &recorded); err != nil {
			t.Fatal(err)
		}
		path := base + "/" + string(id)
		if k.Namespaced {
			path = base + "/namespaces/" + recorded.Namespace + "/" + string(id)
		}
		call(t, http.MethodPost, path, body) // what a cluster has from the beginning is there already
		made := call(t, http.MethodGet, path+"/"+recorded.Name, nil)
		call(t, http.MethodPut, path+"/"+recorded.Name+"/status", identified(t, body, made))
		if k.GroupsOnly {
			continue
		}
		for i := range d.portal.Devices {
			if one := &d.portal.Devices[i]; one.property(resource.PropUID) == string(recorded.UID) {
				one.set(resource.PropUID, string(made.UID))
				one.set(resource.PropCreatedOn, fmt.Sprint(made.CreationTimestamp.Unix()))
			}
		}
	}
}

// identified is a recorded object with the identity that it got in a cluster.
func identified(t *testing.T, recorded []byte, made metav1.PartialObjectMetadata) []byte {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(recorded, &o); err != nil {
		t.Fatal(err)
	}
	meta, _ := o["metadata"].(map[string]any)
	meta["uid"], meta["resourceVersion"] = made.UID, made.ResourceVersion
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func call(t *testing.T, method, url string, body []byte) (o metav1.PartialObjectMetadata) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= http.StatusBadRequest && answer.StatusCode != http.StatusConflict {
		t.Fatalf("%s %s: %d: %s", method, url, answer.StatusCode, content)
	}
	if err := json.Unmarshal(content, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// argus runs a command line.
func (d *desk) argus(ctx context.Context, command string) (code int, stdout string) {
	environment := map[string]string{"ACCOUNT": "lab", "BEARER_TOKEN": lmsim.DemoToken().Bearer, "COLLECTOR_ID": "1"}
	var out, log bytes.Buffer
	code = cli.Main(ctx, []string{command, "--kubeconfig", d.kubeconfig, "--config", d.config, "--lm-url", d.url}, cli.Process{
		Lookup: func(name string) (string, bool) { v, ok := environment[name]; return v, ok },
		Stdout: &out, Stderr: &log,
	})
	return code, out.String() + problems(log.String())
}

var warning = regexp.MustCompile(`(?m)^.*(argus: |level=ERROR|"level":"ERROR").*$`)

// problems are the lines of a log that say why a command failed.
func problems(log string) string { return strings.Join(warning.FindAllString(log, -1), "\n") }

// run runs Argus until it has taken over.
func (d *desk) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan string, 1)
	go func() {
		code, out := d.argus(ctx, "run")
		done <- fmt.Sprintf("%d %s", code, out)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for taken := false; !taken; {
		select {
		case ended := <-done:
			t.Fatalf("run ended: %s", ended)
		case <-tick.C:
		}
		_, taken = d.groupProperties(t, clusterGroup)[resourcegroup.PropClusterUID]
		if len(d.missed()) > 0 {
			_, made := d.sim.DeviceByDisplayName(strings.TrimPrefix(d.missed()[0], "create device "))
			taken = taken && made
		}
	}
	stop()
	if ended := <-done; ended != "0 " {
		t.Errorf("run: got %q, want it to end in peace", ended)
	}
}

// inStep is the number of live devices that were recorded.
func (d *desk) inStep() (n int) {
	for _, one := range d.portal.Devices {
		if one.property(resource.PropDeletedOn) == "" {
			n++
		}
	}
	return n
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
