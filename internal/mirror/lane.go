package mirror

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// runLane hands out turns and keys of one op. The turn comes first and the key
// after, so that the most urgent key of that moment gets it.
func (m *Manager) runLane(ctx context.Context, op plan.Op) error {
	slots := make(chan struct{}, m.Workers)
	var work sync.WaitGroup
	defer work.Wait()
	for {
		if err := m.queue.Wait(ctx, op); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case slots <- struct{}{}:
		}
		turn, err := m.Actions.Reserve(ctx, op)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("reserve a turn to %s: %w", op, err)
		}
		key, waited, ok := m.queue.Take(op)
		if !ok {
			turn.Cancel()
			<-slots
			continue
		}
		m.Metrics.waited(op, waited)
		work.Go(func() {
			defer func() { <-slots }()
			defer turn.Cancel()
			m.work(ctx, key, op, turn)
		})
	}
}

// work reconciles one key and puts it back into the queue if need be. A panic
// costs its key a retry and nobody else anything.
func (m *Manager) work(ctx context.Context, key resource.Key, op plan.Op, turn Turn) {
	priority := 2 * int(m.kinds[key.Kind].Class)
	end, next := Failed, op
	defer func() {
		if r := recover(); r != nil {
			m.Metrics.panics.Inc()
			m.Log.Error("panic while reconciling", "kind", string(key.Kind), "namespace", key.Namespace, "name", key.Name,
				"error", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
		if m.queue.Finish(key, end, next, priority) {
			m.Touch(key)
		}
	}()
	end, next = m.reconcile(ctx, key, op, turn)
}

// Reconcile decides on a key and carries it out as far as one turn of op goes.
func (m *Manager) reconcile(ctx context.Context, key resource.Key, op plan.Op, turn Turn) (End, plan.Op) {
	began := m.gather(key)
	c, step, err := m.walk(ctx, began, op, turn)
	m.Cache.Settle(key, began.Known, c.Settled(), c.Doubt)
	if err != nil {
		if ctx.Err() == nil {
			m.Log.Error("key could not be decided", "kind", string(key.Kind), "namespace", key.Namespace, "name", key.Name, "error", err)
		}
		return Failed, op
	}
	if step.Do == plan.Linger {
		m.linger(key)
		return Lingering, op
	}
	m.stay(key)
	switch step.Do {
	case plan.Rest:
		m.unpark(key)
		m.Budget.forget(key)
		return Settled, op
	case plan.Withhold:
		if m.Budget.keep(key, c.Object.Reason) {
			return Settled, op
		}
	case plan.Act:
		return Moved, step.Change.Op
	case plan.Park:
		m.park(key, step.Reason)
		return Parked, op
	case plan.Wait, plan.Linger, plan.ReadObject, plan.ReadResource, plan.FindName:
	}
	m.Log.Debug("key waits", "kind", string(key.Kind), "namespace", key.Namespace, "name", key.Name, "reason", step.Reason)
	return Failed, plan.Expect(m.gather(key))
}
