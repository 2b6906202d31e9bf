package config

import (
	"errors"
	"unicode/utf8"

	"github.com/argus-k8s/argus/internal/filter"
)

// FilterConfig is what package filter compiles. Loading has compiled it once, so
// it has no faults.
func (c Config) FilterConfig() filter.Config {
	out := filter.Config{HonorDisableLabel: c.Monitoring.HonorDisableLabel, Include: blocks(c.Include), Exclude: blocks(c.Exclude)}
	for _, r := range c.Filters.Rules {
		out.Rules = append(out.Rules, filter.Rule(r))
	}
	return out
}

func blocks(from []FilterBlock) []filter.Block {
	var out []filter.Block
	for _, b := range from {
		out = append(out, filter.Block(b))
	}
	return out
}

// IgnoredAnnotations are the expressions for annotations that are left alone: the
// file's, or those of the newest chart.
func (c Config) IgnoredAnnotations() []string {
	if c.Monitoring.Annotations.Ignore == nil {
		return filter.DefaultIgnoredAnnotations()
	}
	return c.Monitoring.Annotations.Ignore
}

// checkRules compiles all expressions, so that a fault is known before anything
// is done, and with its place.
func (d *decoder) checkRules(c *Config) {
	_, notices, err := filter.Compile(c.FilterConfig())
	d.tellRules(notices, err)
	d.checkIgnore("monitoring.annotations.ignore", c.Monitoring.Annotations.Ignore)
	d.checkIgnore("monitoring.labels.ignore", c.Monitoring.Labels.Ignore)
}

func (d *decoder) checkIgnore(path string, expressions []string) {
	_, notices, err := filter.CompileIgnore(path, expressions)
	at := d.places[path]
	for i := range notices {
		notices[i].File, notices[i].Line = at.file, at.line
	}
	var faults filter.Faults
	if errors.As(err, &faults) {
		for i := range faults {
			faults[i].File, faults[i].Line = at.file, at.line
		}
		err = faults
	}
	d.tellRules(notices, err)
}

// tellRules takes over what package filter found.
func (d *decoder) tellRules(notices []filter.Notice, err error) {
	for _, n := range notices {
		d.notices = append(d.notices, Notice{File: n.File, Line: n.Line, Path: n.Path, Text: n.Text + ": " + quote(n.Rule)})
	}
	var faults filter.Faults
	if !errors.As(err, &faults) {
		return
	}
	for _, f := range faults {
		problem := f.Problem
		if f.Text != "" {
			column := utf8.RuneCountInString(f.Text[:min(max(f.Offset, 0), len(f.Text))]) + 1
			problem += ", at character " + itoa(column) + " of " + quote(f.Text)
		}
		d.faults = append(d.faults, Fault{File: f.File, Line: f.Line, Path: f.Path, Problem: problem, Mend: f.Mend})
	}
}
