package lm_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// ensure is what a careful caller does: it takes its turn first, reads back after
// an outcome it does not know, and tries again after all that passes.
func ensure(ctx context.Context, c *lm.Client, name string) (lm.DeviceID, error) {
	for {
		permit, err := c.Reserve(ctx, lm.EndpointCreateDevice)
		if err != nil {
			return 0, err
		}
		device, err := c.Using(permit).CreateDevice(ctx, pod(name))
		permit.Cancel()
		switch lm.ClassOf(err) {
		case lm.ClassNone:
			return device.ID, err
		case lm.ClassRateLimited, lm.ClassUnavailable:
		case lm.ClassAmbiguous, lm.ClassConflict:
			if id, err := find(ctx, c, name); err != nil || id != 0 {
				return id, err
			}
		default:
			return 0, fmt.Errorf("create %s: %w", name, err)
		}
		if !pause(ctx, time.Second) {
			return 0, ctx.Err()
		}
	}
}

// find returns the device of that display name, 0 if a complete listing has none.
func find(ctx context.Context, c *lm.Client, name string) (lm.DeviceID, error) {
	for {
		found, err := all(c.ListDevices(ctx, lm.DeviceQuery{Filter: lm.DeviceWithDisplayName(name), Fields: []string{"name"}}))
		switch {
		case err == nil && len(found) == 0:
			return 0, nil
		case err == nil:
			return found[0].ID, nil
		case ctx.Err() != nil:
			return 0, err
		}
		if !pause(ctx, time.Second) {
			return 0, ctx.Err()
		}
	}
}

// remove deletes a device, whatever it takes.
func remove(ctx context.Context, c *lm.Client, id lm.DeviceID) error {
	for {
		err := c.DeleteDevice(ctx, id, lm.DeleteHard)
		switch lm.ClassOf(err) {
		case lm.ClassNone, lm.ClassNotFound:
			return nil
		case lm.ClassUnavailable, lm.ClassAmbiguous, lm.ClassRateLimited:
			// Deleting again is safe as long as the id is the one of the object.
		default:
			return err
		}
		if !pause(ctx, time.Second) {
			return ctx.Err()
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func chance(r *rapid.T, name string) float64 {
	return rapid.SampledFrom([]float64{0, 0, 0, 0.02, 0.1}).Draw(r, name)
}

func anySwitches(r *rapid.T) func(*lmsim.Switches) {
	drawn := lmsim.DefaultSwitches()
	drawn.Seed = rapid.Uint64().Draw(r, "seed")
	drawn.Drop, drawn.Lose, drawn.Reset = chance(r, "drop"), chance(r, "lose"), chance(r, "reset")
	drawn.Hang, drawn.HangAfter = chance(r, "hang"), chance(r, "hangAfter")
	drawn.HTML503, drawn.Error200 = chance(r, "html503"), chance(r, "error200")
	drawn.Truncate, drawn.SlowBody = chance(r, "truncate"), chance(r, "slowBody")
	drawn.Latency = rapid.SampledFrom([]float64{0, 0.05, 2}).Draw(r, "latency")
	drawn.LatencyJitter = rapid.SampledFrom([]float64{0, 0.1, 3}).Draw(r, "jitter")
	drawn.TenantShare = rapid.SampledFrom([]float64{0, 0, 0.5, 0.9}).Draw(r, "tenant")
	drawn.CountRefused = rapid.Bool().Draw(r, "countRefused")
	drawn.RateHeaders = rapid.SampledFrom([]bool{true, true, false}).Draw(r, "headers")
	drawn.Total = rapid.SampledFrom([]string{"exact", "negative"}).Draw(r, "total")
	drawn.UnknownFilterField = rapid.SampledFrom([]string{"ignore", "refuse"}).Draw(r, "unknownField")
	drawn.IgnoredFilterFields = rapid.SampledFrom([]string{"", "displayName"}).Draw(r, "ignoredFields")
	drawn.UnquotedStrings = rapid.SampledFrom([]string{"nothing", "match"}).Draw(r, "unquoted")
	drawn.ShiftingPages = rapid.SampledFrom([]string{"off", "unsorted"}).Draw(r, "shifting")
	drawn.DynamicInHostGroupIDs = rapid.Bool().Draw(r, "dynamic")
	return func(w *lmsim.Switches) { *w = drawn }
}

// Whatever the account does, a careful caller of this client ends with exactly the
// devices it wants: none twice at any moment, none lost, nobody else's touched.
func TestSimulated_noLostWorkNoDuplicateNothingForeign(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		switches := anySwitches(r)
		lag := rapid.SampledFrom([]float64{0, 0, 3, 90}).Draw(r, "listLag")
		synctest.Test(t, func(t *testing.T) {
			sim, c := newSim(t, lm.Config{PageSize: 10}, switches, func(w *lmsim.Switches) { w.ListLag = lag })
			if err := sim.Seed(lmsim.Seed{Foreign: 25}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Hour)
			defer cancel()
			const pods = 24
			var done sync.WaitGroup
			for i := range pods {
				done.Go(func() {
					id, err := ensure(ctx, c, fmt.Sprintf("pod-%d", i))
					if err == nil && i%4 == 0 {
						err = remove(ctx, c, id)
					}
					if err != nil {
						r.Errorf("pod-%d: %v", i, err)
					}
				})
			}
			done.Wait()
			checkAccount(r, sim, pods)
		})
	})
}

func checkAccount(r *rapid.T, sim *lmsim.Server, pods int) {
	for i := range pods {
		_, there := sim.DeviceByDisplayName(fmt.Sprintf("pod-%d", i))
		if want := i%4 != 0; there != want {
			r.Errorf("pod-%d is in the account: %v, want %v", i, there, want)
		}
	}
	creates := map[string]int{}
	for _, commit := range sim.Journal(account.JournalQuery{Type: "device"}) {
		if commit.Who != lmsim.DemoToken().Name {
			continue
		}
		if len(commit.Name) < 4 || commit.Name[:4] != "pod-" {
			r.Errorf("changed a foreign device: %s %s", commit.Op, commit.Name)
		}
		if commit.Op == account.Created {
			creates[commit.Name]++
		}
	}
	for name, n := range creates {
		if n != 1 {
			r.Errorf("%s was created %d times, want once", name, n)
		}
	}
}

// A listing either holds exactly what the account holds, each once, or is an error.
func TestSimulated_aListingIsCompleteOrAnError(t *testing.T) {
	complete, failed := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		switches := anySwitches(r)
		n := rapid.IntRange(0, 60).Draw(r, "devices")
		size := rapid.IntRange(2, 30).Draw(r, "page")
		shifting := rapid.SampledFrom([]string{"off", "off", "always"}).Draw(r, "shiftingSorted")
		fields := rapid.SampledFrom([][]string{nil, {"displayName"}, lm.DeviceFieldNames()}).Draw(r, "fields")
		synctest.Test(t, func(t *testing.T) {
			sim, c := newSim(t, lm.Config{PageSize: size}, switches, func(w *lmsim.Switches) { w.ShiftingPages = shifting })
			if err := sim.Seed(lmsim.Seed{Foreign: n}); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				devices, err := all(c.ListDevices(t.Context(), lm.DeviceQuery{Fields: fields}))
				if err != nil {
					failed++
					continue
				}
				complete++
				if len(devices) != n {
					r.Errorf("a listing without an error yields %d devices, the account has %d", len(devices), n)
				}
				for i := 1; i < len(devices); i++ {
					if devices[i].ID <= devices[i-1].ID {
						r.Errorf("device %d comes after %d", devices[i].ID, devices[i-1].ID)
					}
				}
			}
		})
	})
	if complete == 0 || failed == 0 {
		t.Errorf("%d complete, %d failed: the test has not seen both", complete, failed)
	}
}

