function Test-ConfirmAsked {
    # Whether -Confirm or the preference makes PowerShell ask for a change of that impact; the library then asks before
    # each one. The preferences are those of the calling cmdlet.
    [OutputType([bool])]
    param([System.Management.Automation.ConfirmImpact] $Impact = 'Medium')
    $preference = [System.Management.Automation.ConfirmImpact] $ConfirmPreference
    -not $WhatIfPreference -and $preference -ne 'None' -and $preference -le $Impact
}
