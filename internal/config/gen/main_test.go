package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestManualIsFresh(t *testing.T) {
	want, err := page("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/config.md is stale; run make generate (-want +got):\n%s", diff)
	}
}
