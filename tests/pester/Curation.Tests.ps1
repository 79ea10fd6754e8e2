# Values of Active Directory put right in place, published and taken out, against the Samba domain controller of
# tests/lab, as an admin does it.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $lab = $env:SMIME_SYNC_LAB
    function Get-LabWord { param([string] $Name) [regex]::Match((Get-Content -LiteralPath "$lab/env" -Raw), "$Name='([^']*)'").Groups[1].Value }
    function ConvertTo-Secret { param([string] $Text) ConvertTo-SecureString -String $Text -AsPlainText -Force }
    # An account that may write the two attributes below OU=Writable, and nothing else.
    $writer = [pscredential]::new('writer@contoso.test', (ConvertTo-Secret (Get-LabWord LAB_USER_PASSWORD)))
    $now = [DateTimeOffset]::UtcNow
    $rsa = [Security.Cryptography.RSA]::Create(2048)
    function New-Certificate {
        # A certificate of the test's CA; without -Address the CA itself.
        param([string] $Name, [string] $Address, [int] $From = -10, [int] $To = 300, [Security.Cryptography.RSA] $Key = $rsa,
            [string] $Purpose = '1.3.6.1.5.5.7.3.4')
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new(
            "CN=$Name", $Key, [Security.Cryptography.HashAlgorithmName]::SHA256, [Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $kind = [Security.Cryptography.X509Certificates.X509KeyUsageFlags]
        if (-not $Address) {
            $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509BasicConstraintsExtension]::new($true, $false, 0, $true))
            $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509KeyUsageExtension]::new($kind::KeyCertSign, $true))
            $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509SubjectKeyIdentifierExtension]::new($request.PublicKey, $false))
            return $request.CreateSelfSigned($now.AddDays(-2000), $now.AddDays(2000))
        }
        $names = [Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
        $names.AddEmailAddress($Address)
        $request.CertificateExtensions.Add($names.Build())
        $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509KeyUsageExtension]::new(
                $kind::KeyEncipherment -bor $kind::DigitalSignature, $true))
        $purposes = [Security.Cryptography.OidCollection]::new()
        $null = $purposes.Add([Security.Cryptography.Oid]::new($Purpose))
        $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509EnhancedKeyUsageExtension]::new($purposes, $false))
        $certificate = $request.Create($authority, $now.AddDays($From), $now.AddDays($To), [guid]::NewGuid().ToByteArray())
        [Security.Cryptography.X509Certificates.RSACertificateExtensions]::CopyWithPrivateKey($certificate, $Key)
    }
    $authority = New-Certificate -Name 'Curation CA' -Key ([Security.Cryptography.RSA]::Create(2048))
    $number = 0
    function New-Person {
        # A user below OU=Writable with these values of userCertificate; her address. A name is never used twice.
        param([object[]] $Certificate = @(), [string] $Name)
        if (-not $Name) { $script:number++; $Name = "curie$PID-$script:number" }
        $lines = @("dn: CN=$Name,OU=Writable,DC=contoso,DC=test", 'objectClass: user', "sAMAccountName: $Name",
            "displayName: Marie $Name", "mail: $Name@contoso.test", "userPrincipalName: $Name@contoso.test")
        foreach ($one in $Certificate) { $lines += 'userCertificate:: ' + [Convert]::ToBase64String($one.RawData) }
        $file = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath "$Name.ldif"
        Set-Content -LiteralPath $file -Value $lines
        $env:LDAPTLS_CACERT = "$lab/tls/ca.pem"
        $said = & ldapadd -H ldaps://127.0.0.1 -x -D 'Administrator@contoso.test' -w (Get-LabWord LAB_ADMIN_PASSWORD) -f $file 2>&1
        if ($LASTEXITCODE) { throw "ldapadd: $said" }
        "$Name@contoso.test"
    }
    function New-CurationProfile {
        param([hashtable] $Setting = @{})
        $folder = New-TestHome
        $null = New-Item -ItemType Directory -Path "$folder/anchors"
        [IO.File]::WriteAllBytes("$folder/anchors/ca.cer", $authority.RawData)
        $all = @{
            Name = 'curate'; Source = 'ActiveDirectory'; Server = 'localhost'; SearchBase = 'OU=Writable,DC=contoso,DC=test'
            Filter = "(sAMAccountName=curie$PID-*)"; ServerCertificatePath = "$lab/tls/ca.pem"
            TrustAnchorPath = "$folder/anchors"; Target = 'ActiveDirectory'; QuietPeriod = 0
        }
        foreach ($name in $Setting.Keys) { $all[$name] = $Setting[$name] }
        $null = New-SmimeSyncProfile @all
        $folder
    }
    function Get-Value { param([string] $Address) @(Get-SmimeCertificate curate -Identity $Address -Credential $writer -ErrorAction Ignore | Where-Object Thumbprint) }
}

