package day_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// patience is how soon the account must equal the cluster when all trouble is over:
// one audit, and what the limits allow of a backlog.
const patience = 75 * time.Minute

// TestHardDay: for 22 hours pods come, go and change every minute, and every hour
// something else is wrong with the account or with the apiserver. Then all is well
// again, and within the bound the account shows what the cluster holds. On the way
// nothing was created twice, nothing living was deleted, and nothing of somebody
// else's was changed.
func TestHardDay(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { hardDay(t, seed) })
		})
	}
}

func hardDay(t *testing.T, seed uint64) {
	t.Helper()
	w, c, before := populated(t, seed, 150)
	a := w.start(t, "replica-0")
	for hour := range 22 {
		calm := w.trouble(t, hour)
		if hour%7 == 6 { // somebody else takes over
			next := w.start(t, fmt.Sprintf("replica-%d", hour))
			a.stop(t)
			a = next
		}
		c.wave(t, hour)
		for minute := range 60 {
			if minute%5 == 0 {
				for i := range 5 {
					w.beat(t, i)
				}
			}
			c.turn(t)
			if hour == 5 && minute%5 == 0 {
				w.api.CutWatches()
			}
			time.Sleep(time.Minute)
		}
		calm()
	}
	defer func() { a.stop(t) }()
	time.Sleep(patience)
	if diff := cmp.Diff(c.want(), w.holds(t)); diff != "" {
		t.Errorf("%v after the last trouble (-want +got):\n%s", patience, diff)
	}
	w.portal.take()
	time.Sleep(3 * time.Hour)
	if diff := cmp.Diff(c.want(), w.holds(t)); diff != "" {
		t.Errorf("three hours later (-want +got):\n%s", diff)
	}
	for call, n := range w.portal.take() {
		if call[:len("GET ")] != "GET " {
			t.Errorf("%s: got %d requests when nothing happened any more, want none", call, n)
		}
	}
	c.check(t)
	if diff := cmp.Diff(before, w.foreign(t)); diff != "" {
		t.Errorf("what is somebody else's (-before +after):\n%s", diff)
	}
	refused := 0
	for _, count := range w.sim.Counts() {
		if count.Status == http.StatusTooManyRequests {
			refused += count.Calls
		}
	}
	t.Logf("%d pods made and %d deleted; %d requests refused by limits", c.made, c.gone, refused)
}

// populated is a world with five nodes and a number of pods, whose account already
// holds resources of others.
func populated(t *testing.T, seed uint64, pods int) (w *world, c *churn, foreign []device) {
	t.Helper()
	w = newWorld(t, lmsim.DefaultLimits())
	must(t, w.sim.Seed(lmsim.Seed{Foreign: 30}))
	w.addNamespace(t, "shop")
	for i := range 5 {
		w.addNode(t, i)
	}
	c = newChurn(w, seed)
	for i := range pods {
		c.put(t, i)
	}
	return w, c, w.foreign(t)
}

// trouble begins what is wrong in an hour, and returns how it ends. Every other
// hour nothing is, so that what one leaves behind is not hidden by the next.
func (w *world) trouble(t *testing.T, hour int) (calm func()) {
	t.Helper()
	what, ok := map[int]string{
		1: "limits fall", 3: "somebody else takes the limits", 5: "watches end early", 7: "503 pages", 9: "answers are lost",
		11: "pods may not be read", 14: "bodies are broken", 16: "lists fail",
	}[hour]
	if !ok {
		return func() {}
	}
	return w.begin(t, what)
}

// churn changes pods, and knows what has become of each.
type churn struct {
	w          *world
	random     *rand.Rand
	stages     map[int]string // of the pods there are
	lives      map[int]int    // how often a pod was made
	deaths     map[int]int
	made, gone int
}

func newChurn(w *world, seed uint64) *churn {
	return &churn{w: w, random: rand.New(rand.NewPCG(seed, 1)), stages: map[int]string{}, lives: map[int]int{}, deaths: map[int]int{}}
}

