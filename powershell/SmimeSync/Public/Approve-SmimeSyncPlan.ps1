function Approve-SmimeSyncPlan {
    <#
    .SYNOPSIS
    Lets the removals of a held plan through, once.

    .DESCRIPTION
    When the guard holds a plan, nothing was written. This approves exactly the removals that the plan lists, by
    recipient and value; the next run plans again and lets those through. Other removals that turn up until then
    count for the guard as ever. A run that was not held as a whole may have held removals, too: those of recipients
    whom nobody in the source accounts for since a state was lost. Lists the removals and asks for confirmation by default; -Confirm:$false does
    not ask.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER Id
    The number of the held plan, which is that of its run. Only the newest held plan can be approved.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Approve-SmimeSyncPlan -ProfileName corp -Id 7 -WhatIf
    What if: Let 2 removals of plan 7 of the profile 'corp' through at the next run:
      Bob Brown <bob@contoso.test>
      Carol Clark <carol@contoso.test>

    Shows what would be approved.

    .EXAMPLE
    PS> Get-SmimeSyncRun -ProfileName corp -Result Held -Newest 1 | Approve-SmimeSyncPlan -Confirm:$false

    Id   ProfileName Result              Started (UTC)    Recipients   Add Update Remove Exported Errors
    --   ----------- ------              -------------    ----------   --- ------ ------ -------- ------
    7    corp        Held                2026-11-25 09:00       1000     0      0      2        0      0

    Approves the last held plan without asking; the next Sync-SmimeCertificate carries it out.

    .INPUTS
    SmimeSync.Run
        Held runs, and runs with removals that were held.

    .OUTPUTS
    SmimeSync.Run
        The run whose removals were approved.

    .LINK
    Get-SmimeSyncRun

    .LINK
    Sync-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    [OutputType('SmimeSync.Run')]
    param(
        # <generated: ProfileName>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,
        # </generated>

        [Parameter(Mandatory = $true, Position = 1, ValueFromPipelineByPropertyName = $true)]
        [ValidateRange(1, 9223372036854775807)]
        [long] $Id,

        # <generated: Scope>
        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $operation = @{ Cmdlet = $PSCmdlet; Scope = $Scope }
        $query = @{ Operation = 'GetChange'; ProfileName = $ProfileName; RunId = $Id; State = @('Held') }
        $changes = @(Invoke-SingleOperation @operation -Request $query)
        $query = @{ Operation = 'GetRun'; ProfileName = @($ProfileName); Id = $Id; Result = @('Held') }
        $held = @(Invoke-SingleOperation @operation -Request $query)
        # A plan that is not there or not held is refused by the library; there is nothing to ask for.
        $go = $true
        if ($held.Count -gt 0 -or $changes.Count -gt 0 -or $WhatIfPreference) {
            $removals = @($changes | Where-Object { $_.Change -eq 'Remove' })
            $text = Get-ApprovalText -ProfileName $ProfileName -Id $Id -Removal $removals
            $go = Confirm-Action -Cmdlet $PSCmdlet -Text $text
        }
        if ($go) {
            $request = @{ Operation = 'ApprovePlan'; ProfileName = $ProfileName; Id = $Id }
            Invoke-SingleOperation @operation -Request $request
        }
    }
}
