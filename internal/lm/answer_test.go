package lm

import (
	"net/http"
	"testing"
	"time"
)

// Whatever the headers of an answer say, the wait they ask for is one that ends,
// and the limit one that can be kept.
func FuzzHeaders(f *testing.F) {
	f.Add(200, "500", "499", "60", "")
	f.Add(429, "0", "-1", "0", "3600")
	f.Add(429, "9223372036854775807", "9223372036854775807", "9223372036854775807", "9223372036854775807")
	f.Add(503, "", "", "", "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(429, "1e3", "0x10", " 60", "Thu, 01 Jan 1970 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, status int, limit, remaining, window, retry string) {
		res := &http.Response{StatusCode: status, Header: http.Header{
			"X-Rate-Limit-Limit": {limit}, "X-Rate-Limit-Remaining": {remaining}, "X-Rate-Limit-Window": {window}, "Retry-After": {retry},
		}}
		a := limits(res)
		if a.RetryAfter < 0 || a.RetryAfter > 24*time.Hour {
			t.Errorf("Retry-After %q: a wait of %v", retry, a.RetryAfter)
		}
		if a.Limited && (a.Limit < 1 || a.Remaining < 0 || a.Remaining > a.Limit || a.Window < time.Second || a.Window > 24*time.Hour) {
			t.Errorf("headers %q, %q, %q: got %+v", limit, remaining, window, a)
		}
		if !a.Limited && (a.Limit != 0 || a.Remaining != 0 || a.Window != 0) || a.Refused != (status == http.StatusTooManyRequests) {
			t.Errorf("status %d, headers %q, %q, %q: got %+v", status, limit, remaining, window, a)
		}
	})
}
