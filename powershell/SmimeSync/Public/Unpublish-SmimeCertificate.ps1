function Unpublish-SmimeCertificate {
    <#
    .SYNOPSIS
    Takes certificates out of Active Directory.

    .DESCRIPTION
    Removes the values that hold the named certificates from the recipients' userCertificate and userSMIMECertificate in
    the directory of the profile's source: by thumbprint, by state, or the very objects that Get-SmimeCertificate
    returned. What is removed is kept in the profile's state until its retention ends. Returns the run with its
    numbers; Get-SmimeSyncChange lists it later. Asks for each recipient by default; -Confirm:$false does not ask, and
    where nobody can be asked (-NonInteractive) the cmdlet ends with an error before anything is removed.
    Certificates that serve another purpose than mail, such as smart-card logon, EFS or VPN, stay unless -Thumbprint
    names them or -Force is given, also those that come through the pipeline; a warning says how many stayed. So do
    certificates that are not valid yet. What was not looked at to the end (a recipient with very many or very large
    values) stays unless -Thumbprint names it, also with -Force.
    Objects that come through the pipeline are gathered into one run of each profile, which the guard judges as a whole.
    With -Thumbprint or -State they say from whom, and nobody else is looked at. If nothing comes through the pipeline there
    is no run.
    Too many who would lose their last usable certificate hold the plan, as in Sync-SmimeCertificate, whatever the profile's
    target is: more than -RemovalLimit in one run, or over -GuardDays more than -RemovalPercent of those who have one in the
    directory. After Approve-SmimeSyncPlan the same command goes through. Who had a change within the quiet period is
    skipped, and the run is CompletedWithErrors: run the same command again.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER Thumbprint
    The SHA-1 thumbprints of the certificates, as Windows shows them.

    .PARAMETER State
    Every certificate in one of these states: Expired, Unusable (an Error finding speaks against it), or OtherPurpose
    (not for mail: smart-card logon, EFS, VPN; only with -Force).

    .PARAMETER Certificate
    Certificates of recipients, as Get-SmimeCertificate returns them: each is taken from its recipient only.

    .PARAMETER Identity
    From whom: addresses, user principal names, sAMAccountNames, distinguished names or object GUIDs, or objects that
    have one, such as those of Get-ADUser and Get-SmimeCertificate; also through the pipeline. Without it, from everybody in
    the profile's scope.

    .PARAMETER Force
    Takes out, too, what stays otherwise unless -Thumbprint names it: certificates that serve another purpose than mail
    or are not valid yet. What was not looked at to the end stays all the same. It does not keep the cmdlet from asking; -Confirm:$false does.

    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. Without it,
    the current user does, with Kerberos, unless the profile says otherwise. The password reaches the library only in
    memory and is zeroed there; it is in no profile, log or error.

    .PARAMETER ClientCertificatePassword
    The password of the profile's -ClientCertificateFilePath. It reaches the library only in memory and is zeroed there.

    .PARAMETER PassThru
    Returns the changes, too, as they come, before the run.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Unpublish-SmimeCertificate corp -State Expired -Credential $credential -WhatIf
    What if: Performing the operation "Update: Removed: CN=Alice Adams (thumbprint 9A0F..., valid from
    2024-03-01 00:00 UTC until 2025-03-01 00:00 UTC), as userCertificate: expired at 2025-03-01 00:00 UTC." on target
    "Alice Adams <alice@contoso.test>".

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    0    Success             2026-11-25 10:40    987     0      1      0        0

    Shows what would be taken out, from whom and why.

    .EXAMPLE
    PS> Unpublish-SmimeCertificate corp -Thumbprint 4C1D30B6A58C1F1A9F1B7B1E8C51A6C0D3E0F9A2 -Credential $credential -Confirm:$false

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    11   Success             2026-11-25 10:42    987     0      0      1        1

    Takes one certificate from whoever has it, without asking.

    .EXAMPLE
    PS> Get-SmimeCertificate corp -Identity alice@contoso.test -Credential $credential |
    >>     Where-Object State -eq 'Unusable' | Unpublish-SmimeCertificate -Credential $credential -PassThru

    RunId Change State      Recipient                      Reasons
    ----- ------ -----      ---------                      -------
       12 Update Exported   alice@contoso.test             Removed: CN=Alice Adams (thumbprint 9A0F...

    Looks first and then takes out exactly that; the run follows the changes. The same as -State Unusable.

    .INPUTS
    SmimeSync.Certificate
        With -Thumbprint or -State also other objects with an address or identity: from whom.
    SmimeSync.Profile
        With -Thumbprint or -State: profiles; each has a run of its own.

    .OUTPUTS
    SmimeSync.Run
        The run; with -PassThru SmimeSync.Change objects before it.

    .LINK
    Publish-SmimeCertificate

    .LINK
    Get-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', DefaultParameterSetName = 'Thumbprint')]
    [OutputType('SmimeSync.Run', 'SmimeSync.Change')]
    param(
        # <generated: ProfileName>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,
        # </generated>

        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'Thumbprint')]
        [ValidatePattern('^[0-9A-Fa-f]{40}$')]
        [string[]] $Thumbprint,

        # <generated: UnpublishState>
        [Parameter(Mandatory = $true, ParameterSetName = 'State')]
        [ValidateSet('Expired', 'Unusable', 'OtherPurpose')]
        [string[]] $State,
        # </generated>

        [Parameter(Mandatory = $true, ParameterSetName = 'Certificate', ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [PSTypeName('SmimeSync.Certificate')]
        [object[]] $Certificate,

        [Parameter(ParameterSetName = 'Thumbprint', ValueFromPipeline = $true)]
        [Parameter(ParameterSetName = 'State', ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [object[]] $Identity,

        [switch] $Force,

        # <generated: Credential, ClientCertificatePassword, PassThru, Scope>
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty,

        [securestring] $ClientCertificatePassword,

        [switch] $PassThru,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $named = Get-NamedParameter -Cmdlet $PSCmdlet -Name 'Certificate', 'Identity'
        # Of each profile the recipients, in either way.
        $listed = [ordered] @{}
        $group = [ordered] @{}
    }
    process {
        if (-not (Test-PipedObject -Cmdlet $PSCmdlet -InputObject $_ -ProfileName $ProfileName -Named $named)) { return }
        if ($PSCmdlet.ParameterSetName -eq 'Certificate') {
            Add-ListedCertificate -Listed $listed -ProfileName $ProfileName -Certificate $Certificate
        } else {
            Add-Identity -Cmdlet $PSCmdlet -Group $group -ProfileName $ProfileName -Identity $Identity
        }
    }
    end {
        $operation = Get-Access -Parameter $PSBoundParameters
        $requests = @(
            foreach ($name in $listed.Keys) { @{ ProfileName = $name; Listed = @($listed[$name].Values) } }
            foreach ($name in $group.Keys) {
                $request = @{
                    ProfileName = $name
                    Thumbprint  = [string[]] @($Thumbprint | Where-Object { $_ })
                    State       = [string[]] @($State | Where-Object { $_ })
                }
                Add-GroupIdentity -Request $request -Entry $group[$name]
                $request
            }
        )
        foreach ($request in $requests) {
            $request.Operation = 'Unpublish'
            $request.Force = $Force.IsPresent
        }
        Invoke-RunOperation -Cmdlet $PSCmdlet @operation -Request $requests -Impact High -PassThru:$PassThru
    }
}
