BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $faultText = @'
. (Get-Module SmimeSync) {
    function script:Invoke-Fault {
        [CmdletBinding(SupportsShouldProcess)] param([hashtable] $Request)
        Import-CallerPreference -Cmdlet $PSCmdlet
        $Request['Operation'] = 'Fault'
        Invoke-SingleOperation -Cmdlet $PSCmdlet -Request $Request
    }
}
$fault = (Get-Module SmimeSync).Invoke({ Get-Command Invoke-Fault })
'@
    function Measure-Interrupt {
        # Starts a script in a PowerShell of its own, sends it SIGINT once it says so, and returns the seconds until its
        # finally block ran and until the process was gone.
        param([string] $Text)
        $mark = Join-Path -Path (New-TestHome) -ChildPath 'mark'
        $file = "$mark.ps1"
        Set-Content -LiteralPath $file -Value (@"
Import-Module '$env:SMIME_SYNC_MODULE'
$faultText
`$null = & `$fault -Request @{ Events = 1 }
try {
    Set-Content -LiteralPath '$mark.started' -Value `$PID
    $Text
    Set-Content -LiteralPath '$mark.ended' -Value 'not interrupted'
} finally { [IO.File]::WriteAllText('$mark.finally', [DateTime]::UtcNow.ToString('o')) }
"@)
        # A shell without job control would make its child ignore SIGINT.
        $process = Start-Process -FilePath 'env' -PassThru -ArgumentList @(
            '--default-signal=INT', $env:SMIME_SYNC_PWSH, '-NoProfile', '-NonInteractive', '-File', $file)
        $limit = [DateTime]::UtcNow.AddSeconds(60)
        while (-not (Test-Path -LiteralPath "$mark.started")) {
            if ([DateTime]::UtcNow -gt $limit) { throw 'The script did not start.' }
            Start-Sleep -Milliseconds 50
        }
        Start-Sleep -Milliseconds 500
        $sent = [DateTime]::UtcNow
        & kill -INT ([int] (Get-Content -LiteralPath "$mark.started"))
        if (-not $process.WaitForExit(30000)) { $process.Kill($true); throw 'The process did not end.' }
        $gone = [DateTime]::UtcNow
        $style = [Globalization.DateTimeStyles]::RoundtripKind
        @{
            Ended   = Test-Path -LiteralPath "$mark.ended"
            Finally = ([DateTime]::Parse([IO.File]::ReadAllText("$mark.finally"), $null, $style) - $sent).TotalSeconds
            Gone    = ($gone - $sent).TotalSeconds
        }
    }
}

Describe 'Ctrl+C' -Skip:($IsWindows -or -not (Get-Command -Name kill -CommandType Application -ErrorAction Ignore)) {
    It 'stops <What> within a second and runs finally blocks' -ForEach @(
        @{ What = 'a waiting operation'; Text = '& $fault -Request @{ Wait = 60000 }' }
        @{ What = 'an operation that does not listen'; Text = '& $fault -Request @{ Stall = 60000 }' }
        @{ What = 'an operation in a pipeline'; Text = '& $fault -Request @{ Wait = 60000 } | ForEach-Object { $_ }' }
    ) {
        $time = Measure-Interrupt -Text $Text
        $time.Ended | Should -BeFalse
        Write-Host "finally after $($time.Finally.ToString('0.00')) s, gone after $($time.Gone.ToString('0.00')) s"
        $time.Finally | Should -BeLessThan 1.5
        $time.Gone | Should -BeLessThan 4
    }
}

Describe 'A pipeline' {
    BeforeAll { $fault = Get-FaultCommand }

    It 'that is stopped by Select-Object stops the operation' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $first = & $fault -Request @{ Events = 10; Wait = 60000 } -Debug 5>&1 | Select-Object -First 1
        "$first" | Should -Be 'Event 1 of 10.'
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
    }

    It 'that is stopped while its own thread is busy stops the run at once' -Skip:(
        $null -eq [System.Management.Automation.Cmdlet].GetProperty('PipelineStopToken')) {
        $folder = New-TestHome
        & $env:SMIME_SYNC_GENERATOR --people 4000 --output "$folder/directory" --kinds good
        $null = New-SmimeSyncProfile -Name busy -Source Ldif -Path "$folder/directory/directory.ldif" -Target Folder `
            -OutputPath "$folder/out" -TrustAnchorPath "$folder/directory/anchors"
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(@"
Import-Module -Name '$env:SMIME_SYNC_MODULE'
`$env:SMIME_SYNC_HOME = '$env:SMIME_SYNC_HOME'
Sync-SmimeCertificate busy -Verbose 4>&1 | ForEach-Object {
    [IO.File]::WriteAllText('$folder/mark', "`$_")
    [Threading.Thread]::Sleep(20000)
}
"@)
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $null = $shell.BeginInvoke()
            while (-not (Test-Path -LiteralPath "$folder/mark")) {
                if ($clock.Elapsed.TotalSeconds -gt 60) { throw 'The run did not start.' }
                Start-Sleep -Milliseconds 20
            }
            $clock.Restart()
            $null = $shell.BeginStop($null, $null)
            do {
                Start-Sleep -Milliseconds 100
                $run = Get-SmimeSyncRun busy | Select-Object -Last 1
            } until ($run.Result -ne 'Running' -or $clock.Elapsed.TotalSeconds -gt 15)
            $run.Result | Should -Be 'Canceled'
            $run.Exported | Should -BeLessThan 4000
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        } finally { $shell.Dispose() }
    }

    It 'gets what an operation says while it still runs' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $seen = & $fault -Request @{ Events = 1; Wait = 3000 } -Debug 5>&1 | ForEach-Object { $clock.Elapsed.TotalSeconds }
        $seen | Should -BeLessThan 2
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 2.9
    }

    It 'that is slow slows the operation instead of filling memory' {
        $count = 0
        & $fault -Request @{ Events = 20000 } -Debug 5>&1 | ForEach-Object { $count++ }
        $count | Should -Be 20000
    }
}

Describe 'Many at once' {
    BeforeAll {
        $null = New-TestHome
        foreach ($number in 1..3) {
            $null = New-SmimeSyncProfile -Name "p$number" -Source Ldif -Path /x -Target Folder -OutputPath /y
        }
        $module = $env:SMIME_SYNC_MODULE
    }

    It 'run in eight runspaces' {
        $found = 1..64 | ForEach-Object -ThrottleLimit 8 -Parallel {
            Import-Module -Name $using:module
            @(Get-SmimeSyncProfile).Count
            try { Set-SmimeSyncProfile -Name nope -Policy Strict } catch { $_.FullyQualifiedErrorId }
        }
        @($found | Where-Object { $_ -eq 3 }).Count | Should -Be 64
        @($found | Where-Object { $_ -eq 'ProfileNotFound,Set-SmimeSyncProfile' }).Count | Should -Be 64
    }

    It 'run in thread jobs and jobs' {
        $block = { param($module) Import-Module -Name $module; (Get-SmimeSyncProfile).Name }
        $jobs = @(1..4 | ForEach-Object { Start-ThreadJob -ScriptBlock $block -ArgumentList $module })
        $jobs += Start-Job -ScriptBlock $block -ArgumentList $module
        $names = $jobs | Receive-Job -Wait -AutoRemoveJob
        @($names | Group-Object | ForEach-Object { $_.Count }) | Should -Be @(5, 5, 5)
    }
}
