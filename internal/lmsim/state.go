package lmsim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// Save writes the account to a file, in one step: a crash leaves the old file or the new one. It
// writes nothing when nothing changed since the last Save or Load. Tokens, switches and limits are
// not part of it.
func (s *Server) Save(file string) error {
	var snapshot account.Snapshot
	var generation uint64
	s.locked(func(a *account.Account, _ time.Time) {
		generation = a.Generation()
		if generation != s.saved {
			snapshot = a.Snapshot()
		}
	})
	if snapshot.Version == 0 {
		return nil
	}
	if err := writeFile(file, func(w io.Writer) error { return json.NewEncoder(w).Encode(snapshot) }); err != nil {
		return fmt.Errorf("save account: %w", err)
	}
	s.mu.Lock()
	s.saved = generation
	s.mu.Unlock()
	return nil
}

// Load replaces the account by the one in a file. The error is os.ErrNotExist when there is none.
func (s *Server) Load(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("load account: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	var snapshot account.Snapshot
	if err := json.NewDecoder(bufio.NewReaderSize(f, 1<<20)).Decode(&snapshot); err != nil {
		return fmt.Errorf("load account: %s: %w", file, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := account.Restore(snapshot, s.switches.Rules, s.journal, s.clock())
	if err != nil {
		return fmt.Errorf("load account: %s: %w", file, err)
	}
	s.account, s.saved = a, a.Generation()
	return nil
}

func writeFile(file string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(write(w), w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
