# The CA certificates of a profile as a file, and in the organisation's S/MIME configuration, over both ways.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/StandIn.ps1"
    $standIn = Start-StandIn
    Import-Module -Name "$env:SMIME_SYNC_ROOT/tests/lab/exchange/ExchangeSession.psm1" -Global -Force
    function New-Authority {
        param([string] $Name, [int] $From = -10, [int] $To = 1000)
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name",
            [Security.Cryptography.RSA]::Create(2048), [Security.Cryptography.HashAlgorithmName]::SHA256,
            [Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509BasicConstraintsExtension]::new($true, $false, 0, $true))
        $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays($From), [DateTimeOffset]::UtcNow.AddDays($To))
    }
    $first = New-Authority -Name 'First CA'
    $second = New-Authority -Name 'Second CA'
    function New-StoreProfile {
        param([object[]] $Authority = @($first), [hashtable] $Setting = @{ Target = 'ExchangeSession' })
        $folder = New-TestHome
        $null = New-Item -ItemType Directory -Path "$folder/anchors"
        foreach ($one in $Authority) { [IO.File]::WriteAllBytes("$folder/anchors/$($one.Thumbprint).cer", $one.RawData) }
        $null = New-SmimeSyncProfile -Name store -Source Ldif -Path "$folder/none.ldif" -TrustAnchorPath "$folder/anchors" @Setting
        $folder
    }
    function Get-Uploaded {
        # The certificates that the organisation has now, as .NET reads the store.
        $bytes = (Get-SmimeConfig).SMIMECertificateIssuingCA
        if (-not $bytes) { return }
        $all = [Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
        $text = [Text.Encoding]::Latin1.GetString($bytes)
        # .NET reads no .sst on Linux: each certificate is in there as it is.
        foreach ($one in $first, $second) {
            if ($text.Contains([Text.Encoding]::Latin1.GetString($one.RawData))) { $null = $all.Add($one) }
        }
        $all | ForEach-Object { $_.Subject } | Sort-Object
    }
}
AfterAll {
    Remove-Module -Name ExchangeSession -ErrorAction Ignore
    Stop-StandIn $standIn
}

Describe 'Export-SmimeTrustStore' {
    It 'writes the CA certificates as <Form>, and tells what is in it' -ForEach @(@{ Form = 'sst' }, @{ Form = 'p7b' }) {
        $folder = New-StoreProfile -Authority $first, $second
        $store = Export-SmimeTrustStore store "$folder/out.$Form"
        $store.PSObject.TypeNames[0] | Should -Be 'SmimeSync.TrustStore'
        ($store.Published, $store.Path, $store.Size) | Should -Be @($false, "$folder/out.$Form", (Get-Item -LiteralPath "$folder/out.$Form").Length)
        @($store.Certificate.Subject) | Should -Be @('CN=First CA', 'CN=Second CA')
        $store.Certificate[0].NotAfter.Kind | Should -Be 'Utc'
        @($store | Format-Table | Out-String -Stream -Width 100 | Where-Object { $_ -like 'ProfileName*Published*Certificates*Path*' }).Count | Should -Be 1
        ($store | ConvertTo-Csv | ConvertFrom-Csv).Certificate | Should -BeLike 'CN=First CA, valid until 20*; CN=Second CA*'
        if ($Form -eq 'p7b') {
            $read = [Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
            $read.Import("$folder/out.p7b")
            @($read.Thumbprint | Sort-Object) | Should -Be @($first.Thumbprint, $second.Thumbprint | Sort-Object)
        }
    }

    It 'replaces no file without -Force, and writes none with -WhatIf' {
        $folder = New-StoreProfile
        Set-Content -LiteralPath "$folder/out.sst" -Value 'mine'
        { Export-SmimeTrustStore store "$folder/out.sst" } | Should -Throw
        Export-SmimeTrustStore store "$folder/out.sst" -Force -WhatIf | Should -BeNullOrEmpty
        Get-Content -LiteralPath "$folder/out.sst" | Should -Be 'mine'
        (Export-SmimeTrustStore store "$folder/out.sst" -Force).Size | Should -BeGreaterThan 500
    }
}

Describe 'Publish-SmimeTrustStore' {
    It 'previews, asks, uploads beside what is there, and saves that first' {
        $null = New-StoreProfile
        $preview = Publish-SmimeTrustStore store -WhatIf
        $preview.Published | Should -BeFalse
        Get-Uploaded | Should -BeNullOrEmpty
        { Publish-SmimeTrustStore store } | Should -Throw -ErrorId 'ConfirmationImpossible,Publish-SmimeTrustStore'
        Get-Uploaded | Should -BeNullOrEmpty
        $store = Publish-SmimeTrustStore store -Confirm:$false
        $store.Published | Should -BeTrue
        Get-Uploaded | Should -Be @('CN=First CA')

        # Another profile, over the other way.
        $folder = New-StoreProfile -Authority $second
        $application = New-Application -StandIn $standIn -Folder $folder
        $setting = $application.Setting
        $null = Set-SmimeSyncProfile store @setting
        $store = Publish-SmimeTrustStore store -BackupPath "$folder/old.sst" -CertificatePassword $application.Password -Confirm:$false
        Get-Uploaded | Should -Be @('CN=First CA', 'CN=Second CA')
        @($store.Certificate | Where-Object Present | ForEach-Object { $_.Subject }) | Should -Be @('CN=First CA')
        $saved = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes("$folder/old.sst"))
        $saved.Contains([Text.Encoding]::Latin1.GetString($first.RawData)) | Should -BeTrue
    }

    It 'refuses an expired CA, which the service would not take' {
        $null = New-StoreProfile -Authority $first, (New-Authority -Name 'Old CA' -From -900 -To -30)
        $failure = { Publish-SmimeTrustStore store -Confirm:$false } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -Be 'TrustStoreRefused,Publish-SmimeTrustStore'
        "$failure" | Should -BeLike '*Old CA*'
    }
}
