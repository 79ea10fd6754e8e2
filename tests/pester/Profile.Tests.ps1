BeforeAll {
    . "$PSScriptRoot/Support.ps1"

    function Get-SettingTable {
        # The settings of docs/settings.md but Source and Target: whose they are, and a value of each that is no default.
        $source, $target = @(), @()
        foreach ($line in Get-Content -LiteralPath "$env:SMIME_SYNC_ROOT/docs/settings.md") {
            if ($line -match '^## ') {
                $source, $target = foreach ($side in 'Source', 'Target') {
                    $names = if ($line -match "${side}s? ([^;]*)") { [regex]::Matches($Matches[1], '\w+').Value }
                    , @($names)
                }
            } elseif ($line -match '^\| `-(?<Name>\w+)` \| (?<Many>any number of: )?(?<Takes>[^|]*) \|' -and
                $Matches.Name -notin 'Name', 'Source', 'Target') {
                $name, $many = $Matches.Name, $Matches.Many
                $sample = switch -Regex ($Matches.Takes) {
                    '^text$' { "(a=$name)" }
                    '^GUID$' { [guid] '6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11' }
                    '^40 hex' { '4C1D30B6A58C1F1A9F1B7B1E8C51A6C0D3E0F9A2'; break }
                    '^letters' { 'Cloud' }
                    '^address$' { [uri] "https://$name.test" }
                    '^path$' { "/srv/$name" }
                    '^switch$' { $true }
                    '^names by name' { @{ mail = 'rfc822Mailbox' }; break }
                    '^settings by name' { [SmimeSync.AdditionalSource] @{ Source = 'Directory'; Server = 'b.test' } }
                    '^(\d+) ' { [int] $Matches[1] + 3 }
                    '`(\w+)`$' { $Matches[1] }
                    default { throw "$name takes '$_'" }
                }
                if ($many -and $sample -is [string] -and $sample -match '\W') { $sample = $sample, "$($sample)2" }
                [pscustomobject] @{
                    Name = $name; Sample = $sample; Source = $source; Target = $target
                    General = $source.Count + $target.Count -eq 0
                }
            }
        }
    }

    $minimum = @{ Source = 'Ldif'; Path = '/srv/d.ldif'; Target = 'Folder'; OutputPath = '/srv/out'; AllowUntrusted = $true }
}

