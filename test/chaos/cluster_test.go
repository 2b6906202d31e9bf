package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/test/cluster"
)

// TestCluster disturbs the cluster itself, and what needs more than orders.
func TestCluster(t *testing.T) {
	for _, tt := range []struct {
		class, name string
		slow        bool // not in "make test"
		run         func(t *testing.T)
	}{
		{"F5", "the apiserver dies and etcd forgets while no watch runs", false, forgotten},
		{"F20", "a leader is killed right before a change", true, leaderKilled},
		{"F8", "the right to a kind is taken away and given back", true, revoked},
		{"F8", "an API loses a version and goes and comes back", true, vanished},
	} {
		if tt.slow && *budget == 0 {
			continue
		}
		if results.left() <= 0 {
			results.add(tt.class, tt.name, skipped, 0)
			continue
		}
		began := time.Now()
		t.Run(tt.name, func(t *testing.T) {
			defer func() { results.add(tt.class, tt.name, outcome(t.Failed()), time.Since(began)) }()
			tt.run(t)
		})
	}
}

// pair starts an undisturbed subject and one with credentials of its own.
func pair(t *testing.T, config *rest.Config) (r *run, s *subject) {
	t.Helper()
	r = &run{TB: t, reference: newSubject(t)}
	s = newSubjectAs(t, config, newAccount(t))
	populate(t)
	r.reference.start(t)
	s.start(t)
	r.await("both accounts equal the cluster", func(ctx context.Context) error {
		return errors.Join(r.reference.equal(ctx, t), s.equal(ctx, t))
	})
	return r, s
}

// conclude waits for both subjects and judges them.
func (r *run) conclude(s *subject) {
	r.Helper()
	r.await("both accounts equal the cluster in the end", func(ctx context.Context) error {
		return errors.Join(r.reference.equal(ctx, r), s.equal(ctx, r))
	})
	s.awaitIdle(r)
	measure, wrong := history(r.reference.sim)
	r.reference.judgeAlone(r, wrong)
	s.judge(r, measure)
}

// The watches of one subject are cut. While they are, objects change, etcd is
// compacted, and the apiserver is killed and started again. The watches come back
// with a version that is gone, which the apiserver itself says, and everything is
// listed anew; the other subject lives through the death of the apiserver alone.
func forgotten(t *testing.T) {
	t.Helper()
	r, s := pair(t, kube.Config())
	steps := life()
	r.step(steps[0])
	// A watch that has told something is taken up where it ended, not begun anew.
	r.await("both accounts equal the cluster", func(ctx context.Context) error { return s.equal(ctx, t) })
	s.do(t, "k8s pause(all, watch)")
	s.do(t, "k8s close(all)")
	for _, step := range steps[1:3] {
		r.step(step)
	}
	must(t, kube.Kill(cluster.APIServer))
	eventually(t, "the undisturbed subject notices", func(context.Context) error {
		if r.reference.k8s.Watches("") > 0 {
			return errors.New("watches run that nobody answers")
		}
		return nil
	})
	must(t, kube.Restart(t.Context(), cluster.APIServer))
	must(t, kube.Compact(t.Context()))
	for _, step := range steps[3:5] {
		r.step(step)
	}
	s.lift(t)
	r.conclude(s)
	if s.k8s.Expired() == 0 {
		t.Error("the apiserver never said that a version is gone: nothing was forgotten")
	}
}

// reader may read everything, or everything but what is in the group apps.
const reader = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: chaos, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: chaos}
rules:
- {apiGroups: [%s], resources: ["*"], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: chaos}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: chaos}
subjects: [{kind: ServiceAccount, name: chaos, namespace: default}]
`

func permit(t *testing.T, groups string) {
	t.Helper()
	must(t, kube.Apply(t.Context(), fmt.Appendf(nil, reader, groups)))
}

// A kind that may not be read is frozen as it is: nothing of it is changed, and
// everything else goes on. With the right back it catches up.
func revoked(t *testing.T) {
	t.Helper()
	permit(t, `"*"`)
	r, s := pair(t, tokenOf(t, "chaos"))
	const others = `"", autoscaling, batch, networking.k8s.io, policy, storage.k8s.io`
	permit(t, others)
	s.do(t, "k8s close(deployments)")
	s.do(t, "k8s close(replicasets)")
	eventually(t, "deployments are frozen", func(ctx context.Context) error {
		return s.says(ctx, `argus_kind_frozen{kind="deployments"}`, "1")
	})
	since := s.sim.Summary().Commits
	steps := life()
	for _, step := range steps[:4] {
		r.step(step)
	}
	eventually(t, "other kinds are mirrored", func(context.Context) error {
		if _, there := s.sim.DeviceByDisplayName("settings-cm-shop-" + clusterName); there {
			return errors.New("the deleted ConfigMap still has a resource")
		}
		return nil
	})
	for _, commit := range s.sim.Journal(account.JournalQuery{Since: since, Type: "device"}) {
		if d := deviceOf(commit); property(d, "system.categories") == "KubernetesDeployment" {
			t.Errorf("%s of %s although its kind may not be read", commit.Op, commit.Name)
		}
	}
	permit(t, `"*"`)
	r.conclude(s)
}
