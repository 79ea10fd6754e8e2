function Get-Access {
    # What the bound parameters that cmdlets share say about the engine, as Open-Engine, Invoke-SingleOperation and
    # Invoke-RunOperation take it: the places, who signs in, and the secrets by the library's names for them.
    [OutputType([hashtable])]
    param([System.Collections.IDictionary] $Parameter)
    $access = @{
        Scope  = $Parameter['Scope']
        Secret = @{ certificate_password = $Parameter['CertificatePassword']; access_token = $Parameter['AccessToken'] }
    }
    if ($Parameter.ContainsKey('Credential')) { $access['Credential'] = $Parameter['Credential'] }
    $access
}
