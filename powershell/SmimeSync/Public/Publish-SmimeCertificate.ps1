function Publish-SmimeCertificate {
    <#
    .SYNOPSIS
    Puts certificates into Active Directory for the recipients they name.

    .DESCRIPTION
    Judges each certificate by the profile's policy and adds it to the recipient's values in the directory of the
    profile's source. The recipient is the one with the addresses that the certificate names, or those of -Identity.
    A certificate with Error findings is refused unless -Force is given. Private keys stay in their file: none is ever
    uploaded. Returns the run with its numbers; Get-SmimeSyncChange lists it later.
    Certificates and files that come through the pipeline are gathered into one run, or into one for each different
    -Identity. If nothing comes through the pipeline there is no run.

    .PARAMETER ProfileName
    The name of a profile whose source is ActiveDirectory.

    .PARAMETER Path
    Certificate files: .cer, .crt, .pem, .p7b or .pfx, which may have wildcards (*, ? and [a-z]).

    .PARAMETER LiteralPath
    The same without wildcards.

    .PARAMETER Certificate
    Certificates: X509Certificate2 objects, those of Get-SmimeCertificate, the bytes of one (byte[]; piped as ,$bytes),
    or files: those of Get-ChildItem, and objects with the property Path, such as rows of Import-Csv.

    .PARAMETER Identity
    For whom: addresses, user principal names, sAMAccountNames, distinguished names or object GUIDs, or objects that
    have one, such as those of Get-ADUser and Get-Mailbox. Without it, whoever has the addresses that the certificate names.

    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. Without it,
    the current user does, with Kerberos, unless the profile says otherwise. The password reaches the library only in
    memory and is zeroed there; it is in no profile, log or error.

    .PARAMETER ClientCertificatePassword
    The password of the profile's -ClientCertificateFilePath. It reaches the library only in memory and is zeroed there.

    .PARAMETER CertificatePassword
    The password of .pfx files. It reaches the library only in memory and is zeroed there.

    .PARAMETER Force
    Publishes in spite of Error findings.

    .PARAMETER PassThru
    Returns the changes, too, as they come, before the run.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Publish-SmimeCertificate corp -Path ./alice.cer -Credential $credential -WhatIf
    What if: Performing the operation "Add: Published: CN=Alice Adams (thumbprint 4C1D..., valid from
    2026-03-01 00:00 UTC until 2027-03-01 00:00 UTC), as userCertificate." on target "Alice Adams <alice@contoso.test>".

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    0    Success             2026-11-25 10:40      0     1      0      0        0

    Shows for whom the certificate would be published.

    .EXAMPLE
    PS> $password = Read-Host -AsSecureString
    PS> Get-ChildItem D:\Issued\*.pfx |
    >>     Publish-SmimeCertificate corp -CertificatePassword $password -Credential $credential

       ProfileName: corp

    Id   Result              Started (UTC)    Usable   Add Update Remove Exported
    --   ------              -------------    ------   --- ------ ------ --------
    9    Success             2026-11-25 10:41      2    38      2      0       40

    Publishes the certificates of files with keys; the keys stay in them.

    .EXAMPLE
    PS> Get-ChildItem Cert:\CurrentUser\My |
    >>     Publish-SmimeCertificate corp -Identity alice@contoso.test -Credential $credential -PassThru

    RunId Change State      Recipient                      Reasons
    ----- ------ -----      ---------                      -------
       10 Update Exported   alice@contoso.test             Published: CN=Alice Adams (thumbprint 4C1D...

    Publishes certificates of the certificate store for one person; the run follows the changes.

    .INPUTS
    System.Security.Cryptography.X509Certificates.X509Certificate2, System.IO.FileInfo, SmimeSync.Certificate, or an
    object with a Path and perhaps an Identity

    .OUTPUTS
    SmimeSync.Run
        The run; with -PassThru SmimeSync.Change objects before it.

    .LINK
    Unpublish-SmimeCertificate

    .LINK
    Get-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Path')]
    [OutputType('SmimeSync.Run', 'SmimeSync.Change')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,

        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $Path,

        [Parameter(Mandatory = $true, ParameterSetName = 'LiteralPath')]
        [ValidateNotNullOrEmpty()]
        [string[]] $LiteralPath,

        [Parameter(Mandatory = $true, ParameterSetName = 'Certificate', ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [object[]] $Certificate,

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [object[]] $Identity,

        # <generated: Credential, ClientCertificatePassword>
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty,

        [securestring] $ClientCertificatePassword,
        # </generated>

        [securestring] $CertificatePassword,

        [switch] $Force,

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
        $recipients = [System.Collections.Generic.List[object]]::new()
        Add-IdentityKey -List $recipients -Cmdlet $PSCmdlet -InputObject $Identity
        # Whoever was named and can't be told never turns into whoever the certificate names.
        if ($PSBoundParameters.ContainsKey('Identity') -and $recipients.Count -eq 0) { return }
        $given = @{ Path = @(); Certificate = @() }
        switch ($PSCmdlet.ParameterSetName) {
            'Path' { $given.Path = @(Resolve-CertificatePath -Cmdlet $PSCmdlet -Path $Path) }
            'LiteralPath' { $given.Path = @(Resolve-FileSystemPath -Cmdlet $PSCmdlet -Path $LiteralPath) }
            default { $given = ConvertTo-CertificateInput -Cmdlet $PSCmdlet -InputObject $Certificate }
        }
        if ($given.Path.Count + $given.Certificate.Count -eq 0) { return }
        $key = @($recipients | ForEach-Object { $_ -join [char] 0 }) -join [char] 1
        if (-not $group.Contains($key)) { $group[$key] = @{ Identity = $recipients; Path = @(); Certificate = @() } }
        $group[$key].Path += $given.Path
        $group[$key].Certificate += $given.Certificate
    }
    end {
        $operation = Get-Access -Parameter $PSBoundParameters
        $requests = foreach ($entry in $group.Values) {
            @{
                Operation   = 'Publish'
                ProfileName = $ProfileName
                Path        = [string[]] $entry.Path
                Certificate = [string[]] $entry.Certificate
                Identity    = $entry.Identity.ToArray()
                Force       = $Force.IsPresent
            }
        }
        Invoke-RunOperation -Cmdlet $PSCmdlet @operation -Request @($requests) -PassThru:$PassThru
    }
}
