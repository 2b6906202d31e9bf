// Package browsertest drives the simulator's page in a real headless Chromium. It holds tests only
// and stands apart so that they can be run, or left out, on their own.
package browsertest