// Saturated for ten minutes, alone on the account: nothing is refused, and at
// least 97 % of limit x share is used.
func TestSimulated_saturatedBucket(t *testing.T) {
	for name, tt := range map[string]struct {
		share           float64
		latency, jitter float64
	}{
		"steady, quick":      {lm.DefaultShare, 0.02, 0.02},
		"steady, slow":       {lm.DefaultShare, 0.5, 2},
		"first sync, quick":  {1, 0.02, 0.02},
		"first sync, jitter": {1, 0.1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim, c := newSim(t, lm.Config{FirstSyncShare: tt.share}, func(w *lmsim.Switches) { w.Latency, w.LatencyJitter = tt.latency, tt.jitter })
				c.BeginFirstSync()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				var done sync.WaitGroup
				for worker := range 16 {
					done.Go(func() {
						for i := 0; ctx.Err() == nil; i++ {
							_, _ = c.CreateDevice(ctx, pod(fmt.Sprintf("pod-%d-%d", worker, i)))
						}
					})
				}
				done.Wait()
				ok, refused := sim.CountCalls("POST", "/device/devices", 200), sim.CountCalls("POST", "/device/devices", 429)
				allowed := 10 * 200 * tt.share
				used := 100 * float64(ok) / allowed
				t.Logf("%d of %.0f requests, %.2f %%, %d refused", ok, allowed, used, refused)
				if refused != 0 {
					t.Errorf("%d requests refused, want 0", refused)
				}
				if used < 97 || used > 100.1 {
					t.Errorf("%.2f %% of limit x share used, want 97 to 100 %%", used)
				}
			})
		})
	}
}

// One endpoint's empty limit keeps no other from going on, and what was refused
// is done after the window, without the caller's help.
func TestSimulated_aRefusalLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, c := newSim(t, lm.Config{})
		limits := sim.Limits()
		limits.Endpoints["POST /device/devices"] = 40
		sim.SetLimits(limits)
		if _, err := c.CreateDevice(t.Context(), pod("first")); err != nil {
			t.Fatal(err)
		}
		limits.Endpoints["POST /device/devices"] = 4 // lowered while running
		sim.SetLimits(limits)
		began := time.Now()
		var done sync.WaitGroup
		for i := range 12 {
			done.Go(func() {
				if _, err := c.CreateDevice(t.Context(), pod(fmt.Sprintf("pod-%d", i))); err != nil {
					t.Errorf("pod-%d: %v", i, err)
				}
			})
		}
		if _, err := c.Group(t.Context(), lm.RootGroup); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("a read waited %v for the creates", took)
		}
		done.Wait()
		if devices, _ := sim.Size(); devices != 13 {
			t.Errorf("%d devices, want 13", devices)
		}
		if took := time.Since(began); took > 6*time.Minute {
			t.Errorf("12 creates at 3 a minute took %v, want at most 6 minutes", took)
		}
	})
}

// What was refused goes before what has not had its turn yet.
func TestSimulated_theRefusedGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, c := newSim(t, lm.Config{})
		sim.UseBudget(string(lm.EndpointCreateDevice), 1000)
		var done sync.WaitGroup
		for i := range 5 {
			done.Go(func() {
				if _, err := c.CreateDevice(t.Context(), pod(fmt.Sprintf("pod-%d", i))); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // the first is refused, the others wait in order
		}
		done.Wait()
		var order []string
		for _, commit := range sim.Journal(account.JournalQuery{Type: "device"}) {
			order = append(order, commit.Name)
		}
		if len(order) != 5 || order[0] != "pod-0" {
			t.Errorf("created in the order %v, want all five and pod-0 first", order)
		}
	})
}
