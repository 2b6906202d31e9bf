package filter

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
)

// A subject is one object as rules see it, for one decision. It is not safe for
// concurrent use.
type subject struct {
	kind        *kind.Kind
	words       words
	obj         metav1.Object
	labels      map[string]string
	annotations map[string]string
	owners      words
	ownersKnown bool
	// loose makes '_' in a key stand for '_', '.' or '-'.
	loose bool
	// missing is set when a label is asked for that is not there.
	missing bool
}

func newSubject(k *kind.Kind, w words, obj metav1.Object, labels map[string]string) *subject {
	return &subject{kind: k, words: w, obj: obj, labels: labels, annotations: obj.GetAnnotations()}
}

// Get is the value of a lowered expression's variable. It never fails.
func (s *subject) Get(variable string) (any, error) {
	if key, ok := strings.CutPrefix(variable, prefixLabel); ok {
		return s.label(key), nil
	}
	switch variable {
	case varName:
		return s.obj.GetName(), nil
	case varNamespace:
		return s.obj.GetNamespace(), nil
	case varType:
		return s.words[0], nil
	case varTypeWords:
		return s.words, nil
	case varOwner:
		return s.owner(), nil
	case varOwnerWords:
		return s.ownerWords(), nil
	}
	return "", nil
}

// label is the value of the label, else of the annotation, of this key; empty if
// there is neither.
func (s *subject) label(key string) string {
	if value, ok := s.labels[key]; ok {
		return value
	}
	if value, ok := s.annotations[key]; ok {
		return value
	}
	if s.loose && hasUnderscore(key) {
		for _, all := range []map[string]string{s.labels, s.annotations} {
			if value, ok := looseLookup(all, key); ok {
				return value
			}
		}
	}
	s.missing = true
	return missingValue
}

// looseLookup takes the first key, in their order, that loosely equals this one.
func looseLookup(all map[string]string, key string) (string, bool) {
	first, found := "", false
	for candidate := range all {
		if looseEqual(key, candidate) && (!found || candidate < first) {
			first, found = candidate, true
		}
	}
	return all[first], found
}

// owner is the highest owner known: "Deployment" rather than "ReplicaSet".
func (s *subject) owner() string {
	owners := s.ownerWords()
	return owners[len(owners)-1]
}

// ownerWords are the kinds of the owners, the nearest first; one empty text if
// there is none, so that it equals "".
func (s *subject) ownerWords() words {
	if !s.ownersKnown {
		s.ownersKnown = true
		s.owners = owners(s.obj, s.labels)
	}
	return s.owners
}

// owners tells what the object alone says about its owners: the kind of its
// controller and, by the names that Kubernetes's own controllers give, the kind
// of that one's controller. A ReplicaSet named <deployment>-<pod-template-hash>
// is a Deployment's; a Job named <cronjob>-<time> is a CronJob's.
func owners(obj metav1.Object, labels map[string]string) words {
	controller := metav1.GetControllerOfNoCopy(obj)
	if controller == nil {
		return words{""}
	}
	switch controller.Kind {
	case "ReplicaSet":
		hash := labels["pod-template-hash"]
		if hash != "" && strings.HasSuffix(controller.Name, "-"+hash) {
			return words{controller.Kind, "Deployment"}
		}
	case "Job":
		if scheduled(controller.Name) {
			return words{controller.Kind, "CronJob"}
		}
	}
	return words{controller.Kind}
}

// scheduled says whether a Job's name ends as the CronJob controller ends it:
// with the scheduled time, in minutes (8 digits) or, before Kubernetes 1.21, in
// seconds (10 digits).
func scheduled(name string) bool {
	dash := strings.LastIndexByte(name, '-')
	digits := name[dash+1:]
	return dash > 0 && (len(digits) == 8 || len(digits) == 10) && strings.Trim(digits, "0123456789") == ""
}
