package telemetry

// Keys of log lines. A test refuses any other key in the source, so that one
// thing has one name in every line and people can search for it.
const (
	KeyKind      = "kind"
	KeyNamespace = "namespace"
	KeyName      = "name"
	KeyGroup     = "group"
	KeyLMID      = "lm_id"
	KeyAction    = "action"
	KeyReason    = "reason"
	KeyError     = "error"
	KeyAttempt   = "attempt"
	KeyDuration  = "duration"
	KeyRetryIn   = "retry_in"
	KeyRepeated  = "repeated" // how often the line was held back since it was last written
	KeyCount     = "count"
	KeyResources = "resources"
	KeyListed    = "listed"  // how many a listing had
	KeyCounted   = "counted" // how many the account says there are
	KeyStack     = "stack"

	KeyMethod   = "method"
	KeyEndpoint = "endpoint" // a path template, never a path with IDs
	KeyStatus   = "status"
	KeyLimit    = "limit"
	KeyWindow   = "window"

	KeyVersion    = "version"
	KeyCluster    = "cluster"
	KeyClusterUID = "cluster_uid"
	KeyAccount    = "account"
	KeyURL        = "url"
	KeyAddress    = "address"
	KeyFile       = "file"
	KeyLine       = "line"
	KeySetting    = "setting" // a key of the configuration file
	KeySignal     = "signal"
	KeyLoop       = "loop"
	KeyUID        = "uid"
	KeyLeader     = "leader" // the replica that leads

	// The simulator's own.
	KeyTemplate = "template"
	KeyFault    = "fault"
	KeyToken    = "token"
)
