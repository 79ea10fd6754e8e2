function Get-SmimeCertificate {
    <#
    .SYNOPSIS
    Gets recipients' certificates, parsed and judged.

    .DESCRIPTION
    Reads the profile's source (or its target, or what was published) and returns one object for each certificate found
    in userCertificate and userSMIMECertificate, with what the policy says about it: State is Chosen (it would be
    published), Usable (another one is better, or it is for signing alone and none is for encryption), Unusable,
    OtherPurpose (not for mail: smart-card logon, EFS, VPN) or
    Chain (a CA's that came along), and Findings say why. A value in which no certificate can be read is an object, too.
    Objects come as they are read; nothing is written.
    Piped recipients are looked up in batches. If no recipient comes through the pipeline nothing is returned.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER Identity
    Only these recipients: addresses, user principal names, sAMAccountNames, distinguished names, SIDs or object GUIDs, or
    objects that have one, such as those of Get-ADUser, Get-Mailbox, Get-EXOMailbox and Get-SmimeCertificate. A text may
    have wildcards (*, ?, [ab]): it stands for all whose address, user principal name or sAMAccountName it matches, and with
    an equals sign in it (CN=A*) for distinguished names, too. Without it, all of the profile.

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

    .PARAMETER Source
    Where to look: Directory (the profile's source, the default), Target (what is at the profile's target now, whoever
    put it there) or State (what the profile published, as its state has it).

    .PARAMETER State
    Only certificates in one of these states.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .PARAMETER Filter
    Only those of the source whom this LDAP filter finds, besides the profile's own -Filter: '(department=Sales)'. The
    source is ActiveDirectory or Directory.

    .EXAMPLE
    PS> Get-SmimeCertificate -ProfileName corp -Identity alice@contoso.test -Credential $credential

    Recipient                      State        NotAfter   Findings
    ---------                      -----        --------   --------
    alice@contoso.test             Chosen       2027-03-01
    alice@contoso.test             Unusable     2025-03-01 expired

    Shows one person's certificates.

    .EXAMPLE
    PS> Get-SmimeCertificate corp -State Unusable -Credential $credential |
    >>     Export-Csv -Path unusable.csv -NoTypeInformation

    Writes everything that can't be published, with the reasons, to a file.

    .EXAMPLE
    PS> Get-SmimeCertificate corp -Identity *@contoso.test, CN=A* -Credential $credential | Measure-Object

    Counts the certificates of all who have an address of contoso.test, or whose name begins with A.

    .EXAMPLE
    PS> Get-SmimeCertificate curate -Filter '(department=Sales)' -Credential $credential

    Asks the directory for those of one department alone.

    .EXAMPLE
    PS> Get-SmimeCertificate corp -Source Target -Identity bob@contoso.test

    Recipient                      State        NotAfter   Findings
    ---------                      -----        --------   --------
    bob@contoso.test               Chosen       2027-06-30

    Shows what senders find at the target.

    .EXAMPLE
    PS> (Get-SmimeCertificate corp -Identity alice@contoso.test)[0].ToX509Certificate2().Verify()
    True

    Hands a certificate to .NET.

    .INPUTS
    System.String, System.Guid, or an object with an address or identity
        Recipients.
    SmimeSync.Profile
        Profiles.

    .OUTPUTS
    SmimeSync.Certificate

    .LINK
    Get-SmimePolicyRule

    .LINK
    Sync-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding()]
    [OutputType('SmimeSync.Certificate')]
    param(
        # <generated: ProfileName, RecipientPatterns, Credential, AdditionalCredential, TargetCredential, ClientCertificatePassword, CertificatePassword, AccessToken, ProxyCredential, CertificateSource, CertificateState, Scope>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,

        [Parameter(ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
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

        [ValidateSet('Directory', 'Target', 'State')]
        [string] $Source = 'Directory',

        [ValidateSet('Chosen', 'Usable', 'Unusable', 'OtherPurpose', 'Chain')]
        [string[]] $State,

        [ValidateSet('User', 'Machine')]
        [string] $Scope,
        # </generated>

        [ValidateNotNullOrEmpty()]
        [string] $Filter
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $reading = @{ Group = [ordered] @{}; Engine = $null }
        $batch = @{ Cmdlet = $PSCmdlet; State = $reading; CertificateState = $State; Source = $Source; Filter = $Filter; Access = Get-Access -Parameter $PSBoundParameters }
        $waiting = [System.Diagnostics.Stopwatch]::StartNew()
        $named = Get-NamedParameter -Cmdlet $PSCmdlet -Name 'Identity'
    }
    process {
        if (-not (Test-PipedObject -Cmdlet $PSCmdlet -InputObject $_ -ProfileName $ProfileName -Named $named)) { return }
        if ($reading.Group.Count -eq 0) { $waiting.Restart() }
        Add-Identity -Cmdlet $PSCmdlet -Group $reading.Group -ProfileName $ProfileName -Identity $Identity -Pattern
        # A batch is one look-up at the source; a slow upstream does not wait for it to fill.
        $entry = $reading.Group[$ProfileName]
        if ($null -eq $entry) { return }
        if ($entry.Identity.Count -ge 250 -or $waiting.ElapsedMilliseconds -ge 500) { Read-CertificateBatch @batch }
    }
    end {
        # Where the pipeline was stopped before, the engine's handle frees it.
        try { Read-CertificateBatch @batch } finally { if ($null -ne $reading.Engine) { $reading.Engine.Dispose() } }
    }
}