Describe 'Profiles' {
    BeforeEach { $folder = New-TestHome }

    It 'are made, shown, changed and removed' {
        $made = New-SmimeSyncProfile -Name one @minimum
        $made.PSObject.TypeNames[0] | Should -Be 'SmimeSync.Profile'
        (Get-SmimeSyncProfile -Name one | ConvertTo-Json) | Should -Be ($made | ConvertTo-Json)
        Set-SmimeSyncProfile -Name one -Policy Strict | Should -BeNullOrEmpty -Because '-PassThru was not given'
        (Set-SmimeSyncProfile -Name one -RemovalLimit 7 -PassThru).Policy | Should -Be 'Strict'
        (Get-SmimeSyncProfile -Name one).RemovalLimit | Should -Be 7
        Remove-SmimeSyncProfile -Name one -Confirm:$false | Should -BeNullOrEmpty
        Get-SmimeSyncProfile | Should -BeNullOrEmpty
    }

    It 'take every setting of the library as a parameter of New- and Set-' {
        $settings = (New-SmimeSyncProfile -Name one @minimum).PSObject.Properties.Name | Where-Object { $_ -notin 'Name', 'ProfileName' }
        $page = Get-Content -Raw -LiteralPath "$env:SMIME_SYNC_ROOT/docs/settings.md"
        $fields = [regex]::Matches($page, '(?m)^\| `-(\w+)` ') | ForEach-Object { $_.Groups[1].Value }
        @($settings | Sort-Object) | Should -Be @($fields | Where-Object { $_ -ne 'Name' } | Sort-Object)
        foreach ($command in 'New-SmimeSyncProfile', 'Set-SmimeSyncProfile') {
            foreach ($setting in $settings) { (Get-Command -Name $command).Parameters.Keys | Should -Contain $setting }
        }
        # Both describe a setting in the same words.
        $help = @{}
        foreach ($verb in 'New', 'Set') { $help[$verb] = (Get-Help -Name "$verb-SmimeSyncProfile" -Full).parameters.parameter }
        foreach ($setting in $settings) {
            $texts = foreach ($verb in 'New', 'Set') { "$(($help[$verb] | Where-Object name -EQ $setting).description.Text)" }
            $texts[0] | Should -Be $texts[1] -Because $setting
        }
    }

    It 'keep every setting that was given: <Source> to <Target>' -ForEach @(
        @{ Source = 'ActiveDirectory'; Target = 'ExchangeOnline' }, @{ Source = 'Directory'; Target = 'ExchangeSession' }
        @{ Source = 'ActiveDirectory'; Target = 'ActiveDirectory' }, @{ Source = 'Ldif'; Target = 'Folder' }
        @{ Source = 'Csv'; Target = 'ExchangeOnline' }, @{ Source = 'Ldif'; Target = 'Directory' }
        @{ Source = 'Directory'; Target = 'Ldif' }
    ) {
        $all = @{ Source = $Source; Target = $Target }
        foreach ($setting in Get-SettingTable | Where-Object { $_.General -or $_.Source -contains $Source -or $_.Target -contains $Target }) {
            # These are about one directory.
            if ($setting.Name -eq 'AdditionalSource' -and $Target -in 'ActiveDirectory', 'Ldif') { continue }
            $all[$setting.Name] = $setting.Sample
        }
        $all.Count | Should -BeGreaterThan 12
        $null = New-SmimeSyncProfile -Name all @all
        $kept = Get-SmimeSyncProfile -Name all
        foreach ($name in $all.Keys) {
            if ($all[$name] -is [hashtable]) { "$($kept.$name)" | Should -Be 'mail=rfc822Mailbox' -Because $name; continue }
            if ($name -eq 'AdditionalSource') { "$($kept.$name)" | Should -Be 'Directory b.test'; continue }
            @($kept.$name) | Should -Be @($all[$name]) -Because $name
        }
    }

    It 'take each source and target: <Source> to <Target>' -ForEach @(
        @{ Source = 'ActiveDirectory'; Target = 'ActiveDirectory'; Setting = @{ Server = 'dc1'; SearchBase = 'DC=x' } }
        @{ Source = 'Directory'; Target = 'ExchangeSession'; Setting = @{ Server = 'ldap1'; SearchBase = 'O=x' } }
        @{ Source = 'Csv'; Target = 'ExchangeOnline'; Setting = @{ Path = '/p.csv'; Organization = 'c.onmicrosoft.com'; ManagedIdentity = $true } }
    ) {
        $made = New-SmimeSyncProfile -Name one -Source $Source -Target $Target -AllowUntrusted @Setting
        ($made.Source, $made.Target) | Should -Be @($Source, $Target)
    }

    It 'refuse a setting that can be none: <Parameter>' -ForEach @(
        @{ Parameter = @{ AppId = 'my app' } }, @{ Parameter = @{ CertificateThumbprint = 'ABC' } }
        @{ Parameter = @{ Prefix = 'A-B' } }, @{ Parameter = @{ RemoveValue = 'Expired' } }
        @{ Parameter = @{ ExchangeEnvironmentName = 'Moon' } }
    ) {
        { New-SmimeSyncProfile -Name one @minimum @Parameter } | Should -Throw -ErrorId 'ParameterArgument*'
        Get-SmimeSyncProfile | Should -BeNullOrEmpty
    }

    It 'read more directories: hashtables with names in any case, or what another profile shows' {
        $setting = @{ Source = 'ActiveDirectory'; Server = 'dc1.contoso.test'; AllowUntrusted = $true; Target = 'Folder'; OutputPath = "$folder/out" }
        $more = @(
            @{ source = 'activedirectory'; SERVER = 'dc1.fabrikam.test'; Timeout = [timespan] '00:02:00'; KeytabPath = './f.keytab' }
            [ordered] @{ Source = 'Directory'; Server = 'a.test', 'b.test'; SkipCertificateCheck = $true; Port = '1636' }
        )
        Push-Location -LiteralPath $folder
        $made = New-SmimeSyncProfile several @setting -AdditionalSource $more
        $here = (Get-Location).ProviderPath
        Pop-Location
        $made.AdditionalSource.Count | Should -Be 2
        $made.AdditionalSource[0].Source | Should -BeExactly 'ActiveDirectory'
        $made.AdditionalSource[0].Timeout | Should -Be 120
        $made.AdditionalSource[0].KeytabPath | Should -Be (Join-Path -Path $here -ChildPath 'f.keytab')
        $made.AdditionalSource[1].Port | Should -Be 1636
        "$($made.AdditionalSource[1])" | Should -BeExactly 'Directory a.test, b.test'
        $made | Out-String -Width 120 | Should -BeLike '*dc1.contoso.test, *'
        $copy = New-SmimeSyncProfile copied @setting -AdditionalSource (Get-SmimeSyncProfile several).AdditionalSource
        ($copy.AdditionalSource | ConvertTo-Json) | Should -BeExactly ($made.AdditionalSource | ConvertTo-Json)
        (Set-SmimeSyncProfile several -AdditionalSource $null).AdditionalSource.Count | Should -Be 0
        { Set-SmimeSyncProfile copied -AdditionalSource @{ Source = 'Directory'; Server = 'a'; Sever = 'b' } } |
            Should -Throw -ExpectedMessage '*Sever*no setting*'
        $credential = [pscredential]::new('u', (ConvertTo-SecureString -String 'p' -AsPlainText -Force))
        { Sync-SmimeCertificate copied -AdditionalCredential @{ 'c.test' = $credential } -ErrorAction Stop } |
            Should -Throw -ExpectedMessage "*names 'c.test', which is the first -Server of no additional source*"
        { Sync-SmimeCertificate copied -AdditionalCredential @{ 'a.test' = 'secret' } } | Should -Throw -ExpectedMessage "*has no credential for 'a.test'*"
        { Publish-SmimeCertificate copied -Path "$folder/nothing.cer" -ErrorAction Stop } |
            Should -Throw -ExpectedMessage '*reads several directories*'
        'several', 'copied' | Remove-SmimeSyncProfile -Confirm:$false
    }

    It 'take a period as a TimeSpan or in whole seconds' {
        $file = @{ Source = 'Ldif'; Path = '/people.ldif'; Target = 'Folder'; OutputPath = '/out'; TrustAnchorPath = '/ca' }
        $days = New-TimeSpan -Days 2
        $null = New-SmimeSyncProfile -Name one @file -MissingPeriod $days -MaximumSourceAge (New-TimeSpan -Hours 36)
        $made = Get-SmimeSyncProfile one
        $made.MissingPeriod | Should -Be 172800
        $made.MaximumSourceAge | Should -Be 129600
        $changed = Set-SmimeSyncProfile one -MissingPeriod 90 -MaximumSourceAge ([timespan]'00:01:30') -PassThru
        $changed.MissingPeriod | Should -Be 90
        $changed.MaximumSourceAge | Should -Be 90
        (Set-SmimeSyncProfile one -MissingPeriod ([timespan]::Zero) -PassThru).MissingPeriod | Should -Be 0
        $directory = @{ Source = 'ActiveDirectory'; Server = 'dc1'; SearchBase = 'DC=x'; Target = 'ActiveDirectory' }
        $null = New-SmimeSyncProfile -Name two @directory -TrustAnchorPath /ca -RemoveValue Weak -QuietPeriod $days
        (Get-SmimeSyncProfile two).QuietPeriod | Should -Be 172800
        (Set-SmimeSyncProfile two -QuietPeriod (New-TimeSpan -Minutes 1) -PassThru).QuietPeriod | Should -Be 60
        foreach ($wrong in 1.5, '1.5', -1, (New-TimeSpan -Days -1), [timespan]::FromMilliseconds(1500), 'soon') {
            foreach ($name in 'MissingPeriod', 'MaximumSourceAge') {
                $period = @{ $name = $wrong }
                { New-SmimeSyncProfile -Name three @file @period } |
                    Should -Throw -ErrorId 'ProfileInvalid*' -ExpectedMessage "*-$name is *whole seconds*"
                { Set-SmimeSyncProfile one @period } |
                    Should -Throw -ErrorId 'ProfileInvalid*' -ExpectedMessage "*-$name is *whole seconds*"
            }
        }
    }

    It 'go back to the default by an empty setting' {
        $id = [guid]::NewGuid()
        $null = New-SmimeSyncProfile -Name one -Source ActiveDirectory -Server dc1 -SearchBase 'DC=x' -Target ExchangeOnline `
            -Organization c.test -Filter '(a=b)' -RemovalLimit 7 -TrustAnchorPath /ca -AppId $id `
            -CertificateThumbprint ('A' * 40) -ConnectionUri https://x.test -QuietPeriod 5 -Ownership Authoritative
        $changed = Set-SmimeSyncProfile -Name one -Filter '' -RemovalLimit $null -TrustAnchorPath @() -PassThru -AppId $null `
            -CertificateThumbprint '' -ConnectionUri '' -QuietPeriod $null
        $changed.AppId | Should -BeNullOrEmpty
        $changed.CertificateThumbprint | Should -BeNullOrEmpty
        $changed.ConnectionUri | Should -BeNullOrEmpty
        $changed.QuietPeriod | Should -Be 86400
        $changed.Ownership | Should -Be 'Authoritative'
        $changed.Filter | Should -BeNullOrEmpty
        $changed.RemovalLimit | Should -Be 500
        $changed.TrustAnchorPath.Count | Should -Be 0
        $null = New-SmimeSyncProfile -Name one -Force -Source ActiveDirectory -Server dc1 -SearchBase 'DC=x' `
            -Target ActiveDirectory -RemoveValue Weak
        (Set-SmimeSyncProfile -Name one -RemoveValue @() -PassThru).RemoveValue.Count | Should -Be 0
    }

    It 'go back to the default by $null as by an empty text, whatever they take' {
        $table = @(Get-SettingTable)
        $own = @{
            ActiveDirectory = @{ Source = 'ActiveDirectory'; Server = 'dc1'; SearchBase = 'DC=x'; Target = 'ActiveDirectory' }
            Directory       = @{ Source = 'Directory'; Server = 'ldap1'; SearchBase = 'O=x'; Target = 'Folder'; OutputPath = '/out' }
            ExchangeOnline  = @{ Source = 'Ldif'; Path = '/d.ldif'; Target = 'ExchangeOnline'; Organization = 'c.test' }
            ExchangeSession = @{ Source = 'Ldif'; Path = '/d.ldif'; Target = 'ExchangeSession' }
            OtherDirectory  = @{
                Source = 'Ldif'; Path = '/d.ldif'; Target = 'Directory'; TargetServer = 'ldap2'; TargetSearchBase = 'O=y'
            }
        }
        $seen = foreach ($kind in $own.Keys) {
            $base = $own[$kind]
            $names = @($table | Where-Object {
                    -not $base.ContainsKey($_.Name) -and $_.Sample -isnot [bool] -and
                    ($_.General -or $_.Source -contains $base.Source -or $_.Target -contains $base.Target) -and
                    ($_.Name -ne 'AdditionalSource' -or $base.Target -ne 'ActiveDirectory')
                })
            $default = New-SmimeSyncProfile -Name one -Force @base
            foreach ($setting in $names) {
                foreach ($empty in $null, $(if ($setting.Sample -is [hashtable]) { @{} } else { '' })) {
                    $given, $none = @{ $setting.Name = $setting.Sample }, @{ $setting.Name = $empty }
                    if ($setting.Name -eq 'CertificateFilePath' -or $setting.Name -eq 'CertificateThumbprint') {
                        $given['AppId'] = [guid]::NewGuid(); $none['AppId'] = $empty
                    }
                    $because = "$kind $($setting.Name) '$empty'"
                    $changed = Set-SmimeSyncProfile -Name one -PassThru @given
                    "$($changed.($setting.Name))" | Should -Not -Be "$($default.($setting.Name))" -Because $because
                    (Set-SmimeSyncProfile -Name one -PassThru @none | ConvertTo-Json) |
                        Should -Be ($default | ConvertTo-Json) -Because $because
                }
                $setting.Name
            }
        }
        $kept = @($table | Where-Object { $seen -notcontains $_.Name -and $_.Sample -isnot [bool] })
        @($kept.Name | Sort-Object) | Should -Be @(
            'Organization', 'OutputPath', 'Path', 'SearchBase', 'Server', 'TargetSearchBase', 'TargetServer')
    }

    It 'go back to the default where they have no effect, too' {
        $default = New-SmimeSyncProfile -Name one @minimum
        foreach ($setting in Get-SettingTable | Where-Object { -not $minimum.ContainsKey($_.Name) }) {
            foreach ($empty in $null, '') {
                if ($setting.Sample -is [bool]) { $empty = $false }
                if ($setting.Sample -is [hashtable] -and $null -ne $empty) { $empty = @{} }
                $none = @{ $setting.Name = $empty }
                (Set-SmimeSyncProfile -Name one -PassThru @none | ConvertTo-Json) |
                    Should -Be ($default | ConvertTo-Json) -Because $setting.Name
            }
        }
    }

    It 'have no default where they are required: <Name>' -ForEach @(
        @{ Name = 'Source' }, @{ Name = 'Target' }, @{ Name = 'Path' }, @{ Name = 'OutputPath' }
    ) {
        $null = New-SmimeSyncProfile -Name one @minimum
        foreach ($empty in $null, '') {
            $none = @{ $Name = $empty }
            { Set-SmimeSyncProfile -Name one @none } | Should -Throw -ErrorId 'ProfileInvalid,Set-SmimeSyncProfile' `
                -ExpectedMessage "* needs -$Name*"
        }
    }

    It 'are numbers in every form that PowerShell has for them, and nothing else: <Given>' -ForEach @(
        @{ Given = '7'; Is = 7 }, @{ Given = [long] 7; Is = 7 }, @{ Given = '1kb'; Is = 1024 }, @{ Given = 0; Is = 0 }
        @{ Given = '2147483647'; Is = 2147483647 }, @{ Given = -1 }, @{ Given = 2147483648 }, @{ Given = 'many' }
        @{ Given = ' ' }
    ) {
        (New-SmimeSyncProfile -Name one @minimum -RemovalLimit 0).RemovalLimit | Should -Be 0
        if ($_.ContainsKey('Is')) {
            (Set-SmimeSyncProfile -Name one -RemovalLimit $Given -PassThru).RemovalLimit | Should -Be $Is
        } else {
            { Set-SmimeSyncProfile -Name one -RemovalLimit $Given } | Should -Throw -ErrorId 'ProfileInvalid,Set-SmimeSyncProfile' `
                -ExpectedMessage "*-RemovalLimit is *$Given*; give 0 *"
        }
    }

    It 'have their values completed by Set-, too: <Text>' -ForEach @(
        @{ Text = 'Set-SmimeSyncProfile one -Policy '; Found = 'Standard', 'Strict', 'Lenient' }
        @{ Text = 'Set-SmimeSyncProfile one -Policy st'; Found = 'Standard', 'Strict' }
        @{ Text = 'Set-SmimeSyncProfile one -RemoveValue '; Found = 'Untrusted', 'Weak', 'WrongAddress', 'Displaced' }
        @{ Text = "Set-SmimeSyncProfile one -RemoveValue 'wr"; Found = @('WrongAddress') }
        @{ Text = 'Set-SmimeSyncProfile one -RemoveValue weak, w'; Found = 'Weak', 'WrongAddress' }
    ) {
        @((TabExpansion2 -inputScript $Text -cursorColumn $Text.Length).CompletionMatches.CompletionText | Sort-Object) |
            Should -Be @($Found | Sort-Object)
    }

    It 'refuse a setting without effect, and name what it belongs to' {
        { New-SmimeSyncProfile -Name one @minimum -Server dc1 } | Should -Throw -ErrorId 'ProfileInvalid,New-SmimeSyncProfile' `
            -ExpectedMessage '*-Server has no effect*sources ActiveDirectory and Directory*'
        $null = New-SmimeSyncProfile -Name one @minimum -CreateContact:$false
        { Set-SmimeSyncProfile -Name one -Prefix Cloud } | Should -Throw -ErrorId 'ProfileInvalid,Set-SmimeSyncProfile' `
            -ExpectedMessage '*-Prefix has no effect*target ExchangeSession*'
    }

    It 'keep a switch that is set to false' {
        $null = New-SmimeSyncProfile -Name one -Source Directory -Server ldap1 -SearchBase 'O=x' -Target Folder -OutputPath /out `
            -SkipCertificateCheck
        (Set-SmimeSyncProfile -Name one -SkipCertificateCheck:$false -PassThru).SkipCertificateCheck | Should -BeFalse
    }

    It 'keep absolute paths, from the location and drives of PowerShell' {
        $null = New-PSDrive -Name Work -PSProvider FileSystem -Root $folder -Scope Global
        Push-Location -LiteralPath $folder
        try {
            $made = New-SmimeSyncProfile -Name one -Source Ldif -Path './in put/[d].ldif' -Target Folder -OutputPath 'Work:/out' `
                -TrustAnchorPath '../ca', 'b.pem'
        } finally {
            Pop-Location
            Remove-PSDrive -Name Work -Scope Global
        }
        $made.Path | Should -Be "$folder/in put/[d].ldif"
        $made.OutputPath | Should -Be "$folder/out"
        @($made.TrustAnchorPath) | Should -Be @("$(Split-Path $folder)/ca", "$folder/b.pem")
    }

    It 'refuse a path that is not of the file system' {
        { New-SmimeSyncProfile -Name one -Source Ldif -Path 'Env:PATH' -Target Folder -OutputPath x } |
            Should -Throw -ErrorId 'PathInvalid,New-SmimeSyncProfile'
        { New-SmimeSyncProfile -Name one -Source Ldif -Path 'NoDrive:/x' -Target Folder -OutputPath x } |
            Should -Throw -ErrorId 'PathInvalid,New-SmimeSyncProfile'
        Get-SmimeSyncProfile | Should -BeNullOrEmpty
    }

    It 'name what is missing or wrong' {
        { New-SmimeSyncProfile -Name one -Source Directory -Target Folder -OutputPath /x } |
            Should -Throw -ErrorId 'ProfileInvalid,New-SmimeSyncProfile' -ExpectedMessage '*-Server*'
        { New-SmimeSyncProfile -Name '../x' @minimum } | Should -Throw -ErrorId 'ProfileInvalid,New-SmimeSyncProfile'
        $null = New-SmimeSyncProfile -Name one @minimum
        { Set-SmimeSyncProfile -Name one -RemovalPercent 101 } | Should -Throw -ErrorId 'ProfileInvalid,Set-SmimeSyncProfile'
        { Set-SmimeSyncProfile -Name one -Port -5 } | Should -Throw -ErrorId 'ProfileInvalid,Set-SmimeSyncProfile'
        { Set-SmimeSyncProfile -Name two -Policy Strict } | Should -Throw -ErrorId 'ProfileNotFound,Set-SmimeSyncProfile'
        Set-SmimeSyncProfile -Name one -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'SettingMissing,Set-SmimeSyncProfile'
    }

    It 'are not replaced without -Force' {
        $null = New-SmimeSyncProfile -Name one @minimum
        { New-SmimeSyncProfile -Name one @minimum -Policy Strict } | Should -Throw -ErrorId 'ProfileExists,New-SmimeSyncProfile'
        (New-SmimeSyncProfile -Name one @minimum -Policy Strict -Force).Policy | Should -Be 'Strict'
    }

    It 'are found by wildcards, and each unknown name is an error of its own' {
        foreach ($name in 'north', 'south', 'other') { $null = New-SmimeSyncProfile -Name $name @minimum }
        @((Get-SmimeSyncProfile -Name '*th').Name) | Should -Be @('north', 'south')
        $found = Get-SmimeSyncProfile -Name nope, other, 'zz*', gone -ErrorAction SilentlyContinue -ErrorVariable failure
        @($found.Name) | Should -Be @('other')
        @($failure.TargetObject) | Should -Be @('nope', 'gone')
        Remove-SmimeSyncProfile -Name '*th' -Confirm:$false
        @((Get-SmimeSyncProfile).Name) | Should -Be @('other')
    }

    It 'come through the pipeline, by name and as objects' {
        foreach ($name in 'a', 'b') { $null = New-SmimeSyncProfile -Name $name @minimum }
        @(('a', 'b' | Get-SmimeSyncProfile).Name) | Should -Be @('a', 'b')
        Get-SmimeSyncProfile | Set-SmimeSyncProfile -Retention 5
        @((Get-SmimeSyncProfile).Retention) | Should -Be @(5, 5)
        @() | Get-SmimeSyncProfile | Should -BeNullOrEmpty -Because 'no name is not every name'
        Get-SmimeSyncProfile | Remove-SmimeSyncProfile -Confirm:$false
        Get-SmimeSyncProfile | Should -BeNullOrEmpty
    }

    It 'can be exported to CSV and JSON, and shown as a table of 100 columns' {
        $null = New-SmimeSyncProfile -Name one @minimum -TrustAnchorPath /ca/a, /ca/b
        $row = Get-SmimeSyncProfile | ConvertTo-Csv | ConvertFrom-Csv
        $row.TrustAnchorPath | Should -Be '/ca/a; /ca/b'
        "$($row.PSObject.Properties.Value)" | Should -Not -Match 'System\.'
        @((Get-SmimeSyncProfile | ConvertTo-Json | ConvertFrom-Json).TrustAnchorPath) | Should -Be @('/ca/a', '/ca/b')
        $table = (Get-SmimeSyncProfile | Out-String -Width 100).TrimEnd() -split "`r?`n"
        $table | Should -Contain 'Name         Source          From                 Target          To'
    }

    It 'hold no secret and are private to their owner' -Skip:$IsWindows {
        $null = New-SmimeSyncProfile -Name one @minimum
        foreach ($file in Get-ChildItem -LiteralPath $env:SMIME_SYNC_HOME -Recurse -Force) {
            $file.UnixMode.Substring(4) | Should -Be '------' -Because $file.FullName
        }
    }

    It 'are looked for where SMIME_SYNC_HOME points now, from the location of PowerShell' {
        $null = New-SmimeSyncProfile -Name one @minimum
        Push-Location -LiteralPath $folder
        try {
            $env:SMIME_SYNC_HOME = 'elsewhere'
            Get-SmimeSyncProfile | Should -BeNullOrEmpty
            $env:SMIME_SYNC_HOME = './home'
            @((Get-SmimeSyncProfile).Name) | Should -Be @('one')
        } finally { Pop-Location }
    }
}
