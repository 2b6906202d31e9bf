package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Environment variables that say where programs are.
const (
	// AssetsEnv names a folder with programs, as envtest understands it. It is
	// used instead of building anything.
	AssetsEnv = "KUBEBUILDER_ASSETS"
	// CacheEnv overrides the folder below which built programs are kept.
	CacheEnv = "ARGUS_CACHE"
)

// MissingError says that a folder of programs lacks some.
type MissingError struct {
	Dir     string
	Missing []string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s lacks %s: unset %s (and give no other folder) to have them built from their Go modules, "+
		"or put them there, named as here (stages is KWOK's kustomize/stage files in one folder)",
		e.Dir, strings.Join(e.Missing, ", "), AssetsEnv)
}

// missing returns what the folder lacks of the components.
func missing(dir string, components []Component) []string {
	var lacks []string
	for _, c := range components {
		if info, err := os.Stat(filepath.Join(dir, string(c))); err != nil || info.IsDir() {
			lacks = append(lacks, string(c))
		}
		if c != KWOK {
			continue
		}
		if info, err := os.Stat(stagesFolder(dir)); err != nil || !info.IsDir() {
			lacks = append(lacks, filepath.Base(stagesFolder(dir)))
		}
	}
	return lacks
}

// binaries returns the folder of the programs, which holds all that is to run.
func (o Options) binaries(ctx context.Context) (string, error) {
	dir := o.BinDir
	if dir == "" {
		progress := o.Progress
		if progress == nil {
			progress = io.Discard
		}
		var err error
		if dir, err = Binaries(ctx, progress); err != nil {
			return "", err
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find programs of the control plane: %w", err)
	}
	if lacks := missing(dir, o.components()); len(lacks) > 0 {
		return "", &MissingError{Dir: dir, Missing: lacks}
	}
	return dir, nil
}

// Binaries returns a folder with the programs of the control plane, named as
// the Components, and KWOK's stages. It is KUBEBUILDER_ASSETS if that is set
// (which holds etcd and kube-apiserver at least); otherwise they are built
// from the versions pinned in test/controlplane, once, into a cache folder of
// the user (below ARGUS_CACHE if set). The first build takes minutes; progress
// gets a line now and then. Several processes may call it at once: one builds,
// the others wait.
func Binaries(ctx context.Context, progress io.Writer) (string, error) {
	if dir := os.Getenv(AssetsEnv); dir != "" {
		if lacks := missing(dir, []Component{Etcd, APIServer}); len(lacks) > 0 {
			return "", &MissingError{Dir: dir, Missing: lacks}
		}
		return dir, nil
	}
	module, err := pinnedModule()
	if err != nil {
		return "", err
	}
	dir, err := cacheFolder(module)
	if err != nil {
		return "", err
	}
	if len(missing(dir, everything())) == 0 {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	unlock, err := lockFile(ctx, filepath.Join(dir, ".lock"), func() {
		fmt.Fprintln(progress, "another process builds the Kubernetes programs; waiting for it")
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	b := builder{module: module, dir: dir, progress: progress}
	if err := b.buildMissing(ctx); err != nil {
		return "", fmt.Errorf("build programs of the control plane: %w", err)
	}
	return dir, nil
}

// modulePath is Argus's own module, below whose folder the pinned one lies.
const modulePath = "github.com/argus-k8s/argus"

// pinnedModule finds the folder of the module that pins the programs, going up
// from the working folder. Tests run in their package's folder and the demo in
// some folder of the repository, so both are below it.
func pinnedModule() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find module test/controlplane: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		switch {
		case err == nil && declares(content, modulePath):
			return filepath.Join(dir, "test", "controlplane"), nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("find module test/controlplane: %w", err)
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find module test/controlplane: no go.mod of %s in %s or above: "+
				"run this inside the repository, or set %s to a folder with the programs", modulePath, start, AssetsEnv)
		}
	}
}

// declares tells whether a go.mod declares the module.
func declares(goMod []byte, module string) bool {
	for line := range strings.Lines(string(goMod)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "module" {
			return fields[1] == module
		}
	}
	return false
}

// cacheFolder names the folder for the programs as pinned and built now, so
// that another version or flag never meets old ones.
func cacheFolder(module string) (string, error) {
	root := os.Getenv(CacheEnv)
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find cache folder (set %s): %w", CacheEnv, err)
		}
		root = filepath.Join(user, "argus")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", fmt.Errorf("read pinned versions: %w", err)
		}
		fmt.Fprintf(hash, "%s %d\n%s", name, len(content), content)
	}
	fmt.Fprintln(hash, runtime.GOOS, runtime.GOARCH, buildFlags("VERSION"), stageFolders())
	for _, p := range programs() {
		fmt.Fprintln(hash, p.component, p.path)
	}
	return filepath.Join(root, "controlplane", hex.EncodeToString(hash.Sum(nil))[:16]), nil
}
