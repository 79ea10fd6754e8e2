# The target ExchangeOnline against the stand-in: each way to sign in, what -WhatIf and errors show, and that no secret
# is left anywhere.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/StandIn.ps1"
    $standIn = Start-StandIn
    $directory = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath 'directory-exchange'
    if (-not (Test-Path -LiteralPath $directory)) { & $env:SMIME_SYNC_GENERATOR --people 30 --output $directory --kinds mixed }
    function New-CloudProfile {
        # A profile for the stand-in in a new home, with everybody who has a certificate there; the application.
        param([hashtable] $Setting = @{}, [string[]] $Without = @())
        $folder = New-TestHome
        Set-StandIn $standIn /recipients @() -Method Delete
        $application = New-Application -StandIn $standIn -Folder $folder
        $all = $application.Setting + @{ Source = 'Ldif'; Path = "$directory/directory.ldif"; TrustAnchorPath = "$directory/anchors" }
        foreach ($name in $Without) { $all.Remove($name) }
        foreach ($name in $Setting.Keys) { $all[$name] = $Setting[$name] }
        $null = New-SmimeSyncProfile -Name cloud @all
        $chosen = @(Get-SmimeCertificate cloud | Where-Object State -EQ 'Chosen' | ForEach-Object { $_.Recipient } | Sort-Object -Unique)
        Set-StandIn $standIn /recipients @($chosen | ForEach-Object { New-Person $_ })
        $application + @{ Folder = $folder; People = $chosen }
    }
    function Get-Published { @(Get-StandIn $standIn /recipients | Where-Object { $_.UserCertificate -or $_.UserSMimeCertificate }) }
    function Get-Token {
        # A token as a script gets one itself: from a managed identity.
        $uri = $standIn.Metadata + '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://outlook.office365.com/'
        (Invoke-RestMethod -Uri $uri -Headers @{ Metadata = 'true' }).access_token
    }
    function ConvertTo-Secret { param([string] $Text) ConvertTo-SecureString -String $Text -AsPlainText -Force }
}
AfterAll { Stop-StandIn $standIn }

