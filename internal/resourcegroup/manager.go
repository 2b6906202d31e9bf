package resourcegroup

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Config is what a Manager needs.
type Config struct {
	Reader  Reader
	Writer  Writer // nil for a Manager that only plans
	Cluster Cluster
	// Layout without Namespaces and Roles, which come from the Cluster.
	Layout Layout
	// Parent is the group below which the cluster group is; ParentPath names it
	// by the names from the root of the account, with slashes, and wins.
	Parent     resource.ID
	ParentPath string
	// Facts are read with each complete reading of the tree.
	Facts func(ctx context.Context) []resource.Property
	// OnRequest is told which of PropResync and PropRename a person has set on
	// the cluster group. It must not block.
	OnRequest func(property string)
	// Every is the time between complete readings of the tree. Default one
	// hour.
	Every time.Duration
	// LookEvery is the time between looks at the cluster group for what people
	// ask for. Default ten minutes.
	LookEvery time.Duration
	Log       *slog.Logger
}

// Manager keeps the tree of groups as it should be. Run belongs to one goroutine;
// Touch and Report are safe for concurrent use.
type Manager struct {
	Config
	wake chan struct{}
	// What the account was last seen to have, and what was read with it; Run's own.
	tree   *Tree
	facts  []resource.Property
	parent resource.ID

	mu     sync.Mutex // guards report
	report Report
}

// Report is how the tree stands, for people.
type Report struct {
	Groups  int       // groups in the account's tree
	Pending int       // changes that are due and not yet possible
	At      time.Time // of the last complete reading
	Err     error     // what the last attempt failed with
	InStep  bool
}

// New returns a Manager.
func New(config Config) *Manager {
	if config.Every == 0 {
		config.Every = time.Hour
	}
	if config.LookEvery == 0 {
		config.LookEvery = 10 * time.Minute
	}
	if config.Parent == 0 {
		config.Parent = rootGroup
	}
	if config.Facts == nil {
		config.Facts = func(context.Context) []resource.Property { return nil }
	}
	if config.OnRequest == nil {
		config.OnRequest = func(string) {}
	}
	return &Manager{Config: config, wake: make(chan struct{}, 1)}
}

// Touch says that what groups are made of may have changed.
func (m *Manager) Touch() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Report says how the tree stands.
func (m *Manager) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.report
}

// Claim makes sure that the account's cluster group, if there is one, is this
// cluster's. It must succeed before anything is changed, and is not for use while
// Run runs.
func (m *Manager) Claim(ctx context.Context) error {
	_, err := m.root(ctx)
	return err
}

// Plan reads the tree and says what is to be changed. It is not for use while Run
// runs.
func (m *Manager) Plan(ctx context.Context) ([]Change, error) {
	if err := m.read(ctx); err != nil {
		return nil, err
	}
	return m.due(), nil
}

// Pauses before the next attempt while something fails or has to wait.
const (
	retryFirst = 2 * time.Second
	retryMost  = 2 * time.Minute
)

// Run keeps the tree until ctx ends: when it is touched, and now and then because
// people change groups too.
func (m *Manager) Run(ctx context.Context) error {
	retry := retryFirst
	timer := time.NewTimer(0)
	defer timer.Stop()
	var readAt, lookedAt time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.wake:
		case <-timer.C:
		}
		pending, err := m.turn(ctx, &readAt, &lookedAt)
		if ctx.Err() != nil || Fatal(err) {
			return cmp.Or(ctx.Err(), err)
		}
		m.tell(pending, err, readAt)
		if err == nil && pending == 0 {
			retry = retryFirst
			timer.Reset(max(min(time.Until(readAt.Add(m.Every)), time.Until(lookedAt.Add(m.LookEvery))), 0))
			continue
		}
		timer.Reset(retry)
		retry = min(2*retry, retryMost)
	}
}

// turn brings the tree up to date once, after reading it anew if that is due.
func (m *Manager) turn(ctx context.Context, readAt, lookedAt *time.Time) (pending int, err error) {
	switch {
	case time.Since(*readAt) >= m.Every:
		m.tree = nil
	case time.Since(*lookedAt) >= m.LookEvery:
		*lookedAt = time.Now()
		if err := m.look(ctx); err != nil {
			return 0, err
		}
	}
	fresh := m.tree == nil
	pending, err = m.sync(ctx)
	if fresh && m.tree != nil {
		*readAt, *lookedAt = time.Now(), time.Now()
	}
	return pending, err
}

// look reads the cluster group alone, for what people ask for.
func (m *Manager) look(ctx context.Context) error {
	if m.tree == nil || m.tree.Root == nil {
		return nil
	}
	root, err := m.Reader.Group(ctx, m.tree.Root.ID)
	if err != nil || root == nil {
		m.tree = nil // to be found anew
		return err
	}
	return m.requests(ctx, root)
}

