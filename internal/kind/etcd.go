package kind

// Etcd is no kind of Kubernetes object: it is served by no API, so nothing watches
// it. Its row is the group that portals show and the category that members of
// etcd, added by other means, carry.
var Etcd = defineMetadata(Kind{
	ID: "etcd", Short: "etcd", Title: "Etcd", Plural: "Etcd", GroupsOnly: true, Class: ClassOther,
})
