package resource

import (
	"strings"
)

// categoryPrefix begins every category of a Kubernetes object:
// "Kubernetes" followed by the title of its kind.
const categoryPrefix = "Kubernetes"

// Endings of the categories of resources that are not what they were.
const (
	SuffixDeleted  = "Deleted"
	SuffixConflict = "Conflict"

	suffixConflictLower = "conflict"
)

// Category is the system category of a kind with this title: "KubernetesPod".
func Category(title string) string { return categoryPrefix + title }

// SplitCategories reads the value of system.categories.
func SplitCategories(value string) []string {
	var categories []string
	for c := range strings.SplitSeq(value, ",") {
		if c = strings.TrimSpace(c); c != "" {
			categories = append(categories, c)
		}
	}
	return categories
}

// JoinCategories writes the value of system.categories: commas, no blanks.
func JoinCategories(categories []string) string { return strings.Join(categories, ",") }