Describe 'The target ExchangeOnline' {
    It 'is checked, previewed without a write, published and read with a certificate file' {
        $application = New-CloudProfile
        $option = @{ ProfileName = 'cloud'; CertificatePassword = $application.Password }
        $checks = @(Test-SmimeSyncProfile cloud -CertificatePassword $application.Password)
        @($checks | Where-Object Result -EQ 'Failed') | Should -BeNullOrEmpty
        # The organisation has no mail users and no mail contacts.
        @($checks | Where-Object Result -EQ 'Warning' | ForEach-Object Check) | Should -Be @('Write', 'Write')
        @($checks | Where-Object { $_.Check -eq 'Write' -and $_.Result -eq 'Passed' }).Count | Should -Be 2
        $preview = Sync-SmimeCertificate @option -WhatIf
        Get-Published | Should -BeNullOrEmpty
        $run = Sync-SmimeCertificate @option
        ($run.Result, $run.Exported, $run.Add) | Should -Be @('Success', $application.People.Count, $preview.Add)
        @(Get-Published).Count | Should -Be $application.People.Count
        (Sync-SmimeCertificate @option -Verify).Exported | Should -Be 0
        $seen = @(Get-SmimeCertificate @option -Source Target -Identity $application.People[0])
        $seen.Count | Should -BeGreaterThan 0
        $seen[0].Recipient | Should -Be $application.People[0]
    }

    It 'shows the plan in PowerShell''s own words: golden output' {
        $application = New-CloudProfile
        $secret = "ConvertTo-SecureString -String '$($application.PasswordText)' -AsPlainText -Force"
        $text = Invoke-Script -Text "`$null = Sync-SmimeCertificate cloud -Identity alice@contoso.test -WhatIf -CertificatePassword ($secret)"
        $text | Should -Be ('What if: Performing the operation "Add: Chosen: CN=Alice Anderson,O=Contoso (thumbprint ' +
            '0860965C4EBE9B9F034D9211B71060C1F45D5E19, valid from 2025-01-01 00:00 UTC until 2035-01-01 00:00 UTC), ' +
            'as userCertificate." on target ' +
            '"Alice Anderson <alice@contoso.test>".')
    }

    It 'takes a token that the script got itself' {
        $application = New-CloudProfile -Without AppId, CertificateFilePath
        $run = Sync-SmimeCertificate cloud -AccessToken (ConvertTo-Secret (Get-Token))
        $run.Exported | Should -Be $application.People.Count
        (Get-StandIn $standIn /statistics).sign_ins_refused | Should -BeNullOrEmpty
    }

    It 'signs in with a key of the certificate store, which stays there' {
        $application = New-CloudProfile -Without CertificateFilePath
        $thumbprint = $application.Certificate.Thumbprint
        $null = Set-SmimeSyncProfile cloud -CertificateThumbprint $thumbprint
        $file = "$($application.Folder)/application.pfx"
        # A process of its own with a home of its own, since on Linux the store is in there.
        $text = Invoke-Script -Text @"
`$env:HOME = '$($application.Folder)'
`$certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::new(
    '$file', '$($application.PasswordText)', 'PersistKeySet')
`$store = [Security.Cryptography.X509Certificates.X509Store]::new('My', 'CurrentUser')
`$store.Open('ReadWrite'); `$store.Add(`$certificate); `$store.Close()
Remove-Item -LiteralPath '$file'
"exported: `$((Sync-SmimeCertificate cloud -WarningAction SilentlyContinue).Exported)"
`$line = 'Set-SmimeSyncProfile cloud -CertificateThumbprint $($thumbprint.Substring(0, 6))'
"completed: `$((TabExpansion2 -inputScript `$line -cursorColumn `$line.Length).CompletionMatches.CompletionText)"
"@
        $text | Should -Be @("exported: $($application.People.Count)", "completed: $thumbprint")
    }

    It 'signs in as a managed identity' {
        $application = New-CloudProfile -Without AppId, CertificateFilePath -Setting @{ ManagedIdentity = $true }
        $before = $env:IDENTITY_ENDPOINT, $env:IDENTITY_HEADER
        try {
            $env:IDENTITY_ENDPOINT = $standIn.Metadata + '/msi/token'
            $env:IDENTITY_HEADER = 'identity-header'
            $text = Invoke-Script -Text '"exported: $((Sync-SmimeCertificate cloud -WarningAction SilentlyContinue).Exported)"'
        } finally { $env:IDENTITY_ENDPOINT, $env:IDENTITY_HEADER = $before }
        $text | Should -Be "exported: $($application.People.Count)"
    }

    It 'makes missing contacts where the profile says so' {
        $application = New-CloudProfile
        $contact = 'sybil@fabrikam.test'
        $application.People | Should -Contain $contact
        $keep = @(Get-StandIn $standIn /recipients | Where-Object { $_.PrimarySmtpAddress -ne $contact })
        Set-StandIn $standIn /recipients @() -Method Delete
        Set-StandIn $standIn /recipients $keep
        $run = Sync-SmimeCertificate cloud -CertificatePassword $application.Password -WarningAction SilentlyContinue
        "$($run.Exclusions)" | Should -Be 'NotFound (1)'
        $null = Set-SmimeSyncProfile cloud -CreateContact
        $run = Sync-SmimeCertificate cloud -CertificatePassword $application.Password
        $run.Exported | Should -Be 1
        @(Get-Published | Where-Object { $_.PrimarySmtpAddress -eq $contact })[0].RecipientTypeDetails | Should -Be 'MailContact'
    }

    It 'says what is wrong, and what to do: <Id>' -ForEach @(
        @{ Id = 'CertificatePasswordWrong'; Change = { $script:option.CertificatePassword = ConvertTo-Secret 'wrong' }; Advice = '*-CertificatePassword*' }
        @{ Id = 'AccessTokenUnusable'; Change = { $script:option = @{ AccessToken = ConvertTo-Secret 'abc' } }; Advice = '*token*' }
        @{ Id = 'SignInRefused'; Change = { Set-SmimeSyncProfile cloud -AppId ([guid]::NewGuid()) }; Advice = '*-AppId*' }
        @{ Id = 'SignInCertificateUnusable'; Change = { Set-SmimeSyncProfile cloud -CertificateFilePath '' -CertificateThumbprint ('0' * 40) }; Advice = '*thumbprint*' }
        @{ Id = 'ExchangeUnreachable'; Change = { Set-SmimeSyncProfile cloud -ConnectionUri https://localhost:9 -AzureADAuthorizationEndpointUri https://localhost:9 }; Advice = '*network*' }
        @{ Id = 'ExchangeTlsFailed'; Change = { Set-SmimeSyncProfile cloud -ServerCertificatePath @() }; Advice = '*proxy*' }
        @{ Id = 'ExchangeAccessDenied'; Change = { Set-StandIn $standIn /settings @{ HasDirectoryRole = $false } }; Advice = '*role*' }
    ) {
        $application = New-CloudProfile
        $script:option = @{ CertificatePassword = $application.Password }
        $null = & $Change
        try { $failure = { Sync-SmimeCertificate cloud @script:option } | Should -Throw -PassThru }
        finally { Set-StandIn $standIn /settings @{ HasDirectoryRole = $true } }
        $failure.FullyQualifiedErrorId | Should -Be "$Id,Sync-SmimeCertificate"
        $failure.ErrorDetails.RecommendedAction | Should -BeLike $Advice
        Get-Published | Should -BeNullOrEmpty
    }

    It 'tells the service''s own status with an error' {
        $application = New-CloudProfile
        Set-StandIn $standIn /settings @{ HasDirectoryRole = $false }
        try { $failure = { Sync-SmimeCertificate cloud -CertificatePassword $application.Password } | Should -Throw -PassThru }
        finally { Set-StandIn $standIn /settings @{ HasDirectoryRole = $true } }
        $failure.Exception.HttpStatus | Should -Be 403
    }
}

Describe 'A key of the certificate store' {
    BeforeAll {
        $rsa = [Security.Cryptography.RSA]::Create(2048)
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new(
            'CN=Key', $rsa, [Security.Cryptography.HashAlgorithmName]::SHA256, [Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $script:stored = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1))
        $ecdsa = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=Curve',
            [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve+NamedCurves]::nistP256),
            [Security.Cryptography.HashAlgorithmName]::SHA256)
        $script:curve = $ecdsa.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1))
        $script:keyless = [Security.Cryptography.X509Certificates.X509Certificate2]::new(
            $request.CreateSelfSigned([DateTimeOffset]::UtcNow, [DateTimeOffset]::UtcNow.AddDays(2)).RawData)
        # The store itself is proved by a whole run above.
        Mock -ModuleName SmimeSync -CommandName Get-StoreCertificate -MockWith {
            foreach ($one in $script:stored, $script:curve, $script:keyless) {
                if ($Location -eq 'CurrentUser') {
                    $form = if ($one.HasPrivateKey) { 'Pfx' } else { 'Cert' }
                    [Security.Cryptography.X509Certificates.X509Certificate2]::new($one.Export($form))
                }
            }
        }
        $digest = [Security.Cryptography.SHA256]::HashData([byte[]] (1, 2, 3))
        function Invoke-Signing {
            param([string] $Thumbprint, [object] $Algorithm)
            $question = [pscustomobject] @{ Id = 5; Signing = [pscustomobject] @{
                    Thumbprint = $Thumbprint; Algorithm = $Algorithm; Digest = [Convert]::ToBase64String($digest) } }
            InModuleScope -ModuleName SmimeSync -Parameters @{ Question = $question } -ScriptBlock {
                param($Question)
                Invoke-CertificateSigning -Question $Question
            }
        }
    }

    It 'signs a digest as <Algorithm>' -ForEach @(
        @{ Algorithm = 'PS256'; Padding = [Security.Cryptography.RSASignaturePadding]::Pss }
        @{ Algorithm = 'RS256'; Padding = [Security.Cryptography.RSASignaturePadding]::Pkcs1 }
    ) {
        $answer = Invoke-Signing -Thumbprint $stored.Thumbprint.ToLowerInvariant() -Algorithm $Algorithm
        $answer.Id | Should -Be 5
        $answer.Certificate | Should -Be ([Convert]::ToBase64String($stored.RawData))
        $signature = [Convert]::FromBase64String($answer.Signature)
        $rsa.VerifyHash($digest, $signature, 'SHA256', $Padding) | Should -BeTrue
    }

    It 'signs a digest with an elliptic curve as <Algorithm>' -ForEach @(
        @{ Algorithm = 'ES256'; Size = 32 }
        @{ Algorithm = 'ES384'; Size = 48 }
    ) {
        # The digest decides; which curve it is for, the library knows.
        $digest = [byte[]] (1..$Size)
        $signature = [Convert]::FromBase64String((Invoke-Signing -Thumbprint $curve.Thumbprint -Algorithm $Algorithm).Signature)
        $signature.Count | Should -Be 64
        $public = [Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPublicKey($curve)
        $public.VerifyHash($digest, $signature) | Should -BeTrue
    }

    It 'hands back only the certificate where nothing is to be signed' {
        $answer = Invoke-Signing -Thumbprint $stored.Thumbprint -Algorithm $null
        $answer.Certificate | Should -Be ([Convert]::ToBase64String($stored.RawData))
        $answer.ContainsKey('Signature') | Should -BeFalse
        $answer.ContainsKey('Failure') | Should -BeFalse
    }

    It 'that is missing, of another kind, or wanted for another algorithm is a failure that says so' {
        $failure = (Invoke-Signing -Thumbprint ('0' * 40) -Algorithm 'PS256').Failure
        $failure.Missing | Should -BeTrue
        $failure.Message | Should -BeLike '*0000*'
        (Invoke-Signing -Thumbprint $curve.Thumbprint -Algorithm 'PS256').Failure.Message | Should -BeLike '*no RSA key*'
        (Invoke-Signing -Thumbprint $stored.Thumbprint -Algorithm 'ES256').Failure.Message | Should -BeLike '*no ECDsa key*'
        (Invoke-Signing -Thumbprint $keyless.Thumbprint -Algorithm 'PS256').Failure.Message | Should -BeLike '*no RSA key*'
        (Invoke-Signing -Thumbprint $stored.Thumbprint -Algorithm 'none').Failure.Message | Should -BeLike "*'none'*"
    }
}