func (c *churn) put(t *testing.T, i int) {
	t.Helper()
	c.stages[i] = fmt.Sprint(c.random.IntN(100))
	c.lives[i]++
	c.made++
	c.w.addPod(t, i, c.stages[i])
}

// wave makes many pods at once while the limits are low, and deletes them while
// somebody else uses nearly all of what is allowed.
func (c *churn) wave(t *testing.T, hour int) {
	t.Helper()
	for i := 1000; i < 1600; i++ {
		switch hour {
		case 1:
			c.put(t, i)
		case 3:
			c.remove(t, i)
		}
	}
}

func (c *churn) remove(t *testing.T, i int) {
	t.Helper()
	delete(c.stages, i)
	c.deaths[i]++
	c.gone++
	c.w.removePod(t, i)
}

// turn is what happens in a minute.
func (c *churn) turn(t *testing.T) {
	t.Helper()
	for range c.random.IntN(6) {
		i := c.random.IntN(200)
		_, lives := c.stages[i]
		switch {
		case !lives:
			c.put(t, i)
		case c.random.IntN(3) == 0:
			c.remove(t, i)
		default:
			c.stages[i] = fmt.Sprint(c.random.IntN(100))
			c.w.stage(t, i, c.stages[i])
		}
	}
}

// want is the account as it must become: display names, and what tells pods apart.
func (c *churn) want() map[string]string {
	all := map[string]string{}
	for i, stage := range c.stages {
		all[displayName(i)] = podIP(i) + " " + stage
	}
	for i := range 5 {
		all[nodeName(i)+"-node-"+clusterName] = fmt.Sprintf("10.9.0.%d ", i+1)
	}
	return all
}

func displayName(i int) string { return podName(i) + "-pod-shop-" + clusterName }

// check holds what was done on the way against what had to be done.
func (c *churn) check(t *testing.T) {
	t.Helper()
	creates, deletes := map[string]int{}, map[string]int{}
	for _, commit := range c.w.sim.Journal(account.JournalQuery{Type: "device"}) {
		switch {
		case commit.Who != lmsim.DemoToken().Name:
		case commit.Op == account.Created:
			creates[commit.Name]++
		case commit.Op == account.Deleted:
			deletes[commit.Name]++
		}
	}
	for i, lives := range c.lives {
		name := displayName(i)
		if creates[name] > lives || deletes[name] > c.deaths[i] {
			t.Errorf("%s: got %d creates and %d deletes for a pod that was made %d and deleted %d times", name, creates[name], deletes[name], lives, c.deaths[i])
		}
		if creates[name]-deletes[name] > 1 {
			t.Errorf("%s: got %d creates and %d deletes: two resources at once", name, creates[name], deletes[name])
		}
	}
}

type device struct {
	Name             string `json:"name"`
	DisplayName      string `json:"displayName"`
	CustomProperties []struct {
		Name, Value string
	} `json:"customProperties"`
}

func (d device) property(name string) string {
	for _, p := range d.CustomProperties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// devices are all of the account, Argus's and others'.
func (w *world) devices(t *testing.T) (ours, foreign []device) {
	t.Helper()
	for _, raw := range w.sim.Dump(account.View{}).Devices {
		var d device
		must(t, json.Unmarshal(raw, &d))
		if d.property("auto.clustername") == clusterName {
			ours = append(ours, d)
		} else {
			foreign = append(foreign, d)
		}
	}
	return ours, foreign
}

// holds is the account in the words of want.
func (w *world) holds(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	ours, _ := w.devices(t)
	for _, d := range ours {
		if all[d.DisplayName] != "" {
			t.Errorf("two resources are called %q", d.DisplayName)
		}
		all[d.DisplayName] = d.Name + " " + d.property("kubernetes.label.stage")
	}
	return all
}

func (w *world) foreign(t *testing.T) []device {
	t.Helper()
	_, foreign := w.devices(t)
	return foreign
}
