package lmsim

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// A fate is what becomes of an answer on its way.
type fate int

const (
	fateArrives  fate = iota
	fateClose         // the connection closes
	fateReset         // the connection is reset
	fateHang          // nothing ever comes
	fateTruncate      // it ends half way
	fateSlow          // it trickles
	fateGone          // the caller has left already
)

func fateOf(p plan) fate {
	switch p.action {
	case Drop, Lose:
		return fateClose
	case Reset:
		return fateReset
	case Hang, HangAfter:
		return fateHang
	case Truncate:
		return fateTruncate
	case SlowBody:
		return fateSlow
	}
	return fateArrives
}

// An answer is what the account says, and what becomes of it on the way.
type answer struct {
	status  int
	code    int // errorCode, 0 for success
	header  http.Header
	body    []byte
	fate    fate
	seconds float64 // how long a slow body takes
}

// A reply is a result with a status of its own, as the ingest endpoints have.
type reply struct {
	status int
	header map[string]string
	body   any
}

// binary is a body that goes out as it is.
type binary []byte

// render makes the answer of a result or an error.
func (a *answer) render(c *call, result any, err error) {
	if r, ok := result.(reply); ok && err == nil {
		a.status = r.status
		for k, v := range r.header {
			a.header.Set(k, v)
		}
		if raw, ok := r.body.(binary); ok {
			a.body = raw
			return
		}
		a.body = encode(r.body)
		return
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	a.status = http.StatusOK
	a.body = encode(result)
	if c.version == 1 && !c.ingest {
		a.body = []byte(`{"status":200,"errmsg":"OK","data":` + string(a.body) + `}`)
	}
}

func (a *answer) fail(c *call, err error) {
	var e *account.Error
	if !errors.As(err, &e) {
		e = &account.Error{Status: 500, Code: 1500, Message: "Internal error"}
	}
	a.status, a.code = e.Status, e.Code
	switch {
	case c.ingest:
		a.body = encode(map[string]any{"success": false, "message": e.Message})
	case c.version == 1:
		a.status = http.StatusOK
		a.body = encode(map[string]any{"status": e.Code, "errmsg": e.Message, "data": nil})
	default:
		a.body = encode(map[string]any{"errorMessage": e.Message, "errorCode": e.Code, "errorDetail": nil})
	}
}

func (a answer) html503() answer {
	a.status = http.StatusServiceUnavailable
	a.header.Set("Content-Type", "text/html")
	a.body = []byte("<html><head><title>503 Service Temporarily Unavailable</title></head>" +
		"<body><center><h1>503 Service Temporarily Unavailable</h1></center></body></html>")
	return a
}

func encode(v any) []byte {
	switch v := v.(type) {
	case nil:
		return []byte("{}")
	case []byte:
		return v
	case account.Page:
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return b
}

func (a *answer) compress() {
	if len(a.body) < 1024 {
		return
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = z.Write(a.body)
	_ = z.Close()
	a.body = b.Bytes()
	a.header.Set("Content-Encoding", "gzip")
}

// inflate undoes the compression of a request body.
func inflate(encoding string, body []byte) ([]byte, error) {
	var r io.ReadCloser
	var err error
	switch encoding {
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		r, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return body, nil
	}
	bad := &account.Error{Status: 400, Code: 1400, Message: "request body is not " + encoding}
	if err != nil {
		return body, bad
	}
	defer r.Close()
	out, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil {
		return body, bad
	}
	if len(out) > maxBody {
		return nil, &account.Error{Status: 413, Code: 1413, Message: "request body too large"}
	}
	return out, nil
}

// send plays an answer out over a socket.
func (a answer) send(w http.ResponseWriter, r *http.Request) {
	switch a.fate {
	case fateGone, fateClose:
		panic(http.ErrAbortHandler)
	case fateReset:
		reset(w)
		panic(http.ErrAbortHandler)
	case fateHang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case fateArrives, fateTruncate, fateSlow:
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	switch a.fate {
	case fateTruncate:
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case fateSlow:
		a.trickle(w, r)
	default:
		_, _ = w.Write(a.body)
	}
}

func (a answer) trickle(w http.ResponseWriter, r *http.Request) {
	for _, piece := range pieces(a.body) {
		if pause(r.Context(), secondsOf(a.seconds/trickles)) != nil {
			return
		}
		_, _ = w.Write(piece)
		_ = http.NewResponseController(w).Flush()
	}
}

// trickles is how many pieces a slow body comes in.
const trickles = 10

func pieces(body []byte) [][]byte {
	var out [][]byte
	for i := range trickles {
		out = append(out, body[len(body)*i/trickles:len(body)*(i+1)/trickles])
	}
	return out
}

// reset closes the connection so that the peer sees a reset. Over HTTP/2 the stream is reset by
// the abort that follows.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.SetDeadline(time.Now())
	_ = conn.Close()
}
