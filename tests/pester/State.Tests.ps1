BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    function New-PublishedProfile {
        # A profile that has published a small directory; its state file.
        $folder = New-TestHome
        & $env:SMIME_SYNC_GENERATOR --people 30 --output "$folder/directory"
        $null = New-SmimeSyncProfile -Name corp -Source Ldif -Path "$folder/directory/directory.ldif" -Target Folder `
            -OutputPath "$folder/out" -TrustAnchorPath "$folder/directory/anchors"
        $null = Sync-SmimeCertificate corp
        "$env:SMIME_SYNC_HOME/state/corp.db"
    }
    function Get-Failure {
        # The error that ends a run.
        try { $null = Sync-SmimeCertificate corp } catch { return $_ }
        throw 'The run did not fail.'
    }
}

Describe 'The state' {
    It 'belongs to one run at a time; a second one is refused with who holds it since when' {
        $state = New-PublishedProfile
        Set-Content -LiteralPath "$state.holder" -Value '{"host":"admin@srv1, PowerShell 7.6.9, process 4711","since":"2026-11-25T10:00:00Z"}'
        # The lock of another process, as the operating system keeps it.
        $other = Start-Process -FilePath flock -ArgumentList "$state.lock", 'sleep', '60' -PassThru
        try {
            $deadline = [datetime]::UtcNow.AddSeconds(10)
            do { $check = Test-SmimeSyncProfile corp | Where-Object Check -EQ State } until ($check.Message -match 'in progress' -or [datetime]::UtcNow -gt $deadline)
            $check.Message | Should -Be 'A run is in progress by admin@srv1, PowerShell 7.6.9, process 4711 since 2026-11-25 10:00 UTC.'
            $failure = Get-Failure
            $failure.FullyQualifiedErrorId | Should -Be 'RunInProgress,Sync-SmimeCertificate'
            "$failure" | Should -Be ("Another run of profile 'corp' is in progress by admin@srv1, PowerShell 7.6.9, process 4711 " +
                'since 2026-11-25 10:00 UTC.')
            $failure.CategoryInfo.Category | Should -Be 'ResourceBusy'
            (Sync-SmimeCertificate corp -WhatIf).Result | Should -Be 'Success' -Because 'a preview takes no lock'
            @(Get-SmimeSyncRun corp).Count | Should -Be 1 -Because 'history can be read meanwhile'
        } finally { $other.Kill($true) }
        $null = $other.WaitForExit(5000)
        (Sync-SmimeCertificate corp).Result | Should -Be 'Success'
    }

    It 'of a newer version is refused, and stays as it is' {
        $state = New-PublishedProfile
        $bytes = [IO.File]::ReadAllBytes($state)
        Remove-Item -LiteralPath "$state.seal"
        # SQLite's user_version, big-endian.
        $bytes[63] = 99
        [IO.File]::WriteAllBytes($state, $bytes)
        $failure = Get-Failure
        $failure.FullyQualifiedErrorId | Should -Be 'StateNewer,Sync-SmimeCertificate'
        "$failure" | Should -Be "The state '$state' has version 99, but this SmimeSync knows versions up to 6."
        $failure.ErrorDetails.RecommendedAction | Should -BeLike 'Install the version of SmimeSync that wrote the state*'
        [IO.File]::ReadAllBytes($state)[63] | Should -Be 99
    }

    It 'that is damaged is kept aside; the next run adopts what is published' {
        $state = New-PublishedProfile
        $published = Get-TreeHash -Path "$env:SMIME_SYNC_HOME/../out"
        Set-Content -LiteralPath $state -Value ('damage ' * 500) -NoNewline
        $failure = Get-Failure
        $failure.FullyQualifiedErrorId | Should -Be 'StateCorrupt,Sync-SmimeCertificate'
        "$failure" | Should -Match "^The state '.*corp.db' is damaged|^The state '.*corp.db': file is not a database"
        $kept = [regex]::Match("$failure", "It is kept as '(.*corp\.db\.corrupt-.*)'").Groups[1].Value
        Get-Content -LiteralPath $kept -Raw | Should -BeLike 'damage damage*'
        $run = Sync-SmimeCertificate corp
        $run.Result | Should -Be 'Success'
        $run.Adopted | Should -BeGreaterThan 10
        $run.Exported | Should -Be 0
        Get-TreeHash -Path "$env:SMIME_SYNC_HOME/../out" | Should -Be $published
    }
}
