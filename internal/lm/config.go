package lm

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lm/ratelimit"
)

// Defaults of a Config.
const (
	DefaultDomain    = "logicmonitor.com"
	DefaultShare     = 0.8
	DefaultTimeout   = 30 * time.Second
	DefaultPageSize  = 1000
	DefaultAuthPause = 30 * time.Second
)

// Bounds of a page, from LogicMonitor's documentation; a page must hold two items
// because consecutive pages overlap by one.
const (
	minPageSize = 2
	maxPageSize = 1000
)

// Domains are the domains under which LogicMonitor keeps accounts.
func Domains() []string { return []string{DefaultDomain, "lmgov.us", "qa-lmgov.us"} }

// Config says which account to speak to and how. Either Account or BaseURL, and
// Credentials, must be given; the rest has defaults.
type Config struct {
	// Account is the first part of the account's host name, Domain the rest: one
	// of Domains, DefaultDomain if empty.
	Account string
	Domain  string
	// BaseURL replaces https://Account.Domain: a proxy or a simulator. The path
	// /santaba/rest is added if it is not there.
	BaseURL string
	// Credentials sign each request.
	Credentials credential.Config
	// Version of Argus, for the User-Agent.
	Version string

	// Proxy for all requests; if its URL is empty, the usual environment
	// variables (HTTPS_PROXY, NO_PROXY) decide.
	Proxy Proxy
	// CAFiles hold certificates, in PEM form, that are trusted besides the system's.
	CAFiles []string
	// IgnoreSSL switches verification of certificates off. It is logged as an
	// error, because whoever sits in between can then read the credentials.
	IgnoreSSL bool

	// Share of each of the account's rate limits that is used, over 0 up to 1;
	// DefaultShare if 0. FirstSyncShare is used between BeginFirstSync and
	// EndFirstSync; Share if 0.
	Share          float64
	FirstSyncShare float64
	// Limits are exceptions by endpoint.
	Limits map[Endpoint]Limit

	// Timeout of one attempt of a request, answer included and waiting for a turn
	// not; DefaultTimeout if 0.
	Timeout time.Duration
	// PageSize of listings, 2 to 1000; DefaultPageSize if 0.
	PageSize int
	// AuthPause is how long nothing but one probe is sent after the account
	// refused the credentials, unless these change; DefaultAuthPause if 0.
	AuthPause time.Duration

	// Logger gets warnings; none if nil.
	Logger *slog.Logger
	// Metrics, if not nil, gets the client's metrics.
	Metrics prometheus.Registerer
	// Guard, if not nil, is asked before each request that is no GET.
	Guard Guard
	// Transport replaces the client's own, with its proxy and TLS settings.
	Transport http.RoundTripper
}

// A Guard says whether anything may be changed now: its error keeps a request from
// being sent, and an answer that has not come until then is given up.
type Guard func() (until time.Time, err error)

// Proxy is an HTTP or HTTPS proxy.
type Proxy struct {
	URL      string
	User     string
	Password credential.Secret
}

// A Limit bounds one endpoint from our side.
type Limit struct {
	// Share of the account's limit, over 0 up to 1; the client's if 0.
	Share float64
	// Cap is the most requests in a window, whatever the account allows; none if 0.
	Cap int
}

func (c Config) withDefaults() Config {
	if c.Domain == "" {
		c.Domain = DefaultDomain
	}
	if c.Version == "" {
		c.Version = "unknown"
	}
	if c.Share == 0 {
		c.Share = DefaultShare
	}
	if c.FirstSyncShare == 0 {
		c.FirstSyncShare = c.Share
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.PageSize == 0 {
		c.PageSize = DefaultPageSize
	}
	if c.AuthPause == 0 {
		c.AuthPause = DefaultAuthPause
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// check reports every fault at once.
func (c Config) check() error {
	var faults []error
	checkShare := func(name string, share float64) {
		if !(share > 0 && share <= 1) { // also refuses NaN
			faults = append(faults, fmt.Errorf("%s is %v: want over 0 and at most 1", name, share))
		}
	}
	checkShare("share of the rate limit", c.Share)
	checkShare("share of the rate limit in the first sync", c.FirstSyncShare)
	for endpoint, limit := range c.Limits {
		if !slices.Contains(Endpoints(), endpoint) {
			faults = append(faults, fmt.Errorf("rate limit for %q: no such endpoint; want for example %q", endpoint, EndpointCreateDevice))
		}
		if limit.Share != 0 {
			checkShare(fmt.Sprintf("share of the rate limit of %q", endpoint), limit.Share)
		}
		if limit.Cap < 0 {
			faults = append(faults, fmt.Errorf("cap of the rate limit of %q is %d: want 0 or more", endpoint, limit.Cap))
		}
	}
	if c.PageSize < minPageSize || c.PageSize > maxPageSize {
		faults = append(faults, fmt.Errorf("page size is %d: want %d to %d", c.PageSize, minPageSize, maxPageSize))
	}
	if c.Timeout < 0 || c.AuthPause < 0 {
		faults = append(faults, fmt.Errorf("timeout is %v and pause after refused credentials %v: want neither negative", c.Timeout, c.AuthPause))
	}
	return errors.Join(faults...)
}

func (c Config) limit(e Endpoint, share float64) ratelimit.Config {
	own := c.Limits[e]
	if own.Share == 0 {
		own.Share = share
	}
	return ratelimit.Config{Share: own.Share, Cap: own.Cap}
}

const (
	restPath   = "/santaba/rest"
	ingestPath = "/rest"
)

// urls returns where the REST API and the log ingestion are.
func (c Config) urls() (rest, ingest string, err error) {
	if c.BaseURL == "" {
		return c.accountURLs()
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		// The parser's error would repeat the URL, and with it a password.
		return "", "", errors.New("base URL cannot be parsed: want for example https://acme.logicmonitor.com")
	}
	switch {
	case u.User != nil:
		return "", "", errors.New("base URL holds a user or password: give credentials apart")
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return "", "", errors.New("base URL is not an http or https address: want for example https://acme.logicmonitor.com")
	case u.RawQuery != "" || u.Fragment != "":
		return "", "", errors.New("base URL has a query or fragment: want only scheme, host and path")
	}
	root := strings.TrimSuffix(strings.TrimRight(u.String(), "/"), restPath)
	return root + restPath, root + ingestPath, nil
}

func (c Config) accountURLs() (rest, ingest string, err error) {
	if c.Account == "" {
		return "", "", errors.New("no account: give the account's name, the first part of its host name, or a base URL")
	}
	if !regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`).MatchString(c.Account) {
		return "", "", fmt.Errorf("account %q is not a name: want the first part of the account's host name, such as acme of acme.%s", c.Account, DefaultDomain)
	}
	if !slices.Contains(Domains(), c.Domain) {
		return "", "", fmt.Errorf("domain %q: want one of %s, or a base URL", c.Domain, strings.Join(Domains(), ", "))
	}
	root := "https://" + c.Account + "." + c.Domain
	return root + restPath, root + ingestPath, nil
}
