package config

import (
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// oneOf is the problem of a word that is not among those it may be.
func oneOf(word string, words []string) problem {
	p := problem{"unknown value " + quote(word), "write one of " + strings.Join(words, ", ")}
	if near := nearest(word, words); near != "" {
		p.mend = "did you mean " + near + "? " + p.mend
	}
	return p
}

// shorten keeps a key of the file from filling a message.
func shorten(key string) string {
	quoted := quote(key)
	return quoted[1 : len(quoted)-1]
}

// nearest is the word that most probably was meant, or "" when none is near.
func nearest(word string, words []string) string {
	if len(word) > 200 {
		return ""
	}
	best, distance := "", 2
	if len(word) > 3 { // two letters exchanged are two edits
		distance = max(2, len(word)/3) + 1
	}
	for _, w := range words {
		if d := edits(plainLetters(word), plainLetters(w)); d < distance {
			best, distance = w, d
		}
	}
	return best
}

// plainLetters lets cluster_name, clusterName and CLUSTERNAME be the same word.
func plainLetters(word string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(word))
}

// edits is the Levenshtein distance of two words, in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
