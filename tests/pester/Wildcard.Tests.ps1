# Wildcards in names: PowerShell's own language, in every cmdlet that promises it and in what completion finds.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $minimum = @{ Source = 'Ldif'; Target = 'Folder'; AllowUntrusted = $true }
    $folder = New-TestHome
    & $env:SMIME_SYNC_GENERATOR --people 5 --output "$folder/directory"
    foreach ($name in 'alpha', 'beta', 'gamma') {
        $null = New-SmimeSyncProfile -Name $name @minimum -Path "$folder/directory/directory.ldif" -OutputPath "$folder/$name"
        $null = Sync-SmimeCertificate $name -WarningAction SilentlyContinue
    }
    $testHome = $env:SMIME_SYNC_HOME
    function Get-Completion { param($Text) @((TabExpansion2 -inputScript $Text -cursorColumn $Text.Length).CompletionMatches.CompletionText) }
}

Describe 'The table of wildcards' {
    # The engine's tests read the same one.
    It 'is what PowerShell itself matches, whatever the culture' {
        $rows = Get-Content -Raw -LiteralPath "$env:SMIME_SYNC_ROOT/tests/data/wildcards.json" | ConvertFrom-Json
        $rows.Count | Should -BeGreaterThan 100
        $option = [System.Management.Automation.WildcardOptions] 'IgnoreCase, CultureInvariant'
        $wrong = foreach ($row in $rows) {
            $pattern = [System.Management.Automation.WildcardPattern]::new($row.Pattern, $option)
            $matched = try { $pattern.IsMatch("$($row.Text)") } catch { 'Invalid' }
            $expected = if ($row.PSObject.Properties['Invalid']) { 'Invalid' } else { $row.Matches }
            if ($matched -ne $expected) { "'$($row.Pattern)' and '$($row.Text)': $matched" }
        }
        $wrong | Should -BeNullOrEmpty
    }

    It 'is what the module decides by' {
        InModuleScope -ModuleName SmimeSync -Parameters @{ Root = $env:SMIME_SYNC_ROOT } {
            param($Root)
            function Test-Pattern {
                [CmdletBinding()] param($Pattern, $Text)
                Resolve-Name -Cmdlet $PSCmdlet -Name $Pattern -Known $Text, 'another' | Where-Object { $_ -ceq $Text }
            }
            foreach ($row in Get-Content -Raw -LiteralPath "$Root/tests/data/wildcards.json" | ConvertFrom-Json) {
                $invalid = $null -ne $row.PSObject.Properties['Invalid']
                $text = if ($invalid) { 'any' } else { $row.Text }
                # A name is never empty; a lone backtick stands for an empty text.
                if ($row.Pattern -in '', '`' -or -not $text) { continue }
                $found = @(Test-Pattern -Pattern $row.Pattern -Text $text -ErrorAction SilentlyContinue -ErrorVariable failure)
                $because = "'$($row.Pattern)' and '$text'"
                if ($invalid) {
                    @($failure.FullyQualifiedErrorId) | Should -Be @('WildcardInvalid,Test-Pattern') -Because $because
                } else { $found.Count | Should -Be ([int] $row.Matches) -Because $because }
            }
        }
    }
}

