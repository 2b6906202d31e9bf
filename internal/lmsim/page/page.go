// Package page is the simulator's page: a person's view of the account. It is plain HTML, CSS and
// JavaScript, embedded as it is, loads nothing from elsewhere and must show text from the account
// as text only.
package page

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed index.html style.css app.js tree.js device.js side.js icon.svg
var files embed.FS

// policy lets the page load its own files and talk to its own server, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page's files.
func Handler() http.Handler {
	return serve(files)
}

func serve(root fs.FS) http.Handler {
	next := http.FileServerFS(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}
