function Import-CallerPreference {
    # Takes the preferences that were not given as parameters from the caller of $Cmdlet into the calling
    # function. A function of a script module does not see them by itself (PowerShell issue 4568): without this,
    # the -WhatIf of a script that calls us would be lost, and we would write.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)]
        [System.Management.Automation.PSCmdlet] $Cmdlet
    )
    $bound = $Cmdlet.MyInvocation.BoundParameters
    $caller = $Cmdlet.SessionState.PSVariable
    foreach ($preference in $script:CallerPreference) {
        if ($bound.ContainsKey($preference.Parameter)) { continue }
        $value = $caller.GetValue($preference.Variable)
        if ($null -eq $value) { continue }
        # Set-Variable itself obeys WhatIf and Confirm.
        Set-Variable -Scope 1 -Name $preference.Variable -Value $value -WhatIf:$false -Confirm:$false
    }
    # -Debug of Windows PowerShell means to ask at each message, which ends a run where nobody answers; PowerShell 7
    # shows them.
    if ((Get-Variable -Scope 1 -Name 'DebugPreference' -ValueOnly -ErrorAction Ignore) -eq 'Inquire') {
        Set-Variable -Scope 1 -Name 'DebugPreference' -Value 'Continue' -WhatIf:$false -Confirm:$false
    }
}

$script:CallerPreference = @(
    @{ Parameter = 'WhatIf'; Variable = 'WhatIfPreference' }
    @{ Parameter = 'Confirm'; Variable = 'ConfirmPreference' }
    @{ Parameter = 'ErrorAction'; Variable = 'ErrorActionPreference' }
    @{ Parameter = 'WarningAction'; Variable = 'WarningPreference' }
    @{ Parameter = 'Verbose'; Variable = 'VerbosePreference' }
    @{ Parameter = 'Debug'; Variable = 'DebugPreference' }
    @{ Parameter = 'InformationAction'; Variable = 'InformationPreference' }
    @{ Parameter = 'ProgressAction'; Variable = 'ProgressPreference' }
)
