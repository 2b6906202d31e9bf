// Package deploy holds the plain manifests that run Argus in a cluster. The
// ClusterRole is generated from the table of kinds; tests decode every manifest
// strictly and hold it to the security bar.
package deploy

import "embed"

//go:generate go run ./gen -o clusterrole.yaml

// Files are the manifests.
//
//go:embed *.yaml
var Files embed.FS
