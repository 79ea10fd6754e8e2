BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/Directory.ps1"
}

Describe 'Sync-SmimeCertificate' {
    It 'publishes, tells the run with its numbers, and changes nothing when run again' {
        $folder = New-SyncProfile
        $run = Sync-SmimeCertificate corp
        @($run).Count | Should -Be 1
        $run.PSObject.TypeNames[0] | Should -Be 'SmimeSync.Run'
        $run.Result | Should -BeIn 'Success', 'CompletedWithErrors'
        $run.Add | Should -BeGreaterThan 20
        $run.Exported | Should -Be $run.Add
        $run.Started.Kind | Should -Be 'Utc'
        [Math]::Abs(([datetime]::UtcNow - $run.Started).TotalMinutes) | Should -BeLessThan 5
        $run.Duration | Should -BeOfType ([timespan])
        $before = Get-TreeHash -Path "$folder/out"
        $again = Sync-SmimeCertificate corp
        $again.Id | Should -Be 2
        $again.Add + $again.Update + $again.Remove | Should -Be 0
        Get-TreeHash -Path "$folder/out" | Should -Be $before
        @((Get-SmimeSyncRun corp).Id) | Should -Be @(2, 1)
    }

    It 'reads everybody of a file, whatever -PolicyType says, and tells so' {
        $null = New-SyncProfile
        foreach ($type in 'Delta', 'Delta', 'Initial') {
            $run = Sync-SmimeCertificate corp -PolicyType $type
            "$($run.PolicyType) $($run.Read)" | Should -Be "Initial $($run.Recipients)"
        }
    }

    It 'writes nothing anywhere with -WhatIf, and shows the very plan' {
        $folder = New-SyncProfile
        $before = Get-TreeHash -Path $folder
        $text = Invoke-Script -Text 'Sync-SmimeCertificate corp -WhatIf | ForEach-Object { "run: $($_.Add) $($_.WhatIf)" }'
        Get-TreeHash -Path $folder | Should -Be $before
        $lines = @($text | Where-Object { $_ -match '^What if: Performing the operation "Add: .+" on target ".+ <\S+@\S+>"' })
        $text | Should -Contain "run: $($lines.Count) True"
        $run = Sync-SmimeCertificate corp
        $run.Add | Should -Be $lines.Count
        # After a run there is a state, which a preview reads and leaves alone.
        $before = Get-TreeHash -Path $folder
        $preview = Sync-SmimeCertificate corp -WhatIf -PassThru
        @($preview).Count | Should -Be 1
        Get-TreeHash -Path $folder | Should -Be $before
    }

    It 'obeys -WhatIf of the script, function and preference that call it' {
        $folder = New-SyncProfile
        $before = Get-TreeHash -Path $folder
        $script = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath 'nightly.ps1'
        Set-Content -LiteralPath $script -Value "[CmdletBinding(SupportsShouldProcess)] param()`nSync-SmimeCertificate corp"
        (& $script -WhatIf).WhatIf | Should -BeTrue
        function Sync-Nightly { [CmdletBinding(SupportsShouldProcess)] param() Sync-SmimeCertificate corp }
        (Sync-Nightly -WhatIf).WhatIf | Should -BeTrue
        (& { $WhatIfPreference = $true; Sync-SmimeCertificate corp }).WhatIf | Should -BeTrue
        Get-TreeHash -Path $folder | Should -Be $before
        (& $script).WhatIf | Should -BeFalse
        Get-TreeHash -Path $folder | Should -Not -Be $before
    }

    It 'returns the changes before the run with -PassThru, with reasons, and all lists read as text' {
        $null = New-SyncProfile
        $result = Sync-SmimeCertificate corp -PassThru
        $changes = @($result | Where-Object { $_.PSObject.TypeNames[0] -eq 'SmimeSync.Change' })
        $result[-1].PSObject.TypeNames[0] | Should -Be 'SmimeSync.Run'
        $changes.Count | Should -Be ($result.Count - 1)
        $changes.Count | Should -Be $result[-1].Exported
        foreach ($change in $changes) {
            $change.Reasons.Count | Should -BeGreaterThan 0
            $change.Time.Kind | Should -Be 'Utc'
            $change.After[0].Certificate.NotAfter.Kind | Should -Be 'Utc'
        }
        $row = $changes | ConvertTo-Csv | ConvertFrom-Csv | Select-Object -First 1
        "$($row.PSObject.Properties.Value)" | Should -Not -Match 'System\.|@\{'
        $row.After | Should -Match '^user\w*Certificate [0-9A-F]{40}, valid until \d{4}-\d\d-\d\d'
    }

    It 'publishes only what changed afterwards, and tells for whom and why' {
        $folder = New-SyncProfile
        $null = Sync-SmimeCertificate corp
        Copy-Item -LiteralPath "$changed/directory.ldif" -Destination "$folder/directory.ldif" -Force
        $run = Sync-SmimeCertificate corp
        $total = $run.Add + $run.Update + $run.Remove
        $total | Should -BeGreaterThan 0
        $total | Should -BeLessOrEqual 10
        $changes = @($run | Get-SmimeSyncChange)
        $changes.Count | Should -Be $total
        @($changes.RunId | Select-Object -Unique) | Should -Be @($run.Id)
        $one = $changes[0]
        @(Get-SmimeSyncChange corp -RunId $run.Id -Identity $one.Recipient.ToUpper())[0].Id | Should -Be $one.Id
        @(Get-SmimeSyncChange corp -State Exported).Count | Should -BeGreaterThan $total
        @($one | Get-SmimeSyncChange).Anchor | Select-Object -Unique | Should -Be $one.Anchor
    }

    It 'gathers piped recipients into one run, whatever form they come in' {
        $null = New-SyncProfile
        $people = @(Get-SmimeCertificate corp | Where-Object State -EQ 'Chosen' | Sort-Object -Property Anchor -Unique)
        $user = [pscustomobject] @{ ObjectGUID = [guid] $people[1].Anchor; Name = 'like Get-ADUser'; mail = 'other@x' }
        $run = @($people[0].Recipient, $user, $people[2], $people[2]) | Sync-SmimeCertificate -ProfileName corp
        @($run).Count | Should -Be 1
        $run.Recipients | Should -Be 3
        $run.Add | Should -Be 3
        @(Get-SmimeSyncRun corp).Count | Should -Be 1
    }

    It 'does nothing where no recipient comes through the pipeline' {
        $folder = New-SyncProfile
        $before = Get-TreeHash -Path $folder
        @() | Sync-SmimeCertificate corp | Should -BeNullOrEmpty
        $null, '' | Sync-SmimeCertificate corp -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        [pscustomobject] @{ x = 1 } | Sync-SmimeCertificate corp -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'IdentityMissing,Sync-SmimeCertificate'
        { Sync-SmimeCertificate corp -Identity @() } | Should -Throw
        { Sync-SmimeCertificate corp -Identity $null } | Should -Throw
        Get-TreeHash -Path $folder | Should -Be $before
    }

    It 'runs each piped profile, and one that fails does not stop the others' {
        $folder = New-SyncProfile -Name good
        $null = New-SmimeSyncProfile -Name bad -Source Ldif -Path "$folder/none.ldif" -Target Folder -OutputPath "$folder/o" `
            -AllowUntrusted
        $runs = Get-SmimeSyncProfile | Sync-SmimeCertificate -ErrorAction SilentlyContinue -ErrorVariable failure
        @($runs.ProfileName) | Should -Be @('bad', 'good')
        @($runs.Result)[0] | Should -Be 'Stopped'
        @($failure.FullyQualifiedErrorId) | Should -Contain 'LdifUnreadable,Sync-SmimeCertificate'
    }

    It 'returns the stopped run and then an error that says what, where and what to do: <Id>' -ForEach @(
        @{ Id = 'LdifUnreadable'; Break = { param($folder) Remove-Item -LiteralPath "$folder/directory.ldif"; 'corp' } }
        @{ Id = 'LdifSyntax'; Break = { param($folder) Add-Content -LiteralPath "$folder/directory.ldif" -Value "`ndn: CN=x`nno colon`n"; 'corp' } }
        @{ Id = 'TrustAnchorMissing'; Break = { Set-SmimeSyncProfile corp -TrustAnchorPath @(); 'corp' } }
        @{ Id = 'TrustAnchorUnreadable'; Break = { param($folder) Set-SmimeSyncProfile corp -TrustAnchorPath "$folder/directory.ldif"; 'corp' } }
        @{ Id = 'TargetNotWritable'; Break = { Set-SmimeSyncProfile corp -OutputPath '/proc/none'; 'corp' } }
    ) {
        $folder = New-SyncProfile
        $name = & $Break $folder
        $run = Sync-SmimeCertificate $name -ErrorAction SilentlyContinue -ErrorVariable failure
        $run.Result | Should -Be 'Stopped'
        @($failure).Count | Should -Be 1 -Because 'it is written once'
        $record = $failure[0]
        $run.Error | Should -Be "$record"
        $record.FullyQualifiedErrorId | Should -Be "$Id,Sync-SmimeCertificate"
        $record.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Test-Path -LiteralPath "$folder/out/index.json" | Should -BeFalse
    }

    It 'shows progress with numbers and takes it away' {
        # Progress is told four times a second, so it takes a run that lasts.
        $large = New-Directory -People 5000 -Kinds good
        $null = New-SyncProfile
        Set-SmimeSyncProfile corp -Path "$large/directory.ldif" -TrustAnchorPath "$large/anchors"
        $shell = [powershell]::Create()
        try {
            $script = "Import-Module '$env:SMIME_SYNC_MODULE'; Sync-SmimeCertificate corp -WhatIf:`$false"
            (@($shell.AddScript($script).Invoke())[-1]).Exported | Should -Be 5000
            $records = @($shell.Streams.Progress | Where-Object { $_.Activity -like 'SmimeSync*' })
        } finally { $shell.Dispose() }
        $records.Count | Should -BeGreaterThan 2
        $records[-1].RecordType | Should -Be 'Completed'
        @($records.ActivityId | Select-Object -Unique).Count | Should -Be 1
        $records[0].Activity | Should -Be 'SmimeSync corp'
        "$($records.StatusDescription)" |
            Should -Match '(Import|Plan|Export): [\d,. ]+ (of [\d,. ]+ )?recipients, [\d,. ]+ per second'
        @($records | Where-Object { $_.PercentComplete -gt 0 -and $_.SecondsRemaining -ge 0 }).Count | Should -BeGreaterThan 0
        # Neither 0 nor 100 alone: what is done in the middle of a step.
        @($records | Where-Object { $_.PercentComplete -in 1..99 }).Count | Should -BeGreaterThan 0
    }

    It 'says what it does with -Verbose' {
        $null = New-SyncProfile
        $text = Sync-SmimeCertificate corp -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
        "$text" | Should -Match 'Exported \d+ changes'
    }

    It 'refuses a question in an unattended session before anything is published' {
        $folder = New-SyncProfile
        "$(Invoke-Script -Text 'Sync-SmimeCertificate corp -Confirm')" | Should -Match 'nobody to confirm'
        @(Get-ChildItem -LiteralPath "$folder/out" -Recurse -File -ErrorAction SilentlyContinue).Count | Should -Be 0
    }

    It 'never shows the password of -Credential' {
        $folder = New-SyncProfile
        $secret = ConvertTo-SecureString -String 'Tr0ub4dor-und-3' -AsPlainText -Force
        $credential = [pscredential]::new('reader@contoso.test', $secret)
        $text = Sync-SmimeCertificate corp -Credential $credential -Verbose -Debug *>&1 | Out-String
        $text | Should -Not -Match 'Tr0ub4dor'
        foreach ($file in Get-ChildItem -LiteralPath $folder -Recurse -File -Force) {
            [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file.FullName)) | Should -Not -Match 'Tr0ub4dor'
        }
    }
}

