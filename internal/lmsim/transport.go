package lmsim

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// Transport returns an http.RoundTripper that calls the simulator in memory, without a socket or a
// goroutine, so that it works inside a testing/synctest bubble. Faults arrive as the errors a real
// transport would give.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ server *Server }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a := t.server.serve(ctx, r)
	switch a.fate {
	case fateGone:
		return nil, ctx.Err()
	case fateClose:
		return nil, io.ErrUnexpectedEOF
	case fateReset:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case fateHang:
		<-ctx.Done()
		return nil, ctx.Err()
	case fateArrives, fateTruncate, fateSlow:
	}
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	return &http.Response{
		Status:     strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: a.reader(ctx), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

func (a answer) reader(ctx context.Context) io.ReadCloser {
	switch a.fate {
	case fateTruncate:
		return io.NopCloser(io.MultiReader(bytes.NewReader(a.body[:len(a.body)/2]), failing{}))
	case fateSlow:
		return io.NopCloser(&slowReader{ctx: ctx, pieces: pieces(a.body), seconds: a.seconds})
	default:
		return io.NopCloser(bytes.NewReader(a.body))
	}
}

// failing is the rest of a truncated body.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// slowReader is a body that trickles. The context is that of the request it answers, which an
// io.Reader has no other way to know.
type slowReader struct {
	ctx     context.Context //nolint:containedctx // see above
	pieces  [][]byte
	seconds float64
	rest    []byte
}

func (r *slowReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if len(r.pieces) == 0 {
			return 0, io.EOF
		}
		if err := pause(r.ctx, secondsOf(r.seconds/trickles)); err != nil {
			return 0, err
		}
		r.rest, r.pieces = r.pieces[0], r.pieces[1:]
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
