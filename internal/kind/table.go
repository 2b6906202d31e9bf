package kind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/argus-k8s/argus/internal/resource"
)

// All is the table, in the order in which groups of kinds stand in a portal's
// tree. It is not changed.
var All = []*Kind{
	Pod,
	Deployment,
	Service,
	Node,
	Namespace,
}

// ByID returns the row of a kind.
func ByID(id resource.Kind) (*Kind, bool) {
	for _, k := range All {
		if k.ID == id {
			return k, true
		}
	}
	return nil, false
}

// Parse returns the row that a user's word names: its plural, singular or short
// name, in any case.
func Parse(word string) (*Kind, error) {
	lower := strings.ToLower(strings.TrimSpace(word))
	for _, k := range All {
		if lower == string(k.ID) || slices.Contains(k.Aliases, lower) {
			return k, nil
		}
	}
	return nil, fmt.Errorf("unknown kind %q", word)
}

// ByCategory returns the row whose system category this is, and in what life the
// resource that carries it is: live, or marked deleted ("KubernetesPodDeleted").
// The category of a conflict belongs to a live resource.
func ByCategory(category string) (*Kind, resource.Life, bool) {
	for _, k := range All {
		rest, ok := cutPrefixFold(category, resource.Category(k.Title))
		if !ok {
			continue
		}
		switch rest {
		case "", resource.SuffixConflict:
			return k, resource.Live, true
		case resource.SuffixDeleted:
			return k, resource.Deleted, true
		}
	}
	return nil, 0, false
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}