Describe 'Wildcards in names of profiles' {
    BeforeEach { $env:SMIME_SYNC_HOME = $testHome }

    It '<Pattern> means <Found>' -ForEach @(
        @{ Pattern = '[ab]*'; Found = 'alpha', 'beta' }, @{ Pattern = '[!ab]*'; Found = 'alpha', 'beta' }
        @{ Pattern = '[B-G]*a'; Found = 'beta', 'gamma' }, @{ Pattern = '?????'; Found = 'alpha', 'gamma' }
        @{ Pattern = '*ET*'; Found = @('beta') }, @{ Pattern = 'al`pha'; Found = @('alpha') }
        @{ Pattern = '[x]*'; Found = @() }, @{ Pattern = '[x]*', 'beta'; Found = @('beta') }
    ) {
        @(Get-SmimeSyncProfile -Name $Pattern | ForEach-Object { $_.Name }) | Should -Be $Found
        @($Pattern | Get-SmimeSyncProfile | ForEach-Object { $_.Name }) | Should -Be $Found
        @(Get-SmimeSyncRun -ProfileName $Pattern | ForEach-Object { $_.ProfileName }) | Should -Be $Found
        $asked = @(Invoke-Script -Text "Remove-SmimeSyncProfile -Name '$($Pattern -join "', '")' -WhatIf")
        @($asked -replace '^What if: .* on target "(.*)"\.$', '$1') | Should -Be $Found
    }

    It 'that match nothing are no error, and never mean all; an exact name that is not there is one' {
        foreach ($pattern in 'z*', '[z]*', 'alpha?') {
            foreach ($command in 'Get-SmimeSyncProfile', 'Get-SmimeSyncRun', 'Remove-SmimeSyncProfile') {
                & $command $pattern -ErrorAction Stop | Should -BeNullOrEmpty -Because "$command $pattern"
            }
        }
        foreach ($command in 'Get-SmimeSyncProfile', 'Get-SmimeSyncRun') {
            $found = @(& $command 'nope', '[ab]*', 'none', 'ALPHA' -ErrorAction SilentlyContinue -ErrorVariable failure)
            $found.Count | Should -Be 2 -Because $command
            @($failure.FullyQualifiedErrorId) | Should -Be @("ProfileNotFound,$command", "ProfileNotFound,$command")
            @($failure.TargetObject) | Should -Be @('nope', 'none')
        }
        { Remove-SmimeSyncProfile nope -Confirm:$false } | Should -Throw -ErrorId 'ProfileNotFound,Remove-SmimeSyncProfile'
    }

    It 'that cannot be read are errors of their own, and never mean all: <Command>' -ForEach @(
        @{ Command = 'Get-SmimeSyncProfile' }, @{ Command = 'Get-SmimeSyncRun' }, @{ Command = 'Remove-SmimeSyncProfile' }
        @{ Command = 'Get-SmimePolicyRule' }
    ) {
        & $Command '[ab' -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        @($failure.FullyQualifiedErrorId) | Should -Be @("WildcardInvalid,$Command")
        $failure[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $failure[0].TargetObject | Should -Be '[ab'
        "$($failure[0])" | Should -Match ([regex]::Escape("'[ab'"))
        @(Get-SmimeSyncProfile).Count | Should -Be 3
    }

    It 'concern only those that match, also where another profile <What>' -ForEach @(
        @{ What = 'is damaged'; Damage = { param($file) Set-Content -LiteralPath $file -Value 'no profile' } }
        @{ What = 'cannot be read'; Damage = { param($file) $null = New-Item -ItemType Directory -Path $file } }
    ) {
        $file = (Get-Item -Path "$testHome/*/gamma.json").FullName
        Move-Item -LiteralPath $file -Destination "$folder/kept"
        try {
            & $Damage $file
            @((Get-SmimeSyncProfile '[ab]*' -ErrorAction Stop).Name) | Should -Be @('alpha', 'beta')
            $found = @(Get-SmimeSyncProfile '[b-g]*' -ErrorAction SilentlyContinue -ErrorVariable failure)
            @($found.Name) | Should -Be @('beta')
            @($failure.FullyQualifiedErrorId) | Should -Be @('ProfileUnreadable,Get-SmimeSyncProfile')
            @($failure.TargetObject) | Should -Be @('gamma')
            @((Get-SmimeSyncRun 'g*' -ErrorAction Stop).ProfileName) | Should -Be @('gamma') -Because 'the history can still be read'
        } finally {
            Remove-Item -LiteralPath $file -Recurse
            Move-Item -LiteralPath "$folder/kept" -Destination $file
        }
    }

    It 'remove what they match, and nothing else' {
        $env:SMIME_SYNC_HOME = Join-Path -Path (New-TestHome) -ChildPath 'home'
        foreach ($name in 'a1', 'b1', 'c1') { $null = New-SmimeSyncProfile -Name $name @minimum -Path /x -OutputPath /y }
        Remove-SmimeSyncProfile -Name '[ac]?' -Confirm:$false
        @((Get-SmimeSyncProfile).Name) | Should -Be @('b1')
    }
}

Describe 'Wildcards in names of rules' {
    It '<Pattern> means each rule that PowerShell''s -like finds' -ForEach @(
        @{ Pattern = '[ab]*' }, @{ Pattern = '*[!a-z]*' }, @{ Pattern = 'EXP*' }, @{ Pattern = '*-?????' }, @{ Pattern = 'z*' }
    ) {
        $expected = @(Get-SmimePolicyRule | Where-Object { $_.Rule -like $Pattern } | ForEach-Object { $_.Rule })
        @(Get-SmimePolicyRule -Rule $Pattern -ErrorAction Stop | ForEach-Object { $_.Rule }) | Should -Be $expected
        if ($Pattern -ne 'z*') { $expected.Count | Should -BeGreaterThan 0 }
    }

    It 'come beside exact names, one of which that is not there is an error of its own' {
        $found = @(Get-SmimePolicyRule 'nope', 'Expired', 'exp*' -ErrorAction SilentlyContinue -ErrorVariable failure)
        @($found.Rule | Where-Object { $_ -eq 'expired' }).Count | Should -Be 1
        @($failure.FullyQualifiedErrorId) | Should -Be @('RuleNotFound,Get-SmimePolicyRule')
        ($failure[0].TargetObject, $failure[0].CategoryInfo.Category) | Should -Be @('nope', 'ObjectNotFound')
    }
}

Describe 'Wildcards in identities of changes' {
    It 'are those of texts; what an object names is taken as it is' {
        Mock -ModuleName SmimeSync -CommandName Invoke-SingleOperation -MockWith { $script:sent = $Request }
        Get-SmimeSyncChange corp -Identity '[ab]*', 'x`[y`]', ([pscustomobject] @{ Anchor = 'CN=A [B]*,DC=x' })
        $script:sent.Identity | Should -Be @('[ab]*', 'x`[y`]', 'CN=A `[B`]`*,DC=x')
    }

    It 'find changes as they find names' {
        $env:SMIME_SYNC_HOME = $testHome
        $all = @(Get-SmimeSyncChange alpha)
        $all.Count | Should -BeGreaterThan 1
        foreach ($pattern in '[a-c]*', '[!a]*', '*[0-9]*', 'ALICE*', '*@contoso.tes[t]') {
            $expected = @($all | Where-Object { $_.Recipient -like $pattern -or $_.Anchor -like $pattern -or $_.DisplayName -like $pattern })
            @((Get-SmimeSyncChange alpha -Identity $pattern).Id) | Should -Be @($expected.Id) -Because $pattern
        }
        $one = $all[0]
        @((Get-SmimeSyncChange alpha -Identity $one).Recipient) | Should -Be @($one.Recipient)
        Get-SmimeSyncChange alpha -Identity '[z-a]*' -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        @($failure.FullyQualifiedErrorId) | Should -Be @('WildcardInvalid,Get-SmimeSyncChange')
    }

    It 'are none where recipients are named' {
        $script:sent = $null
        Mock -ModuleName SmimeSync -CommandName Invoke-SingleOperation -MockWith { $script:sent = $Request }
        Sync-SmimeCertificate corp -Identity ([pscustomobject] @{ Anchor = 'CN=A [B]*,DC=x' })
        $script:sent.Identity | Should -Be @('CN=A [B]*,DC=x')
    }
}

Describe 'A path' {
    It 'with escaped brackets is that file' {
        $script:sent = $null
        Mock -ModuleName SmimeSync -CommandName Invoke-SingleOperation -MockWith { $script:sent = $Request }
        Push-Location -LiteralPath $folder
        try { Publish-SmimeCertificate corp -Path 'c`[1`].cer' } finally { Pop-Location }
        $script:sent.Path | Should -Be @("$folder/c[1].cer")
    }
}

Describe 'Completion' {
    BeforeEach { $env:SMIME_SYNC_HOME = $testHome }

    It 'takes what was typed as it is, with quotes or without: <Text>' -ForEach @(
        @{ Text = 'Get-SmimeSyncProfile ['; Found = @() }, @{ Text = 'Get-SmimeSyncProfile [ab]'; Found = @() }
        @{ Text = 'Sync-SmimeCertificate *'; Found = @() }, @{ Text = "Get-SmimeSyncRun 'al"; Found = @('alpha') }
        @{ Text = 'Get-SmimePolicyRule ['; Found = @() }, @{ Text = 'Get-SmimePolicyRule *'; Found = @() }
        @{ Text = 'Get-SmimePolicyRule expired'; Found = @('expired') }, @{ Text = "Get-SmimePolicyRule 'expired"; Found = @('expired') }
    ) {
        $Error.Clear()
        Get-Completion -Text $Text | Where-Object { $_ -notmatch '[\\/]' } | Should -Be $Found
        $Error | Should -BeNullOrEmpty
    }

    It 'is there for every parameter that names a profile' {
        foreach ($command in Get-Command -Module SmimeSync | Where-Object { $_.Name -ne 'New-SmimeSyncProfile' }) {
            foreach ($parameter in 'ProfileName', 'Name') {
                if (-not $command.Parameters.ContainsKey($parameter)) { continue }
                Get-Completion -Text "$command -$parameter al" | Should -Be @('alpha') -Because "$command -$parameter"
            }
        }
    }
}