Describe 'Get-SmimeCertificate' {
    BeforeAll {
        $null = New-SyncProfile
        $all = @(Get-SmimeCertificate corp)
    }

    It 'returns typed certificates with UTC dates, findings as text, and the certificate itself' {
        $all.Count | Should -BeGreaterThan 50
        $good = @($all | Where-Object State -EQ 'Chosen')[0]
        $good.PSObject.TypeNames[0] | Should -Be 'SmimeSync.Certificate'
        $good.NotAfter.Kind | Should -Be 'Utc'
        $certificate = $good.ToX509Certificate2()
        $certificate.Thumbprint | Should -Be $good.Thumbprint
        $certificate.NotAfter.ToUniversalTime() | Should -Be $good.NotAfter
        , $good.GetRawCertData() | Should -BeOfType ([byte[]])
        $bad = @($all | Where-Object State -EQ 'Unusable')[0]
        $bad.Findings[0].PSObject.TypeNames[0] | Should -Be 'SmimeSync.Finding'
        "$($bad.Findings.ToString())" | Should -Match '^Error [a-z-]+: .+'
    }

    It 'shows a table of 100 columns and a CSV without object names' {
        $lines = ($all | Out-String -Width 100) -split "`r?`n"
        ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual 100
        $lines | Should -Contain 'Recipient                      State        NotAfter   Findings'
        ($all | ConvertTo-Csv | Out-String) | Should -Not -Match 'System\.(Object|Byte|Collections)|@\{'
    }

    It 'finds people by address, GUID, distinguished name and object, and each unknown one is an error of its own' {
        $person = @($all | Where-Object { $_.Form -ne 'Unknown' })[0]
        foreach ($identity in $person.Recipient.ToUpper(), [guid] $person.Anchor, $person.DistinguishedName, $person,
            [pscustomobject] @{ DistinguishedName = $person.DistinguishedName }) {
            @((Get-SmimeCertificate corp -Identity $identity).Anchor | Select-Object -Unique) | Should -Be @($person.Anchor)
        }
        $found = 'nobody@x', $person.Recipient | Get-SmimeCertificate corp -ErrorAction SilentlyContinue -ErrorVariable failure
        @($found.Anchor | Select-Object -Unique) | Should -Be @($person.Anchor)
        @($failure.FullyQualifiedErrorId) | Should -Be @('IdentityNotFound,Get-SmimeCertificate')
        $failure[0].TargetObject | Should -Be 'nobody@x'
        @() | Get-SmimeCertificate corp | Should -BeNullOrEmpty
    }

    It 'looks up many piped recipients in few batches and returns those of each' {
        $identities = @($all.Anchor | Select-Object -Unique)
        @($identities | Get-SmimeCertificate corp).Count | Should -Be $all.Count
    }

    It 'returns the first before the last is read, and stops when no more are wanted' {
        $large = New-Directory -People 5000 -Kinds good
        $null = New-SmimeSyncProfile -Name large -Source Ldif -Path "$large/directory.ldif" -Target Folder -OutputPath /x `
            -TrustAnchorPath "$large/anchors"
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $count = Get-SmimeCertificate large | Measure-Object | ForEach-Object { $_.Count }
        $whole = $clock.Elapsed.TotalSeconds
        $clock.Restart()
        @(Get-SmimeCertificate large | Select-Object -First 1).Count | Should -Be 1
        $first = $clock.Elapsed.TotalSeconds
        Write-Host ('{0} certificates in {1:0.00} s, {2:0} a second; the first after {3:0.00} s' -f
            $count, $whole, ($count / $whole), $first)
        $first | Should -BeLessThan ([Math]::Max(0.5 * $whole, 1))
    }

    It 'gives the same where the culture writes numbers and dates otherwise' {
        $null = Sync-SmimeCertificate corp -WarningAction SilentlyContinue
        function Get-Shown {
            $all | ConvertTo-Json -Depth 4
            $all | Format-Table | Out-String -Width 100
            Get-SmimeSyncRun corp | Format-Table | Out-String -Width 100
            Get-SmimeSyncChange corp | ForEach-Object { "$($_.After)" }
        }
        $expected = Get-Shown
        "$expected" | Should -Match '\d{4}-\d\d-\d\d \d\d:\d\d'
        $previous = [cultureinfo]::CurrentCulture
        $other = [cultureinfo] [cultureinfo]::InvariantCulture.Clone()
        $other.NumberFormat.NumberDecimalSeparator = ','
        $other.NumberFormat.NegativeSign = '~'
        $other.DateTimeFormat.DateSeparator = '.'
        $other.DateTimeFormat.TimeSeparator = '.'
        $other.DateTimeFormat.ShortDatePattern = 'dd/MM/yy'
        try {
            [cultureinfo]::CurrentCulture = $other
            Get-SmimeCertificate corp | ConvertTo-Json -Depth 4 | Should -Be $expected[0]
            Get-Shown | Should -Be $expected
        } finally { [cultureinfo]::CurrentCulture = $previous }
    }

    It 'gives the same in the culture <_>' -ForEach 'tr-TR', 'de-DE', 'ar-SA' -Skip:(
        -not (Test-Path -Path '/usr/lib/*/libicuuc.so.*')) {
        $saved = @($env:DOTNET_SYSTEM_GLOBALIZATION_INVARIANT, $env:LC_ALL)
        try {
            $env:DOTNET_SYSTEM_GLOBALIZATION_INVARIANT = '0'
            $env:LC_ALL = $_.Replace('-', '_') + '.UTF-8'
            $text = Invoke-Script -Text (
                '[cultureinfo]::CurrentCulture.Name; Get-SmimeCertificate corp | ConvertTo-Json -Depth 4')
        } finally {
            $env:DOTNET_SYSTEM_GLOBALIZATION_INVARIANT = $saved[0]
            $env:LC_ALL = $saved[1]
        }
        $text[0] | Should -Be $_
        ($text | Select-Object -Skip 1) -join "`n" | Should -Be ($all | ConvertTo-Json -Depth 4)
    }
}

