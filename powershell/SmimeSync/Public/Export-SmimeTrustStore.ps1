function Export-SmimeTrustStore {
    <#
    .SYNOPSIS
    Writes the CA certificates of a profile as a file.

    .DESCRIPTION
    Writes the profile's trust anchors as a serialised certificate store (.sst), which Set-SmimeConfig and Windows take,
    or as PKCS#7 (.p7b); the name's extension decides. An .sst above 70,000 bytes, which Exchange Server refuses, is a
    warning. Nothing is sent anywhere.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER Path
    The file, with the extension .sst or .p7b.

    .PARAMETER Force
    Replaces a file that is there.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Export-SmimeTrustStore -ProfileName corp -Path ./corp.sst

    ProfileName      Published Certificates     Size Path
    -----------      --------- ------------     ---- ----
    corp             False                3     3921 /srv/pki/corp.sst

    Writes the CA certificates for Outlook on the web.

    .EXAMPLE
    PS> (Export-SmimeTrustStore -ProfileName corp -Path C:\Pki\corp.p7b -Force).Certificate

    NotAfter   Present Thumbprint                               Subject
    --------   ------- ----------                               -------
    2035-01-01 True    0D1E6E8B7B7DBE1C0FD0E9B5A2E9C0F1B7C1D2E3 CN=Contoso Issuing CA 1
    2040-01-01 True    5B1C2D3E4F5061728394A5B6C7D8E9F0A1B2C3D4 CN=Contoso Root CA

    Replaces an older file and lists what is in the new one.

    .INPUTS
    SmimeSync.Profile

    .OUTPUTS
    SmimeSync.TrustStore

    .LINK
    Publish-SmimeTrustStore

    .LINK
    New-SmimeSyncProfile

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType('SmimeSync.TrustStore')]
    param(
        # <generated: ProfileName>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,
        # </generated>

        [Parameter(Mandatory = $true, Position = 1)]
        [ValidateNotNullOrEmpty()]
        [Alias('LiteralPath')]
        [string] $Path,

        [switch] $Force,

        # <generated: Scope>
        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $file = Resolve-FileSystemPath -Cmdlet $PSCmdlet -Path $Path
        $action = "Write the CA certificates of the profile '$ProfileName'"
        if (-not (Confirm-Action -Cmdlet $PSCmdlet -Target $file -Action $action)) { return }
        $request = @{
            Operation   = 'ExportTrustStore'
            ProfileName = $ProfileName
            Path        = $file
            Force       = $Force.IsPresent
        }
        Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request -Subject $ProfileName
    }
}
