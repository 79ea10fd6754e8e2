function Sync-SmimeCertificate {
    <#
    .SYNOPSIS
    Publishes the right certificates of every recipient: imports, plans, exports.

    .DESCRIPTION
    Reads the recipients of the profile's source, judges their certificates, compares what should be published
    with what is, and writes the differences to the target. Returns the run with its numbers and its result:
    Success, CompletedWithErrors, Held, Stopped or Canceled. Running it again changes nothing unless the source
    did.
    A Success says in warnings what it did not do: issuers that are missing among the trust anchors, recipients without
    a usable certificate or without any, those that the target skips, and changes that were declined.
    A recipient that fails is an error of its own; the rest goes on. What stops the run is an error, too, which comes
    after the run with the result Stopped; only where there is no run, as when the profile does not exist or another
    run of it is in progress, the cmdlet ends with a terminating error. With -ErrorAction Stop the errors come when the
    run has ended.
    Too many removals at once or over the profile's -GuardDays, too many replacements that are no renewal, or a source
    that suddenly shows too little, hold the plan: nothing is written, and a warning says why. Approve-SmimeSyncPlan
    lets it through, unless the source itself can't be believed: an empty one has to be put right. Runs with -Identity
    are held as long as the last full run is held for its source.
    A run whose state is new while the target is not (NewState) says so: the state was lost, or it is the profile's first
    run to a target that has something. It tells how many recipients are published whom nobody in the source accounts for
    (Orphaned); they go by Approve-SmimeSyncPlan only, and at Exchange not at all. What is gone from the target is seen
    and published again.
    With -WhatIf the very plan is made, shown and thrown away: nothing is written anywhere, neither at the
    target nor in the profile's state. With -Confirm each change is asked for; one that was answered No is skipped
    until the recipient's certificates change or a run with -Confirm asks again. Each run says how many there are;
    Get-SmimeSyncChange -State Declined lists them.
    Piped recipients are gathered into one run. If no recipient comes through the pipeline there is no run.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER PolicyType
    Delta (default) reads what changed in the directory since the last run, and what has to be judged again; what comes of
    it is what reading everybody comes to. Where the directory can't tell, or the profile, its policy or its trust
    anchors are others than then, everybody is read all the same: the run's PolicyType says so. Initial reads everybody.

    .PARAMETER Identity
    Only these recipients: addresses, user principal names, sAMAccountNames, distinguished names or object
    GUIDs, or objects that have one, such as those of Get-ADUser, Get-Mailbox, Get-EXOMailbox and
    Get-SmimeCertificate. Without it, all of the profile.

    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. Without it,
    the current user does, with Kerberos, unless the profile says otherwise. The password reaches the library only in
    memory and is zeroed there; it is in no profile, log or error.

    .PARAMETER AdditionalCredential
    Additional sources: who signs in to them, by the first server of each, such as
    @{ 'dc1.fabrikam.test' = (Get-Credential) }. The passwords reach the library only in memory and are zeroed there;
    -Credential is for the profile's own source alone.

    .PARAMETER TargetCredential
    Target Directory: who signs in to the directory that is written to, with the password. They reach the library only in
    memory and are zeroed there; -Credential is for the source alone.

    .PARAMETER ClientCertificatePassword
    The password of the profile's -ClientCertificateFilePath. It reaches the library only in memory and is zeroed there.

    .PARAMETER CertificatePassword
    Target ExchangeOnline: the password of the profile's -CertificateFilePath. It reaches the library only in memory and
    is zeroed there.

    .PARAMETER AccessToken
    Target ExchangeOnline: an access token for https://outlook.office365.com/ that the script got itself, in place of
    signing in, as of Connect-ExchangeOnline. It is kept in memory only and never renewed: when it expires, the run
    stops.

    .PARAMETER ProxyCredential
    Target ExchangeOnline: user name and password for the proxy (see -Proxy of New-SmimeSyncProfile), in the way Basic of
    HTTP. They reach the library only in memory; they are in no profile, log, trace or error.

    .PARAMETER AllowRemoval
    Lets so many removals through in this run, whatever their percentage and whatever earlier runs removed; they don't
    count for later runs. The checks of the source stay.

    .PARAMETER AllowReplacement
    Lets so many replacements through in this run, whatever their percentage: updates to a certificate that names none
    of the recipient's mail addresses, or is older than the one before. The checks of the source stay.

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

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    0    Success             2026-11-25 10:40    987     1      0      0        0

    Shows what would be done, for whom and why.

    .EXAMPLE
    PS> Get-ADUser -Filter 'Department -eq "Sales"' | Sync-SmimeCertificate -ProfileName corp -Credential $credential

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    8    Success             2026-11-25 10:41     12     3      0      0        3

    Publishes the certificates of some people, in one run.

    .EXAMPLE
    PS> $run = Sync-SmimeCertificate corp -Credential $credential -ErrorAction Continue
    PS> if ("$($run.Result)" -ne 'Success') { exit 1 }

    Ends a script with 1 unless the run succeeded, also where there was no run. about_SmimeSync and docs/unattended.md
    have the script that tells each result by its exit code.

    .EXAMPLE
    PS> Sync-SmimeCertificate corp -Credential $credential -AllowRemoval 120

    Id   ProfileName Result              Started (UTC)    Recipients   Add Update Remove Exported Errors
    --   ----------- ------              -------------    ----------   --- ------ ------ -------- ------
    9    corp        Success             2026-11-25 10:43        880     0      0    120      120      0

    A branch was sold: lets its 120 people go in this run, which would be held otherwise.

    .EXAMPLE
    PS> Sync-SmimeCertificate corp -Credential $credential -PolicyType Initial | Format-List PolicyType, Recipients, Read

    PolicyType : Initial
    Recipients : 880
    Read       : 880

    Reads everybody, as after rights were changed in a part of the directory; that changes no object.

    .EXAMPLE
    PS> Sync-SmimeCertificate -ProfileName curate -Credential $credential -Identity alice@contoso.test -WhatIf
    What if: Performing the operation "Update: Removed: CN=Alice Adams (thumbprint 9A0F..., valid from
    2024-03-01 00:00 UTC until 2025-03-01 00:00 UTC), as userCertificate: expired at 2025-03-01 00:00 UTC." on target
    "Alice Adams <alice@contoso.test>".

       ProfileName: curate

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    0    Success             2026-11-25 10:44      1     0      1      0        0

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
        # <generated: ProfileName, PolicyType, Recipients, Credential, AdditionalCredential, TargetCredential, ClientCertificatePassword, CertificatePassword, AccessToken, ProxyCredential>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,

        [ValidateSet('Delta', 'Initial')]
        [string] $PolicyType,

        [Parameter(ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [object[]] $Identity,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty,

        [System.Collections.IDictionary] $AdditionalCredential,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $TargetCredential = [System.Management.Automation.PSCredential]::Empty,

        [securestring] $ClientCertificatePassword,

        [securestring] $CertificatePassword,

        [securestring] $AccessToken,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $ProxyCredential = [System.Management.Automation.PSCredential]::Empty,
        # </generated>

        [ValidateRange(0, 2147483647)]
        [int] $AllowRemoval,

        [ValidateRange(0, 2147483647)]
        [int] $AllowReplacement,

        [switch] $Verify,

        # <generated: PassThru, Scope>
        [switch] $PassThru,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $named = Get-NamedParameter -Cmdlet $PSCmdlet -Name 'Identity'
        $group = [ordered] @{}
    }
    process {
        if (-not (Test-PipedObject -Cmdlet $PSCmdlet -InputObject $_ -ProfileName $ProfileName -Named $named)) { return }
        Add-Identity -Cmdlet $PSCmdlet -Group $group -ProfileName $ProfileName -Identity $Identity
    }
    end {
        $operation = Get-Access -Parameter $PSBoundParameters
        $requests = foreach ($name in $group.Keys) {
            $request = @{
                Operation   = 'Sync'
                ProfileName = $name
                PassThru    = $PassThru.IsPresent -or $WhatIfPreference
                Verify      = $Verify.IsPresent
            }
            Add-GroupIdentity -Request $request -Entry $group[$name]
            foreach ($given in 'PolicyType', 'AllowRemoval', 'AllowReplacement') {
                if ($PSBoundParameters.ContainsKey($given)) { $request[$given] = $PSBoundParameters[$given] }
            }
            $request
        }
        Invoke-RunOperation -Cmdlet $PSCmdlet @operation -Request @($requests) -PassThru:$PassThru
    }
}
