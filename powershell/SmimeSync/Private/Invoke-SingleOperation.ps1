function Invoke-SingleOperation {
    # Carries out one request with an engine of its own, which is freed on every path; results as Invoke-Operation.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Request,
        [string] $Scope,
        [pscredential] $Credential,
        [hashtable] $Secret = @{},
        [string] $Subject,
        [System.Collections.Generic.List[object]] $Failure,
        [System.Collections.Generic.List[object]] $Late,
        [hashtable] $Ending,
        [switch] $Continue
    )
    # A request that takes no credential never gets one.
    if ($PSBoundParameters.ContainsKey('Credential')) { Add-Credential -Request $Request -Credential $Credential }
    $engine = Open-Engine -Cmdlet $Cmdlet -Scope $Scope -Credential $Credential -Secret $Secret
    try {
        $operation = @{ Request = $Request; Subject = $Subject; Failure = $Failure; Continue = $Continue }
        Invoke-Operation -Cmdlet $Cmdlet -Engine $engine @operation -Late $Late -Ending $Ending
    } finally {
        $engine.Dispose()
    }
}

function Add-Credential {
    # Puts the user name into a request; the password goes to the engine alone.
    param([hashtable] $Request, [pscredential] $Credential)
    if ($null -eq $Credential -or $Credential -eq [System.Management.Automation.PSCredential]::Empty) { return }
    $Request['Credential'] = @{ UserName = $Credential.UserName }
}