func (m *Manager) tell(pending int, err error, readAt time.Time) {
	if err != nil {
		m.Log.Warn("group tree could not be brought up to date", "error", err)
	}
	r := Report{Pending: pending, Err: err, At: readAt, InStep: err == nil && pending == 0}
	if m.tree != nil {
		r.Groups = m.tree.Len()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.report = r
}

// sync carries out what Diff says, once, and says how many changes have to wait.
// An error means that the tree is not known for certain any more.
func (m *Manager) sync(ctx context.Context) (pending int, err error) {
	if m.tree == nil {
		if err := m.read(ctx); err != nil {
			return 0, err
		}
	}
	made := map[string]resource.ID{} // path → group created in this round
	for _, change := range m.due() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		waits, err := m.carry(ctx, change, made)
		if err != nil {
			m.tree = nil
			return 0, fmt.Errorf("%s group %q: %w", change.Op, change.Path, err)
		}
		if waits {
			pending++
		}
	}
	return pending, nil
}

// carry carries out one change. It says that the change waits when its time has
// not come: a group that still holds something.
func (m *Manager) carry(ctx context.Context, c Change, made map[string]resource.ID) (waits bool, err error) {
	switch c.Op {
	case plan.Create:
		return false, m.create(ctx, c, made)
	case plan.Update:
		o, err := m.Writer.Update(ctx, c.ID, c.Patch)
		if err != nil {
			return false, err
		}
		m.tree.Put(o)
		m.told(c, o.ID)
	case plan.Delete:
		return m.delete(ctx, c)
	case plan.None:
	}
	return false, nil
}

func (m *Manager) create(ctx context.Context, c Change, made map[string]resource.ID) error {
	parent := c.Parent
	if parent == 0 {
		if at := strings.LastIndexByte(c.Path, '/'); at >= 0 && m.tree.Root != nil {
			parent = made[c.Path[:len(c.Path)-len(c.Want.Name)-1]]
		} else {
			parent = m.parent
		}
	}
	o, err := m.Writer.Create(ctx, parent, c.Want)
	if err != nil {
		return err
	}
	if m.tree.Root == nil {
		m.tree.Root = &o
	} else {
		m.tree.Put(o)
	}
	made[c.Path] = o.ID
	m.told(c, o.ID)
	return nil
}

// delete deletes a group that is proven to be of no use: the object it was made
// for is gone, and nothing is in it.
func (m *Manager) delete(ctx context.Context, c Change) (waits bool, err error) {
	if c.Gone.Name != "" {
		if o := m.Cluster.Read(ctx, c.Gone); o.Sight != plan.Absent {
			return true, nil
		}
	}
	now, err := m.Reader.Group(ctx, c.ID)
	if err != nil {
		return false, err
	}
	if now == nil {
		m.tree.Drop(c.ID)
		return false, nil
	}
	if now.Hosts > 0 || now.Groups > 0 || !now.ours() {
		m.tree.Put(*now)
		return true, nil
	}
	if err := m.Writer.Delete(ctx, c.ID); err != nil {
		return false, err
	}
	m.tree.Drop(c.ID)
	m.told(c, c.ID)
	return false, nil
}

func (m *Manager) told(c Change, id resource.ID) {
	m.Log.Info("changed group", "action", c.Op.String(), "group", c.Path, "lm_id", int64(id), "reason", c.Reason)
}

// due is what is to be changed. The cluster group is moved to a parent that the
// configuration names; where it names none it stays where a person moved it.
func (m *Manager) due() []Change {
	changes := Diff(m.wanted(), m.tree)
	root := m.tree.Root
	if root == nil || m.parent == rootGroup || root.Parent == m.parent {
		return changes
	}
	move := Change{Op: plan.Update, Path: root.Name, ID: root.ID, Patch: Patch{Parent: &m.parent}, Reason: "it is to be below another group"}
	return append([]Change{move}, changes...)
}

// read reads the whole tree, and what it depends on.
func (m *Manager) read(ctx context.Context) error {
	root, err := m.root(ctx)
	if err != nil {
		return err
	}
	m.facts = m.Facts(ctx)
	if root == nil {
		m.tree = NewTree(nil, nil)
		return nil
	}
	below, err := m.Reader.Tree(ctx, *root)
	if err != nil {
		return fmt.Errorf("list the groups below %q: %w", root.Name, err)
	}
	m.tree = NewTree(root, below)
	return m.requests(ctx, root)
}

// requests hands on what a person asked for by a property of the cluster group,
// and clears it.
func (m *Manager) requests(ctx context.Context, root *Observed) error {
	if m.Writer == nil {
		return nil
	}
	for _, name := range []string{PropResync, PropRename} {
		if value, _ := root.Property(name); !strings.EqualFold(value, "true") {
			continue
		}
		m.Log.Info("a person asks for it on the cluster group", "setting", name)
		m.OnRequest(name)
		if err := m.Writer.RemoveProperty(ctx, root.ID, name); err != nil {
			return fmt.Errorf("clear the property %s of group %d: %w", name, root.ID, err)
		}
	}
	return nil
}

// wanted is the tree for what the cluster has now.
func (m *Manager) wanted() *Group {
	l := m.Layout
	l.Facts = m.facts
	if names, ok := m.Cluster.Names(kind.Namespace.ID); ok {
		l.Namespaces = notNil(names)
	}
	if roles, ok := m.Cluster.Groups(kind.Node.ID); ok {
		l.Roles = notNil(roles)
	}
	return Wanted(l)
}

func notNil(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
