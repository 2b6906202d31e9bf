package config

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

var (
	errDurationUnit = errors.New("a duration needs a unit")
	errDurationForm = errors.New("not a duration")
	errDurationSize = errors.New("a duration too long to count")
)

// ParseDuration reads a duration as Go writes it (1h30m) or as ISO-8601 does
// (P1DT12H). In the latter a day has 24 hours, a month 30.4 days, and a year 365.
func ParseDuration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(strings.TrimPrefix(text, "-"), "P") {
		return parseGoDuration(text)
	}
	iso, err := duration.Parse(text)
	if err != nil || !strings.ContainsAny(text, "0123456789") {
		return 0, errDurationForm
	}
	// Beyond about 292 years the conversion would overflow.
	const daysMax = 100_000
	days := iso.Years*366 + iso.Months*31 + iso.Weeks*7 + iso.Days + iso.Hours/24 + iso.Minutes/1440 + iso.Seconds/86400
	if math.IsNaN(days) || days > daysMax {
		return 0, errDurationSize
	}
	return iso.ToTimeDuration(), nil
}

func parseGoDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err == nil:
		return d, nil
	case text != "" && strings.Trim(text, "-0123456789.") == "":
		return 0, errDurationUnit
	}
	return 0, errDurationForm
}
