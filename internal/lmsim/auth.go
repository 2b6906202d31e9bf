package lmsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Role is what a token may do.
type Role struct {
	Devices    Right `json:"devices"`
	Groups     Right `json:"groups"`
	Collectors Right `json:"collectors"`
	Notes      Right `json:"opsnotes"`
	Logs       Right `json:"logs"`
}

// A Right is none, read or manage.
type Right string

// The rights a role can have on a kind of thing.
const (
	None   Right = "none"
	Read   Right = "read"
	Manage Right = "manage"
)

// Administrator may do everything.
func Administrator() Role {
	return Role{Devices: Manage, Groups: Manage, Collectors: Manage, Notes: Manage, Logs: Manage}
}

// A Token is a credential of the account. Its secrets are never shown: not by the admin API, not in
// the journal, not in a log line.
type Token struct {
	Name      string // stands in the journal
	AccessID  string
	AccessKey string
	Bearer    string
	Role      Role
}

// String names the token without its secrets.
func (t Token) String() string { return "token " + t.Name }

// GoString names the token without its secrets.
func (t Token) GoString() string { return t.String() }

// LogValue names the token without its secrets.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// DemoToken is the credential of a simulator that was given none. It is no secret.
func DemoToken() Token {
	return Token{Name: "demo", AccessID: "demo-access-id", AccessKey: "demo-access-key", Bearer: "demo-bearer-token", Role: Administrator()}
}

// AddToken lets one more credential call the API; a token of the same name is replaced.
func (s *Server) AddToken(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		if s.tokens[i].Name == t.Name {
			s.tokens[i] = t
			return
		}
	}
	s.tokens = append(s.tokens, t)
}

// RemoveToken takes a credential away, as when it is revoked. It reports whether there was one.
func (s *Server) RemoveToken(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		if s.tokens[i].Name == name {
			s.tokens = append(s.tokens[:i:i], s.tokens[i+1:]...)
			return true
		}
	}
	return false
}

// maxSkew is how far a signature's time may be from the account's (docs/logicmonitor-api.md §2.1).
const maxSkew = 30 * time.Minute

// authenticate finds the token behind a call.
func (s *Server) authenticate(c *call) (Token, bool) {
	scheme, rest, _ := strings.Cut(c.header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		for _, t := range s.tokens {
			if t.Bearer != "" && subtle.ConstantTimeCompare([]byte(t.Bearer), []byte(rest)) == 1 {
				return t, true
			}
		}
	case scheme == "LMv1":
		return s.verify(c, rest)
	}
	return Token{}, false
}

func (s *Server) verify(c *call, credential string) (Token, bool) {
	parts := strings.Split(credential, ":")
	if len(parts) != 3 {
		return Token{}, false
	}
	millis, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || c.now.Sub(time.UnixMilli(millis)).Abs() > maxSkew {
		return Token{}, false
	}
	for _, t := range s.tokens {
		if t.AccessID != parts[0] || t.AccessID == "" {
			continue
		}
		for _, path := range []string{c.path, c.rawPath} {
			if hmac.Equal([]byte(signature(t.AccessKey, c.method, parts[2], c.body, path)), []byte(parts[1])) {
				return t, true
			}
		}
	}
	return Token{}, false
}

// signature is the base64 of the hexadecimal text of the HMAC, as LMv1 wants it.
func signature(key, method, epoch string, body []byte, path string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(strings.ToUpper(method) + epoch))
	mac.Write(body)
	mac.Write([]byte(path))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}

// A class is the kind of thing a route touches, for roles.
type class int

const (
	onDevices class = iota
	onGroups
	onCollectors
	onNotes
	onLogs
)

// allowed reports whether a role may make a call of this route. POST /functions changes nothing.
func (r Role) allowed(to route) bool {
	right := [...]Right{r.Devices, r.Groups, r.Collectors, r.Notes, r.Logs}[to.on]
	return right == Manage || right == Read && (to.method == http.MethodGet || to.template == "/functions")
}
