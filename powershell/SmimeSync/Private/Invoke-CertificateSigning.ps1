function Invoke-CertificateSigning {
    # Answers a `Sign` question: hands back the certificate of a thumbprint and, where a digest is to be signed, the
    # signature made with its key, which stays in the certificate store. Needs .NET Framework 4.6 or newer, for ECDSA 4.6.1.
    [OutputType([hashtable])]
    param([object] $Question)
    $signing = $Question.Signing
    $answer = @{ Id = $Question.Id }
    $certificate = $null
    $key = $null
    try {
        $certificate = Find-SigningCertificate -Thumbprint $signing.Thumbprint
        $answer['Certificate'] = [System.Convert]::ToBase64String($certificate.RawData)
        if ($signing.Algorithm) {
            $key = Get-SigningKey -Certificate $certificate -Algorithm $signing.Algorithm
            $answer['Signature'] = [System.Convert]::ToBase64String(
                (Get-Signature -Key $key -Algorithm $signing.Algorithm -Digest ([System.Convert]::FromBase64String($signing.Digest))))
        }
    } catch {
        $cause = $_.Exception.GetBaseException()
        $answer['Failure'] = @{
            Message   = $cause.Message
            ErrorId   = [string] $_.FullyQualifiedErrorId
            Exception = [string] $cause.PSObject.TypeNames[0]
            Missing   = $null -eq $certificate
        }
    } finally {
        if ($null -ne $key) { $key.Dispose() }
        if ($null -ne $certificate) { $certificate.Dispose() }
    }
    $answer
}

function Get-SigningKey {
    # The private key of a certificate, of the kind that the algorithm (RFC 7518) takes.
    [OutputType([System.Security.Cryptography.AsymmetricAlgorithm])]
    param(
        [System.Security.Cryptography.X509Certificates.X509Certificate2] $Certificate,
        [string] $Algorithm
    )
    $kind = switch -CaseSensitive ($Algorithm) {
        { $_ -cin 'PS256', 'RS256' } { 'RSA' }
        { $_ -cin 'ES256', 'ES384' } { 'ECDsa' }
        default { throw [System.NotSupportedException]::new("SmimeSync does not sign with the algorithm '$_'.") }
    }
    $key = if ($kind -eq 'RSA') {
        [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($Certificate)
    } else {
        [System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPrivateKey($Certificate)
    }
    if ($null -eq $key) {
        throw [System.InvalidOperationException]::new(
            "The certificate $($Certificate.Thumbprint) has no $kind key that this account may use.")
    }
    $key
}

function Get-Signature {
    # The signature of a digest; of ECDSA the two numbers one after the other, as .NET makes it.
    [OutputType([byte[]])]
    param(
        [System.Security.Cryptography.AsymmetricAlgorithm] $Key,
        [string] $Algorithm,
        [byte[]] $Digest
    )
    if ($Algorithm -clike 'ES*') { return , $Key.SignHash($Digest) }
    $padding = if ($Algorithm -ceq 'PS256') {
        [System.Security.Cryptography.RSASignaturePadding]::Pss
    } else {
        [System.Security.Cryptography.RSASignaturePadding]::Pkcs1
    }
    , $Key.SignHash($Digest, [System.Security.Cryptography.HashAlgorithmName]::SHA256, $padding)
}

function Find-SigningCertificate {
    # The certificate of that thumbprint in the user's store, else in the machine's; one with a private key first.
    [OutputType([System.Security.Cryptography.X509Certificates.X509Certificate2])]
    param([string] $Thumbprint)
    $fallback = $null
    foreach ($location in 'CurrentUser', 'LocalMachine') {
        $found = @(Get-StoreCertificate -Location $location | Where-Object { $_.Thumbprint -eq $Thumbprint })
        foreach ($one in $found) {
            if ($one.HasPrivateKey) { return $one }
            $fallback = $one
        }
    }
    if ($null -ne $fallback) { return $fallback }
    throw [System.InvalidOperationException]::new(
        "No certificate with the thumbprint $Thumbprint is in the store CurrentUser\My or LocalMachine\My.")
}

function Get-StoreCertificate {
    # The certificates of the store My; none where there is no such store, as LocalMachine\My on Linux.
    [OutputType([System.Security.Cryptography.X509Certificates.X509Certificate2])]
    param([System.Security.Cryptography.X509Certificates.StoreLocation] $Location)
    $store = [System.Security.Cryptography.X509Certificates.X509Store]::new('My', $Location)
    try {
        $store.Open([System.Security.Cryptography.X509Certificates.OpenFlags] 'ReadOnly, OpenExistingOnly')
        $store.Certificates
    } catch {
        return
    } finally {
        $store.Close()
    }
}
