package config

import (
	"errors"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

var errDurationUnit = errors.New("a duration needs a unit")

// ParseDuration reads a duration as Go writes it (1h30m) or as ISO-8601 does
// (P1DT12H). In the latter a day has 24 hours, a month 30.4 days, and a year 365.
func ParseDuration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(strings.TrimPrefix(text, "-"), "P") {
		return parseGoDuration(text)
	}
	return resource.ParseDuration(text)
}

func parseGoDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err == nil:
		return d, nil
	case text != "" && strings.Trim(text, "-0123456789.") == "":
		return 0, errDurationUnit
	}
	return 0, resource.ErrDurationForm
}
