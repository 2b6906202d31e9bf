package credential

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Key is what one request is signed with: an LMv1 id and key, or a bearer
// token. Two Keys are equal if they sign alike. It prints as nothing secret.
type Key struct {
	id, key, bearer Secret
	others          *[]Secret // of its Source
}

// Scheme names how the key signs: "LMv1" or "Bearer".
func (k Key) Scheme() string {
	if k.key != "" {
		return "LMv1"
	}
	return "Bearer"
}

// Format implements fmt.Formatter: every verb prints only the scheme.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.Scheme() + " " + hidden)) }

// Authorization is the value of that header for one request. The path starts
// with "/" and leaves out the base of the API and the query; body is exactly
// what is sent, before any compression. It must be made anew for each attempt:
// the account refuses a signature older than 30 minutes.
func (k Key) Authorization(method string, now time.Time, body []byte, path string) string {
	if k.key == "" {
		return "Bearer " + k.bearer.Reveal()
	}
	epoch := strconv.FormatInt(now.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(k.key.Reveal()))
	for _, part := range []string{strings.ToUpper(method), epoch} {
		_, _ = mac.Write([]byte(part)) // a hash never fails
	}
	_, _ = mac.Write(body)
	_, _ = mac.Write([]byte(path))
	// The signature is the base64 form of the hexadecimal text, not of the digest.
	text := hex.AppendEncode(nil, mac.Sum(nil))
	return "LMv1 " + k.id.Reveal() + ":" + base64.StdEncoding.EncodeToString(text) + ":" + epoch
}

// minRedacted is the shortest credential that is searched for in foreign text:
// replacing a shorter one would garble messages and hide nothing.
const minRedacted = 4

// Redact replaces every part of the key, and of what its Source was told to hide
// besides, that occurs in text, which comes from somewhere else: an answer may
// echo the request that caused it. The longest parts go first, so that none is
// left cut in half.
func (k Key) Redact(text string) string {
	secrets := []Secret{k.bearer, k.key, k.id}
	if k.others != nil {
		secrets = append(secrets, *k.others...)
	}
	for _, secret := range secrets {
		if len(secret) >= minRedacted {
			text = strings.ReplaceAll(text, secret.Reveal(), hidden)
		}
	}
	return redactSignatures(text)
}

// redactSignatures hides what follows an authorization scheme's name.
func redactSignatures(text string) string {
	for _, scheme := range []string{"LMv1 ", "Bearer "} {
		before, after, found := strings.Cut(text, scheme)
		for found {
			end := strings.IndexAny(after, " \t\r\n\"'<>,;")
			if end < 0 {
				end = len(after)
			}
			rest := after[end:]
			next, tail, more := strings.Cut(rest, scheme)
			before += scheme + hidden + next
			after, found = tail, more
		}
		text = before
	}
	return text
}
