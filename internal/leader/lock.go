package leader

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// lock is the Lease as client-go sees it, with a note of the last renewal.
type lock struct {
	resourcelock.Interface

	mu      sync.Mutex
	renewed time.Time // when the renewal that succeeded last was begun; zero: not held
	leader  string
	err     error
}

// Get implements resourcelock.Interface.
func (l *lock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err = err; err == nil {
		l.leader = record.HolderIdentity
	}
	return record, raw, err
}

// Create implements resourcelock.Interface.
func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	began := time.Now()
	return l.note(record, began, l.Interface.Create(ctx, record))
}

// Update implements resourcelock.Interface. It also gives the Lease back, with a
// record that names nobody.
func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity != l.Identity() {
		l.drop() // before others can know
	}
	began := time.Now()
	return l.note(record, began, l.Interface.Update(ctx, record))
}

// note keeps the moment at which a renewal began: the apiserver had it no sooner.
func (l *lock) note(record resourcelock.LeaderElectionRecord, began time.Time, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err = err; err != nil {
		return err
	}
	if l.leader = record.HolderIdentity; l.leader == l.Identity() {
		l.renewed = began
	}
	return nil
}

func (l *lock) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewed = time.Time{}
}

func (l *lock) last() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.renewed
}

func (l *lock) seen() (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leader, l.err
}
