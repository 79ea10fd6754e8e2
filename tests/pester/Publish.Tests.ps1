# What Publish-, Unpublish-SmimeCertificate and the trust store's cmdlets ask of the library; what the library does is
# shown by its own tests and, against a real directory, by ActiveDirectory.Tests.ps1.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $folder = New-TestHome
    $rsa = [Security.Cryptography.RSA]::Create(2048)
    $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new(
        'CN=Alice, E=alice@contoso.test', $rsa, [Security.Cryptography.HashAlgorithmName]::SHA256,
        [Security.Cryptography.RSASignaturePadding]::Pkcs1)
    $alice = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(9))
    $der = [Convert]::ToBase64String($alice.RawData)
    foreach ($name in 'a.cer', 'b.cer', 'c[1].cer') { [IO.File]::WriteAllBytes("$folder/$name", $alice.RawData) }
    # What goes to the library, and with which secrets.
    $script:sent = [Collections.ArrayList]::new()
    Mock -ModuleName SmimeSync -CommandName Invoke-SingleOperation -MockWith {
        $null = $script:sent.Add(@{ Request = $Request; Secret = $Secret; Credential = $Credential; Scope = $Scope })
        [pscustomobject] @{ PSTypeName = 'SmimeSync.Change'; DisplayName = 'Alice'; Recipient = 'alice@contoso.test'
            Change = 'Add'; Reasons = @('Published.') }
        [pscustomobject] @{ PSTypeName = 'SmimeSync.Run'; Result = 'Success' }
    }
    function Get-Sent { $script:sent | ForEach-Object { $_.Request } }
    function New-Found {
        # As Get-SmimeCertificate returns it.
        param([string] $Anchor, [string] $Thumbprint, [string] $ProfileName = 'corp')
        [pscustomobject] @{
            PSTypeName = 'SmimeSync.Certificate'; ProfileName = $ProfileName; Anchor = $Anchor; Thumbprint = $Thumbprint
            RawData = $der; Recipient = "$Anchor@contoso.test"; Value = 'ABCD'
        }
    }
    $one = '1' * 40
    $two = '2' * 40
}

Describe 'Publish-SmimeCertificate' {
    BeforeEach { $script:sent.Clear() }

    It 'takes files by path with wildcards, from the location and drives of PowerShell' {
        $null = New-PSDrive -Name Issued -PSProvider FileSystem -Root $folder -Scope Global
        Push-Location -LiteralPath $folder
        try {
            $null = Publish-SmimeCertificate corp -Path '?.cer'
            $null = Publish-SmimeCertificate corp ./a.cer, 'Issued:\b.cer'
            $null = Publish-SmimeCertificate corp -LiteralPath 'c[1].cer'
        } finally {
            Pop-Location
            Remove-PSDrive -Name Issued
        }
        $requests = @(Get-Sent)
        $requests.Count | Should -Be 3
        $requests[0].Path | Should -Be @("$folder/a.cer", "$folder/b.cer")
        $requests[1].Path | Should -Be @("$folder/a.cer", "$folder/b.cer")
        $requests[2].Path | Should -Be @("$folder/c[1].cer")
        @($requests | ForEach-Object { $_.Operation } | Sort-Object -Unique) | Should -Be @('Publish')
        foreach ($one in $requests) { ($one.ProfileName, $one.Force, $one.WhatIf, $one.Confirm) | Should -Be @('corp', $false, $false, $false) }
    }

    It 'takes X509Certificate2 objects, bytes, files and found certificates through the pipeline, into one run' {
        $files = Get-ChildItem -Path "$folder/?.cer"
        $bytes = , $alice.RawData
        $null = @($alice) + $bytes + @($files) + @(New-Found alice $one) | Publish-SmimeCertificate corp
        $requests = @(Get-Sent)
        $requests.Count | Should -Be 1
        $requests[0].Certificate | Should -Be @($der, $der, $der)
        $requests[0].Path | Should -Be @("$folder/a.cer", "$folder/b.cer")
    }

    It 'takes the bytes of one certificate as a parameter' {
        $null = Publish-SmimeCertificate corp -Certificate $alice.RawData
        (Get-Sent).Certificate | Should -Be @($der)
    }

    It 'has a run for each different -Identity of the pipeline, such as rows of a CSV file' {
        $rows = [pscustomobject] @{ Path = "$folder/a.cer"; Identity = 'a@x' }, [pscustomobject] @{ Path = "$folder/b.cer"; Identity = 'b@x' },
        [pscustomobject] @{ Path = "$folder/b.cer"; Identity = 'a@x' }
        $null = $rows | Publish-SmimeCertificate corp
        $requests = @(Get-Sent)
        @($requests | ForEach-Object { "$($_.Identity): $($_.Path.Count)" }) | Should -Be @('a@x: 2', 'b@x: 1')
    }

    It 'publishes for nobody where the identity names nobody, and has no run for nothing' {
        Publish-SmimeCertificate corp ./a.cer -Identity ([pscustomobject] @{ x = 1 }) -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'IdentityMissing,Publish-SmimeCertificate'
        @() | Publish-SmimeCertificate corp
        Publish-SmimeCertificate corp "$folder/*.nothing" -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'PathNotFound,Publish-SmimeCertificate'
        'text', 7 | Publish-SmimeCertificate corp -ErrorAction SilentlyContinue -ErrorVariable failure
        @($failure.FullyQualifiedErrorId) | Should -Be @('CertificateInvalid,Publish-SmimeCertificate', 'CertificateInvalid,Publish-SmimeCertificate')
        $script:sent.Count | Should -Be 0
    }

    It 'hands over -Force, -Scope, the credential and the password, and the latter in no request' {
        $secret = ConvertTo-SecureString -String 'Heather-31' -AsPlainText -Force
        $credential = [pscredential]::new('writer@contoso.test', $secret)
        $null = Publish-SmimeCertificate corp "$folder/a.cer" -Force -Scope User -Credential $credential -CertificatePassword $secret
        $sent[0].Request.Force | Should -BeTrue
        $sent[0].Scope | Should -Be 'User'
        $sent[0].Credential.UserName | Should -Be 'writer@contoso.test'
        [Net.NetworkCredential]::new('', $sent[0].Secret['certificate_password']).Password | Should -Be 'Heather-31'
        ConvertTo-Json -InputObject $sent[0].Request | Should -Not -Match 'Heather'
    }

    It 'returns the run, and with -PassThru the changes before it' {
        @(Publish-SmimeCertificate corp "$folder/a.cer" | ForEach-Object { $_.PSObject.TypeNames[0] }) | Should -Be @('SmimeSync.Run')
        @(Publish-SmimeCertificate corp "$folder/a.cer" -PassThru | ForEach-Object { $_.PSObject.TypeNames[0] }) |
            Should -Be @('SmimeSync.Change', 'SmimeSync.Run')
    }

    It 'only plans with -WhatIf, asks with -Confirm, and obeys its caller' {
        $null = Publish-SmimeCertificate corp "$folder/a.cer" -WhatIf
        $null = Publish-SmimeCertificate corp "$folder/a.cer" -Confirm
        & { $WhatIfPreference = $true; $null = Publish-SmimeCertificate corp "$folder/a.cer" }
        @(Get-Sent | ForEach-Object { '{0} {1}' -f $_.WhatIf, $_.Confirm }) | Should -Be @('True False', 'False True', 'True False')
    }
}

