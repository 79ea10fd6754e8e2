function Approve-SmimeSyncPlan {
    <#
    .SYNOPSIS
    Lets the removals and replacements of a held plan through, once.

    .DESCRIPTION
    When the guard holds a plan, nothing was written. This approves exactly the removals and replacements that the
    plan lists, by recipient and value: what goes, and what comes in its place. The next run plans again and lets
    those through. Others that turn up until then count for the guard as ever. Lists them and asks for confirmation
    by default; -Confirm:$false does not ask. A run that was not held as a whole may have held removals, too: those
    of recipients whom nobody in the source accounts for since a state was lost.
    A plan that is held because its source can't be believed (it shows nobody, or is out of date) is refused with
    the error PlanNotApprovable: put the source right and run again. So is the plan of a run with -Identity that is
    held because the last full run is.

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

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    7    Held                2026-11-25 09:00    987     0      0      2        0

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
        # What can't be approved is refused before anything is asked.
        $request = @{ Operation = 'ApprovePlan'; ProfileName = $ProfileName; Id = $Id; WhatIf = $true }
        $null = Invoke-SingleOperation @operation -Request $request
        $query = @{ Operation = 'GetChange'; ProfileName = $ProfileName; RunId = $Id; State = @('Held') }
        $changes = @(Invoke-SingleOperation @operation -Request $query)
        $text = Get-ApprovalText -ProfileName $ProfileName -Id $Id -Change $changes
        if (Confirm-Action -Cmdlet $PSCmdlet -Text $text) {
            $request.WhatIf = $false
            Invoke-SingleOperation @operation -Request $request
        }
    }
}
