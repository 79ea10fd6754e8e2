function New-SmimeSyncProfile {
    <#
    .SYNOPSIS
    Makes a profile: a named configuration of source, target, policy and limits.

    .DESCRIPTION
    A profile says where recipients are read, how their certificates are judged, and where the right ones are
    published. It holds no secret. Paths are taken from PowerShell's location and kept absolute. Nothing is read
    from the source and nothing is published; Test-SmimeSyncProfile checks whether it would work.
    What a source or target needs and does not get is an error that names the setting.

    .PARAMETER Name
    The profile's name: letters, digits, '-', '_' and '.', 64 at most.

    .PARAMETER Source
    Where recipients are read: ActiveDirectory, over LDAPS, or Ldif, a file as of RFC 2849.

    .PARAMETER Server
    ActiveDirectory: the DNS name of a domain controller, as its certificate carries it.

    .PARAMETER Port
    ActiveDirectory: the LDAPS port. Default 636.

    .PARAMETER SearchBase
    ActiveDirectory: the distinguished names of the containers to search, with everything below them.

    .PARAMETER Filter
    ActiveDirectory: an LDAP filter as of RFC 4515 that narrows the recipients.

    .PARAMETER ServerCertificatePath
    ActiveDirectory: files with CA certificates (PEM or DER) that the server's certificate may come from,
    besides this machine's trust store.

    .PARAMETER SkipCertificateCheck
    ActiveDirectory: does not check the server's certificate. Every run warns about it.

    .PARAMETER Timeout
    ActiveDirectory: seconds to wait for any one answer. Default 60.

    .PARAMETER Path
    Ldif: the file.

    .PARAMETER Target
    Where values are published: Folder, a folder with one JSON file and the certificates per recipient.

    .PARAMETER OutputPath
    Folder: the folder.

    .PARAMETER TrustAnchorPath
    Files (PEM, DER or .p7b) or folders with the CA certificates at which the issuer chain of a certificate must
    end.

    .PARAMETER AllowUntrusted
    Publishes certificates whose chain ends nowhere, too.

    .PARAMETER Policy
    Which rules apply: Standard (what Outlook and Exchange Online need, the default), Strict (warnings count as
    errors) or Lenient (only what makes encryption impossible counts as an error). Get-SmimePolicyRule lists the
    rules.

    .PARAMETER Selection
    Which certificates are published: Best (the best one for encryption, and the best one for signing where that
    is another one; the default) or AllUsable (every usable one, ranked, 15 at most).

    .PARAMETER DisabledAccount
    What a disabled account means: Keep (nothing, as shared mailboxes are disabled accounts; the default) or
    Remove (the same as a deleted one).

    .PARAMETER MissingPeriod
    Seconds that a recipient must stay missing from the source before its values are removed. Default a day; 0
    for files.

    .PARAMETER RemovalLimit
    More removals than this in one run hold the plan for approval. Default 500.

    .PARAMETER RemovalPercent
    Removals above this percentage of the recipients with published values (and more than 10) hold the plan.
    Default 10.

    .PARAMETER Retention
    Days that runs, changes and removed values are kept. Default 90.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .PARAMETER Force
    Replaces a profile of the same name; its history stays.

    .EXAMPLE
    PS> New-SmimeSyncProfile demo -Source Ldif -Path ./directory.ldif -TrustAnchorPath ./ca -Target Folder -OutputPath ./out

    Name             Source          From                       Target   To
    ----             ------          ----                       ------   --
    demo             Ldif            /srv/demo/directory.ldif   Folder   /srv/demo/out

    Makes a profile that reads a file and publishes to a folder.

    .EXAMPLE
    PS> $setting = @{
    >>     Name            = 'corp'
    >>     Source          = 'ActiveDirectory'
    >>     Server          = 'dc1.contoso.test'
    >>     SearchBase      = 'OU=People,DC=contoso,DC=test'
    >>     TrustAnchorPath = 'C:\Pki\Issuing'
    >>     Target          = 'Folder'
    >>     OutputPath      = 'D:\Published'
    >> }
    PS> New-SmimeSyncProfile @setting

    Name             Source          From                       Target   To
    ----             ------          ----                       ------   --
    corp             ActiveDirectory dc1.contoso.test           Folder   D:\Published

    Makes a profile for an Active Directory; the settings are given by splatting.

    .INPUTS
    System.String
        The name, from the property Name or ProfileName.

    .OUTPUTS
    SmimeSync.Profile

    .LINK
    Test-SmimeSyncProfile

    .LINK
    Sync-SmimeCertificate

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

        [Parameter(Mandatory = $true)]
        [ValidateSet('ActiveDirectory', 'Ldif')]
        [string] $Source,

        [string] $Server,

        [ValidateRange(1, 65535)]
        [int] $Port,

        [string[]] $SearchBase,

        [string] $Filter,

        [string[]] $ServerCertificatePath,

        [switch] $SkipCertificateCheck,

        [ValidateRange(1, 86400)]
        [int] $Timeout,

        [Alias('LiteralPath')]
        [string] $Path,

        [Parameter(Mandatory = $true)]
        [ValidateSet('Folder')]
        [string] $Target,

        [string] $OutputPath,

        [string[]] $TrustAnchorPath,

        [switch] $AllowUntrusted,

        [ValidateSet('Standard', 'Strict', 'Lenient')]
        [string] $Policy,

        [ValidateSet('Best', 'AllUsable')]
        [string] $Selection,

        [ValidateSet('Keep', 'Remove')]
        [string] $DisabledAccount,

        [ValidateRange(0, 31536000)]
        [int] $MissingPeriod,

        [ValidateRange(0, 2147483647)]
        [int] $RemovalLimit,

        [ValidateRange(0, 100)]
        [int] $RemovalPercent,

        [ValidateRange(1, 36500)]
        [int] $Retention,

        [ValidateSet('User', 'Machine')]
        [string] $Scope,

        [switch] $Force
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $setting = ConvertTo-ProfileSetting -Cmdlet $PSCmdlet
        foreach ($unset in @($setting.Keys | Where-Object { $null -eq $setting[$_] })) { $setting.Remove($unset) }
        $setting['Name'] = $Name
        if (-not $PSCmdlet.ShouldProcess($Name, 'Make the profile')) { return }
        $request = @{ Operation = 'NewProfile'; Profile = $setting; Force = $Force.IsPresent }
        Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request
    }
}