Describe 'Unpublish-SmimeCertificate' {
    BeforeEach { $script:sent.Clear() }

    It 'names certificates by thumbprint or state, from everybody or some' {
        $null = Unpublish-SmimeCertificate corp $one, $two -Confirm:$false
        $null = Unpublish-SmimeCertificate corp -State Expired, Unusable -Identity alice@contoso.test, 'bob' -Confirm:$false
        $requests = @(Get-Sent)
        $requests[0].Thumbprint | Should -Be @($one, $two)
        ($requests[0].Identity.Count, $requests[0].State.Count) | Should -Be @(0, 0)
        $requests[1].State | Should -Be @('Expired', 'Unusable')
        $requests[1].Identity | Should -Be @('alice@contoso.test', 'bob')
        $requests[1].Thumbprint.Count | Should -Be 0
    }

    It 'takes exactly what Get-SmimeCertificate found from exactly those who have it' {
        $found = @(New-Found a $one; New-Found b $one; New-Found c $two; New-Found a $two; New-Found a $two; New-Found x $one other)
        $null = $found | Unpublish-SmimeCertificate -Confirm:$false
        $text = { '{0} from {1}' -f ($_.Thumbprint -join '+'), $_.Anchor }
        @(Get-Sent | ForEach-Object { '{0}: {1}' -f $_.ProfileName, (@($_.Listed | ForEach-Object $text) -join '; ') }) |
            Should -Be @("corp: $one+$two from a; $one from b; $two from c", "other: $one from x")
    }

    It 'looks with -State or -Thumbprint at those alone who come through the pipeline' {
        $found = @(New-Found a $one; New-Found b $two; New-Found a $two; New-Found x $one other)
        $null = $found | Unpublish-SmimeCertificate -State Expired -Confirm:$false
        $null = $found[0..2] | Unpublish-SmimeCertificate corp -Thumbprint $one -Confirm:$false
        $null = [pscustomobject] @{ mail = 'bob@contoso.test' } | Unpublish-SmimeCertificate corp -State Unusable -Confirm:$false
        @(Get-Sent | ForEach-Object { '{0}: {1} {2} from {3}' -f $_.ProfileName, ($_.State -join '+'), ($_.Thumbprint -join '+'), ($_.Identity -join '+') }) |
            Should -Be @('corp: Expired  from a+b', 'other: Expired  from x', "corp:  $one from a+b", 'corp: Unusable  from bob@contoso.test')
    }

    It 'does each of several profiles that come through the pipeline' {
        $profiles = 'quiet', 'other' | ForEach-Object { [pscustomobject] @{ PSTypeName = 'SmimeSync.Profile'; Name = $_; ProfileName = $_ } }
        $null = $profiles | Unpublish-SmimeCertificate -State Expired -Confirm:$false
        $null = $profiles | Unpublish-SmimeCertificate -State Expired -Identity bob -Confirm:$false
        @(Get-Sent | ForEach-Object { '{0} from {1}' -f $_.ProfileName, ($_.Identity -join '+') }) |
            Should -Be @('quiet from ', 'other from ', 'quiet from bob', 'other from bob')
    }

    It 'refuses people who come through the pipeline where others are named: <Command>' -ForEach @(
        @{ Command = 'Unpublish-SmimeCertificate -State Expired -Identity bob -Confirm:$false' }
        @{ Command = 'Sync-SmimeCertificate -Identity bob' }
        @{ Command = 'Get-SmimeCertificate -Identity bob' }
    ) {
        { New-Found a $one | & ([scriptblock]::Create("`$input | $Command")) } |
            Should -Throw -ExpectedMessage '*comes through the pipeline, and -Identity is given, too.*'
        $script:sent.Count | Should -Be 0
    }

    It 'never takes what came through the pipeline for typed, and hands over -Force' {
        $null = New-Found a $one | Unpublish-SmimeCertificate -Confirm:$false
        $null = New-Found a $one | Unpublish-SmimeCertificate -Force -Confirm:$false
        $null = Unpublish-SmimeCertificate -ProfileName corp -Certificate (New-Found a $one) -Confirm:$false
        $null = Unpublish-SmimeCertificate corp -State OtherPurpose -Force -Confirm:$false
        $null = Unpublish-SmimeCertificate corp $one -Confirm:$false
        @(Get-Sent | ForEach-Object { '{0} {1} {2}' -f $_.Thumbprint.Count, $_.Listed.Count, $_.Force }) |
            Should -Be @('0 1 False', '0 1 True', '0 1 False', '0 0 True', '1 0 False')
    }

    It 'names a value in which no certificate can be read by its hash' {
        $null = New-Found a '' | Unpublish-SmimeCertificate -Confirm:$false
        @(Get-Sent)[0].Listed[0].Value | Should -Be @('ABCD')
        @(Get-Sent)[0].Listed[0].Thumbprint.Count | Should -Be 0
    }

    It 'takes nothing from anybody where nothing or nobody is named' {
        @() | Unpublish-SmimeCertificate -ProfileName corp -Confirm:$false
        @() | Unpublish-SmimeCertificate -ProfileName corp -State Expired -Confirm:$false
        1 | ForEach-Object { [pscustomobject] @{ x = 1 } } |
            Unpublish-SmimeCertificate corp -State Expired -Confirm:$false -ErrorAction SilentlyContinue
        Unpublish-SmimeCertificate corp $one -Identity ([pscustomobject] @{ x = 1 }) -Confirm:$false -ErrorAction SilentlyContinue
        { Unpublish-SmimeCertificate corp -Thumbprint 'ABC' -Confirm:$false } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        { $alice | Unpublish-SmimeCertificate corp -Confirm:$false -ErrorAction Stop } | Should -Throw
        $script:sent.Count | Should -Be 0
    }

    It 'asks by default, not with -Confirm:$false, and only plans with -WhatIf' {
        $null = Unpublish-SmimeCertificate corp $one
        $null = Unpublish-SmimeCertificate corp $one -Confirm:$false
        $null = Unpublish-SmimeCertificate corp $one -WhatIf
        & { $ConfirmPreference = 'None'; $null = Unpublish-SmimeCertificate corp $one }
        @(Get-Sent | ForEach-Object { '{0} {1}' -f $_.WhatIf, $_.Confirm }) |
            Should -Be @('False True', 'False False', 'True False', 'False False')
    }
}

