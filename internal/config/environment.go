package config

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/argus-k8s/argus/internal/resource"
)

// Credentials are who Argus is to the account. Argus signs with AccessID and
// AccessKey (LMv1) when both are there, and sends BearerToken otherwise.
type Credentials struct {
	// Account is the name of the account: the first part of the portal's host.
	Account string
	// Domain is the rest of the host.
	Domain string
	// AccessID and AccessKey are an API token (LMv1).
	AccessID, AccessKey Source
	// BearerToken is the other kind of API token.
	BearerToken Source
	// ProxyUser and ProxyPass open the proxy at proxy.url.
	ProxyUser, ProxyPass Source
}

// A Variable is one variable of the environment that Argus reads.
type Variable struct{ Name, Meaning string }

// Variables that Argus reads, for the manual. ReadEnvironment reads the upper ones.
func Variables() []Variable {
	return []Variable{
		{"ACCOUNT", "Name of the account: the first part of the portal's host. Not needed with lm.url."},
		{"COMPANY_DOMAIN", "Rest of the portal's host: " + strings.Join(domains(), ", ") + ". Default: the first."},
		{"ACCESS_ID, ACCESS_KEY", "API token (LMv1). It wins when BEARER_TOKEN is set too."},
		{"BEARER_TOKEN", "API token of the other kind."},
		{"PROXY_USER, PROXY_PASS", "User and password for the proxy at proxy.url. The charts' PROXY_USER_FROM_SECRET_ARGUS and PROXY_USER_FROM_SECRET win, in this order, and so for the password."},
		{"COLLECTOR_ID", "Wins over lm.collectorID. Not read from a file."},
		{"HELM_CHART, HELM_REVISION", "What installed Argus: told as argus.helm-chart and argus.helm-revision on the cluster's group. Not read from a file, nor with a prefix."},
		{"MY_POD_NAME, MY_NAMESPACE", "The pod of Argus, of which Events are told. Not read from a file, nor with a prefix."},
	}
}

// variableNames is for messages.
const variableNames = "ACCOUNT and ACCESS_ID with ACCESS_KEY (or BEARER_TOKEN), each also as ..._FILE"

// domains of LogicMonitor's portals, the usual one first.
func domains() []string { return []string{"logicmonitor.com", "lmgov.us", "qa-lmgov.us"} }

// isCredential says whether a key of a file was meant to be a credential.
func isCredential(key string) bool {
	return slices.Contains([]string{
		"accessid", "accesskey", "account", "companydomain", "bearertoken", "proxyuser", "proxypass", "token", "password",
	}, plainLetters(key))
}

// environment looks variables up and collects faults.
type environment struct {
	lookup func(string) (string, bool)
	faults Faults
}

// ReadEnvironment takes the credentials, and the ID of the collector, from
// environment variables (os.LookupEnv). Of the variables for one thing the first
// that is set and not empty counts: ARGUS_X_FILE, ARGUS_X, X_FILE, X. The error
// is Faults, all of them, each naming what to set. Set lm.url before, if it is
// given on the command line: with it, no account name is needed.
func (c *Config) ReadEnvironment(lookup func(string) (string, bool)) error {
	e := environment{lookup: lookup}
	c.Credentials = Credentials{
		AccessID:    e.source("ACCESS_ID"),
		AccessKey:   e.source("ACCESS_KEY"),
		BearerToken: e.source("BEARER_TOKEN"),
		ProxyUser:   e.source("PROXY_USER_FROM_SECRET_ARGUS", "PROXY_USER_FROM_SECRET", "PROXY_USER"),
		ProxyPass:   e.source("PROXY_PASS_FROM_SECRET_ARGUS", "PROXY_PASS_FROM_SECRET", "PROXY_PASS"),
	}
	account, domain := e.source("ACCOUNT"), e.source("COMPANY_DOMAIN_FROM_SECRET", "COMPANY_DOMAIN")
	c.Credentials.Account, c.Credentials.Domain = e.account(account), e.domain(domain)
	e.checkPortal(c, account)
	e.checkToken(c)
	e.collector(c)
	return e.faults.err()
}

// source of the first variable that is set; names go from special to general.
func (e *environment) source(names ...string) Source {
	for _, name := range names {
		for _, prefix := range []string{"ARGUS_", ""} {
			if file := e.value(prefix + name + "_FILE"); file != "" {
				return Source{File: file, From: prefix + name + "_FILE"}
			}
			if value := e.value(prefix + name); value != "" {
				return Source{Value: NewSecret(value), From: prefix + name}
			}
		}
	}
	return Source{}
}

