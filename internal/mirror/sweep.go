package mirror

import (
	"context"
	"time"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// runSweeps deletes what is marked deleted when its time is over.
func (m *Manager) runSweeps(ctx context.Context) error {
	for sleep(ctx, jitter(m.SweepEvery)) {
		for _, id := range m.Cache.Due(time.Now()) {
			if err := m.sweep(ctx, id); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Expired decides on every resource that is marked deleted, as a sweep would, and
// changes nothing.
func (m *Manager) Expired(ctx context.Context) ([]plan.Change, error) {
	var changes []plan.Change
	for _, id := range m.Cache.Due(time.Now()) {
		step, err := m.expire(ctx, id)
		if err != nil {
			return nil, err
		}
		if step.Do == plan.Act {
			changes = append(changes, step.Change)
		}
	}
	return changes, nil
}

// expire decides on one resource, as the account has it now.
func (m *Manager) expire(ctx context.Context, id resource.ID) (plan.Step, error) {
	seen, err := m.Account.Resource(ctx, id)
	switch {
	case err != nil:
		return plan.Step{}, err
	case seen == nil || seen.Life != resource.Deleted || seen.Key == (resource.Key{}):
		// Gone, restored by a person, or not ours any more.
		m.Cache.Forget(id)
		return plan.Step{Do: plan.Rest}, nil
	}
	return m.Policy.Retention.Expire(seen, time.Now()), nil
}

// sweep deletes one resource if that is due. Trouble with the account is told and
// waits for the next sweep; the error is the context's.
func (m *Manager) sweep(ctx context.Context, id resource.ID) error {
	turn, err := m.Actions.Reserve(ctx, plan.Delete)
	if err != nil {
		return err
	}
	defer turn.Cancel()
	step, err := m.expire(ctx, id)
	if err != nil {
		m.failed(err)
		return ctx.Err()
	}
	if step.Do != plan.Act {
		return nil
	}
	switch result := m.carry(ctx, turn, step.Change); result.Outcome {
	case plan.Done, plan.Gone:
		m.Cache.Forget(id)
	case plan.Taken, plan.Lost, plan.Refused, plan.Postponed:
	}
	return nil
}
