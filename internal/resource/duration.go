package resource

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

// Why a text is no duration.
var (
	ErrDurationForm = errors.New("not a duration")
	ErrDurationSize = errors.New("a duration too long to count")
)

// isoDuration has each unit at most once, the longest first.
var isoDuration = regexp.MustCompile(`^-?P(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?(T(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?$`)

// ParseDuration reads a duration as ISO-8601 writes it (P1DT12H). A day has 24
// hours, a month 30.4 days, and a year 365. One that is longer than can be counted
// is an error: it must not turn into a short one, or one below zero.
func ParseDuration(text string) (time.Duration, error) {
	if !isoDuration.MatchString(text) || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, ErrDurationForm
	}
	iso, err := duration.Parse(text)
	if err != nil {
		return 0, ErrDurationForm // a number of more digits than can be counted
	}
	// Beyond about 292 years the conversion would overflow.
	const daysMax = 100_000
	days := iso.Years*366 + iso.Months*31 + iso.Weeks*7 + iso.Days + iso.Hours/24 + iso.Minutes/1440 + iso.Seconds/86400
	if days > daysMax {
		return 0, ErrDurationSize
	}
	return iso.ToTimeDuration(), nil
}
