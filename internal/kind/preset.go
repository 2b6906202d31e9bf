package kind

import (
	"fmt"
	"strings"
)

// Preset is a choice of kinds that a user makes with one word. Each holds all
// kinds of the one before it.
type Preset uint8

// The presets. The first is what the lm-container chart leaves in its mode
// "Essentials"; the second adds what an operator looks for beside it; the third
// adds access rules, definitions and the kinds whose content is nobody's
// business, of which only metadata is read.
const (
	PresetEssentials Preset = iota
	PresetStandard
	PresetEverything
)

var presets = [...]string{"essentials", "standard", "everything"}

// String is the word a user writes.
func (p Preset) String() string {
	if int(p) < len(presets) {
		return presets[p]
	}
	return fmt.Sprintf("preset %d", uint8(p))
}

// Includes says whether the kind is part of the preset.
func (p Preset) Includes(k *Kind) bool { return k.Preset <= p }

// ParsePreset returns the preset that a user's word names, in any case.
func ParsePreset(word string) (Preset, error) {
	lower := strings.ToLower(strings.TrimSpace(word))
	for p, name := range presets {
		if lower == name {
			return Preset(p), nil
		}
	}
	return 0, fmt.Errorf("unknown preset %q: want one of %s", word, strings.Join(presets[:], ", "))
}
