package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Config is what all Watchers of a cluster share.
type Config struct {
	REST   *rest.Config
	Client kubernetes.Interface
	Index  *Index
	Sink   Sink
	View   kind.View
	Log    *slog.Logger
	// Recheck is how often a kind that is forbidden or not served is asked
	// for again. Default fifteen seconds.
	Recheck time.Duration
	// WatchTimeout is how long a watch lasts before it is taken up again.
	// Default two minutes.
	WatchTimeout time.Duration
}

// Watcher follows one kind. Its Run belongs to one goroutine; its other methods
// are safe for concurrent use.
type Watcher struct {
	Config
	kind       *kind.Kind
	permission *Permission
	again      chan struct{} // a reader was refused: look again
	relist     chan struct{} // what objects should be has changed: list again
	onGroups   func()

	mu     sync.Mutex // guards state and source
	state  State
	source *source
}

// NewWatcher returns the Watcher of a kind.
func NewWatcher(k *kind.Kind, config Config) *Watcher {
	if config.Recheck == 0 {
		config.Recheck = 15 * time.Second
	}
	if config.WatchTimeout == 0 {
		config.WatchTimeout = 2 * time.Minute
	}
	config.Log = config.Log.With("kind", string(k.ID))
	return &Watcher{
		Config: config, kind: k, permission: NewPermission(config.Client),
		again: make(chan struct{}, 1), relist: make(chan struct{}, 1), state: State{Kind: k, Phase: Starting},
	}
}

// State says how the Watcher stands.
func (w *Watcher) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state
	s.Objects, s.NotReady, s.Listed = w.Index.Count(w.kind.ID)
	return s
}

// Run follows the kind until ctx ends. Whatever the apiserver refuses or lacks,
// it keeps trying, and says so in its State.
func (w *Watcher) Run(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		pause, err := w.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failures = 0
		case time.Since(began) > time.Minute:
			failures = 1
		default:
			failures++
		}
		if err != nil {
			w.retrying(err)
			pause = backoff(failures)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		case <-w.again:
		}
	}
}

// backoff is the pause after so many failures in a row: from half a second to
// half a minute, with jitter so that kinds do not come back all at once.
func backoff(failures int) time.Duration {
	d := 500 * time.Millisecond << min(failures, 6)
	return time.Duration(float64(d) * (0.5 + rand.Float64())) //nolint:gosec // jitter, not a secret
}

// follow asks what the cluster serves and Argus may, and then lists and watches
// until that ends. The pause is how long to wait before the next turn if there
// was no error.
func (w *Watcher) follow(ctx context.Context) (pause time.Duration, err error) {
	version, ok, err := served(ctx, w.Client, w.kind)
	if err != nil {
		return 0, err
	}
	if !ok {
		w.set(Unserved, unserved(w.kind))
		return w.Recheck, nil
	}
	missing, err := w.permission.Missing(ctx, w.kind, version)
	if err != nil {
		return 0, err
	}
	if len(missing) > 0 {
		w.set(Forbidden, forbidden(w.kind, version, missing))
		return w.Recheck, nil
	}
	return 0, w.watch(ctx, version)
}

// errRefused ends a watch that still runs although the permission is gone.
var errRefused = errors.New("permission was taken away")

// errRelist ends a watch so that everything is listed and mapped again.
var errRelist = errors.New("to be listed again")

// Relist has every object of the kind mapped again, since what a mapping depends
// on beside the object has changed.
func (w *Watcher) Relist() {
	select {
	case w.relist <- struct{}{}:
	default:
	}
}

func (w *Watcher) watch(ctx context.Context, version schema.GroupVersion) error {
	// Up to a quarter more or less by chance, so that watches do not all end together.
	seconds := int64(w.WatchTimeout.Seconds() * (0.75 + rand.Float64()/2)) //nolint:gosec // jitter, not a secret
	src, err := newSource(w.REST, w.kind, w.View, version, max(seconds, 1))
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.source = src
	w.mu.Unlock()
	if _, _, listed := w.Index.Count(w.kind.ID); !listed {
		w.set(Listing, "")
	}
	select {
	case <-w.relist: // it is about to be
	default:
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var guard sync.WaitGroup
	guard.Go(func() { w.guard(ctx, cancel, version) })
	defer guard.Wait()
	defer cancel(nil)
	st := &store{kind: w.kind, view: w.View, index: w.Index, sink: w.Sink, log: w.Log, onList: func() { w.set(Watching, "") }, onGroups: w.onGroups}
	reflector := cache.NewReflectorWithOptions(w.reporting(src), w.kind.NewUnder(w.View), st, cache.ReflectorOptions{Name: string(w.kind.ID)})
	for ctx.Err() == nil {
		if err := reflector.ListAndWatchWithContext(ctx); err != nil {
			return err
		}
	}
	return nil
}

// guard asks for the permissions again whenever a Reader was refused, and ends
// the watch if they are gone: the apiserver itself lets a watch run on.
func (w *Watcher) guard(ctx context.Context, cancel context.CancelCauseFunc, version schema.GroupVersion) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.relist:
			cancel(errRelist)
			return
		case <-w.again:
		}
		if missing, err := w.permission.Missing(ctx, w.kind, version); err == nil && len(missing) > 0 {
			cancel(errRefused)
			return
		}
	}
}

