function Read-CertificateBatch {
    # Looks the gathered recipients up and forgets them. $State holds the one engine of the cmdlet's call.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $State,
        # As of Get-Access.
        [hashtable] $Access,
        [string] $Source,
        [string] $Filter,
        [string[]] $CertificateState
    )
    foreach ($name in $State.Group.Keys) {
        if ($null -eq $State.Engine) { $State.Engine = Open-Engine -Cmdlet $Cmdlet @Access }
        $request = @{
            Operation   = 'GetCertificate'
            ProfileName = $name
            Source      = $Source
            State       = [string[]] @($CertificateState | Where-Object { $_ })
        }
        if ($Filter) { $request['Filter'] = $Filter }
        Add-GroupIdentity -Request $request -Entry $State.Group[$name]
        Add-Credential -Request $request -Credential $Access['Credential']
        Invoke-Operation -Cmdlet $Cmdlet -Engine $State.Engine -Request $request -Subject $name
    }
    $State.Group.Clear()
}