Describe 'Active Directory put right in place' {
    It 'shows each value that would go, with subject, dates and reason, and writes nothing: golden output' {
        $null = New-CurationProfile
        $old = New-Certificate -Name 'Marie Old' -Address 'x@contoso.test' -From -800 -To -30
        $address = New-Person -Name "curie$PID-golden" -Certificate $old, (New-Certificate -Name 'Marie Good' -Address "curie$PID-golden@contoso.test")
        $env:CURATION_WORD = Get-LabWord LAB_USER_PASSWORD
        $text = Invoke-Script -Text @"
`$word = ConvertTo-SecureString -AsPlainText -Force -String (`$env:CURATION_WORD)
`$credential = [pscredential]::new('writer@contoso.test', `$word)
`$null = Sync-SmimeCertificate curate -Identity $address -Credential `$credential -WhatIf
"@
        @($text).Count | Should -Be 1
        $text | Should -BeLike "What if: Performing the operation `"Update: *`" on target `"Marie curie$PID-golden <$address>`"."
        $text | Should -BeLike '*Marie Old*'
        $text | Should -Match ('{0:yyyy-MM-dd}' -f $old.NotAfter.ToUniversalTime())
        $text | Should -Match ('{0:yyyy-MM-dd}' -f $old.NotBefore.ToUniversalTime())
        $text | Should -Match 'expired'
        @(Get-Value $address).Count | Should -Be 2
    }

    It 'takes out what has expired, keeps what is valid, and does nothing more the next time' {
        $null = New-CurationProfile
        $address = New-Person
        $name = $address.Split('@')[0]
        $address = New-Person -Name "$name-a" -Certificate (New-Certificate -Name Old -Address "$name-a@contoso.test" -From -800 -To -30), (
            New-Certificate -Name Good -Address "$name-a@contoso.test")
        $run = Sync-SmimeCertificate curate -Identity $address -Credential $writer -PassThru
        $run[-1].Result | Should -Be 'Success'
        $run[0].Reasons -join ' ' | Should -Match 'expired'
        @(Get-Value $address | ForEach-Object { $_.Subject }) | Should -Be @('CN=Good')
        (Sync-SmimeCertificate curate -Identity $address -Credential $writer).Exported | Should -Be 0
    }

    It 'leaves alone who changed within the quiet period, counted' {
        $null = New-CurationProfile -Setting @{ QuietPeriod = 3600 }
        $address = New-Person -Certificate (New-Certificate -Name Old -Address 'old@contoso.test' -From -800 -To -30)
        $run = Sync-SmimeCertificate curate -Identity $address -Credential $writer -WarningAction SilentlyContinue
        "$($run.Exclusions)" | Should -Be 'QuietPeriod (1)'
        @(Get-Value $address).Count | Should -Be 1
    }
}

