package takeover

import (
	"fmt"
	"strings"
)

// groupProps of the recorded Argus.
const groupProps = `
  cluster:
    - {name: lab.prop, value: "1"}
  nodes:
    - {name: lab.nodes, value: "1"}
`

// v6File is the configuration file of the Argus that was recorded.
func v6File(g *golden) string {
	return fmt.Sprintf(`address: collectorset-controller:50000
cluster_name: lab
cluster_group_id: 1
resource_group_id: 1
delete_resources: %v
disable_alerting: false
enable_new_resource_tree: %v
enable_namespaces_deleted_groups: %v
resource_group_props:%sapp_intervals:
  periodic_sync_interval: 30m
  periodic_delete_interval: 10m
  cache_sync_interval: 1h
`, !g.soft(), g.Config.NewTree, g.Config.NSDeleted, groupProps)
}

// laterKinds are those that the newest chart knows and the recorded Argus did not
// mirror.
const laterKinds = "resourcequotas limitranges roles rolebindings configmaps clusterrolebindings clusterroles " +
	"priorityclasses storageclasses serviceaccounts poddisruptionbudgets customresourcedefinitions"

// chartFile is what the newest chart renders for the same wishes. A chart that is
// set to keep resources says for how long.
func chartFile(g *golden) string {
	after := "P0DT0H0M0S"
	if g.soft() {
		after = "P10DT0H0M0S"
	}
	return fmt.Sprintf(`collectorSetController: {address: collectorset-controller, port: 50000}
clusterName: lab
log: {level: info}
clusterTreeParentID: 1
resourceContainerID: 1
enableLegacyResourceTree: %v
enableNamespacesDeletedGroups: %v
globalDeleteAfterDuration: %s
daemons:
  lmCacheSync: {interval: 1h, minInterval: 5m}
  lmResourceSweeper: {interval: 10m, minInterval: 10m, scheduledDeleteAfter: %[3]s}
resourceGroupProps:%s  etcd: []
monitoring:
  disable: [%s]
  annotations:
    ignore:
      - "key in ('control-plane.alpha.kubernetes.io/leader', 'deployment.kubernetes.io/revision')"
      - "key =~ 'last-applied-configuration'"
  labels: {ignore: []}
alerting: {disable: []}
`, !g.Config.NewTree, g.Config.NSDeleted, after, groupProps, strings.ReplaceAll(laterKinds, " ", ", "))
}
