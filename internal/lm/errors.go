package lm

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A Class says what to do about a failed request. It is decided by the HTTP
// status first, the error code second, and the message never.
type Class int

const (
	// ClassNone is the class of nil and of errors that are not of this package.
	ClassNone Class = iota
	// ClassInvalid: the account refuses this very request (400, 412, 413 and
	// other 4xx). It will be refused again until the request changes.
	ClassInvalid
	// ClassUnauthorized: the credentials are refused (401).
	ClassUnauthorized
	// ClassForbidden: the role of the credentials lacks a right (403).
	ClassForbidden
	// ClassNotFound: there is no such thing (404).
	ClassNotFound
	// ClassConflict: it exists already, or a name is taken (409). For groups the
	// account may answer ClassInvalid instead.
	ClassConflict
	// ClassRateLimited: nothing was done because the limit is used up (429).
	ClassRateLimited
	// ClassUnavailable: the account could not be reached or has a fault, and
	// nothing was changed. Trying again later is right.
	ClassUnavailable
	// ClassAmbiguous: the request may have changed the account, its answer was
	// lost or says nothing. Read back before trying again.
	ClassAmbiguous
	// ClassMalformed: a read was answered with something that cannot be understood.
	ClassMalformed
	// ClassIncomplete: a listing could not be completed. Nothing follows from
	// what it did not yield.
	ClassIncomplete
	// ClassCanceled: the caller's context ended before anything was changed.
	ClassCanceled
)

// String names the class in one lower-case word or two.
func (c Class) String() string {
	switch c {
	case ClassNone:
		return "none"
	case ClassInvalid:
		return "invalid"
	case ClassUnauthorized:
		return "unauthorized"
	case ClassForbidden:
		return "forbidden"
	case ClassNotFound:
		return "not found"
	case ClassConflict:
		return "conflict"
	case ClassRateLimited:
		return "rate limited"
	case ClassUnavailable:
		return "unavailable"
	case ClassAmbiguous:
		return "ambiguous"
	case ClassMalformed:
		return "malformed"
	case ClassIncomplete:
		return "incomplete"
	case ClassCanceled:
		return "canceled"
	}
	return fmt.Sprintf("Class(%d)", int(c))
}

// An Error is a request that did not succeed.
type Error struct {
	Class    Class
	Endpoint Endpoint
	// Status is the HTTP status, 0 if there was no answer. It can be 200: some
	// answers carry an error in their body.
	Status int
	// Code is LogicMonitor's errorCode, 0 if none was given.
	Code int
	// Message is for people: bounded, on one line, without credentials.
	Message string
	// RetryAfter is the wait the answer asked for, if it did.
	RetryAfter time.Duration
	// RequestID is the account's name for the request, if the answer had one.
	RequestID string
	// Skew is how far this machine's clock is ahead of the account's, when that
	// is why the credentials were refused; 0 otherwise.
	Skew time.Duration

	cause      error
	repeatable bool // the client may send it again by itself
}

// Error tells what was tried, what came back and, where known, what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Endpoint))
	b.WriteString(": ")
	b.WriteString(e.Class.String())
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
	}
	if e.Code != 0 && e.Code != e.Status {
		fmt.Fprintf(&b, " (code %d)", e.Code)
	}
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	return b.String()
}

// Unwrap returns the cause below the API: a context's or the network's error.
func (e *Error) Unwrap() error { return e.cause }

// ClassOf returns the class of an error, ClassNone if it is not of this package.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return ClassNone
}

// IsNotFound tells whether the thing does not exist. On a delete it is success.
func IsNotFound(err error) bool { return ClassOf(err) == ClassNotFound }

// IsConflict tells whether the account says the thing exists already.
func IsConflict(err error) bool { return ClassOf(err) == ClassConflict }

// IsRateLimited tells whether the account's limit was used up.
func IsRateLimited(err error) bool { return ClassOf(err) == ClassRateLimited }

// IsUnauthorized tells whether the credentials were refused.
func IsUnauthorized(err error) bool { return ClassOf(err) == ClassUnauthorized }

// IsForbidden tells whether the credentials' role lacks a right.
func IsForbidden(err error) bool { return ClassOf(err) == ClassForbidden }

// IsAmbiguous tells whether the request may have changed the account all the same.
func IsAmbiguous(err error) bool { return ClassOf(err) == ClassAmbiguous }

// IsIncomplete tells whether a listing could not be completed.
func IsIncomplete(err error) bool { return ClassOf(err) == ClassIncomplete }

// IsClockSkew tells whether the credentials were refused because this machine's
// clock is wrong.
func IsClockSkew(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Skew != 0
}

// statusOf turns an errorCode of an answer with status 200 into the HTTP status
// it stands for: 1404 is 404.
func statusOf(code int) int {
	if code >= 1400 && code < 1600 {
		return code - 1000
	}
	if code >= 400 && code < 600 {
		return code
	}
	return http.StatusBadRequest
}

// classify decides the class of an answered request that did not succeed.
func classify(e Endpoint, status, code int) Class {
	if status >= 200 && status < 300 {
		status = statusOf(code)
	}
	switch status {
	case http.StatusUnauthorized:
		return ClassUnauthorized
	case http.StatusForbidden:
		return ClassForbidden
	case http.StatusNotFound:
		return ClassNotFound
	case http.StatusConflict:
		return ClassConflict
	case http.StatusTooManyRequests:
		return ClassRateLimited
	}
	switch {
	case status >= 400 && status < 500:
		return ClassInvalid
	case e.changes():
		return ClassAmbiguous
	case status >= 500:
		return ClassUnavailable
	default:
		return ClassMalformed // a redirect or another status the API does not know
	}
}
