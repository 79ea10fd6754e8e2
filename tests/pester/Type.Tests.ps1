# Results are .NET objects of the module's own types.
BeforeDiscovery {
    $kinds = @('Certificate', 'Change', 'Profile', 'ProfileTest', 'Rule', 'Run', 'TrustStore') |
        ForEach-Object { @{ Name = $_ } }
}

BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $folder = New-TestHome
    & $env:SMIME_SYNC_GENERATOR --people 40 --output "$folder/directory"
    $null = New-SmimeSyncProfile typed -Source Ldif -Path "$folder/directory/directory.ldif" -Target Folder `
        -TrustAnchorPath "$folder/directory/anchors" -OutputPath "$folder/out"
    $run = Sync-SmimeCertificate typed -WarningAction SilentlyContinue
    $certificates = @(Get-SmimeCertificate typed)
}

Describe 'The type SmimeSync.<Name>' -ForEach $kinds {
    It 'is a class of the assembly that a script can make and fill' {
        $type = "SmimeSync.$Name" -as [type]
        $type | Should -Not -BeNullOrEmpty
        $type.IsPublic | Should -BeTrue
        $made = [Activator]::CreateInstance($type)
        $made.PSObject.TypeNames[0] | Should -Be "SmimeSync.$Name"
        # Lists are there, and empty.
        foreach ($list in $type.GetProperties() | Where-Object { $_.PropertyType.Name -match '^(ItemList|TextMap)' }) {
            $list.GetValue($made).Count | Should -Be 0 -Because $list.Name
        }
    }

    It 'is what a cmdlet says that it returns, so that properties complete' {
        $commands = @(Get-Command -Module SmimeSync | Where-Object { $_.OutputType.Name -contains "SmimeSync.$Name" })
        $commands.Count | Should -BeGreaterThan 0
        $line = "($($commands[0].Name)"
        if ($commands[0].Name -notin 'Get-SmimeSyncProfile', 'Get-SmimeSyncRun', 'Get-SmimePolicyRule', 'Get-SmimeCertificate', 'Get-SmimeSyncChange') { return }
        $line += ').'
        $found = [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches
        $properties = @(("SmimeSync.$Name" -as [type]).GetProperties().Name)
        @($found.ListItemText | Where-Object { $_ -in $properties }).Count | Should -Be $properties.Count
    }
}

Describe 'Result objects' {
    It 'are of these types' {
        $run | Should -BeOfType 'SmimeSync.Run'
        $certificates[0] | Should -BeOfType 'SmimeSync.Certificate'
        Get-SmimeSyncProfile typed | Should -BeOfType 'SmimeSync.Profile'
        Get-SmimeSyncChange typed | Select-Object -First 1 | Should -BeOfType 'SmimeSync.Change'
        Test-SmimeSyncProfile typed | Select-Object -First 1 | Should -BeOfType 'SmimeSync.ProfileTest'
        Get-SmimePolicyRule expired | Should -BeOfType 'SmimeSync.Rule'
    }

    It 'hold numbers, times in UTC and typed lists' {
        $run.Id | Should -BeOfType ([long])
        $run.Started.Kind | Should -Be 'Utc'
        $run.Duration | Should -BeOfType ([timespan])
        $run.RunId | Should -Be $run.Id
        $finding = @($certificates.Findings)[0]
        $finding | Should -BeOfType 'SmimeSync.Finding'
        "$finding" | Should -Be "$($finding.Severity) $($finding.Rule): $($finding.Message)"
        "$($certificates[0])" | Should -Be "$($certificates[0].Recipient) $($certificates[0].Thumbprint)"
    }

    It 'give the certificate for .NET' {
        $one = @($certificates | Where-Object { $_.RawData })[0]
        $one.ToX509Certificate2().Thumbprint | Should -Be $one.Thumbprint
        $none = [SmimeSync.Certificate]@{ ProfileName = 'typed'; Recipient = 'alice@contoso.test' }
        $none.ToX509Certificate2() | Should -BeNullOrEmpty
    }

    It 'can be made for a test of somebody''s script, from a hashtable' {
        $made = [SmimeSync.Run]@{ Id = 7; ProfileName = 'corp'; Result = 'Held'; Guard = @('too many') }
        "$made" | Should -Be 'corp 7: Held'
        $made.Guard[0] | Should -Be 'too many'
    }

    It 'survive Export-Clixml and ConvertTo-Json' {
        $file = Join-Path -Path $folder -ChildPath 'run.xml'
        $run | Export-Clixml -Path $file
        $back = Import-Clixml -Path $file
        $back.PSObject.TypeNames[0] | Should -Be 'Deserialized.SmimeSync.Run'
        ($back.Id, $back.Result, $back.Recipients) | Should -Be @($run.Id, $run.Result, $run.Recipients)
        (ConvertTo-Json $run -Depth 4 | ConvertFrom-Json).Recipients | Should -Be $run.Recipients
    }
}

Describe 'The module' {
    It 'can be imported again and again' {
        $text = Invoke-Script @"
Import-Module -Name '$env:SMIME_SYNC_MODULE' -Force
Remove-Module SmimeSync
Import-Module -Name '$env:SMIME_SYNC_MODULE' -Force
(Get-SmimePolicyRule expired).Rule
"@
        $text | Should -Be 'expired'
    }
}

Describe 'A list of a result' {
    It 'takes a text, and what PowerShell has wrapped, for a list' {
        $made = [SmimeSync.Profile] @{ Server = 'dc1.test'; SearchBase = @('DC=x', 'DC=y' | Write-Output) }
        $made.Server.Count | Should -Be 1
        $made.Server[0] | Should -BeExactly 'dc1.test'
        $made.SearchBase.ToString() | Should -BeExactly 'DC=x; DC=y'
    }
}