Describe 'Publish-SmimeCertificate' {
    It 'finds the recipient by the certificate''s address, and leaves a private key in its file' {
        $folder = New-CurationProfile
        $address = New-Person
        $certificate = New-Certificate -Name New -Address $address
        [IO.File]::WriteAllBytes("$folder/new.pfx", $certificate.Export('Pfx', 'Heather-31'))
        $preview = Publish-SmimeCertificate curate "$folder/new.pfx" -CertificatePassword (ConvertTo-Secret 'Heather-31') -Credential $writer -WhatIf
        ($preview.Add, $preview.Exported) | Should -Be @(1, 0)
        Get-Value $address | Should -BeNullOrEmpty
        $run = Publish-SmimeCertificate curate "$folder/new.pfx" -CertificatePassword (ConvertTo-Secret 'Heather-31') -Credential $writer
        ($run.Add, $run.Exported) | Should -Be @(1, 1)
        @(Get-Value $address)[0].RawData | Should -Be ([Convert]::ToBase64String($certificate.RawData))
    }

    It 'takes certificates through the pipeline for somebody named' {
        $null = New-CurationProfile
        $address = New-Person
        $run = New-Certificate -Name Piped -Address $address | Publish-SmimeCertificate curate -Identity $address -Credential $writer -PassThru
        $run[-1].Exported | Should -Be 1
        $run[0].Recipient | Should -Be $address
    }

    It 'refuses what an Error finding speaks against, unless forced' {
        $null = New-CurationProfile
        $address = New-Person
        $old = New-Certificate -Name Old -Address $address -From -800 -To -30
        $run = $old | Publish-SmimeCertificate curate -Credential $writer -ErrorAction SilentlyContinue -ErrorVariable failure
        @($failure.FullyQualifiedErrorId) | Should -Contain 'CertificateRefused,Publish-SmimeCertificate'
        $run.Exported | Should -Be 0
        ($old | Publish-SmimeCertificate curate -Credential $writer -Force).Exported | Should -Be 1
    }

    It 'says which file is none, and which password is wrong' {
        $folder = New-CurationProfile
        [IO.File]::WriteAllText("$folder/no.cer", 'no certificate')
        [IO.File]::WriteAllBytes("$folder/key.pfx", (New-Certificate -Name K -Address k@contoso.test).Export('Pfx', 'Heather-31'))
        $null = Publish-SmimeCertificate curate "$folder/no.cer", "$folder/key.pfx" -CertificatePassword (ConvertTo-Secret 'wrong') `
            -Credential $writer -ErrorAction SilentlyContinue -ErrorVariable failure
        foreach ($id in 'CertificateUnreadable', 'CertificatePasswordWrong') {
            @($failure.FullyQualifiedErrorId) | Should -Contain "$id,Publish-SmimeCertificate"
        }
        "$failure" | Should -Not -Match 'Heather|wrong password .wrong'
    }
}

Describe 'Unpublish-SmimeCertificate' {
    BeforeEach {
        $null = New-CurationProfile
        $address = New-Person
        $name = $address.Split('@')[0] + '-u'
        $old = New-Certificate -Name Old -Address "$name@contoso.test" -From -800 -To -30
        $good = New-Certificate -Name Good -Address "$name@contoso.test"
        $address = New-Person -Name $name -Certificate $old, $good
    }

    It 'ends where nobody can be asked, before anything is removed' {
        { Unpublish-SmimeCertificate curate $old.Thumbprint -Credential $writer } |
            Should -Throw -ErrorId 'ConfirmationImpossible,Unpublish-SmimeCertificate'
        @(Get-Value $address).Count | Should -Be 2
    }

    It 'takes out by thumbprint, and keeps what was removed in the history' {
        $run = Unpublish-SmimeCertificate curate $old.Thumbprint.ToLowerInvariant() -Credential $writer -Confirm:$false
        $run.Exported | Should -Be 1
        @(Get-Value $address | ForEach-Object { $_.Thumbprint }) | Should -Be @($good.Thumbprint)
        @(Get-SmimeSyncChange curate -RunId $run.Id)[0].Before.Certificate.Thumbprint | Should -Contain $old.Thumbprint
    }

    It 'takes out by state' {
        $null = Unpublish-SmimeCertificate curate -State Expired -Identity $address -Credential $writer -Confirm:$false
        @(Get-Value $address | ForEach-Object { $_.Subject }) | Should -Be @('CN=Good')
    }

    It 'takes out what Get-SmimeCertificate found, after a preview that shows it' {
        $found = @(Get-Value $address | Where-Object State -EQ 'Unusable')
        ($found | Unpublish-SmimeCertificate -Credential $writer -WhatIf).Exported | Should -Be 0
        @(Get-Value $address).Count | Should -Be 2
        ($found | Unpublish-SmimeCertificate -Credential $writer -Confirm:$false).Exported | Should -Be 1
        @(Get-Value $address | ForEach-Object { $_.Subject }) | Should -Be @('CN=Good')
    }

    It 'leaves certificates for other purposes, also out of the pipeline, unless they are typed or forced' {
        $name = $address.Split('@')[0] + 'o'
        $purposes = [ordered] @{ Logon = '1.3.6.1.4.1.311.20.2.2'; Efs = '1.3.6.1.4.1.311.10.3.4'; Client = '1.3.6.1.5.5.7.3.2' }
        $others = @($purposes.Keys | ForEach-Object { New-Certificate -Name $_ -Address "$name@contoso.test" -Purpose $purposes[$_] })
        $mail = New-Certificate -Name Mail -Address "$name@contoso.test"
        $strange = New-Certificate -Name Strange -Address somebody@contoso.test
        $cards = New-Person -Name $name -Certificate (@($mail, $strange) + $others)
        @(Get-Value $cards | Group-Object -Property State | ForEach-Object { '{0} {1}' -f $_.Name, $_.Count } | Sort-Object) |
            Should -Be @('Chosen 1', 'OtherPurpose 3', 'Unusable 1')
        $option = @{ Credential = $writer; PassThru = $true; WhatIf = $true; WarningAction = 'SilentlyContinue'; WarningVariable = 'told' }
        $reason = { param($Run) @($Run | Where-Object { $_.PSObject.TypeNames[0] -eq 'SmimeSync.Change' } | ForEach-Object { $_.Reasons }) }
        $byState = & $reason @(Unpublish-SmimeCertificate curate -State Unusable -Identity $cards @option)
        "$told" | Should -Match '3 certificates are for another purpose than mail.* -State OtherPurpose -Force'
        $byPipe = & $reason @(Get-Value $cards | Where-Object State -EQ Unusable | Unpublish-SmimeCertificate @option)
        $byPipe | Should -Be $byState
        "$byState" | Should -Match 'CN=Strange'
        $all = & $reason @(Get-Value $cards | Unpublish-SmimeCertificate @option)
        "$told" | Should -Match '3 certificates name another purpose than mail.* -Force'
        $all.Count | Should -Be 2
        (& $reason @(Get-Value $cards | Unpublish-SmimeCertificate -Force @option)).Count | Should -Be 5
        (& $reason @(Unpublish-SmimeCertificate curate $others[0].Thumbprint @option)).Count | Should -Be 1
        $null = Unpublish-SmimeCertificate curate -State OtherPurpose -Force -Identity $cards -Credential $writer -Confirm:$false
        @(Get-Value $cards | ForEach-Object { $_.Subject } | Sort-Object) | Should -Be @('CN=Mail', 'CN=Strange')
    }

    It 'says so where nobody has the certificate' {
        Unpublish-SmimeCertificate curate ('0' * 40) -Credential $writer -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'CertificateNotFound,Unpublish-SmimeCertificate'
    }
}
