package watch

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"

	"github.com/argus-k8s/argus/internal/kind"
)

// needs are the verbs without which a kind cannot be mirrored safely.
var needs = []string{"get", "list", "watch"}

// Permission asks the apiserver what Argus may do, with SelfSubjectAccessReviews,
// which every account may create. It is safe for concurrent use.
type Permission struct{ client kubernetes.Interface }

// NewPermission returns a Permission that asks through client.
func NewPermission(client kubernetes.Interface) *Permission { return &Permission{client: client} }

// Missing returns the verbs that the account lacks on a kind, cluster-wide.
func (p *Permission) Missing(ctx context.Context, k *kind.Kind, version schema.GroupVersion) ([]string, error) {
	var missing []string
	for _, verb := range needs {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: verb, Group: version.Group, Version: version.Version, Resource: string(k.ID),
			},
		}}
		answer, err := p.client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("ask for permission to %s %s: %w", verb, k.ID, err)
		}
		if !answer.Status.Allowed {
			missing = append(missing, verb)
		}
	}
	return missing, nil
}

// served returns the best API version of a kind that the cluster serves.
func served(ctx context.Context, client kubernetes.Interface, k *kind.Kind) (schema.GroupVersion, bool, error) {
	for _, version := range k.Served {
		if err := ctx.Err(); err != nil {
			return schema.GroupVersion{}, false, err
		}
		list, err := client.Discovery().ServerResourcesForGroupVersion(version.String())
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return schema.GroupVersion{}, false, fmt.Errorf("ask whether %s serves %s: %w", version, k.ID, err)
		}
		for _, r := range list.APIResources {
			if r.Name == string(k.ID) {
				return version, true, nil
			}
		}
	}
	return schema.GroupVersion{}, false, nil
}

// forbidden and unserved are what a person reads of a kind that stays as it is.
func forbidden(k *kind.Kind, version schema.GroupVersion, verbs []string) string {
	group := version.Group
	if group == "" {
		group = "core"
	}
	return fmt.Sprintf("the ServiceAccount may not %s %s (API group %s): add the verbs to its ClusterRole, or switch the kind off", strings.Join(verbs, ", "), k.ID, group)
}

func unserved(k *kind.Kind) string {
	versions := make([]string, len(k.Served))
	for i, v := range k.Served {
		versions[i] = v.String()
	}
	return fmt.Sprintf("the cluster serves %s in none of the versions %s", k.ID, strings.Join(versions, ", "))
}
