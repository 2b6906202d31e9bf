package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// stageFolders are the folders in KWOK's module whose stages are used: nodes
// are ready at once and renew their lease; pods run at once and end at once,
// those of Jobs with success.
func stageFolders() []string {
	return []string{"node/fast", "node/heartbeat-with-lease", "pod/fast"}
}

// copyStages copies the stages from KWOK's module into a folder, all or none.
func copyStages(module, folder string) error {
	temporary, err := os.MkdirTemp(filepath.Dir(folder), ".stages-")
	if err != nil {
		return fmt.Errorf("copy KWOK's stages: %w", err)
	}
	defer os.RemoveAll(temporary) // nothing is there once it was renamed
	for _, name := range stageFolders() {
		from := filepath.Join(module, "kustomize", "stage", filepath.FromSlash(name))
		if err := copyStageFolder(from, temporary); err != nil {
			return fmt.Errorf("copy KWOK's stages: %w", err)
		}
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return fmt.Errorf("copy KWOK's stages: %w", err)
	}
	if err := os.Rename(temporary, folder); err != nil {
		return fmt.Errorf("copy KWOK's stages: %w", err)
	}
	return nil
}

// copyStageFolder copies the stages of one folder; there must be some.
func copyStageFolder(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.yaml"))
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(file string) bool { return filepath.Base(file) == "kustomization.yaml" })
	if len(files) == 0 {
		return errors.New("none in " + from)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// kwokConfiguration lets KWOK play more pods and nodes side by side than the
// four each that are its default. KWOK applies no default to a configuration
// that comes from a file, and refuses to start without the last three numbers.
const kwokConfiguration = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
metadata:
  name: kwok
options:
  podPlayStageParallelism: 32
  nodePlayStageParallelism: 16
  nodeLeaseParallelism: 4
  podsOnNodeSyncParallelism: 4
  enablePodsOnNodeSyncListPager: true
`

// writeStages writes KWOK's configuration and all stages of a folder into one file, as KWOK wants it.
func writeStages(folder, file string) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return fmt.Errorf("read KWOK's stages: %w", err)
	}
	if len(names) == 0 {
		return errors.New("read KWOK's stages: no *.yaml in " + folder)
	}
	all := bytes.NewBufferString(kwokConfiguration)
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read KWOK's stages: %w", err)
		}
		all.WriteString("---\n")
		all.Write(content)
		all.WriteString("\n")
	}
	if err := os.WriteFile(file, all.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write KWOK's stages: %w", err)
	}
	return nil
}
