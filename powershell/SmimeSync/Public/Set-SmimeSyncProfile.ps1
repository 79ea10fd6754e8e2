function Set-SmimeSyncProfile {
    <#
    .SYNOPSIS
    Changes settings of a profile.

    .DESCRIPTION
    Only the settings that are given change. An empty one ($null, an empty text or list; of a switch $false) goes
    back to its default; one that is required has none. A changed policy or set of trust anchors makes the next
    run judge every recipient again, and holds its plan if there are removals in it.

    .PARAMETER Name
    The profile's name.

    .PARAMETER Source
    Where recipients are read.
    ActiveDirectory: Active Directory, over LDAP.
    Directory: Any other directory, over LDAP (RFC 4511).
    Ldif: A file of RFC 2849.
    Csv: A file of comma-separated values: partners outside.

    .PARAMETER Target
    Where values are published.
    ExchangeOnline: Exchange Online, over its REST interface.
    ExchangeSession: The cmdlets of the caller's own session: Exchange Online or Exchange on premises.
    ActiveDirectory: Active Directory in place, in the form that Entra Connect exports.
    Folder: A folder with one JSON and the certificates per recipient.
    Ldif: A file of the changes that putting the source's values right in place would make (RFC 2849).
    Directory: Another directory (RFC 4511), beside what others have put there.

    .PARAMETER Server
    ActiveDirectory, Directory: The DNS names of servers, as their certificates carry them; the first that
    answers is asked. With ActiveDirectory also the name of a domain, whose domain controllers DNS knows.
    Default: with ActiveDirectory the domain that this machine is a member of; Directory needs one.

    .PARAMETER Authentication
    ActiveDirectory, Directory: How somebody signs in. Default: Certificate with -ClientCertificateFilePath or
    -ClientCertificateThumbprint, Password where -Credential is given, else Kerberos.
    Certificate: The certificate of -ClientCertificateFilePath or -ClientCertificateThumbprint.
    Password: The user name and password of -Credential.
    Kerberos: The current user's ticket, or a keytab's.

    .PARAMETER KeytabPath
    ActiveDirectory, Directory: A keytab with which Kerberos gets its tickets, for scheduled tasks. Not on
    Windows, where a task runs as a gMSA.

    .PARAMETER KeytabPrincipal
    ActiveDirectory, Directory: Whose key in -KeytabPath is used, such as sync@CONTOSO.TEST. Default: that of its
    first.

    .PARAMETER ClientCertificateFilePath
    ActiveDirectory, Directory: A .pfx or .pem file with the certificate and key that somebody signs in with. Its
    password is given to each run with -ClientCertificatePassword and kept nowhere.

    .PARAMETER ClientCertificateThumbprint
    ActiveDirectory, Directory: The SHA-1 thumbprint of the certificate that somebody signs in with, in the
    certificate store CurrentUser\My or LocalMachine\My. The key stays there.

    .PARAMETER Encryption
    ActiveDirectory, Directory: How the connection is protected; a password or a certificate goes only inside
    TLS. Default: Kerberos where Kerberos signs in, else Ldaps.
    Kerberos: What Kerberos seals, by default at port 389; the server needs no certificate.
    Ldaps: TLS from the first byte, by default at port 636.
    StartTls: TLS that the client asks for before anything else (StartTLS), by default at port 389.

    .PARAMETER Port
    ActiveDirectory, Directory: The server's port. Default: 636 with -Encryption Ldaps, else 389.

    .PARAMETER SearchBase
    ActiveDirectory, Directory: The distinguished names of the containers to search, with everything below them.
    Default: the whole domain, or all that the server holds.

    .PARAMETER ExcludedSearchBase
    ActiveDirectory, Directory: The distinguished names of containers that are left out, with everything below
    them.

    .PARAMETER MemberOf
    ActiveDirectory, Directory: The distinguished names of groups: only their members are recipients, in Active
    Directory also those of groups within them.

    .PARAMETER Filter
    ActiveDirectory, Directory: An LDAP filter as of RFC 4515 that narrows the recipients.

    .PARAMETER EnumerationPeriod
    ActiveDirectory, Directory: Seconds, or a TimeSpan such as (New-TimeSpan -Hours 6), after which
    Sync-SmimeCertificate asks the directory again for everybody who is there, though it reads only what changed:
    whoever was deleted may not show otherwise. 0: in each run. Default: 86400.

    .PARAMETER SkipCertificateCheck
    ActiveDirectory, Directory: Does not check the server's certificate. Every run warns about it.

    .PARAMETER AdditionalSource
    ActiveDirectory, Directory: More directories whose recipients are read in the same run, such as other
    forests: for each a hashtable such as @{ Source = 'ActiveDirectory'; Server = 'fabrikam.test' }, with the
    settings of a directory that it needs. A password is given to each run with -AdditionalCredential. Not with
    the targets ActiveDirectory and Ldif.

    .PARAMETER WriteServer
    ActiveDirectory: The domain controller to write to. Default: the first of -Server that answers.

    .PARAMETER QuietPeriod
    ActiveDirectory: Seconds, or a TimeSpan, for which a recipient whose values changed is skipped when Active
    Directory is written, since the last writer wins when domain controllers replicate. Default: 86400.

    .PARAMETER AttributeMap
    Directory: The directory's names for attributes that it has under others, such as @{ userCertificate =
    'certificate' }. What may have another: entryUUID, displayName, mail, proxyAddresses, userPrincipalName,
    sAMAccountName, userCertificate and userSMIMECertificate.

    .PARAMETER ServerCertificatePath
    ActiveDirectory, Directory, ExchangeOnline: Files with CA certificates (PEM or DER) that the server's
    certificate, or that of a proxy, may come from, besides this machine's trust store.

    .PARAMETER Timeout
    ActiveDirectory, Directory, ExchangeOnline: Seconds, or a TimeSpan, to wait for any one answer. Default: 60,
    and 300 for a page of a list of Exchange Online.

    .PARAMETER Path
    Ldif, Csv: The file. Required there.

    .PARAMETER MaximumSourceAge
    Ldif, Csv: Seconds, or a TimeSpan such as (New-TimeSpan -Days 2), after which a file that was not written
    again is too old: a run that reads it is held. Default: no file is too old.

    .PARAMETER Organization
    ExchangeOnline: The tenant, as its .onmicrosoft.com domain or its id. Required there.

    .PARAMETER AppId
    ExchangeOnline: The application (client) id that signs in with a certificate.

    .PARAMETER CertificateFilePath
    ExchangeOnline: A .pfx or .pem file with the application's certificate and RSA key. Its password is given to
    each run with -CertificatePassword and kept nowhere.

    .PARAMETER CertificateThumbprint
    ExchangeOnline: The SHA-1 thumbprint of the application's certificate in the certificate store CurrentUser\My
    or LocalMachine\My. The key stays there.

    .PARAMETER ManagedIdentity
    ExchangeOnline: Signs in as the managed identity of the Azure machine or service.

    .PARAMETER ManagedIdentityAccountId
    ExchangeOnline: The client id of a user-assigned managed identity.

    .PARAMETER ExchangeEnvironmentName
    ExchangeOnline: The cloud; the names are those of Connect-ExchangeOnline. Default: O365Default.
    O365Default: Commercial, and GCC.
    O365USGovGCCHigh: GCC High.
    O365USGovDoD: The Department of Defense.
    O365China: 21Vianet, China.

    .PARAMETER ConnectionUri
    ExchangeOnline: Another address of the service, such as https://outlook.office365.com.

    .PARAMETER AzureADAuthorizationEndpointUri
    ExchangeOnline: Another address of the sign-in, such as https://login.microsoftonline.com.

    .PARAMETER Proxy
    ExchangeOnline: The proxy for the sign-in and the service: an address such as http://proxy.contoso.test:8080,
    System (the one that the environment or Windows names for the account that runs it) or None. Its user name
    and password are given to each run with -ProxyCredential and kept nowhere. Default: System.

    .PARAMETER Prefix
    ExchangeSession: The prefix of the session's cmdlets, as of Connect-ExchangeOnline -Prefix.

    .PARAMETER CreateContact
    ExchangeOnline, ExchangeSession: Creates mail contacts for the source's contacts that are missing there.

    .PARAMETER Ownership
    ExchangeOnline, ExchangeSession, Folder, Directory as the target: Whose values a run may take away at the
    target. Default: Managed.
    Managed: Only those that this profile published or adopted.
    Authoritative: All of the matched recipients.

    .PARAMETER Drift
    ExchangeOnline, ExchangeSession, Folder, Directory as the target: What happens when Sync-SmimeCertificate
    finds that something published is gone. Default: Repair.
    Repair: What is gone is published again.
    Report: What is gone is only reported.

    .PARAMETER RemoveValue
    ActiveDirectory as the target, Ldif as the target: What is taken out besides expired, unparsable and
    duplicate values. Nobody but the user, or the CA, can put it back.
    Untrusted: Mail certificates whose issuer chain ends at no trust anchor.
    Weak: Mail certificates with a weak key or signature.
    WrongAddress: Mail certificates issued for somebody else's address.
    Displaced: Valid mail certificates of userCertificate that the selection did not choose.

    .PARAMETER TargetServer
    Directory as the target: The DNS name of the server that is written to, as its certificate carries it.
    Required there.

    .PARAMETER TargetEncryption
    Directory as the target: How the connection to the target is protected. Default: Ldaps.
    Ldaps: TLS from the first byte, by default at port 636.
    StartTls: TLS that the client asks for before anything else (StartTLS), by default at port 389.

    .PARAMETER TargetPort
    Directory as the target: The target's port. Default: 636 with -TargetEncryption Ldaps, else 389.

    .PARAMETER TargetSearchBase
    Directory as the target: The distinguished names of the containers whose recipients are written, with
    everything below them. Required there.

    .PARAMETER TargetFilter
    Directory as the target: An LDAP filter as of RFC 4515 that narrows whom the target is written for.

    .PARAMETER TargetAttributeMap
    Directory as the target: The target's names for attributes that it has under others, as with -AttributeMap.
    Not where it is an Active Directory.

    .PARAMETER TargetServerCertificatePath
    Directory as the target: Files with CA certificates (PEM or DER) that the target's certificate may come from,
    besides this machine's trust store.

    .PARAMETER TargetTimeout
    Directory as the target: Seconds, or a TimeSpan, to wait for any one answer of the target. Default: 60.

    .PARAMETER TargetSkipCertificateCheck
    Directory as the target: Does not check the target's certificate. Every run warns about it.

    .PARAMETER OutputPath
    Folder, Ldif as the target: The folder that is written to; with the target Ldif, the file. Required there.

    .PARAMETER TrustAnchorPath
    Files (PEM, DER or .p7b) or folders with the CA certificates at which the issuer chain of a certificate must
    end.

    .PARAMETER AllowUntrusted
    Publishes certificates whose chain ends nowhere, too.

    .PARAMETER Policy
    Which rules apply with which severity. Get-SmimePolicyRule lists the rules. Default: Standard.
    Standard: What Outlook and Exchange Online need.
    Strict: Warnings count as errors.
    Lenient: Only what makes encryption impossible counts as an error.

    .PARAMETER Selection
    Which certificates are published. Default: Best.
    Best: The best encryption certificate, plus the best signing certificate where that is another one.
    AllUsable: Every usable one, ranked, 15 at most.

    .PARAMETER DisabledAccount
    What a disabled account means. Default: Keep.
    Keep: Nothing: shared and room mailboxes are disabled accounts.
    Remove: The same as a deleted one.

    .PARAMETER MissingPeriod
    Seconds, or a TimeSpan such as (New-TimeSpan -Days 2), that a recipient must stay missing from the source
    before its values are removed. Default: a day.

    .PARAMETER RemovalLimit
    More removals than this in one run hold the plan for approval. Default: 500.

    .PARAMETER RemovalPercent
    Removals above this percentage of the recipients with published values (and more than 10) hold the plan.
    Default: 10.

    .PARAMETER GuardDays
    Days over which removals of all runs count together: above -RemovalPercent of the highest number of
    recipients with published values in that time (and more than 10) they hold the plan. 0: each run counts by
    itself. Default: 7.

    .PARAMETER ReplacementLimit
    More replacements than this in one run hold the plan for approval. A replacement is an Update to a
    certificate that names none of the recipient's mail addresses, or whose validity began before that of the one
    it replaces. Default: 500.

    .PARAMETER ReplacementPercent
    Replacements above this percentage of the recipients with published values (and more than 10) hold the plan.
    Default: 10.

    .PARAMETER Retention
    Days that runs, changes and removed values are kept. Default: 90.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .PARAMETER PassThru
    Returns the changed profile; without it nothing is returned.

    .EXAMPLE
    PS> Set-SmimeSyncProfile -Name corp -Policy Strict -PassThru | Select-Object -Property Name, Policy

    Name Policy
    ---- ------
    corp Strict

    Makes warnings count as errors.

    .EXAMPLE
    PS> Set-SmimeSyncProfile -Name corp -RemovalLimit 50 -WhatIf
    What if: Performing the operation "Change RemovalLimit" on target "corp".

    Shows what would be changed.

    .EXAMPLE
    PS> $thumbprint = '4C1D30B6A58C1F1A9F1B7B1E8C51A6C0D3E0F9A2'
    PS> Set-SmimeSyncProfile -Name cloud -CertificateFilePath '' -CertificateThumbprint $thumbprint

    Signs in with a certificate of the certificate store instead of a file; there is no output.

    .INPUTS
    System.String
        The name, from the property Name or ProfileName.

    .OUTPUTS
    None, or with -PassThru SmimeSync.Profile

    .LINK
    Get-SmimeSyncProfile

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType('SmimeSync.Profile')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('ProfileName')]
        [string] $Name,

        # <generated: Settings, Scope>
        [ValidateSet('ActiveDirectory', 'Directory', 'Ldif', 'Csv', '')]
        [string] $Source,

        [ValidateSet('ExchangeOnline', 'ExchangeSession', 'ActiveDirectory', 'Folder', 'Ldif', 'Directory', '')]
        [string] $Target,

        [string[]] $Server,

        [ValidateSet('Certificate', 'Password', 'Kerberos', '')]
        [string] $Authentication,

        [string] $KeytabPath,

        [string] $KeytabPrincipal,

        [string] $ClientCertificateFilePath,

        [ValidatePattern('^([0-9A-Fa-f]{40})?$')]
        [string] $ClientCertificateThumbprint,

        [ValidateSet('Kerberos', 'Ldaps', 'StartTls', '')]
        [string] $Encryption,

        [string] $Port,

        [string[]] $SearchBase,

        [string[]] $ExcludedSearchBase,

        [string[]] $MemberOf,

        [string] $Filter,

        [string] $EnumerationPeriod,

        [switch] $SkipCertificateCheck,

        [object[]] $AdditionalSource,

        [string] $WriteServer,

        [string] $QuietPeriod,

        [System.Collections.IDictionary] $AttributeMap,

        [string[]] $ServerCertificatePath,

        [string] $Timeout,

        [Alias('LiteralPath')]
        [string] $Path,

        [string] $MaximumSourceAge,

        [string] $Organization,

        [string] $AppId,

        [string] $CertificateFilePath,

        [ValidatePattern('^([0-9A-Fa-f]{40})?$')]
        [string] $CertificateThumbprint,

        [switch] $ManagedIdentity,

        [string] $ManagedIdentityAccountId,

        [ValidateSet('O365Default', 'O365USGovGCCHigh', 'O365USGovDoD', 'O365China', '')]
        [string] $ExchangeEnvironmentName,

        [uri] $ConnectionUri,

        [uri] $AzureADAuthorizationEndpointUri,

        [string] $Proxy,

        [ValidatePattern('^[A-Za-z0-9]*$')]
        [string] $Prefix,

        [switch] $CreateContact,

        [ValidateSet('Managed', 'Authoritative', '')]
        [string] $Ownership,

        [ValidateSet('Repair', 'Report', '')]
        [string] $Drift,

        [ArgumentCompleter({ 'Untrusted', 'Weak', 'WrongAddress', 'Displaced' -like ($args[2].Trim('"''') + '*') })]
        [string[]] $RemoveValue,

        [string] $TargetServer,

        [ValidateSet('Ldaps', 'StartTls', '')]
        [string] $TargetEncryption,

        [string] $TargetPort,

        [string[]] $TargetSearchBase,

        [string] $TargetFilter,

        [System.Collections.IDictionary] $TargetAttributeMap,

        [string[]] $TargetServerCertificatePath,

        [string] $TargetTimeout,

        [switch] $TargetSkipCertificateCheck,

        [string] $OutputPath,

        [string[]] $TrustAnchorPath,

        [switch] $AllowUntrusted,

        [ValidateSet('Standard', 'Strict', 'Lenient', '')]
        [string] $Policy,

        [ValidateSet('Best', 'AllUsable', '')]
        [string] $Selection,

        [ValidateSet('Keep', 'Remove', '')]
        [string] $DisabledAccount,

        [string] $MissingPeriod,

        [string] $RemovalLimit,

        [string] $RemovalPercent,

        [string] $GuardDays,

        [string] $ReplacementLimit,

        [string] $ReplacementPercent,

        [string] $Retention,

        [ValidateSet('User', 'Machine')]
        [string] $Scope,
        # </generated>

        [switch] $PassThru
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $setting = ConvertTo-ProfileSetting -Cmdlet $PSCmdlet
        if ($setting.Count -eq 0) {
            $nothing = @{
                Id       = 'SettingMissing'
                Category = 'InvalidArgument'
                Message  = "No setting of the profile '$Name' was given."
                Advice   = 'Give the settings to change, such as -Policy Strict.'
                Target   = $Name
            }
            $PSCmdlet.WriteError((Get-ModuleError @nothing))
            return
        }
        $named = @($script:ProfileSetting | Where-Object { $setting.ContainsKey($_) }) -join ', '
        if (Confirm-Action -Cmdlet $PSCmdlet -Target $Name -Action "Change $named") {
            $request = @{ Operation = 'SetProfile'; Name = $Name; Settings = $setting }
            $changed = Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request
            if ($PassThru) { $changed }
        }
    }
}
