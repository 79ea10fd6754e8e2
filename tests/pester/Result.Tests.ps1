# What comes out of a run: the run whatever its end, its errors behind it, and messages that never end it.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $directory = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath 'directory-result'
    if (-not (Test-Path -LiteralPath $directory)) { & $env:SMIME_SYNC_GENERATOR --people 30 --output $directory }
    $ldif = [IO.File]::ReadAllText("$directory/directory.ldif")
    function New-ResultProfile {
        # A profile in a new home; with -Twin two recipients have the address of Bob, which is an error of each.
        param([string] $Name = 'corp', [switch] $Twin, [switch] $Gone, [string] $Folder = (New-TestHome))
        $text = $ldif
        if ($Twin) {
            $record = @($ldif -split '(?<=\n)\r?\n' | Where-Object { $_ -match '(?m)^mail: bob@' })[0]
            $text += "`n" + ($record -replace '(?m)^dn: CN=[^,]*', 'dn: CN=Twin' -replace '(?m)^cn: .*$', 'cn: Twin' `
                    -replace '(?m)^objectGUID:: .*$', 'objectGUID:: AAECAwQFBgcICQoLDA0ODw==')
        }
        if (-not $Gone) { [IO.File]::WriteAllText("$Folder/$Name.ldif", $text) }
        $null = New-SmimeSyncProfile $Name -Source Ldif -Path "$Folder/$Name.ldif" -TrustAnchorPath "$directory/anchors" `
            -Target Folder -OutputPath "$Folder/$Name"
        $Folder
    }
    function Get-Order {
        # What came out of a call, in order: results of runs and ids of errors.
        param([scriptblock] $Call)
        $order = [Collections.ArrayList]::new()
        try {
            & $Call 2>&1 3>$null | ForEach-Object {
                $null = $order.Add($(if ($_ -is [System.Management.Automation.ErrorRecord]) { "$($_.FullyQualifiedErrorId)" } else { "$($_.ProfileName) $($_.Result)" }))
            }
        } catch { $null = $order.Add("thrown $($_.FullyQualifiedErrorId)") }
        $order.ToArray()
    }
}

Describe 'A run' {
    It 'that is stopped is returned, and then its error, once, as a non-terminating one' {
        $null = New-ResultProfile -Gone
        Get-Order { Sync-SmimeCertificate corp -ErrorAction Continue } |
            Should -Be @('corp Stopped', 'LdifUnreadable,Sync-SmimeCertificate')
        $run = Sync-SmimeCertificate corp -ErrorAction SilentlyContinue -ErrorVariable failure
        ($run.Result, $run.Error, @($failure).Count) | Should -Be @('Stopped', "$($failure[0])", 1)
        $failure[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'that does not exist is a terminating error, whatever the preference: <Action>' -ForEach @(
        @{ Action = 'Continue' }, @{ Action = 'SilentlyContinue' }, @{ Action = 'Stop' }
    ) {
        $null = New-TestHome
        Get-Order { Sync-SmimeCertificate nope -ErrorAction $Action } | Should -Be @('thrown ProfileNotFound,Sync-SmimeCertificate')
        Get-Order { Unpublish-SmimeCertificate nope -State Expired -Confirm:$false -ErrorAction $Action } |
            Should -Be @('thrown ProfileNotFound,Unpublish-SmimeCertificate')
    }

    It 'goes to its end under Stop, and is returned before the first error of a recipient: by <Way>' -ForEach @(
        @{ Way = 'the parameter'; Call = { Sync-SmimeCertificate corp -ErrorAction Stop } }
        @{ Way = 'the preference'; Call = { $ErrorActionPreference = 'Stop'; Sync-SmimeCertificate corp } }
        @{ Way = 'the preference of the calling function'; Call = {
                function Sync-Nightly { [CmdletBinding()] param() Sync-SmimeCertificate corp }
                Sync-Nightly -ErrorAction Stop
            }
        }
    ) {
        $folder = New-ResultProfile -Twin
        Get-Order $Call | Should -Be @('corp CompletedWithErrors', 'thrown TargetConflict,Sync-SmimeCertificate')
        @(Get-ChildItem -LiteralPath "$folder/corp" -Filter '*.json').Count | Should -BeGreaterThan 10 -Because 'the others are published'
    }

    It 'of every profile goes to its end under Stop' {
        $folder = New-ResultProfile -Name first -Gone
        $null = New-ResultProfile -Name second -Twin -Folder $folder
        $null = New-ResultProfile -Name third -Folder $folder
        Get-Order { Get-SmimeSyncProfile | Sync-SmimeCertificate -ErrorAction Stop } | Should -Be @(
            'first Stopped', 'second CompletedWithErrors', 'third Success', 'thrown LdifUnreadable,Sync-SmimeCertificate')
        Get-Order { Get-SmimeSyncProfile | Sync-SmimeCertificate -ErrorAction Continue } | Should -Be @(
            'first Stopped', 'LdifUnreadable,Sync-SmimeCertificate', 'TargetConflict,Sync-SmimeCertificate', 'TargetConflict,Sync-SmimeCertificate'
            'second CompletedWithErrors', 'third Success')
    }

    It 'of one profile that does not exist is an error beside the others'' runs' {
        $null = New-ResultProfile
        $names = 'nope', 'corp' | ForEach-Object { [SmimeSync.Profile] @{ Name = $_ } }
        Get-Order { $names | Sync-SmimeCertificate -ErrorAction Continue } | Should -Be @('ProfileNotFound,Sync-SmimeCertificate', 'corp Success')
    }

    It 'that publishes or unpublishes and is stopped is returned, too: <Name>' -ForEach @(
        @{ Name = 'Unpublish-SmimeCertificate'; Call = { Unpublish-SmimeCertificate corp -State Expired -Confirm:$false -Credential $credential -ErrorAction Continue } }
        @{ Name = 'Publish-SmimeCertificate'; Call = { Publish-SmimeCertificate corp -Path "$directory/anchors/*" -Credential $credential -ErrorAction Continue } }
    ) {
        $null = New-TestHome
        $null = New-SmimeSyncProfile corp -Source ActiveDirectory -Server dc1.contoso.invalid -SearchBase 'DC=contoso,DC=test' `
            -TrustAnchorPath "$directory/anchors" -Target Folder -OutputPath out
        $credential = [pscredential]::new('a@b', (ConvertTo-SecureString -String 'x' -AsPlainText -Force))
        Get-Order $Call | Should -Be @('corp Stopped', "DirectoryNameUnknown,$Name")
    }

    It 'is over before a warning ends the caller: -WarningAction Stop' {
        $null = New-ResultProfile
        $order = Get-Order { Sync-SmimeCertificate corp -WarningAction Stop }
        $order[0] | Should -Be 'corp Success'
        $order[1] | Should -BeLike 'thrown ActionPreferenceStop,*'
    }
}

Describe 'A run where nobody can be asked' {
    It 'is not ended by <What>' -ForEach @(
        @{ What = '-Debug'; Text = 'Sync-SmimeCertificate corp -Debug' }
        @{ What = '-Debug and -Verbose'; Text = 'Sync-SmimeCertificate corp -Debug -Verbose' }
        @{ What = '-WarningAction Inquire'; Text = 'Sync-SmimeCertificate corp -WarningAction Inquire' }
        @{ What = 'Inquire as every preference'; Text = (
                '$DebugPreference = $VerbosePreference = $WarningPreference = $ProgressPreference = $InformationPreference = "Inquire"; ' +
                'Sync-SmimeCertificate corp')
        }
        @{ What = 'Inquire as every preference of a script'; Text = (
                '$DebugPreference = $VerbosePreference = $WarningPreference = $ErrorActionPreference = "Inquire"; & { Sync-SmimeCertificate corp }')
        }
    ) {
        $folder = New-ResultProfile -Twin
        $said = Invoke-Script -Text "$Text | ForEach-Object { `"result: `$(`$_.Result)`" }"
        $said | Should -Contain 'result: CompletedWithErrors'
        @($said | Where-Object { $_ -match 'WARNING: .*is missing among the trust anchors' }).Count | Should -Be 1 -Because 'it is shown once'
        @(Get-ChildItem -LiteralPath "$folder/corp" -Filter '*.json').Count | Should -BeGreaterThan 10
        (Get-SmimeSyncRun corp -Newest 1).Result | Should -Be 'CompletedWithErrors'
    }

    It 'keeps its errors and warnings under -Debug: ids, variables, the command they are of' {
        $null = New-ResultProfile -Twin
        $run = Sync-SmimeCertificate corp -Debug -ErrorAction SilentlyContinue -ErrorVariable failure -WarningVariable warning 3>$null
        $run.Result | Should -Be 'CompletedWithErrors'
        @($failure.FullyQualifiedErrorId | Select-Object -Unique) | Should -Be @('TargetConflict,Sync-SmimeCertificate')
        @($warning).Count | Should -BeGreaterThan 1
        $said = Invoke-Script -Text 'Sync-SmimeCertificate corp -Debug -ErrorVariable failure | Out-Null; "ids: $($failure.FullyQualifiedErrorId)"'
        $said | Should -Contain 'ids: TargetConflict,Sync-SmimeCertificate TargetConflict,Sync-SmimeCertificate'
        @($said | Where-Object { $_ -match 'primary address of more than one recipient' }).Count | Should -Be 2
    }
}

Describe 'The table of runs' {
    It 'is grouped by profile and shows how many recipients have a usable certificate: golden output' {
        $run = [pscustomobject] @{
            PSTypeName = 'SmimeSync.Run'; Id = 12; ProfileName = 'corp'; Result = 'CompletedWithErrors'
            Started = [datetime]::new(2026, 11, 25, 10, 40, 59, [DateTimeKind]::Utc); Recipients = 98765; WithDesired = 87654
            Add = 12345; Update = 123456; Remove = 123; Exported = 12345678; Errors = 123456
        }
        $lines = @(($run | Out-String -Width 80) -split '\r?\n' | ForEach-Object { $_.TrimEnd() } | Where-Object { $_ })
        $lines | Should -Be @(
            '   ProfileName: corp'
            'Id   Result              Started (UTC)    Usable   Add Update Remove Exported'
            '--   ------              -------------    ------   --- ------ ------ --------'
            '12   CompletedWithErrors 2026-11-25 10:40  87654 12345 123456    123 12345678'
        )
    }

    It 'names in a list whom a run left out, and why' {
        $null = New-ResultProfile
        $run = Sync-SmimeCertificate corp -WarningAction SilentlyContinue
        $list = $run | Format-List | Out-String
        foreach ($name in 'WithoutUsable', 'WithoutCertificate', 'Excluded', 'Exclusions', 'Declined', 'Waiting') {
            $list | Should -Match "(?m)^$name\s+: "
        }
        $list | Should -Match '(?m)^MissingIssuers\s+: \{?CN=Mallory CA,O=Mallory \(1\)\}?'
        $run.WithDesired + $run.WithoutUsable + $run.WithoutCertificate | Should -Be $run.Recipients
    }
}

Describe 'What was declined' {
    It 'is told by every later run, and listed' {
        $null = New-ResultProfile
        $text = @(Invoke-Script -Text @'
# Whoever is asked says L: no to all.
. (Get-Module SmimeSync) { function script:Confirm-Action { $false } }
(Sync-SmimeCertificate corp -Confirm -WarningAction SilentlyContinue).Declined
'@
        )
        [int] $text[-1] | Should -BeGreaterThan 0
        $run = Sync-SmimeCertificate corp -WarningVariable warning -WarningAction SilentlyContinue
        ($run.Result, $run.Declined) | Should -Be @('Success', [int] $text[-1])
        "$warning" | Should -Match "'Get-SmimeSyncChange corp -State Declined' lists what was declined\."
        @(Get-SmimeSyncChange corp -State Declined).Count | Should -Be $run.Declined
    }
}
