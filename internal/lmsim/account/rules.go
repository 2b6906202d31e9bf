package account

// Rules are the behaviors of the real account that its public documents leave open, each with the
// likeliest answer as its default. The JSON name is also the name of the flag and of the field in
// the admin API; the help tag is its documentation.
type Rules struct {
	DuplicateDisplayName int    `json:"duplicateDisplayName" help:"status of a second device with a display name in use: 409 or 400"`
	DuplicateName        int    `json:"duplicateName" help:"status of a second device with a name in use on the same collector: 409, 400, or 0 to allow it"`
	DuplicateGroup       int    `json:"duplicateGroup" help:"status of a second group with a name in use under the same parent: 400 or 409"`
	DownCollectorRefuses bool   `json:"downCollectorRefuses" help:"a collector that is unregistered or down refuses new devices with 400"`
	StrictNames          bool   `json:"strictNames" help:"refuse names and display names with characters the portal is known to refuse"`
	EmptyPropertyValue   string `json:"emptyPropertyValue" help:"a property with an empty value is refused with 400 (refuse), left out (drop) or stored (store)"`
	CategoriesInSystem   bool   `json:"categoriesInSystem" help:"system.categories also shows among the system properties"`

	UnknownFilterField    string `json:"unknownFilterField" help:"a filter on a field that does not exist is ignored, so that everything comes back (ignore), or answered with 400 (refuse)"`
	UnquotedStrings       string `json:"unquotedStrings" help:"an unquoted string in a filter matches nothing (nothing) or like a quoted one (match)"`
	IgnoredFilterFields   string `json:"ignoredFilterFields" help:"comma list of device fields whose filter conditions are silently ignored, such as id"`
	PropertyFilterElement string `json:"propertyFilterElement" help:"name and value conditions on a property array may meet in different elements (independent) or must meet in one (same)"`

	Total         string  `json:"total" help:"total of a page: exact, or negative -(offset+size+1) while more remain"`
	OversizedPage string  `json:"oversizedPage" help:"size over 1000 is cut to 1000 (clamp) or answered with 400 (refuse)"`
	ShiftingPages string  `json:"shiftingPages" help:"the start of a page wanders by a row from call to call: off, unsorted (only lists asked for without sort) or always"`
	ListLag       float64 `json:"listLag" help:"seconds until a new device or group shows in lists"`
	GetLag        float64 `json:"getLag" help:"seconds until a new device or group can be read by id"`

	DynamicInHostGroupIDs bool    `json:"dynamicInHostGroupIds" help:"hostGroupIds of an answer holds dynamic groups too, unless needStcGrpAndSortedCP is asked for"`
	MembershipDelay       float64 `json:"membershipDelay" help:"seconds until a device enters or leaves dynamic groups"`
	SystemIPsDelay        float64 `json:"systemIpsDelay" help:"seconds until system.ips follows a changed name"`
	RegexIgnoresCase      bool    `json:"regexIgnoresCase" help:"=~ and !~ of appliesTo ignore case"`
	ExistsByValue         bool    `json:"existsByValue" help:"exists() of appliesTo asks for a value instead of a property name"`

	RecycledNameReusable bool    `json:"recycledNameReusable" help:"the display name of a device in the recycle bin may be used again"`
	DeleteNonEmptyGroup  string  `json:"deleteNonEmptyGroup" help:"deleting a group that is not empty without deleteChildren is answered with 400 (refuse) or moves what it holds to the root (move)"`
	MaskedSuffixes       string  `json:"maskedSuffixes" help:"comma list of property name endings whose values come back as eight stars; empty for none"`
	AutoRemove           bool    `json:"autoRemove" help:"devices marked deleted are removed after their kubernetes.resourcedeleteafterduration"`
	RegisterAfter        float64 `json:"registerAfter" help:"seconds until a new collector registers by itself; negative for never"`
	CollectorPurge       float64 `json:"collectorPurge" help:"seconds after which a collector that never registered is removed; 0 for never"`
	NoteLag              float64 `json:"noteLag" help:"seconds until a new ops note can be read"`
}

// DefaultRules returns the likeliest behavior of the real account.
func DefaultRules() Rules {
	return Rules{
		DuplicateDisplayName: 409, DuplicateName: 409, DuplicateGroup: 400,
		DownCollectorRefuses: true, StrictNames: true, EmptyPropertyValue: "refuse",
		UnknownFilterField: "ignore", UnquotedStrings: "nothing", PropertyFilterElement: "independent",
		Total: "exact", OversizedPage: "clamp", ShiftingPages: "off",
		DynamicInHostGroupIDs: true, SystemIPsDelay: 10,
		RecycledNameReusable: true, DeleteNonEmptyGroup: "refuse",
		MaskedSuffixes: ".pass,.key,.community,.authToken,.privToken",
		AutoRemove:     true, RegisterAfter: -1,
	}
}