Describe 'The values of parameters' {
    It 'are all known to the library: <Command> -<Parameter>' -ForEach @(
        @{ Command = 'Get-SmimeSyncRun'; Parameter = 'Result' }, @{ Command = 'Get-SmimeSyncChange'; Parameter = 'State' }
        @{ Command = 'Get-SmimeCertificate'; Parameter = 'Source' }
    ) {
        $null = New-SyncProfile
        $null = Sync-SmimeCertificate corp
        $declared = (Get-Command -Name $Command).Parameters[$Parameter].Attributes | Where-Object { $_ -is [ValidateSet] }
        $declared.ValidValues.Count | Should -BeGreaterThan 2
        foreach ($value in $declared.ValidValues) {
            $argument = @{ ProfileName = 'corp'; $Parameter = $value; ErrorAction = 'Stop' }
            { & $Command @argument } | Should -Not -Throw -Because $value
        }
    }
}

Describe 'Get-SmimePolicyRule' {
    It 'lists the rules and explains those of a finding' {
        $null = New-SyncProfile
        $rules = @(Get-SmimePolicyRule)
        $rules.Count | Should -BeGreaterThan 5
        $rules[0].PSObject.TypeNames[0] | Should -Be 'SmimeSync.Rule'
        foreach ($field in 'Rule', 'Severity', 'Title', 'Explanation', 'Advice', 'Source') { $rules[0].$field | Should -Not -BeNullOrEmpty }
        @(Get-SmimePolicyRule -Rule EXP*).Count | Should -BeGreaterThan 0
        $finding = @((Get-SmimeCertificate corp).Findings)[0]
        ($finding | Get-SmimePolicyRule).Rule | Should -Be $finding.Rule
        @() | Get-SmimePolicyRule | Should -BeNullOrEmpty
    }
}

Describe 'Test-SmimeSyncProfile' {
    It 'says for each check how it went' {
        $null = New-SyncProfile
        $tests = @(Test-SmimeSyncProfile corp)
        $tests[0].PSObject.TypeNames[0] | Should -Be 'SmimeSync.ProfileTest'
        @($tests.Result | Select-Object -Unique) | Should -Be @('Passed')
        Set-SmimeSyncProfile corp -Path /none.ldif
        @((Test-SmimeSyncProfile corp) | Where-Object Result -EQ 'Failed').Count | Should -BeGreaterThan 0
    }
}
