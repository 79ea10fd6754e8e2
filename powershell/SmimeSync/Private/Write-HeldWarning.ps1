function Write-HeldWarning {
    # Says why a run's plan was held and what to do about it.
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Run)
    if ($Run.Result -ne 'Held') { return }
    $reason = $Run.Guard -join ' '
    if ($Run.WhatIf) {
        $Cmdlet.WriteWarning("The plan of the profile '$($Run.ProfileName)' would be held: $reason")
        return
    }
    $where = "-ProfileName '$($Run.ProfileName)'"
    $Cmdlet.WriteWarning("The plan $($Run.Id) of the profile '$($Run.ProfileName)' is held, nothing was written: " +
        "$reason Look at it with: Get-SmimeSyncChange $where -RunId $($Run.Id). " +
        "Let its removals through with: Approve-SmimeSyncPlan $where -Id $($Run.Id)")
}

function Test-ConfirmAsked {
    # Whether -Confirm or the preference makes PowerShell ask for a change of medium impact; the library then asks
    # before each one.
    [OutputType([bool])]
    param()
    $preference = [System.Management.Automation.ConfirmImpact] $ConfirmPreference
    -not $WhatIfPreference -and $preference -ne 'None' -and $preference -le 'Medium'
}

function Get-ApprovalText {
    # The removals of a held plan, one a line; the first hundred, since nobody reads more in a question.
    [OutputType([string])]
    param([string] $ProfileName, [long] $Id, [object[]] $Removal)
    $line = @("Let $($Removal.Count) removals of plan $Id of the profile '$ProfileName' through at the next run:")
    $line += $Removal | Select-Object -First 100 | ForEach-Object { '  ' + (Get-ChangeTarget -Change $_) }
    if ($Removal.Count -gt 100) {
        $line += "  and $($Removal.Count - 100) more: Get-SmimeSyncChange -ProfileName '$ProfileName' -RunId $Id"
    }
    $line -join [System.Environment]::NewLine
}