func (e *environment) value(name string) string {
	value, _ := e.lookup(name)
	return strings.TrimSpace(value)
}

func (e *environment) fault(name, problem, mend string) {
	e.faults = append(e.faults, Fault{Path: name, Problem: problem, Mend: mend})
}

// read a source that is no secret.
func (e *environment) read(s Source) string {
	value, err := s.Read()
	if err != nil {
		e.fault(s.From, err.Error(), "let it name a file with one line that Argus may read")
		return ""
	}
	return value.Reveal()
}

var accountForm = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

func (e *environment) account(s Source) string {
	name := e.read(s)
	if name != "" && !accountForm.MatchString(name) {
		mend := "write letters, digits and '-'"
		if first, rest, ok := strings.Cut(strings.TrimPrefix(name, "https://"), "."); ok && accountForm.MatchString(first) {
			mend = "write the first part of the portal's host alone: " + first + ", without ." + strings.SplitN(rest, "/", 2)[0]
		}
		e.fault(s.From, "not an account name: "+quote(name), mend)
	}
	return name
}

func (e *environment) domain(s Source) string {
	domain := strings.ToLower(e.read(s))
	if domain == "" {
		return domains()[0]
	}
	if !slices.Contains(domains(), domain) {
		p := oneOf(domain, domains())
		e.fault(s.From, p.text, p.mend+", or set lm.url to the portal's URL")
	}
	return domain
}

func (e *environment) checkPortal(c *Config, account Source) {
	if c.LM.URL == "" && account.IsZero() {
		e.fault("ACCOUNT", "is not set", "set ACCOUNT (or ACCOUNT_FILE) to the first part of your portal's host: acme for acme.logicmonitor.com")
	}
}

func (e *environment) checkToken(c *Config) {
	id, key, bearer := c.Credentials.AccessID, c.Credentials.AccessKey, c.Credentials.BearerToken
	switch {
	case id.IsZero() && key.IsZero() && bearer.IsZero():
		e.fault("ACCESS_ID, ACCESS_KEY", "no API token is set",
			"set ACCESS_ID and ACCESS_KEY, or BEARER_TOKEN (each also as ..._FILE naming a file); the portal makes tokens under Settings, Users and Roles")
	case bearer.IsZero() && key.IsZero():
		e.fault("ACCESS_KEY", "is not set, but "+id.From+" is", "set ACCESS_KEY or ACCESS_KEY_FILE too")
	case bearer.IsZero() && id.IsZero():
		e.fault("ACCESS_ID", "is not set, but "+key.From+" is", "set ACCESS_ID or ACCESS_ID_FILE too")
	case !bearer.IsZero() && !id.IsZero() && !key.IsZero():
		c.Notices = append(c.Notices, Notice{Path: bearer.From, Text: "is not used: " + id.From + " and " + key.From + " are set and win"})
	case !bearer.IsZero() && (!id.IsZero() || !key.IsZero()):
		c.Notices = append(c.Notices, Notice{Path: id.From + key.From, Text: "is not used: its other half is not set, so " + bearer.From + " is"})
	}
	for _, s := range []Source{id, key, bearer, c.Credentials.ProxyUser, c.Credentials.ProxyPass} {
		if s.File != "" {
			e.read(s)
		}
	}
	if c.Credentials.ProxyUser.IsZero() && !c.Credentials.ProxyPass.IsZero() {
		e.fault("PROXY_USER", "is not set, but "+c.Credentials.ProxyPass.From+" is", "set PROXY_USER too")
	}
}

func (e *environment) collector(c *Config) {
	for _, name := range []string{"ARGUS_COLLECTOR_ID", "COLLECTOR_ID"} {
		text := e.value(name)
		if text == "" {
			continue
		}
		id, err := strconv.ParseInt(text, 10, 32)
		if err != nil || id < 0 {
			e.fault(name, "not the ID of a collector: "+quote(text), "write its number, or unset it")
			return
		}
		c.LM.CollectorID = resource.ID(id)
		return
	}
}

// PortalURL is the base of every request: lm.url, or the account's own host.
// It ends without a slash and without /santaba/rest.
func (c *Config) PortalURL() string {
	if c.LM.URL == "" {
		return (&url.URL{Scheme: "https", Host: c.Credentials.Account + "." + c.Credentials.Domain}).String()
	}
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.LM.URL, "/"), "/santaba/rest"), "/")
}
