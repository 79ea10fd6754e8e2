function Publish-SmimeTrustStore {
    <#
    .SYNOPSIS
    Uploads the CA certificates of a profile, against which Outlook on the web checks S/MIME certificates.

    .DESCRIPTION
    Adds the profile's trust anchors to the organisation's S/MIME configuration with Set-SmimeConfig, at the profile's
    target ExchangeOnline or ExchangeSession. What is there is saved in a file first and stays, except for certificates
    that have expired: the service refuses a store that holds one. An expired one among the trust anchors is an error, and
    so is a store above 70,000 bytes: the error names what to leave out. So is a session with another organisation than
    the profile works with.
    Asks for confirmation by default, since the configuration holds for the whole organisation; -Confirm:$false does not
    ask.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER BackupPath
    Where the trust store that is there is saved first, as .sst. Default: beside the profile's state.

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

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Publish-SmimeTrustStore -ProfileName cloud -CertificatePassword $password -WhatIf
    What if: Performing the operation "Upload the trust store: 3 CA certificates, 1 of them new" on target "cloud".

    ProfileName      Published Certificates     Size Path
    -----------      --------- ------------     ---- ----
    cloud            False                3     3921

    Shows what would be uploaded.

    .EXAMPLE
    PS> $option = @{ CertificatePassword = $password; BackupPath = 'C:\Pki\before.sst'; Confirm = $false }
    PS> (Publish-SmimeTrustStore -ProfileName cloud @option).Certificate

    NotAfter   Present Thumbprint                               Subject
    --------   ------- ----------                               -------
    2035-01-01 False   0D1E6E8B7B7DBE1C0FD0E9B5A2E9C0F1B7C1D2E3 CN=Contoso Issuing CA 1
    2040-01-01 True    5B1C2D3E4F5061728394A5B6C7D8E9F0A1B2C3D4 CN=Contoso Root CA

    Saves what is there, uploads without asking, and lists what is trusted now.

    .INPUTS
    SmimeSync.Profile

    .OUTPUTS
    SmimeSync.TrustStore

    .LINK
    Export-SmimeTrustStore

    .LINK
    Sync-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    [OutputType('SmimeSync.TrustStore')]
    param(
        # <generated: ProfileName>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,
        # </generated>

        [ValidateNotNullOrEmpty()]
        [string] $BackupPath,

        # <generated: CertificatePassword, AccessToken, ProxyCredential, Scope>
        [securestring] $CertificatePassword,

        [securestring] $AccessToken,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $ProxyCredential = [System.Management.Automation.PSCredential]::Empty,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $request = @{ Operation = 'PublishTrustStore'; ProfileName = $ProfileName }
        Add-Confirmation -Request $request -Impact High
        if ($BackupPath) { $request['BackupPath'] = Resolve-FileSystemPath -Cmdlet $PSCmdlet -Path $BackupPath }
        $access = Get-Access -Parameter $PSBoundParameters
        foreach ($store in Invoke-SingleOperation -Cmdlet $PSCmdlet @access -Request $request -Subject $ProfileName) {
            if ($WhatIfPreference) {
                $new = @($store.Certificate | Where-Object { -not $_.Present }).Count
                $action = 'Upload the trust store: ' + (Format-Count -Count $store.Certificate.Count -Noun 'CA certificate')
                if ($new -gt 0) { $action += ", $new of them new" }
                $null = Confirm-Action -Cmdlet $PSCmdlet -Target $ProfileName -Action $action
            }
            $store
        }
    }
}
