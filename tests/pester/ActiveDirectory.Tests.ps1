# The main job against the Samba domain controller of tests/lab, as an admin does it.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $lab = $env:SMIME_SYNC_LAB
    & sh "$env:SMIME_SYNC_ROOT/tests/lab/people.sh" $lab 2000
    if ($LASTEXITCODE) { throw 'The lab could not be filled with people.' }
    $word = [regex]::Match((Get-Content -LiteralPath "$lab/env" -Raw), "LAB_USER_PASSWORD='([^']*)'").Groups[1].Value
    function New-Credential {
        param([string] $User, [string] $Password = $word)
        [pscredential]::new($User, (ConvertTo-SecureString -String $Password -AsPlainText -Force))
    }
    function New-CorpProfile {
        param([hashtable] $Setting = @{})
        $folder = New-TestHome
        $all = @{
            Name = 'corp'; Source = 'ActiveDirectory'; Server = 'localhost'; SearchBase = 'OU=People,DC=contoso,DC=test'
            ServerCertificatePath = "$lab/tls/ca.pem"; TrustAnchorPath = "$lab/people/anchors"
            Target = 'Folder'; OutputPath = "$folder/out"
        }
        foreach ($name in $Setting.Keys) { $all[$name] = $Setting[$name] }
        $null = New-SmimeSyncProfile @all
        $folder
    }
    $reader = New-Credential -User 'reader@contoso.test'
}

Describe 'Active Directory as a source' {
    It 'is previewed, published, and left as it is by the next run' {
        $folder = New-CorpProfile
        $preview = Sync-SmimeCertificate corp -Credential $reader -WhatIf
        Test-Path -LiteralPath "$folder/out" | Should -BeFalse
        $run = Sync-SmimeCertificate corp -Credential $reader
        $run.Result | Should -Be 'Success'
        $run.Add | Should -Be $preview.Add
        $run.Exported | Should -BeGreaterThan 1000
        (Sync-SmimeCertificate corp -Credential $reader).Exported | Should -Be 0
        @(Get-SmimeSyncChange -ProfileName corp).Count | Should -Be $run.Exported
    }

    It 'reads what changed, or everybody where -PolicyType says so' {
        $null = New-CorpProfile
        $first = Sync-SmimeCertificate corp -Credential $reader
        "$($first.PolicyType)" | Should -Be 'Initial'
        $first.Read | Should -Be $first.Recipients
        $second = Sync-SmimeCertificate corp -Credential $reader
        "$($second.PolicyType)" | Should -Be 'Delta'
        $second.Read | Should -BeLessThan 100
        foreach ($number in 'Recipients', 'WithValues', 'WithDesired') { $second.$number | Should -Be $first.$number }
        $third = Sync-SmimeCertificate corp -Credential $reader -PolicyType Initial
        "$($third.PolicyType) $($third.Read)" | Should -Be "Initial $($first.Recipients)"
    }

    It 'passes each check of Test-SmimeSyncProfile' {
        $null = New-CorpProfile
        $checks = @(Test-SmimeSyncProfile corp -Credential $reader)
        @($checks | Where-Object Result -NE 'Passed') | Should -BeNullOrEmpty
        @($checks.Check) | Should -Contain 'Clock'
    }

    It 'finds people as Get-ADUser hands them over' {
        $null = New-CorpProfile
        $alice = Get-SmimeCertificate -ProfileName corp -Identity alice@contoso.test -Credential $reader
        $alice.State | Should -Be 'Chosen'
        $user = [pscustomobject] @{ ObjectGUID = [guid] $alice.Anchor; DistinguishedName = $alice.DistinguishedName; Name = 'alice' }
        $run = $user | Sync-SmimeCertificate -ProfileName corp -Credential $reader
        ($run.Recipients, $run.Add) | Should -Be (1, 1)
    }

    It 'says what is wrong, and what to do: <Id>' -ForEach @(
        @{ Id = 'DirectoryNameUnknown'; Setting = @{ Server = 'no-such-host.invalid' }; Text = "*no-such-host.invalid*" }
        @{ Id = 'DirectoryUnreachable'; Setting = @{ Port = 9 }; Text = '*localhost*' }
        @{ Id = 'DirectoryCertificateUntrusted'; Setting = @{ ServerCertificatePath = @() }; Text = '*localhost*' }
        @{ Id = 'SearchBaseNotFound'; Setting = @{ SearchBase = 'OU=Nowhere,DC=contoso,DC=test' }; Text = '*OU=Nowhere,DC=contoso,DC=test*' }
        @{ Id = 'FilterInvalid'; Setting = @{ Filter = '(mail=a' }; Text = '*(mail=a*' }
        @{ Id = 'DirectoryCredentialRejected'; User = 'reader@contoso.test'; Password = 'Wrong-4711'; Text = '*reader@contoso.test*' }
        @{ Id = 'DirectoryAccountLocked'; User = 'locked@contoso.test'; Text = '*locked@contoso.test*' }
        @{ Id = 'DirectoryAccountUnusable'; User = 'disabled@contoso.test'; Text = '*disabled@contoso.test*' }
        @{ Id = 'CredentialMissing'; NoCredential = $true; Setting = @{ Authentication = 'Password' }; Text = "Profile 'corp' signs in*" }
    ) {
        $folder = New-CorpProfile -Setting $(if ($Setting) { $Setting } else { @{} })
        $credential = @{}
        if (-not $NoCredential) {
            $credential = @{ Credential = New-Credential -User $(if ($User) { $User } else { 'reader@contoso.test' }) -Password $(if ($Password) { $Password } else { $word }) }
        }
        $record = try { $null = Sync-SmimeCertificate corp @credential } catch { $_ }
        $record.FullyQualifiedErrorId | Should -Be "$Id,Sync-SmimeCertificate"
        "$record" | Should -BeLike $Text
        "$record $($record.ErrorDetails.RecommendedAction)" | Should -Not -Match ([regex]::Escape($word) + '|Wrong-4711')
        $record.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Test-Path -LiteralPath "$folder/out" | Should -BeFalse
        (Get-SmimeSyncRun corp -Newest 1).Result | Should -Be 'Stopped'
    }

    It 'says so where the account may not read the two attributes' {
        $null = New-CorpProfile -Setting @{ SearchBase = 'OU=Restricted,DC=contoso,DC=test' }
        $run = Sync-SmimeCertificate corp -Credential (New-Credential -User 'limited@contoso.test') -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'ValuesNotReadable,Sync-SmimeCertificate'
        $run.Result | Should -Be 'CompletedWithErrors'
        $run.Exported | Should -Be 0
    }
}