Describe 'Secrets' {
    It 'of the sign-in are in no stream, transcript, file, command line or environment' {
        $application = New-CloudProfile
        $token = Get-Token
        $secret = @{ CertificatePassword = $application.Password }
        $transcript = "$($application.Folder)/transcript.txt"
        $streams = "$($application.Folder)/streams.txt"
        $null = Start-Transcript -LiteralPath $transcript
        try {
            $everything = & {
                $DebugPreference = 'Continue'
                $VerbosePreference = 'Continue'
                Test-SmimeSyncProfile cloud @secret
                Sync-SmimeCertificate cloud -PassThru @secret
                Get-SmimeCertificate cloud -Source Target @secret
                Sync-SmimeCertificate cloud -AccessToken (ConvertTo-Secret $token)
                # Errors, too: a password that is nearly right, and a token that nobody knows any more.
                $wrong = ConvertTo-Secret ($application.PasswordText + 'x')
                try { Sync-SmimeCertificate cloud -CertificatePassword $wrong } catch { $_ }
                try { Sync-SmimeCertificate cloud -AccessToken (ConvertTo-Secret ($token + 'A')) } catch { $_ }
            } *>&1
        } finally { $null = Stop-Transcript }
        @($everything | Where-Object { $_ -is [Management.Automation.ErrorRecord] }).Count | Should -BeGreaterOrEqual 2
        $shown = $everything | ForEach-Object { $_; $_ | Format-List -Property * -Force; $_.Exception; $_.ErrorDetails } | Out-String -Width 9999
        [IO.File]::WriteAllText($streams, $shown)
        $shown.Length | Should -BeGreaterThan 10000

        # What would give them away: the texts, and any stretch of the key in the usual spellings.
        $key = [byte[]] $application.Key[300..359]
        $needles = @($application.PasswordText, $token, $token.Split('.')[2], [Convert]::ToHexString($key))
        foreach ($shift in 0..2) { $needles += [Convert]::ToBase64String($key[$shift..($shift + 29)]).Substring(0, 32) }
        $raw = [Text.Encoding]::Latin1.GetString($key)
        $needles += $raw
        $places = @(Get-ChildItem -LiteralPath $application.Folder -Recurse -File -Force | Where-Object Name -NE 'application.pfx')
        @($places.Name) | Should -Contain 'transcript.txt'
        @($places | Where-Object { $_.FullName -like '*cloud*' }).Count | Should -BeGreaterThan 0 -Because 'the profile and its state are there'
        $places = @($places.FullName)
        # Not with wildcards: a process that ends meanwhile would end the search.
        $processes = @(if ($IsLinux) { [IO.Directory]::GetDirectories('/proc') -match '/[0-9]+$' })
        foreach ($process in $processes) { $places += "$process/cmdline", "$process/environ" }
        $read = 0
        foreach ($place in $places) {
            # A process may be gone by now.
            try { $text = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($place)) } catch { continue }
            $read++
            foreach ($needle in $needles) {
                $text.Contains($needle, [StringComparison]::OrdinalIgnoreCase) | Should -BeFalse -Because "$place must not hold a secret"
            }
        }
        $read | Should -BeGreaterThan 20
        # The search itself finds what is there.
        $pem = [Convert]::ToBase64String($application.Key)
        @($needles | Where-Object { $pem.Contains($_) }).Count | Should -Be 1
    }
}
