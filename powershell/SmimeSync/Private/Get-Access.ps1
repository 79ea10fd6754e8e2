function Get-Access {
    # What the bound parameters that cmdlets share say about the engine, as Open-Engine, Invoke-SingleOperation and
    # Invoke-RunOperation take it: the places, who signs in, and the secrets by the library's names for them.
    [OutputType([hashtable])]
    param([System.Collections.IDictionary] $Parameter)
    $secret = @{
        certificate_password        = $Parameter['CertificatePassword']
        client_certificate_password = $Parameter['ClientCertificatePassword']
        access_token                = $Parameter['AccessToken']
    }
    foreach ($whose in 'proxy', 'target') {
        $given = $Parameter["${whose}Credential"]
        if ($null -eq $given -or $given -eq [System.Management.Automation.PSCredential]::Empty) { continue }
        $secret["${whose}_user"] = ConvertTo-Protected -Text $given.UserName
        $secret["${whose}_password"] = $given.Password
    }
    $additional = $Parameter['AdditionalCredential']
    if ($null -ne $additional) {
        foreach ($server in $additional.Keys) {
            if ($additional[$server] -isnot [pscredential]) {
                $text = "-AdditionalCredential has no credential for '$server'."
                throw (Get-ModuleError -Id 'CredentialMissing' -Category AuthenticationError -Message $text -Advice (
                        'Give for each server what Get-Credential returns.'))
            }
            $name = "$server".ToLowerInvariant()
            $secret["additional_user $name"] = ConvertTo-Protected -Text $additional[$server].UserName
            $secret["additional_password $name"] = $additional[$server].Password
        }
    }
    $access = @{ Scope = $Parameter['Scope']; Secret = $secret }
    if ($Parameter.ContainsKey('Credential')) { $access['Credential'] = $Parameter['Credential'] }
    $access
}

function ConvertTo-Protected {
    # A text as the engine takes its secrets.
    [OutputType([securestring])]
    param([string] $Text)
    $protected = [securestring]::new()
    foreach ($character in $Text.ToCharArray()) { $protected.AppendChar($character) }
    $protected
}
