# The scripts of docs/unattended.md and about_SmimeSync that end with an exit code, as they are written, with good and
# broken profiles.
BeforeDiscovery {
    . "$PSScriptRoot/Documentation.ps1"
    $scripts = @(Get-DocumentedBlock | Where-Object { $_.Text -match '(?m)^\s+exit \$code' })
    $cases = @(
        @{ Case = 'a good profile'; Code = 0; Break = { } }
        @{ Case = 'recipients that fail'; Code = 1; Break = {
                # Two people with one address: neither is written.
                $record = @([IO.File]::ReadAllText("$folder/directory.ldif") -split '(?<=\n)\r?\n' | Where-Object { $_ -match '(?m)^mail: bob@' })[0]
                $twin = $record -replace '(?m)^dn: CN=[^,]*', 'dn: CN=Twin' -replace '(?m)^objectGUID:: .*$', 'objectGUID:: AAECAwQFBgcICQoLDA0ODw==' -replace '(?m)^cn: .*$', 'cn: Twin'
                Add-Content -LiteralPath "$folder/directory.ldif" -Value "`n$twin"
            }
        }
        @{ Case = 'a plan that is held'; Code = 2; Break = {
                $null = Sync-SmimeCertificate corp -WarningAction SilentlyContinue
                $text = [IO.File]::ReadAllText("$folder/directory.ldif")
                [IO.File]::WriteAllText("$folder/directory.ldif", ($text -replace '(?m)^user(SMIME)?Certificate[^\n]*\n( [^\n]*\n)*'))
            }
        }
        @{ Case = 'a server that nobody knows'; Code = 3; Run = 'Stopped'; Break = {
                Remove-SmimeSyncProfile corp -Confirm:$false
                $null = New-SmimeSyncProfile corp -Source ActiveDirectory -Server dc1.contoso.invalid -SearchBase 'DC=contoso,DC=test' `
                    -TrustAnchorPath "$directory/anchors" -Target Folder -OutputPath "$folder/out"
            }
        }
        @{ Case = 'a file that is gone'; Code = 3; Run = 'Stopped'; Break = { Remove-Item -LiteralPath "$folder/directory.ldif" } }
        @{ Case = 'a target that can''t be written'; Code = 3; Run = 'Stopped'; Break = { Set-SmimeSyncProfile corp -OutputPath /proc/none } }
        @{ Case = 'no such profile'; Code = 3; Break = { Remove-SmimeSyncProfile corp -Confirm:$false } }
        @{ Case = 'a profile that can''t be read'; Code = 3; Break = {
                Get-ChildItem -LiteralPath $env:SMIME_SYNC_HOME -Recurse -Filter 'corp.json' | ForEach-Object { Set-Content -LiteralPath $_.FullName -Value '{' }
            }
        }
        @{ Case = 'a run in progress'; Code = 3; Locked = $true; Break = { $null = Sync-SmimeCertificate corp -WarningAction SilentlyContinue } }
        @{ Case = 'no credential file'; Code = 3; Needs = 'reader.xml'; Break = { Remove-Item -LiteralPath "$folder/reader.xml" } }
    )
    $runs = foreach ($script in $scripts) {
        foreach ($one in $cases) {
            if ($one.Needs -and $script.Text -notmatch $one.Needs) { continue }
            $one + @{ Script = $script.Name; Text = $script.Text }
        }
    }
}

BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/Documentation.ps1"
    $directory = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath 'directory-unattended'
    if (-not (Test-Path -LiteralPath $directory)) { & $env:SMIME_SYNC_GENERATOR --people 30 --output $directory }
    function New-Job {
        # A profile, and the folder of a job with its script.
        param([string] $Text)
        $folder = New-TestHome
        Copy-Item -LiteralPath "$directory/directory.ldif" -Destination "$folder/directory.ldif"
        $null = New-SmimeSyncProfile corp -Source Ldif -Path "$folder/directory.ldif" -TrustAnchorPath "$directory/anchors" `
            -Target Folder -OutputPath "$folder/out"
        $secret = ConvertTo-SecureString -String 'Reader-4711' -AsPlainText -Force
        $credential = [pscredential]::new('reader@contoso.test', $secret)
        Export-Clixml -InputObject $credential -LiteralPath "$folder/reader.xml"
        # A script that does not say where the credential comes from gets it as the page does it.
        $before = if ($Text -match 'Import-Clixml') { '' } else { "`$credential = Import-Clixml -Path '$folder/reader.xml'`n" }
        [IO.File]::WriteAllText("$folder/sync.ps1", $before + $Text)
        $folder
    }
    function Start-Holder {
        # Another process that holds the profile's state, as a run does.
        $process = Start-Process -FilePath flock -ArgumentList "$env:SMIME_SYNC_HOME/state/corp.db.lock", 'sleep', '120' -PassThru
        $limit = [datetime]::UtcNow.AddSeconds(20)
        do { $check = Test-SmimeSyncProfile corp | Where-Object Check -EQ State } until ($check.Message -match 'in progress' -or [datetime]::UtcNow -gt $limit)
        $process
    }
    function Invoke-Job {
        # As a task scheduler starts it. Its exit code and what it said.
        param([string] $File, [string[]] $Argument = @())
        $path = $env:PSModulePath
        $env:PSModulePath = (Split-Path -Path $env:SMIME_SYNC_MODULE) + [IO.Path]::PathSeparator + $path
        try { $said = & $env:SMIME_SYNC_PWSH -NoProfile -NonInteractive -File $File @Argument 2>&1 | ForEach-Object { "$_" } } finally { $env:PSModulePath = $path }
        @{ Code = $LASTEXITCODE; Said = $said -join "`n" }
    }
}

Describe 'The script of <Script>' -ForEach $runs {
    It 'ends with <Code> for <Case>' {
        $folder = New-Job -Text $Text
        . $Break
        # The same again within a script that stops at errors.
        [IO.File]::WriteAllText("$folder/outer.ps1", "`$ErrorActionPreference = 'Stop'`n& '$folder/sync.ps1'`nexit `$LASTEXITCODE")
        $holder = $null
        if ($Locked) { $holder = Start-Holder }
        try { $jobs = @('sync', 'outer' | ForEach-Object { Invoke-Job -File "$folder/$_.ps1" }) } finally { if ($holder) { $holder.Kill($true) } }
        foreach ($job in $jobs) {
            $job.Code | Should -Be $Code -Because $job.Said
            if ($Code) { $job.Said | Should -Match '\w' }
        }
        if ($Run) { (Get-SmimeSyncRun corp -Newest 1).Result | Should -Be $Run }
    }
}

Describe 'The scripts' {
    It 'are there: one for a profile on the page and in the topic, one for all profiles' {
        @(Get-DocumentedBlock | Where-Object { $_.Text -match '(?m)^\s+exit \$code' }).Count | Should -Be 3
    }

    It 'for all profiles ends with the highest code, and runs the others' {
        $text = @(Get-DocumentedBlock | Where-Object { $_.Text -match 'exit \$code' -and $_.Text -match 'Get-SmimeSyncProfile' })[0].Text
        $folder = New-Job -Text $text
        $null = New-SmimeSyncProfile another -Source Ldif -Path "$folder/none.ldif" -AllowUntrusted -Target Folder -OutputPath "$folder/o"
        (Invoke-Job -File "$folder/sync.ps1").Code | Should -Be 3
        (Get-SmimeSyncRun corp).Result | Should -Be 'Success'
        Remove-SmimeSyncProfile another -Confirm:$false
        Remove-SmimeSyncProfile corp -Confirm:$false
        (Invoke-Job -File "$folder/sync.ps1").Code | Should -Be 3 -Because 'there is nothing that succeeded'
    }

    It 'end with 4 where Ctrl+C ends them: <Name>' -ForEach $scripts -Skip:($IsWindows -or -not (Get-Command -Name kill -CommandType Application -ErrorAction Ignore)) {
        # A server that takes the connection and says nothing.
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        try {
            $folder = New-Job -Text $Text
            Remove-SmimeSyncProfile corp -Confirm:$false
            $null = New-SmimeSyncProfile corp -Source ActiveDirectory -Server localhost -Port $listener.LocalEndpoint.Port `
                -SearchBase 'DC=contoso,DC=test' -TrustAnchorPath "$directory/anchors" -Target Folder -OutputPath "$folder/out"
            $path = $env:PSModulePath
            $env:PSModulePath = (Split-Path -Path $env:SMIME_SYNC_MODULE) + [IO.Path]::PathSeparator + $path
            try {
                $process = Start-Process -FilePath 'env' -PassThru -ArgumentList @(
                    '--default-signal=INT', $env:SMIME_SYNC_PWSH, '-NoProfile', '-NonInteractive', '-File', "$folder/sync.ps1")
            } finally { $env:PSModulePath = $path }
            $null = $process.Handle
            $limit = [datetime]::UtcNow.AddSeconds(60)
            while (-not $listener.Pending()) {
                if ([datetime]::UtcNow -gt $limit) { throw 'The script does not connect.' }
                Start-Sleep -Milliseconds 50
            }
            # The wrapper that starts PowerShell has it as its child.
            $shell = @(& pgrep -P $process.Id) + $process.Id | Select-Object -First 1
            & kill -INT ([int] $shell)
            $process.WaitForExit(30000) | Should -BeTrue
            $process.ExitCode | Should -Be 4
            (Get-SmimeSyncRun corp -Newest 1).Result | Should -Be 'Canceled'
        } finally { $listener.Stop() }
    }
}