Describe 'The trust store' {
    BeforeEach { $script:sent.Clear() }

    It 'is written to a path of PowerShell' {
        Push-Location -LiteralPath $folder
        try { $null = Export-SmimeTrustStore corp ./store.sst -Force } finally { Pop-Location }
        $request = Get-Sent
        ($request.Operation, $request.Path, $request.Force) | Should -Be @('ExportTrustStore', "$folder/store.sst", $true)
        Export-SmimeTrustStore corp ./store.sst -WhatIf
        $script:sent.Count | Should -Be 1
    }

    It 'is published after a question, with its secrets and backup' {
        $secret = ConvertTo-SecureString -String 'Heather-31' -AsPlainText -Force
        $null = Publish-SmimeTrustStore corp -BackupPath "$folder/old.sst" -AccessToken $secret
        $null = Publish-SmimeTrustStore corp -Confirm:$false
        $requests = @(Get-Sent)
        ($requests[0].Operation, $requests[0].Confirm, $requests[0].BackupPath) | Should -Be @('PublishTrustStore', $true, "$folder/old.sst")
        $requests[1].Confirm | Should -BeFalse
        $requests[1].ContainsKey('BackupPath') | Should -BeFalse
        [Net.NetworkCredential]::new('', $sent[0].Secret['access_token']).Password | Should -Be 'Heather-31'
    }
}
