package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/test/demo/equal"
)

// A portal is the simulated account, served on loopback.
type portal struct {
	*lmsim.Server
	api, page string // URLs
	before    equal.Account
	calls     map[lmsim.Count]int // until Argus came; Calls is 0 in the keys
	servers   []*http.Server
	ended     chan error
}

// What the account holds before Argus comes.
const (
	collectorsThere = 2
	foreignThere    = 12
)

// openPortal makes the account and lets it answer. Its limits are those of
// LogicMonitor.
func openPortal(ctx context.Context) (*portal, error) {
	p := &portal{Server: lmsim.New(lmsim.Options{}), ended: make(chan error, 2)}
	if err := p.furnish(ctx); err != nil {
		return nil, err
	}
	var err error
	if p.before, err = p.account(); err != nil {
		return nil, err
	}
	p.calls = p.counted()
	if p.api, err = p.serve(ctx, p.Server); err == nil {
		p.page, err = p.serve(ctx, p.AdminHandler())
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// furnish gives the account a group of collectors for the cluster, and servers of
// somebody else.
func (p *portal) furnish(ctx context.Context) error {
	group, err := p.collectorGroup(ctx)
	if err != nil {
		return err
	}
	for i := range collectorsThere {
		c := lmsim.Collector{Description: fmt.Sprintf("%s-%d", clusterName, i), Hostname: fmt.Sprintf("collector-%d", i), GroupID: group}
		if _, err := p.AddCollector(c); err != nil {
			return fmt.Errorf("add a collector: %w", err)
		}
	}
	return p.Seed(lmsim.Seed{Foreign: foreignThere})
}

// collectorGroup makes the group where Argus looks for collectors, as somebody
// who installs them does: by the REST API.
func (p *portal) collectorGroup(ctx context.Context) (int32, error) {
	body := strings.NewReader(fmt.Sprintf(`{"name": %q}`, equal.ClusterGroup(clusterName)))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://lmsim/santaba/rest/setting/collector/groups", body)
	if err != nil {
		return 0, fmt.Errorf("make a collector group: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+lmsim.DemoToken().Bearer)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Version", "3")
	answer, err := p.Transport().RoundTrip(request)
	if err != nil {
		return 0, fmt.Errorf("make a collector group: %w", err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("make a collector group: %s %s: %w", answer.Status, content, err)
	}
	groups := p.Journal(account.JournalQuery{Type: "collectorGroup", Last: 1})
	if len(groups) != 1 {
		return 0, errors.New("make a collector group: there is none")
	}
	var id int32
	_, err = fmt.Sscan(groups[0].ID, &id)
	return id, err
}

// serve lets a handler answer on a free port and returns its URL.
func (p *portal) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("serve the account: %w", err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	p.servers = append(p.servers, s)
	go func() { p.ended <- s.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}

// close ends the servers and returns when they have ended.
func (p *portal) close() error {
	var all []error
	for _, s := range p.servers {
		all = append(all, s.Close())
	}
	for range p.servers {
		if err := <-p.ended; !errors.Is(err, http.ErrServerClosed) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// account as it is, nothing masked.
func (p *portal) account() (equal.Account, error) {
	dump, err := p.DumpJSON(account.View{Unmasked: true})
	if err != nil {
		return equal.Account{}, fmt.Errorf("dump the account: %w", err)
	}
	return equal.ReadAccount(dump)
}

func (p *portal) counted() map[lmsim.Count]int {
	all := map[lmsim.Count]int{}
	for _, c := range p.Counts() {
		n := c.Calls
		c.Calls = 0
		all[c] = n
	}
	return all
}

// usage is how the account was called since Argus came.
type usage struct{ calls, writes, refused int }

// used sums up the calls, and lists them by method and endpoint.
func (p *portal) used() (usage, map[string]usage) {
	var total usage
	each := map[string]usage{}
	for c, n := range p.counted() {
		n -= p.calls[c]
		if n == 0 {
			continue
		}
		u := usage{calls: n}
		if c.Status == http.StatusTooManyRequests {
			u.refused = n
		} else if c.Method != http.MethodGet {
			u.writes = n
		}
		endpoint := fmt.Sprintf("%-7s%s", c.Method, c.Template)
		each[endpoint] = each[endpoint].plus(u)
		total = total.plus(u)
	}
	return total, each
}

func (u usage) plus(v usage) usage {
	return usage{u.calls + v.calls, u.writes + v.writes, u.refused + v.refused}
}

// lastCommit is the number of the newest change of the account.
func (p *portal) lastCommit() uint64 { return p.Summary().Commits }

// changes are what was created, updated and deleted since a commit, each told once.
func (p *portal) changes(since uint64) (lines []string) {
	signs := map[string]string{account.Created: "+", account.Updated: "~", account.Deleted: "-"}
	for _, c := range p.Journal(account.JournalQuery{Since: since}) {
		name := c.Name
		if c.Type == "deviceGroup" {
			name = "group " + c.Name
		}
		if line := signs[c.Op] + " " + name; !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}
