BeforeDiscovery {
    Import-Module -Name $env:SMIME_SYNC_MODULE -Force
    $commands = @(Get-Command -Module SmimeSync | ForEach-Object { @{ Name = $_.Name; Command = $_ } })
}

BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $source = Join-Path -Path $env:SMIME_SYNC_ROOT -ChildPath 'powershell/SmimeSync'
    $common = @([System.Management.Automation.PSCmdlet]::CommonParameters) +
        [System.Management.Automation.PSCmdlet]::OptionalCommonParameters
}

Describe 'The module' {
    It 'has a complete manifest for Windows PowerShell 5.1 and PowerShell 7' {
        $manifest = Test-ModuleManifest -Path "$env:SMIME_SYNC_MODULE/SmimeSync.psd1"
        $manifest.CompatiblePSEditions | Should -Be @('Desktop', 'Core')
        $manifest.PowerShellVersion | Should -Be '5.1'
        $data = $manifest.PrivateData.PSData
        foreach ($name in 'Tags', 'LicenseUri', 'ReleaseNotes') { $data[$name] | Should -Not -BeNullOrEmpty }
        $manifest.Description | Should -Not -BeNullOrEmpty
        foreach ($tag in $data.Tags) { $tag | Should -Match '^\S+$' -Because 'the Gallery splits tags at spaces' }
    }

    It 'exports exactly its public files, each of which holds the function of its name' {
        $files = Get-ChildItem -Path "$source/Public/*.ps1"
        $names = @($files | ForEach-Object { $_.BaseName } | Sort-Object)
        @(Get-Command -Module SmimeSync | ForEach-Object { $_.Name } | Sort-Object) | Should -Be $names
        foreach ($file in $files) {
            $tree = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref] $null, [ref] $null)
            @($tree.EndBlock.Statements | ForEach-Object { $_.Name }) | Should -Be @($file.BaseName)
        }
    }

    It 'says nothing at import and leaves no native library loaded' {
        $text = Invoke-Script -Text '"loaded: $([SmimeSync.Native.Library]::LoadedFrom)"'
        $text | Should -Be 'loaded: '
    }

    It 'can be imported again with -Force and removed, and leaves no command behind' {
        $text = Invoke-Script -Text @"
`$null = Get-SmimeSyncProfile
Import-Module -Name '$env:SMIME_SYNC_MODULE' -Force
`$null = Get-SmimeSyncProfile
Remove-Module -Name SmimeSync
"left: `$(@(Get-Command -Name '*-Smime*' -ListImported).Count)"
"@
        $text | Should -Be 'left: 0'
    }

    It 'explains a missing library' {
        $copy = Join-Path -Path (New-TestHome) -ChildPath 'SmimeSync'
        Copy-Item -Path $env:SMIME_SYNC_MODULE -Destination $copy -Recurse
        Remove-Item -Path "$copy/runtimes" -Recurse
        $text = & $env:SMIME_SYNC_PWSH -NoProfile -Command "Import-Module '$copy'
            try { Get-SmimeSyncProfile } catch { `$_.FullyQualifiedErrorId; `$_.CategoryInfo.Category; `$_.Exception.Message }"
        $text[0] | Should -Be 'LibraryUnusable,Get-SmimeSyncProfile'
        $text[1] | Should -Be 'NotInstalled'
        $text[2] | Should -Match 'has no library for this process'
    }

    It 'explains a library that cannot be loaded' {
        $copy = Join-Path -Path (New-TestHome) -ChildPath 'SmimeSync'
        Copy-Item -Path $env:SMIME_SYNC_MODULE -Destination $copy -Recurse
        Get-ChildItem -Path "$copy/runtimes" -Recurse -File | ForEach-Object { Set-Content -Path $_.FullName -Value 'x' }
        $text = & $env:SMIME_SYNC_PWSH -NoProfile -Command "Import-Module '$copy'
            try { Get-SmimeSyncProfile } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }"
        $text[0] | Should -Be 'LibraryUnusable,Get-SmimeSyncProfile'
        "$text" | Should -Match 'The native library cannot be used'
    }

    It 'has a help topic about itself' {
        $help = Get-Help -Name about_SmimeSync
        foreach ($word in 'Sync-SmimeCertificate', '-WhatIf', 'Approve-SmimeSyncPlan', 'unattended', '-Credential') {
            "$help" | Should -Match ([regex]::Escape($word))
        }
    }

    It 'shows each type in a table whose last column is seen in a terminal of 80 columns' {
        $format = [xml] (Get-Content -Raw -LiteralPath "$source/SmimeSync.format.ps1xml")
        $views = @($format.Configuration.ViewDefinitions.View | Where-Object { $_.SelectSingleNode('TableControl') })
        @($views | ForEach-Object { $_.Name } | Sort-Object) | Should -Be @(
            'SmimeSync.Certificate', 'SmimeSync.Change', 'SmimeSync.Difference', 'SmimeSync.Profile',
            'SmimeSync.ProfileTest', 'SmimeSync.Rule', 'SmimeSync.Run', 'SmimeSync.TrustStore', 'SmimeSync.TrustStoreCertificate')
        foreach ($view in $views) {
            $headers = @($view.TableControl.TableHeaders.TableColumnHeader)
            $widths = @($headers | ForEach-Object { if ($_.SelectSingleNode('Width')) { [int] $_.Width } })
            # Of the last one at least its heading and some letters.
            if ($widths.Count -lt $headers.Count) {
                $headers[-1].SelectSingleNode('Width') | Should -BeNullOrEmpty -Because $view.Name
                $widths += 14
            }
            ($widths | Measure-Object -Sum).Sum + $headers.Count - 1 | Should -BeLessOrEqual 80 -Because $view.Name
        }
    }
}

Describe 'The list of SmimeSync.<_>' -ForEach 'Certificate', 'Change', 'Run' {
    It 'shows every property but the raw bytes' {
        $format = [xml] (Get-Content -Raw -LiteralPath "$source/SmimeSync.format.ps1xml")
        $type = $_
        $view = $format.Configuration.ViewDefinitions.View |
            Where-Object { $_.Name -eq "SmimeSync.$type" -and $_.SelectSingleNode('ListControl') }
        $shown = @($view.ListControl.ListEntries.ListEntry.ListItems.ListItem | ForEach-Object {
                if ($_.SelectSingleNode('Label')) { $_.Label } else { $_.PropertyName }
            } | Sort-Object)
        $all = @(("SmimeSync.$type" -as [type]).GetProperties().Name | Where-Object { $_ -notin 'RawData', 'RunId' -or ($_ -eq 'RunId' -and $type -eq 'Change') } | Sort-Object)
        $shown | Should -Be $all
    }
}

Describe 'The cmdlet <Name>' -ForEach $commands {
    It 'has an approved verb and a singular noun of the product' {
        (Get-Verb -Verb $Command.Verb) | Should -Not -BeNullOrEmpty
        $Command.Noun | Should -Match '^Smime[A-Z]\w*[^s]$'
    }

    It 'asks before it changes anything, and only then' {
        $changing = $Command.Verb -in 'New', 'Set', 'Remove', 'Sync', 'Approve', 'Publish', 'Unpublish', 'Export'
        $Command.Parameters.ContainsKey('WhatIf') | Should -Be $changing
        $Command.Parameters.ContainsKey('Confirm') | Should -Be $changing
        if (-not $changing) { return }
        $impact = [System.Management.Automation.CommandMetadata]::new($Command).ConfirmImpact
        $high = $Command.Verb -in 'Remove', 'Approve', 'Unpublish' -or $Name -eq 'Publish-SmimeTrustStore'
        $impact | Should -Be $(if ($high) { 'High' } else { 'Medium' })
    }

    It 'has singular PascalCase parameters, no Boolean ones, and no text for a password' {
        foreach ($parameter in $Command.Parameters.Values | Where-Object { $_.Name -notin $common }) {
            $parameter.Name | Should -MatchExactly '^[A-Z][a-zA-Z]*$'
            # A number of days is one, as New-TimeSpan -Days has it.
            $parameter.Name -replace 'Days$', 'Day' | Should -Not -Match '[^s]s$'
            $parameter.ParameterType | Should -Not -Be ([bool])
            $parameter.Name | Should -Not -Match 'UserName'
            if ($parameter.Name -match 'Password|Token|Secret') {
                $parameter.ParameterType | Should -Be ([securestring])
            }
        }
    }

    It 'is helped: synopsis, description, every parameter, two examples with output or words, links' {
        $help = Get-Help -Name $Name -Full
        $help.Synopsis | Should -Match '\w{3,}.*\.$'
        "$($help.Description.Text)" | Should -Match '\w{3,}'
        foreach ($parameter in $Command.Parameters.Values | Where-Object { $_.Name -notin $common }) {
            if ($parameter.Name -in 'WhatIf', 'Confirm') { continue }
            $text = ($help.parameters.parameter | Where-Object { $_.name -eq $parameter.Name }).Description.Text
            "$text" | Should -Match '\w{3,}' -Because "-$($parameter.Name)"
        }
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) { "$($example.remarks.Text)".Trim() | Should -Match '\.\s*$' }
        @($help.relatedLinks.navigationLink).Count | Should -BeGreaterOrEqual 2
    }

    It 'names a profile as every other cmdlet does: first, by property name, by its alias, never empty; and takes a scope' {
        foreach ($parameter in $Command.Parameters.Values | Where-Object { $_.Name -in 'ProfileName', 'Name' }) {
            $declared = $parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ParameterAttribute] }
            @($declared.Position) | Should -Be @(0)
            # Its pipeline is full of certificates, each of which has a profile of its own.
            $declared.ValueFromPipelineByPropertyName | Should -Be ($Name -ne 'Publish-SmimeCertificate')
            $parameter.Aliases | Should -Be @(if ($parameter.Name -eq 'Name') { 'ProfileName' } else { 'Profile' })
            @($parameter.Attributes | Where-Object { $_ -is [ValidateNotNullOrEmpty] }).Count | Should -Be 1
            $Command.Parameters.ContainsKey('Scope') | Should -BeTrue
        }
        # Where wildcards are said to work, help says so, too.
        $help = (Get-Help -Name $Name -Full).parameters.parameter
        foreach ($parameter in $Command.Parameters.Values) {
            $wildcard = @($parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.SupportsWildcardsAttribute] }).Count -gt 0
            $text = "$(($help | Where-Object name -EQ $parameter.Name).description.Text)"
            $text -match 'wildcards' -and $text -notmatch 'without wildcards' | Should -Be $wildcard -Because "-$($parameter.Name)"
        }
    }

    It 'says what it returns' {
        $silent = $Name -eq 'Remove-SmimeSyncProfile'
        @($Command.OutputType).Count -gt 0 | Should -Be (-not $silent)
    }
}

Describe 'Tab completion' {
    BeforeAll {
        $null = New-TestHome
        foreach ($name in 'north', 'south') {
            $null = New-SmimeSyncProfile -Name $name -Source Ldif -Path x.ldif -Target Folder -OutputPath out -AllowUntrusted
        }
        function Get-Completion { param($Text) @((TabExpansion2 -inputScript $Text -cursorColumn $Text.Length).CompletionMatches.CompletionText) }
    }

    It 'completes the name of a profile at <_>' -ForEach @(
        'Sync-SmimeCertificate n', 'Get-SmimeCertificate -ProfileName n', 'Get-SmimeSyncRun n', 'Get-SmimeSyncChange n'
        'Publish-SmimeCertificate n', 'Unpublish-SmimeCertificate n', 'Export-SmimeTrustStore n'
        'Publish-SmimeTrustStore -ProfileName n', 'Approve-SmimeSyncPlan n', 'Get-SmimeSyncProfile n', 'Set-SmimeSyncProfile n', 'Remove-SmimeSyncProfile n'
        'Test-SmimeSyncProfile -Name n', "Get-SmimeSyncProfile 'n"
    ) {
        Get-Completion -Text $_ | Should -Be @('north')
    }

    It 'completes the values of <_>' -ForEach @('Policy St', 'Source L', 'Target F', 'Selection B', 'DisabledAccount K'
        'Target Ex', 'Source C', 'ExchangeEnvironmentName O', 'Ownership M', 'Drift R', 'RemoveValue W') {
        Get-Completion -Text "New-SmimeSyncProfile x -$_" | Should -Not -BeNullOrEmpty
    }

    It 'completes what is looked at and what goes: <_>' -ForEach 'Get-SmimeCertificate x -Source T', 'Unpublish-SmimeCertificate x -State E' {
        Get-Completion -Text $_ | Should -Not -BeNullOrEmpty
    }

    It 'says nothing where profiles cannot be read' {
        $env:SMIME_SYNC_HOME = '/dev/null/none'
        $Error.Clear()
        Get-Completion -Text 'Sync-SmimeCertificate n' | Should -BeNullOrEmpty
    }
}
