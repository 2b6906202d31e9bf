package telemetry

import "runtime/debug"

// version is set when a release is built: -ldflags "-X <package>.version=v1.2.3".
var version string

// Build is what a binary was made of.
type Build struct {
	Version   string `json:"version"`   // of the release, or "devel"
	Revision  string `json:"revision"`  // of the source, empty when unknown
	GoVersion string `json:"goVersion"` // of the compiler
}

// Version of this binary.
func Version() Build {
	b := Build{Version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b.orDevel()
	}
	b.GoVersion = info.GoVersion
	if b.Version == "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			b.Revision = setting.Value + b.Revision
		case setting.Key == "vcs.modified" && setting.Value == "true":
			b.Revision += "+modified"
		}
	}
	return b.orDevel()
}

func (b Build) orDevel() Build {
	if b.Version == "" {
		b.Version = "devel"
	}
	return b
}

// String is one line for people: "argus v1.2.3 (0123abc, go1.26.0)".
func (b Build) String() string {
	text := "argus " + b.Version + " ("
	if b.Revision != "" {
		text += b.Revision + ", "
	}
	return text + b.GoVersion + ")"
}
