package config

import (
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/argus-k8s/argus/internal/kind"
)

// check applies the form that a field's check tag names to one scalar.
func (d *decoder) check(name string, node *yaml.Node, field reflect.Value, path string) problem {
	switch name {
	case "url":
		if plainText(field.String()) {
			d.notice(node.Line, path, "requests are not encrypted: everyone on the way can read them")
		}
		return checkURL(field.String())
	case "address":
		return checkAddress(field.String())
	case "clusterName":
		return checkClusterName(field.String())
	case "kinds":
		return checkKind(node.Value)
	}
	return problem{}
}

// checkTable applies a check to a whole map.
func (d *decoder) checkTable(table reflect.Value, path string) {
	switch t := table.Interface().(type) {
	case map[string]Limit:
		for key, limit := range t {
			d.checkLimit(join(path, key), key, limit)
		}
	case map[string][]GroupProperty:
		for key, properties := range t {
			d.checkGroupProperties(join(path, key), key, properties)
		}
	}
}

var endpointForm = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) /\S*$`)

func (d *decoder) checkLimit(path, endpoint string, limit Limit) {
	line := d.places[path].line
	if !endpointForm.MatchString(endpoint) {
		d.fault(line, path, problem{"want a method and a path", `write it such as "POST /device/devices"`})
	}
	if limit.Limit == 0 && limit.Share == 0 {
		d.fault(line, path+".limit", problem{"is missing", "write the number of requests in a window, or a share"})
	}
}

func (d *decoder) checkGroupProperties(path, key string, properties []GroupProperty) {
	line := d.places[path].line
	if key != "cluster" {
		if p := checkKind(key); !p.isZero() {
			p.mend = "write cluster or a kind"
			d.fault(line, path, p)
		}
	}
	for i, property := range properties {
		if p := checkProperty(property); !p.isZero() {
			d.fault(line, path+"["+itoa(i)+"].name", p)
		}
	}
}

// checkProperty is the problem of a property that no account takes: it would keep
// the group from being made, and with it all that belongs there.
func checkProperty(property GroupProperty) problem {
	const longestName, longestValue = 255, 24_000 // characters
	name := property.Name
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case strings.TrimSpace(name) == "":
		return problem{"is missing", "name the property"}
	case !unicode.IsLetter(first):
		return problem{"does not begin with a letter: " + quote(name), "put one before it"}
	case strings.TrimSpace(name) != name || strings.Contains(name, "##") || strings.ContainsFunc(name, unicode.IsControl):
		return problem{"ends with a blank, or holds ## or a control character: " + quote(name), "leave it out"}
	case utf8.RuneCountInString(name) > longestName:
		return problem{"is longer than " + itoa(longestName) + " characters", "shorten it"}
	case utf8.RuneCountInString(property.Value) > longestValue:
		return problem{"has a value of more than " + itoa(longestValue) + " characters", "shorten it"}
	}
	return problem{}
}

// checkKind is the problem of a word that is no kind.
func checkKind(word string) problem {
	if _, err := kind.Parse(word); err == nil {
		return problem{}
	}
	p := problem{"unknown kind " + quote(word), "write one of " + strings.Join(kindWords(), ", ")}
	if near := nearest(word, kindWords()); near != "" {
		p.mend = "did you mean " + near + "?"
	}
	return p
}

func kindWords() []string {
	words := make([]string, 0, len(kind.All))
	for _, k := range kind.All {
		words = append(words, string(k.ID))
	}
	return words
}

// checkURL never repeats the URL, which may hold a password.
func checkURL(text string) problem {
	if text == "" {
		return problem{}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return problem{"not an http or https URL", "write it such as https://example.com:8443"}
	case u.User != nil:
		return problem{"holds a user name or password", "remove them; a proxy's belong into PROXY_USER and PROXY_PASS"}
	case u.RawQuery != "" || u.Fragment != "":
		return problem{"holds a query or fragment", "remove what follows the path"}
	}
	return problem{}
}

// plainText says whether what goes to this URL can be read on the way.
func plainText(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}

func checkAddress(text string) problem {
	host, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsAny(host, " /") {
		return problem{"not an address to listen on: " + quote(text), "write host:port, such as 127.0.0.1:8080 or :8080"}
	}
	return problem{}
}

// checkClusterName keeps names out that could not be found again: the name is
// part of expressions and of display names.
func checkClusterName(name string) problem {
	const longest = 200
	switch {
	case strings.TrimSpace(name) == "":
		return problem{"is empty", "write the cluster's name"}
	case strings.TrimSpace(name) != name:
		return problem{"begins or ends with a blank: " + quote(name), "remove it"}
	case strings.ContainsAny(name, "\"\\`\n\r\t"):
		return problem{"holds a quote, backslash or control character: " + quote(name), "use letters, digits, blanks, '.', '_' and '-'"}
	case len(name) > longest:
		return problem{"is longer than " + itoa(longest) + " bytes", "shorten it"}
	}
	return problem{}
}

// finish checks what no single value tells.
func (d *decoder) finish(c *Config) {
	d.file = "" // what follows belongs to no line, or to a known one
	if c.ClusterName == "" && !d.faulted("clusterName") {
		d.fault(0, "clusterName", problem{"is missing", "write the cluster's name: clusterName: my-cluster"})
	}
	d.checkRules(c)
	d.raise("daemons.lmCacheSync.interval", &c.Daemons.LMCacheSync.Interval, c.Daemons.LMCacheSync.MinInterval)
	d.raise("daemons.lmResourceSweeper.interval", &c.Daemons.LMResourceSweeper.Interval, c.Daemons.LMResourceSweeper.MinInterval)
	if !d.set("kinds.preset") && (d.legacy || d.set("monitoring.disable") || d.set("monitoringMode")) {
		c.formerKinds(d.legacy)
	}
	if d.legacy && c.GlobalDeleteAfterDuration == v6DeleteAfter {
		d.notices = append(d.notices, Notice{Path: "delete_resources", Text: "is not true: resources of deleted objects are marked, and stay until the portal or a person " +
			"removes them, as before; to have Argus remove them, write a file in today's keys with globalDeleteAfterDuration"})
	}
	if c.LM.API.FirstSyncShare < c.LM.API.Share {
		c.LM.API.FirstSyncShare = c.LM.API.Share
		d.noticeAt("lm.api.firstSyncShare", "raised to lm.api.share: the first time needs no less than every other")
	}
	if c.IgnoreSSL {
		d.noticeAt("ignoreSSL", "certificates are not checked: whoever answers gets the credentials; give lm.caFile instead")
	}
}

// raise lifts an interval to its configured floor.
func (d *decoder) raise(path string, interval *time.Duration, floor time.Duration) {
	if *interval >= floor {
		return
	}
	d.noticeAt(path, "raised from "+interval.String()+" to the least allowed, "+floor.String())
	*interval = floor
}

// noticeAt finds the place itself.
func (d *decoder) noticeAt(path, text string) {
	at := d.places[path]
	d.notices = append(d.notices, Notice{File: at.file, Line: at.line, Path: d.written(path), Text: text})
}

func (d *decoder) set(path string) bool { _, ok := d.places[path]; return ok }

func (d *decoder) faulted(path string) bool {
	return slices.ContainsFunc(d.faults, func(f Fault) bool { return f.Path == d.written(path) })
}
