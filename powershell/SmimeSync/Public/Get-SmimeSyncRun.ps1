function Get-SmimeSyncRun {
    <#
    .SYNOPSIS
    Gets the history of runs, newest first.

    .DESCRIPTION
    Each run has its numbers, its result and, if it was held, the reasons: Guard has them as sentences, HoldReasons
    by name, for scripts. Usable in the table is how many of the
    recipients have a usable encryption certificate. Format-List shows the rest: WithoutUsable and WithoutCertificate,
    Excluded with the reasons in Exclusions, Declined, Waiting, and the MissingIssuers. Runs are kept as long as the
    Retention of the profile says.

    .PARAMETER ProfileName
    Names of profiles, which may have wildcards (*, ? and [a-z]). Without it, all.

    .PARAMETER Id
    Only the run with this number.

    .PARAMETER Result
    Only runs with one of these results.

    .PARAMETER Newest
    At most so many runs of each profile.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Get-SmimeSyncRun -ProfileName corp -Newest 2

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    8    Success             2026-11-25 10:41     12     3      0      0        3
    7    Held                2026-11-25 09:00    987     0      0    640        0

    Shows the last two runs.

    .EXAMPLE
    PS> Get-SmimeSyncRun -Result Held | Select-Object -Property ProfileName, Id, HoldReasons, Guard

    ProfileName Id HoldReasons Guard
    ----------- -- ----------- -----
    corp         7 {Removals}  {640 recipients would lose their last certificate; 500 is the limit.}

    Shows what was held, and why.

    .INPUTS
    SmimeSync.Profile
        Profiles.

    .OUTPUTS
    SmimeSync.Run

    .LINK
    Get-SmimeSyncChange

    .LINK
    Approve-SmimeSyncPlan

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding()]
    [OutputType('SmimeSync.Run')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [Alias('Profile')]
        [string[]] $ProfileName,

        [ValidateRange(1, 9223372036854775807)]
        [long] $Id,

        # <generated: RunResult>
        [ValidateSet('Running', 'Success', 'CompletedWithErrors', 'Held', 'Stopped', 'Canceled')]
        [string[]] $Result,
        # </generated>

        [ValidateRange(1, 2147483647)]
        [int] $Newest,

        # <generated: Scope>
        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $request = @{
            Operation   = 'GetRun'
            ProfileName = @()
            Result      = [string[]] @($Result | Where-Object { $_ })
        }
        if ($ProfileName) {
            $request.ProfileName = @(Find-ProfileName -Cmdlet $PSCmdlet -Scope $Scope -Name $ProfileName)
            if ($request.ProfileName.Count -eq 0) { return }
        }
        if ($PSBoundParameters.ContainsKey('Id')) { $request['Id'] = $Id }
        if ($PSBoundParameters.ContainsKey('Newest')) { $request['Newest'] = $Newest }
        Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request
    }
}
