package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
		files, err := filepath.Glob(filepath.Join(module, "kustomize", "stage", name, "*.yaml"))
		if err != nil {
			return fmt.Errorf("copy KWOK's stages: %w", err)
		}
		copied := 0
		for _, file := range files {
			if filepath.Base(file) == "kustomization.yaml" {
				continue
			}
			content, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("copy KWOK's stages: %w", err)
			}
			if err := os.WriteFile(filepath.Join(temporary, filepath.Base(file)), content, 0o644); err != nil {
				return fmt.Errorf("copy KWOK's stages: %w", err)
			}
			copied++
		}
		if copied == 0 {
			return fmt.Errorf("copy KWOK's stages: its module has none in kustomize/stage/%s", name)
		}
	}
	if err := os.Rename(temporary, folder); err != nil {
		return fmt.Errorf("copy KWOK's stages: %w", err)
	}
	return nil
}

// writeStages writes all stages of a folder into one file, as KWOK wants it.
func writeStages(folder, file string) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return fmt.Errorf("read KWOK's stages: %w", err)
	}
	if len(names) == 0 {
		return errors.New("read KWOK's stages: no *.yaml in " + folder)
	}
	var all bytes.Buffer
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