// reporting is src with each watch's success and failure told in the State: the
// reflector tries again by itself and would keep quiet.
func (w *Watcher) reporting(src *source) *cache.ListWatch {
	lw := src.ListWatch
	lw.WatchFuncWithContext = func(ctx context.Context, options metav1.ListOptions) (apiwatch.Interface, error) {
		i, err := src.WatchFuncWithContext(ctx, options)
		_, _, listed := w.Index.Count(w.kind.ID)
		switch {
		case err != nil && ctx.Err() == nil:
			w.retrying(err)
		case err == nil && listed && options.SendInitialEvents == nil:
			w.set(Watching, "")
		}
		return i, err
	}
	return &lw
}

// retrying records that following the kind failed. What the index holds stays:
// an error says nothing about the objects.
func (w *Watcher) retrying(err error) {
	_, _, listed := w.Index.Count(w.kind.ID)
	phase := Listing
	if listed {
		phase = Retrying
	}
	w.set(phase, err.Error())
}

func (w *Watcher) set(phase Phase, detail string) {
	w.mu.Lock()
	old := w.state
	w.state.Phase, w.state.Detail = phase, detail
	w.mu.Unlock()
	if old.Phase == phase && old.Detail == detail {
		return
	}
	switch {
	case phase == Forbidden:
		w.Log.Error("kind is frozen: not permitted", "reason", detail)
	case phase == Unserved:
		w.Log.Warn("kind is skipped: not served", "reason", detail)
	case detail != "":
		w.Log.Warn("kind could not be followed", "reason", detail)
	case phase == Watching && old.Phase != Retrying:
		w.Log.Info("kind is listed and followed")
	}
}

// Read reads one object afresh: a consistent read, not one from a cache. It is
// Absent only if the apiserver says that this very object does not exist.
func (w *Watcher) Read(ctx context.Context, key resource.Key) plan.Object {
	w.mu.Lock()
	src := w.source
	w.mu.Unlock()
	if src == nil {
		return plan.Object{Sight: plan.Unreadable, Reason: fmt.Sprintf("%s is not being watched yet", key.Kind)}
	}
	obj, err := src.get(ctx, key.Namespace, key.Name)
	switch {
	case err == nil:
		return w.assess(obj)
	case absent(err, key):
		return plan.Object{Sight: plan.Absent}
	case apierrors.IsForbidden(err) || apierrors.IsNotFound(err):
		w.lookAgain()
	}
	return plan.Object{Sight: plan.Unreadable, Reason: fmt.Sprintf("read %s: %v", key, err)}
}

// lookAgain has the Watcher ask for its permissions soon, without cutting a watch
// that works.
func (w *Watcher) lookAgain() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

// absent says whether the answer is about this object, and not about a kind or
// a namespace that is not served. Of a kind the apiserver says "404 page not found",
// which client-go dresses as an answer about the object, and marks as unexpected.
func absent(err error, key resource.Key) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	d := status.Status().Details
	if d == nil || d.Name != key.Name || d.Kind != string(key.Kind) {
		return false
	}
	return !slices.ContainsFunc(d.Causes, func(c metav1.StatusCause) bool { return c.Type == metav1.CauseTypeUnexpectedServerResponse })
}

func (w *Watcher) assess(obj kind.Object) plan.Object {
	uid := resource.UID(obj.GetUID())
	want, err := mapObject(w.kind, obj, w.View)
	var excluded resource.Excluded
	var notReady resource.NotReady
	var panicked *panicError
	switch {
	case err == nil:
		return plan.Object{Sight: plan.Present, UID: uid, Want: &want}
	case errors.As(err, &excluded):
		return plan.Object{Sight: plan.Excluded, UID: uid, Reason: excluded.Rule, Configured: excluded.Configured}
	case errors.As(err, &notReady):
		return plan.Object{Sight: plan.NotReady, UID: uid, Reason: notReady.Reason}
	case errors.As(err, &panicked):
		panicked.tell(w.Log, obj)
	}
	return plan.Object{Sight: plan.Unreadable, Reason: err.Error()}
}
