package kind

// CronJob keeps the link of an API version that ended with Kubernetes 1.25.
var CronJob = defineMetadata(Kind{
	ID: "cronjobs", Aliases: []string{"cronjob", "cj"}, Short: "cj", Title: "CronJob", Plural: "CronJobs",
	Served: served("batch", "v1", "v1beta1"), Namespaced: true, LinkPath: "/apis/batch/v1beta1", Class: ClassWorkload, Preset: PresetStandard,
})
