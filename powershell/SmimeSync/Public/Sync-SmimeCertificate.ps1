function Sync-SmimeCertificate {
    <#
    .SYNOPSIS
    Publishes the right certificates of every recipient: imports, plans, exports.

    .DESCRIPTION
    Reads the recipients of the profile's source, judges their certificates, compares what should be published
    with what is, and writes the differences to the target. Returns the run with its numbers and its result:
    Success, CompletedWithErrors, Held, Stopped or Canceled. Running it again changes nothing unless the source
    did.
    A recipient that fails is an error of its own; the rest goes on. Too many removals at once, or a source that
    suddenly shows too little, hold the plan: nothing is written, a warning says why, and Approve-SmimeSyncPlan
    lets it through.
    A run whose state is new while the target is not (NewState) says so: the state was lost, or it is the profile's first
    run to a target that has something. It tells how many recipients are published whom nobody in the source accounts for
    (Orphaned); they go by Approve-SmimeSyncPlan only, and at Exchange not at all. What is gone from the target is seen
    and published again.
    With -WhatIf the very plan is made, shown and thrown away: nothing is written anywhere, neither at the
    target nor in the profile's state. With -Confirm each change is asked for; one that was answered No is skipped
    until the recipient's certificates change.
    Piped recipients are gathered into one run. If no recipient comes through the pipeline there is no run.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER Identity
    Only these recipients: addresses, user principal names, sAMAccountNames, distinguished names or object
    GUIDs, or objects that have one, such as those of Get-ADUser, Get-Mailbox and Get-SmimeCertificate. Without
    it, all of the profile.

    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. The
    password reaches the library only in memory and is zeroed there; it is in no profile, log or error.

    .PARAMETER CertificatePassword
    Target ExchangeOnline: the password of the profile's -CertificateFilePath. It reaches the library only in memory and
    is zeroed there.

    .PARAMETER AccessToken
    Target ExchangeOnline: an access token for https://outlook.office365.com/ that the script got itself, in place of
    signing in, as of Connect-ExchangeOnline. It is kept in memory only and never renewed: when it expires, the run
    stops.

    .PARAMETER AllowRemoval
    Lets so many removals through in this run, whatever their percentage. The checks of the source stay.

    .PARAMETER Verify
    Compares the target with everything that was published, and reads every write back instead of the first three. What
    is gone is published again, or only reported where the profile says -Drift Report. Also looks for recipients who are
    published and whom nobody in the source accounts for.

    .PARAMETER PassThru
    Returns the changes, too, as they come, before the run.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Sync-SmimeCertificate -ProfileName corp -Credential $credential -WhatIf
    What if: Performing the operation "Add: Chosen: CN=Alice Adams (thumbprint 4C1D..., valid from
    2026-03-01 00:00 UTC until 2027-03-01 00:00 UTC), as userCertificate." on target "Alice Adams <alice@contoso.test>".

    Id   ProfileName Result              Started (UTC)    Recipients   Add Update Remove Exported Errors
    --   ----------- ------              -------------    ----------   --- ------ ------ -------- ------
    0    corp        Success             2026-11-25 10:40       1000     1      0      0        0      0

    Shows what would be done, for whom and why.

    .EXAMPLE
    PS> Get-ADUser -Filter 'Department -eq "Sales"' | Sync-SmimeCertificate -ProfileName corp -Credential $credential

    Id   ProfileName Result              Started (UTC)    Recipients   Add Update Remove Exported Errors
    --   ----------- ------              -------------    ----------   --- ------ ------ -------- ------
    8    corp        Success             2026-11-25 10:41         12     3      0      0        3      0

    Publishes the certificates of some people, in one run.

    .EXAMPLE
    PS> $run = Sync-SmimeCertificate corp -Credential $credential
    PS> if ($run.Result -ne 'Success') { exit 1 }

    The exit code of a scheduled script; see docs/unattended.md.

    .EXAMPLE
    PS> Sync-SmimeCertificate -ProfileName curate -Credential $credential -Identity alice@contoso.test -WhatIf
    What if: Performing the operation "Update: Removed: CN=Alice Adams (thumbprint 9A0F..., valid from
    2024-03-01 00:00 UTC until 2025-03-01 00:00 UTC), as userCertificate: expired at 2025-03-01 00:00 UTC." on target
    "Alice Adams <alice@contoso.test>".

    Id   ProfileName Result              Started (UTC)    Recipients   Add Update Remove Exported Errors
    --   ----------- ------              -------------    ----------   --- ------ ------ -------- ------
    0    curate      Success             2026-11-25 10:44          1     0      1      0        0      0

    Shows each value that a profile with -Target ActiveDirectory would take out of the directory, and why.

    .INPUTS
    System.String, System.Guid, SmimeSync.Certificate, or an object with an address or identity
        Recipients.
    SmimeSync.Profile
        Profiles; each has a run of its own.

    .OUTPUTS
    SmimeSync.Run
        The run; with -PassThru SmimeSync.Change objects before it.

    .LINK
    Get-SmimeSyncChange

    .LINK
    Approve-SmimeSyncPlan

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    [OutputType('SmimeSync.Run', 'SmimeSync.Change')]
    param(
        # <generated: ProfileName, Recipients, Credential, CertificatePassword, AccessToken>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,

        [Parameter(ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [object[]] $Identity,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty,

        [securestring] $CertificatePassword,

        [securestring] $AccessToken,
        # </generated>

        [ValidateRange(0, 2147483647)]
        [int] $AllowRemoval,

        [switch] $Verify,

        # <generated: PassThru, Scope>
        [switch] $PassThru,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $group = [ordered] @{}
    }
    process {
        Add-Identity -Cmdlet $PSCmdlet -Group $group -ProfileName $ProfileName -Identity $Identity
    }
    end {
        $operation = Get-Access -Parameter $PSBoundParameters
        $operation['Continue'] = $group.Count -gt 1
        foreach ($name in $group.Keys) {
            $request = @{
                Operation   = 'Sync'
                ProfileName = $name
                Identity    = [string[]] @(Get-GroupIdentity -Entry $group[$name])
                PassThru    = $PassThru.IsPresent -or $WhatIfPreference
                Verify      = $Verify.IsPresent
            }
            if ($PSBoundParameters.ContainsKey('AllowRemoval')) { $request['AllowRemoval'] = $AllowRemoval }
            Invoke-RunOperation -Cmdlet $PSCmdlet @operation -Request $request -PassThru:$PassThru
        }
    }
}
