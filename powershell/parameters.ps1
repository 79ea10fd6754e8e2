# Parameters that several cmdlets share, and those whose values are the library's: each is stated here once, as a
# function of its own, and written into powershell/SmimeSync/Public/*.ps1 between `# <generated: NAME, ...>` and
# `# </generated>`, its help beside it. '<Scope>' stands for the values of that type of the library.
# After a change here or there: SMIME_SYNC_BLESS=1 cargo test --test abi cmdlets
# This file is no part of the module.

function ProfileName {
    <#
    .PARAMETER ProfileName
    The profile's name.
    #>
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName
    )
}

function Recipients {
    <#
    .PARAMETER Identity
    Only these recipients: addresses, user principal names, sAMAccountNames, distinguished names or object
    GUIDs, or objects that have one, such as those of Get-ADUser, Get-Mailbox, Get-EXOMailbox and
    Get-SmimeCertificate. Without it, all of the profile.
    #>
    param(
        [Parameter(ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [object[]] $Identity
    )
}

function RecipientPatterns {
    <#
    .PARAMETER Identity
    Only these recipients: addresses, user principal names, sAMAccountNames, distinguished names, SIDs or object GUIDs, or
    objects that have one, such as those of Get-ADUser, Get-Mailbox, Get-EXOMailbox and Get-SmimeCertificate. A text may
    have wildcards (*, ?, [ab]): it stands for all whose address, user principal name or sAMAccountName it matches, and with
    an equals sign in it (CN=A*) for distinguished names, too. Without it, all of the profile.
    #>
    param(
        [Parameter(ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [object[]] $Identity
    )
}

function Credential {
    <#
    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. Without it,
    the current user does, with Kerberos, unless the profile says otherwise. The password reaches the library only in
    memory and is zeroed there; it is in no profile, log or error.
    #>
    param(
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty
    )
}

function AdditionalCredential {
    <#
    .PARAMETER AdditionalCredential
    Additional sources: who signs in to them, by the first server of each, such as
    @{ 'dc1.fabrikam.test' = (Get-Credential) }. The passwords reach the library only in memory and are zeroed there;
    -Credential is for the profile's own source alone.
    #>
    param(
        [System.Collections.IDictionary] $AdditionalCredential
    )
}

function TargetCredential {
    <#
    .PARAMETER TargetCredential
    Target Directory: who signs in to the directory that is written to, with the password. They reach the library only in
    memory and are zeroed there; -Credential is for the source alone.
    #>
    param(
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $TargetCredential = [System.Management.Automation.PSCredential]::Empty
    )
}

function CertificatePassword {
    <#
    .PARAMETER CertificatePassword
    Target ExchangeOnline: the password of the profile's -CertificateFilePath. It reaches the library only in memory and
    is zeroed there.
    #>
    param(
        [securestring] $CertificatePassword
    )
}

function ClientCertificatePassword {
    <#
    .PARAMETER ClientCertificatePassword
    The password of the profile's -ClientCertificateFilePath. It reaches the library only in memory and is zeroed there.
    #>
    param(
        [securestring] $ClientCertificatePassword
    )
}

function AccessToken {
    <#
    .PARAMETER AccessToken
    Target ExchangeOnline: an access token for https://outlook.office365.com/ that the script got itself, in place of
    signing in, as of Connect-ExchangeOnline. It is kept in memory only and never renewed: when it expires, the run
    stops.
    #>
    param(
        [securestring] $AccessToken
    )
}

function ProxyCredential {
    <#
    .PARAMETER ProxyCredential
    Target ExchangeOnline: user name and password for the proxy (see -Proxy of New-SmimeSyncProfile), in the way Basic of
    HTTP. They reach the library only in memory; they are in no profile, log, trace or error.
    #>
    param(
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $ProxyCredential = [System.Management.Automation.PSCredential]::Empty
    )
}

function PolicyType {
    <#
    .PARAMETER PolicyType
    Delta (default) reads what changed in the directory since the last run, and what has to be judged again; what comes of
    it is what reading everybody comes to. Where the directory can't tell, or the profile, its policy or its trust
    anchors are others than then, everybody is read all the same: the run's PolicyType says so. Initial reads everybody.
    #>
    param(
        [ValidateSet('<PolicyType>')]
        [string] $PolicyType
    )
}

function CertificateSource {
    <#
    .PARAMETER Source
    Where to look: Directory (the profile's source, the default), Target (what is at the profile's target now, whoever
    put it there) or State (what the profile published, as its state has it).
    #>
    param(
        [ValidateSet('<CertificateSource>')]
        [string] $Source = 'Directory'
    )
}

function CertificateState {
    <#
    .PARAMETER State
    Only certificates in one of these states.
    #>
    param(
        [ValidateSet('<CertificateState>')]
        [string[]] $State
    )
}

function RunResult {
    <#
    .PARAMETER Result
    Only runs with one of these results.
    #>
    param(
        [ValidateSet('<RunResult>')]
        [string[]] $Result
    )
}

function ChangeState {
    <#
    .PARAMETER State
    Only changes in one of these states.
    #>
    param(
        [ValidateSet('<ChangeState>')]
        [string[]] $State
    )
}

function UnpublishState {
    <#
    .PARAMETER State
    Every certificate in one of these states: Expired, Unusable (an Error finding speaks against it), or OtherPurpose
    (not for mail: smart-card logon, EFS, VPN; only with -Force).
    #>
    param(
        [Parameter(Mandatory = $true, ParameterSetName = 'State')]
        [ValidateSet('<UnpublishState>')]
        [string[]] $State
    )
}

function PassThru {
    <#
    .PARAMETER PassThru
    Returns the changes, too, as they come, before the run.
    #>
    param(
        [switch] $PassThru
    )
}

function Scope {
    <#
    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.
    #>
    param(
        [ValidateSet('<Scope>')]
        [string] $Scope
    )
}
