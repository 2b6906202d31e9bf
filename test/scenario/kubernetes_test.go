package scenario_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	client "k8s.io/client-go/kubernetes"

	"github.com/argus-k8s/argus/test/cluster"
	"github.com/argus-k8s/argus/test/scenario/fakeapi"
)

// user is who Argus is in a scenario.
const user = "argus"

// kubernetes is the cluster of a scenario.
type kubernetes interface {
	// admin may do everything.
	admin() *rest.Config
	// kubeconfig is a file for Argus, which may read every kind at first.
	kubeconfig() string
	// revoke and grant take and give the right to read a kind.
	revoke(ctx context.Context, group, plural string) error
	grant(ctx context.Context, group, plural string) error
	// shared says whether others change it too.
	shared() bool
}

// fakeCluster is a Kubernetes in memory.
type fakeCluster struct {
	api    *fakeapi.Server
	server *httptest.Server
	file   string
}

func newFakeCluster(_ testing.TB, env *testscript.Env) (kubernetes, error) {
	c := &fakeCluster{api: fakeapi.New(), file: filepath.Join(env.WorkDir, "kubeconfig")}
	c.server = httptest.NewServer(c.api)
	env.Defer(func() {
		c.api.CutWatches()
		c.server.CloseClientConnections()
		c.server.Close()
	})
	return c, writeKubeconfig(c.file, c.admin(), user)
}

func (c *fakeCluster) admin() *rest.Config { return &rest.Config{Host: c.server.URL, QPS: -1} }

func (c *fakeCluster) kubeconfig() string { return c.file }

func (c *fakeCluster) shared() bool { return false }

func (c *fakeCluster) revoke(_ context.Context, _, plural string) error {
	c.api.Forbid(plural)
	return nil
}

func (c *fakeCluster) grant(_ context.Context, _, plural string) error {
	c.api.Permit(plural)
	return nil
}

// fault makes the apiserver difficult.
func (c *fakeCluster) fault(name string) error {
	switch name {
	case "cut-watches":
		c.api.CutWatches()
	case "compact":
		c.api.Compact()
		c.api.CutWatches()
	case "none":
		c.api.SetFaults(fakeapi.Faults{})
	case "page-not-found":
		c.api.SetFaults(fakeapi.Faults{PageNotFound: true}) // watches run on, and bring what is then read
	case "old-lists":
		c.api.SetFaults(fakeapi.Faults{NoStreamedLists: true, PageSize: 2})
	default:
		return fmt.Errorf("unknown fault %q", name)
	}
	return nil
}

// realCluster is a control plane that several scenarios share.
type realCluster struct {
	*cluster.Cluster
	client client.Interface

	mu    sync.Mutex // guards users
	users int
}

func newRealCluster(tb testing.TB, c *cluster.Cluster) *realCluster {
	tb.Helper()
	config := c.Config()
	config.WarningHandler = rest.NoWarnings{}
	k, err := client.NewForConfig(config)
	if err != nil {
		tb.Fatal(err)
	}
	return &realCluster{Cluster: c, client: k}
}

// realUser is one scenario's part of a shared cluster: a user of its own, whose
// rights are its own.
type realUser struct {
	*realCluster
	name, file string
	only       bool
}

// groups are the API groups of the kinds there are.
func groups() []string {
	return []string{
		"", "apiextensions.k8s.io", "apps", "autoscaling", "batch", "discovery.k8s.io", "gateway.networking.k8s.io",
		"networking.k8s.io", "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
	}
}

func (c *realCluster) newUser(_ testing.TB, env *testscript.Env) (kubernetes, error) {
	return c.addUser(env)
}

// newOnlyUser has the cluster for itself.
func (c *realCluster) newOnlyUser(_ testing.TB, env *testscript.Env) (kubernetes, error) {
	u, err := c.addUser(env)
	if err != nil {
		return nil, err
	}
	u.only = true
	return u, nil
}

func (c *realCluster) addUser(env *testscript.Env) (*realUser, error) {
	c.mu.Lock()
	c.users++
	u := &realUser{realCluster: c, name: fmt.Sprintf("%s-%d", user, c.users), file: filepath.Join(env.WorkDir, "kubeconfig")}
	c.mu.Unlock()
	ctx := context.Background()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: u.name}}
	for _, group := range groups() {
		role.Rules = append(role.Rules, readAll(group))
	}
	if _, err := c.client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: u.name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: u.name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: u.name}},
	}
	if _, err := c.client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	return u, writeKubeconfig(u.file, c.Config(), u.name)
}

func readAll(group string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"}}
}

func (u *realUser) admin() *rest.Config {
	config := u.Config()
	config.WarningHandler = rest.NoWarnings{}
	return config
}

func (u *realUser) kubeconfig() string { return u.file }

func (u *realUser) shared() bool { return !u.only }

// revoke names what stays allowed of the group, for rights only add up.
func (u *realUser) revoke(ctx context.Context, group, plural string) error {
	return u.allow(ctx, group, func(all []string) rbacv1.PolicyRule {
		rule := readAll(group)
		rule.Resources = slices.DeleteFunc(all, func(r string) bool { return r == plural })
		return rule
	})
}

func (u *realUser) grant(ctx context.Context, group, _ string) error {
	return u.allow(ctx, group, func([]string) rbacv1.PolicyRule { return readAll(group) })
}

func (u *realUser) allow(ctx context.Context, group string, rule func(all []string) rbacv1.PolicyRule) error {
	lists, err := u.client.Discovery().ServerPreferredResources()
	if err != nil {
		return err
	}
	var all []string
	for _, list := range lists {
		for _, r := range list.APIResources {
			if g, _, in := strings.Cut(list.GroupVersion, "/"); in && g == group || !in && group == "" {
				all = append(all, r.Name)
			}
		}
	}
	role, err := u.client.RbacV1().ClusterRoles().Get(ctx, u.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for i, r := range role.Rules {
		if slices.Contains(r.APIGroups, group) {
			role.Rules[i] = rule(all)
		}
	}
	_, err = u.client.RbacV1().ClusterRoles().Update(ctx, role, metav1.UpdateOptions{})
	return err
}

// writeKubeconfig writes a file for somebody whom the administrator plays.
func writeKubeconfig(file string, config *rest.Config, as string) error {
	out := clientcmdapi.NewConfig()
	out.Clusters["it"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	out.AuthInfos["it"] = &clientcmdapi.AuthInfo{
		ClientCertificateData: config.CertData, ClientKeyData: config.KeyData, Impersonate: as,
	}
	out.Contexts["it"] = &clientcmdapi.Context{Cluster: "it", AuthInfo: "it"}
	out.CurrentContext = "it"
	return clientcmd.WriteToFile(*out, file)
}

// gone says whether an error says that what was asked for does not exist.
func gone(err error) bool { return apierrors.IsNotFound(err) }
