package lm

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/argus-k8s/argus/internal/lm/credential"
)

// transport returns the round tripper to use and whether it tells, through
// httptrace, when it has a connection.
func (c Config) transport() (http.RoundTripper, bool, error) {
	if c.Transport != nil {
		_, traced := c.Transport.(*http.Transport)
		return c.Transport, traced, nil
	}
	roots, err := c.roots()
	if err != nil {
		return nil, false, err
	}
	proxy, err := c.Proxy.function()
	if err != nil {
		return nil, false, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:       proxy,
		DialContext: dialer.DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            roots,
			InsecureSkipVerify: c.IgnoreSSL, //nolint:gosec // only where the user asks for it; New logs it as an error
		},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true, // not by itself with a TLS configuration of one's own
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64, // there is one host
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// Of HTTP/2 a request that takes too long ends alone, and not the connection
		// it was on. One that has fallen silent must go before the next request, or
		// all would wait in vain until the kernel gives it up, in a quarter of an hour.
		HTTP2: &http.HTTP2Config{SendPingTimeout: c.Timeout / 2, PingTimeout: c.Timeout / 2},
	}, true, nil
}

// roots returns the system's certificate authorities and those of CAFiles; nil,
// which means the system's, if there are none.
func (c Config) roots() (*x509.CertPool, error) {
	if len(c.CAFiles) == 0 {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a system without any
	}
	for _, name := range c.CAFiles {
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("CA file %s holds no certificate in PEM form", name)
		}
	}
	return roots, nil
}

func (p Proxy) function() (func(*http.Request) (*url.URL, error), error) {
	if p.URL == "" {
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		// The URL may hold a password: it is not repeated.
		return nil, errors.New("proxy is not an http or https address: want for example http://proxy.example.com:3128")
	}
	if p.User != "" {
		u.User = url.UserPassword(p.User, p.Password.Reveal())
	}
	return http.ProxyURL(u), nil
}

// secrets are what the proxy on the way to an address is sent, in every form in
// which it may come back in an answer of the proxy.
func (p Proxy) secrets(address string) []credential.Secret {
	function, err := p.function()
	if err != nil {
		return nil // New has told it
	}
	target, err := url.Parse(address)
	if err != nil {
		return nil
	}
	via, err := function(&http.Request{URL: target})
	if err != nil || via == nil || via.User == nil {
		return nil
	}
	user := via.User.Username()
	password, _ := via.User.Password()
	header := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	all := []string{header, via.User.String(), url.QueryEscape(password), password, user}
	secrets := make([]credential.Secret, len(all))
	for i, text := range all {
		secrets[i] = credential.Secret(text)
	}
	return secrets
}
