package lm

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lm/ratelimit"
)

// Bounds of what is read of an answer, in bytes after decompression.
const (
	maxErrorBody  = 64 << 10
	maxObjectBody = 8 << 20
	maxPageBody   = 128 << 20
	maxMessage    = 300 // characters of a message
)

// fault is the error part of an answer's body: of version 3, and of version 1,
// which a proxy that drops our version header would get us.
type fault struct {
	ErrorMessage string  `json:"errorMessage"`
	ErrorCode    lenient `json:"errorCode"`
	Errmsg       string  `json:"errmsg"`
	Status       any     `json:"status"`
	Message      string  `json:"message"` // of log ingestion
}

// lenient is a number that may come as a string, or be something else.
type lenient int

func (n *lenient) UnmarshalJSON(data []byte) error {
	parsed, err := strconv.Atoi(strings.Trim(string(data), `"`))
	if err == nil {
		*n = lenient(parsed)
	}
	return nil
}

// code returns the error code the body carries, 0 if it carries no error.
func (f fault) code() int {
	if f.ErrorMessage != "" || f.ErrorCode != 0 {
		return max(int(f.ErrorCode), 1)
	}
	// Version 1: {"status":1404,"errmsg":"…"}; 200 and "OK" mean success.
	if status, ok := f.Status.(float64); ok && f.Errmsg != "" && status != http.StatusOK {
		return int(status)
	}
	return 0
}

func (f fault) message() string {
	switch {
	case f.ErrorMessage != "":
		return f.ErrorMessage
	case f.Errmsg != "":
		return f.Errmsg
	}
	return f.Message
}

// errTooLarge is what reading an answer beyond its bound ends with.
var errTooLarge = errors.New("the answer is larger than allowed")

// bounded reads at most left bytes; one more is errTooLarge, not an end.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, errTooLarge
	}
	return n, err
}

// refusal makes the error of an answer that is not a success.
func refusal(e Endpoint, res *http.Response, key credential.Key) *Error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxErrorBody)) // what there is of it
	var f fault
	var message string
	if err := json.Unmarshal(body, &f); err == nil {
		message = f.message()
	} else {
		message = describe(res.Header.Get("Content-Type"), body)
	}
	code := int(f.ErrorCode)
	class := classify(e, res.StatusCode, code)
	return &Error{
		Class: class, Endpoint: e, Status: res.StatusCode, Code: code,
		Message: clean(message, key), RetryAfter: retryAfter(res.Header),
		RequestID:  clean(res.Header.Get("X-Request-Id"), key),
		repeatable: class == ClassUnavailable,
	}
}

// describe says what a body that is not JSON is: the title of a page, or its text.
func describe(contentType string, body []byte) string {
	text := strings.TrimSpace(string(body))
	if text == "" {
		return ""
	}
	media, _, _ := mime.ParseMediaType(contentType)
	if media != "text/html" && !strings.HasPrefix(text, "<") {
		return text
	}
	lower := strings.ToLower(text)
	if start := strings.Index(lower, "<title>"); start >= 0 && len(lower) == len(text) {
		start += len("<title>")
		if end := strings.Index(lower[start:], "</title>"); end >= 0 {
			return "an HTML page titled " + strconv.Quote(strings.TrimSpace(text[start:start+end]))
		}
	}
	return "an HTML page"
}

// clean makes foreign text fit for a log line: printable, on one line, bounded,
// without credentials.
func clean(text string, key credential.Key) string {
	text = key.Redact(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "…"
	}
	return text
}

// longestWait is the longest wait that an answer may ask for; a longer one is not
// believed.
const longestWait = 24 * time.Hour

// retryAfter reads that header, in seconds or as a date; 0 if it is not there.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), longestWait)
	}
	return 0
}

// limits reads the three headers about the rate limit.
func limits(res *http.Response) ratelimit.Answer {
	limit, errLimit := strconv.Atoi(res.Header.Get("X-Rate-Limit-Limit"))
	remaining, errRemaining := strconv.Atoi(res.Header.Get("X-Rate-Limit-Remaining"))
	window, errWindow := strconv.Atoi(res.Header.Get("X-Rate-Limit-Window"))
	a := ratelimit.Answer{Refused: res.StatusCode == http.StatusTooManyRequests, RetryAfter: retryAfter(res.Header)}
	if errLimit != nil || errRemaining != nil || errWindow != nil || limit < 1 || remaining < 0 || window < 1 {
		// A gateway's error page is not the account's word that it names no limits.
		a.Lost = res.StatusCode >= http.StatusInternalServerError
		return a
	}
	a.Limited, a.Limit, a.Remaining = true, limit, min(remaining, limit)
	a.Window = time.Duration(min(window, int(longestWait/time.Second))) * time.Second
	return a
}

// object reads one JSON object of a success into out, which may be nil.
func object(out any) func(io.Reader) error {
	return func(r io.Reader) error {
		body, err := io.ReadAll(&bounded{from: r, left: maxObjectBody})
		if err != nil {
			return err
		}
		if len(body) == 0 && out == nil {
			return nil
		}
		var f fault
		if err := json.Unmarshal(body, &f); err != nil {
			return err
		}
		if f.code() != 0 {
			return &f
		}
		if out == nil {
			return nil
		}
		return json.Unmarshal(body, out)
	}
}

// Error makes a fault in the body of a success an error of its decoder.
func (f *fault) Error() string { return f.message() }
