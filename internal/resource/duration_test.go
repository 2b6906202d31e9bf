package resource_test

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"P0D": 0, "P1DT12H": 36 * time.Hour, "P10DT0H0M0S": 240 * time.Hour, "PT0.5H": 30 * time.Minute, "P2W": 14 * 24 * time.Hour,
		"-PT1M": -time.Minute, "P200Y": 200 * 365 * 24 * time.Hour,
	} {
		if got, err := resource.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "P", "-P", "PT", "P1DT", "1D", "P1", "PP1D", "P1D2D", "P1D1Y", "PTT1H", "P.5D", "P1.D", "P½D", "P١D", " P1D", "P1D\n", "--P1D",
		"P300Y", "P99999999999Y", "-P300Y", "PT99999999999999999999S", "P" + strings.Repeat("9", 400) + "D",
	} {
		if got, err := resource.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

// exactly is the length of a duration, counted once more with numbers that do not
// round; false when it is not one.
func exactly(text string) (*big.Rat, bool) {
	text, negative := strings.CutPrefix(text, "-")
	text, ok := strings.CutPrefix(text, "P")
	date, clock, timed := strings.Cut(text, "T")
	if !ok || text == "" || timed && clock == "" {
		return nil, false
	}
	const day = 24 * 60 * 60
	year := big.NewRat(365*day, 1)
	sum := new(big.Rat)
	for _, part := range []struct {
		text, units string
		seconds     []*big.Rat
	}{
		{date, "YMWD", []*big.Rat{year, new(big.Rat).Quo(year, big.NewRat(12, 1)), big.NewRat(7*day, 1), big.NewRat(day, 1)}},
		{clock, "HMS", []*big.Rat{big.NewRat(3600, 1), big.NewRat(60, 1), big.NewRat(1, 1)}},
	} {
		for i, unit := range part.units {
			number, rest, found := strings.Cut(part.text, string(unit))
			if !found {
				continue
			}
			whole, fraction, pointed := strings.Cut(number, ".")
			if whole == "" || pointed && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
				return nil, false
			}
			n, _ := new(big.Rat).SetString(number)
			sum.Add(sum, n.Mul(n, part.seconds[i]))
			part.text = rest
		}
		if part.text != "" {
			return nil, false
		}
	}
	if negative {
		sum.Neg(sum)
	}
	return sum, true
}

// Every text is read as what it says or not at all. A text of a label or a property
// is anybody's, and a long time that became a short one would remove resources.
func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"P1DT12H", "-PT0.5S", "P1Y2M3W4DT5H6M7.5S", "P291Y", "P99999Y", "PT", "P1D2D", "PT1M1H", "P1e3D", "P0.00000000000000000001Y"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := resource.ParseDuration(text)
		want, is := exactly(text)
		if !is {
			if err == nil {
				t.Errorf("ParseDuration(%q) = %v, want an error: it is no duration", text, got)
			}
			return
		}
		seconds, _ := want.Float64()
		switch {
		case err == nil && math.Abs(got.Seconds()-seconds) > 1+math.Abs(seconds)/1e6:
			t.Errorf("ParseDuration(%q) = %v, want %v seconds", text, got, seconds)
		case err != nil && math.Abs(seconds) < 250*365*24*60*60 && len(text) < 300:
			t.Errorf("ParseDuration(%q) = %v, want %v seconds", text, err, seconds)
		}
	})
}
