function Add-Confirmation {
    # Tells the library in $Request whether to plan only, and whether to ask before each change: where -Confirm or the
    # preference makes PowerShell ask for a change of that impact. The preferences are those of the calling cmdlet.
    param([hashtable] $Request, [System.Management.Automation.ConfirmImpact] $Impact)
    $preference = [System.Management.Automation.ConfirmImpact] $ConfirmPreference
    $Request['WhatIf'] = [bool] $WhatIfPreference
    $Request['Confirm'] = -not $WhatIfPreference -and $preference -ne 'None' -and $preference -le $Impact
}
