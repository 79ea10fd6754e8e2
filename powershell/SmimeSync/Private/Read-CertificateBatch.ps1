function Read-CertificateBatch {
    # Looks the gathered recipients up and forgets them. $State holds the one engine of the cmdlet's call.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $State,
        [string] $Scope,
        [pscredential] $Credential,
        [hashtable] $Secret,
        [string] $Source
    )
    foreach ($name in $State.Group.Keys) {
        if ($null -eq $State.Engine) {
            $State.Engine = Open-Engine -Cmdlet $Cmdlet -Scope $Scope -Credential $Credential -Secret $Secret
        }
        $request = @{
            Operation   = 'GetCertificate'
            ProfileName = $name
            Identity    = [string[]] @(Get-GroupIdentity -Entry $State.Group[$name])
            Source      = $Source
        }
        Add-Credential -Request $request -Credential $Credential
        Invoke-Operation -Cmdlet $Cmdlet -Engine $State.Engine -Request $request -Subject $name
    }
    $State.Group.Clear()
}
