# Every code block of README.md, docs/ and the help is parsed, its commands and parameters are looked up, and it is run as
# it is written, in a session of its own. A block that is not run has a reason in Documentation.ps1. The scripts that end
# with an exit code are run by Unattended.Tests.ps1.
BeforeDiscovery {
    . "$PSScriptRoot/Documentation.ps1"
    $blocks = @(Get-DocumentedBlock)
    $code = @($blocks | Where-Object { $_.Language -eq 'powershell' })
    $run = @($code | Where-Object { -not (Get-ReasonNotRun -Block $_) -and $_.Text -notmatch '(?m)^\s+exit \$code' })
}

BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/StandIn.ps1"
    . "$PSScriptRoot/Documentation.ps1"
    $exchange = Start-StandIn
    $root = New-TestHome
    $work = "$root/work"
    $env:SMIME_SYNC_HOME = "$work/home"
    $null = New-Item -ItemType Directory -Path $work

    # The files that the pages name.
    & $env:SMIME_SYNC_GENERATOR --people 30 --output $work --kinds mixed
    $application = New-Application -StandIn $exchange -Folder $work
    Copy-Item -LiteralPath "$work/application.pfx" -Destination "$work/smime-sync.pfx"
    foreach ($folder in 'C/Jobs', 'C/Pki/Issuing', 'D/Issued', 'Cert/CurrentUser/My', 'credentials') { $null = New-Item -ItemType Directory -Path "$work/$folder" }
    Copy-Item -Path "$work/anchors/*" -Destination "$work/C/Pki/Issuing"
    Copy-Item -LiteralPath "$work/application.pfx" -Destination "$work/D/Issued/alice.pfx"
    Copy-Item -LiteralPath $exchange.Authority -Destination "$work/partner-ca.pem"
    Set-Content -LiteralPath "$work/credentials/password" -Value $application.PasswordText
    foreach ($name in 'application', 'reader', 'proxy') {
        $secret = if ($name -ne 'application') { [pscredential]::new('reader@contoso.test', $application.Password) } else { $application.Password }
        Export-Clixml -InputObject $secret -LiteralPath "$work/C/Jobs/$name.xml"
    }
    $setting = @{ Source = 'Ldif'; Path = "$work/directory.ldif"; TrustAnchorPath = "$work/anchors" }
    $toFolder = $setting + @{ Target = 'Folder'; OutputPath = "$work/out" }
    $null = New-SmimeSyncProfile -Name corp @toFolder -RemovalLimit 1
    $null = New-SmimeSyncProfile -Name demo @setting -Target Folder -OutputPath "$work/demo"
    $online = $application.Setting.Clone()
    $online.CertificateFilePath = "$work/smime-sync.pfx"
    $null = New-SmimeSyncProfile -Name cloud @setting @online
    $null = New-SmimeSyncProfile -Name session @setting -Target ExchangeSession
    Set-Content -LiteralPath "$work/trial.csv" -Value 'EmailAddress,CertificatePath', 'alice@contoso.test,alice.cer'
    $null = New-SmimeSyncProfile -Name trial -Source Csv -Path "$work/trial.csv" -AllowUntrusted -MissingPeriod 0 @online
    $null = New-SmimeSyncProfile -Name curate -Source ActiveDirectory -Server dc1.contoso.invalid -SearchBase 'DC=contoso,DC=test' `
        -TrustAnchorPath "$work/anchors" -Target ActiveDirectory
    $chosen = @(Get-SmimeCertificate demo | Where-Object State -EQ 'Chosen')
    $der = [Convert]::ToBase64String(@($chosen | Where-Object Recipient -EQ 'alice@contoso.test')[0].GetRawCertData())
    foreach ($file in 'alice.cer', 'Cert/CurrentUser/My/alice.cer') { [IO.File]::WriteAllBytes("$work/$file", [Convert]::FromBase64String($der)) }
    Set-Content -LiteralPath "$work/partners.csv" -Value "EmailAddress,Certificate`npartner@fabrikam.test,$der"
    Set-Content -LiteralPath "$work/new.csv" -Value "Path,Identity`n$work/alice.cer,alice@contoso.test"
    Set-StandIn $exchange /recipients @($chosen.Recipient | Sort-Object -Unique | ForEach-Object { New-Person $_ })

    # Plan 7 of corp is held.
    foreach ($number in 1..6) { $null = Sync-SmimeCertificate corp -WarningAction SilentlyContinue }
    $whole = [IO.File]::ReadAllText("$work/directory.ldif")
    $gone = 0
    $records = foreach ($record in $whole -split '(?<=\n)\r?\n') {
        $mail = [regex]::Match($record, '(?m)^mail: (\S+)').Groups[1].Value
        if ($gone -lt 2 -and $mail -ne 'alice@contoso.test' -and @($chosen.Recipient) -contains $mail) {
            $gone++
            $record -replace '(?m)^user(SMIME)?Certificate[^\n]*\n( [^\n]*\n)*'
        } else { $record }
    }
    [IO.File]::WriteAllText("$work/directory.ldif", ($records -join "`n"))
    $held = Sync-SmimeCertificate corp -WarningAction SilentlyContinue
    if ("$($held.Result) $($held.Id)" -ne 'Held 7') { throw "Plan 7 is not held: $($held | Format-List | Out-String)" }
    [IO.File]::WriteAllText("$work/directory.ldif", $whole)
    Move-Item -LiteralPath $work -Destination "$root/pristine"

    function Invoke-Block {
        # Runs a block in a session of its own, in a fresh copy of the files; what it returned and its errors.
        param([hashtable] $Block, [bool] $NeedsDirectory)
        if (Test-Path -LiteralPath $work) { Remove-Item -LiteralPath $work -Recurse -Force }
        & cp -a "$root/pristine" $work
        # What the block creates is not there yet.
        foreach ($match in [regex]::Matches($Block.Text, "New-SmimeSyncProfile (?:-Name )?'?(\w+)|(?m)^\s+Name\s+= '(\w+)'")) {
            $name = "$($match.Groups[1])$($match.Groups[2])"
            if (@((Get-SmimeSyncProfile).Name) -contains $name) { Remove-SmimeSyncProfile $name -Confirm:$false }
        }
        if ($NeedsDirectory -and $Block.Text -notmatch 'New-SmimeSyncProfile') {
            Remove-SmimeSyncProfile corp -Confirm:$false
            $null = New-SmimeSyncProfile -Name corp -Source ActiveDirectory -Server dc1.contoso.invalid -SearchBase 'DC=contoso,DC=test' `
                -TrustAnchorPath "$work/anchors" -Target Folder -OutputPath "$work/out"
        }
        $env:SMIME_SYNC_STAND_IN_CONTROL = $exchange.Control
        $session = [powershell]::Create()
        try {
            $standIn = @{ Password = $application.PasswordText; Setting = $online; Session = $Block.File -match 'session' }
            $script = '$standIn = $args[0]; $work = $args[1]; Set-Location -LiteralPath $work; ' +
                "`$env:PSModulePath = '$(Split-Path -Path $env:SMIME_SYNC_MODULE)' + [IO.Path]::PathSeparator + `$env:PSModulePath; " +
                "Import-Module SmimeSync; . '$PSScriptRoot/DocumentationStandIn.ps1'`n"
            $null = $session.AddScript($script + $Block.Text).AddArgument($standIn).AddArgument($work)
            $output = try { @($session.Invoke()) } catch { $thrown = $_.Exception.GetBaseException(); @() }
            $failure = @($session.Streams.Error) + @(if (Get-Variable -Name thrown -Scope 0 -ErrorAction Ignore) { if ($thrown.ErrorRecord) { $thrown.ErrorRecord } else { $thrown } })
            @{ Output = $output; Failure = $failure }
        } finally { $session.Dispose() }
    }
}

AfterAll { Stop-StandIn $exchange }

Describe 'Code blocks' {
    It 'are run, or have a reason why not; and every reason is needed' {
        $all = @(Get-DocumentedBlock)
        $all.Count | Should -BeGreaterThan 60
        @($all | Where-Object { $_.Language -ne 'powershell' -and -not (Get-ReasonNotRun -Block $_) } | ForEach-Object { $_.Name }) | Should -BeNullOrEmpty
        foreach ($one in $script:NotRun | Where-Object { $_.ContainsKey('Language') }) {
            @($all | Where-Object { $_.Language -eq $one.Language }).Count | Should -BeGreaterThan 0 -Because $one.Language
        }
        foreach ($one in $script:NotRun | Where-Object { $_.ContainsKey('Match') }) {
            @($all | Where-Object { $_.Text -match $one.Match }).Count | Should -Be 1 -Because $one.Match
        }
        foreach ($command in Get-Command -Module SmimeSync) {
            @($all | Where-Object { $_.Text -match $command.Name }).Count | Should -BeGreaterThan 0 -Because $command.Name
        }
    }
}

Describe 'The rows that docs/unattended.md writes to a CSV file' {
    It 'hold nothing that a spreadsheet takes for a formula' {
        $block = @(Get-DocumentedBlock | Where-Object { $_.Text -match 'filter ConvertTo-Row' })
        $block.Count | Should -Be 1
        . ([scriptblock]::Create(($block[0].Text -split '(?m)^}\r?\n')[0] + '}'))
        $change = [pscustomobject] @{
            Recipient = '=cmd|calc'; DisplayName = '+1'; Change = 'Add'; Reasons = @('@SUM', 'b'); Anchor = "`t=1"; Error = '-x'; RunId = 7
            Time = [datetime]::new(2026, 11, 25, 10, 40, 59, [DateTimeKind]::Utc); Other = 'a=b'; None = $null
        }
        $row = $change | ConvertTo-Row
        ($row.Recipient, $row.DisplayName, $row.Change, $row.Reasons, $row.Anchor, $row.Error, $row.RunId, $row.Time, $row.Other, $row.None) |
            Should -Be @("'=cmd|calc", "'+1", 'Add', "'@SUM b", "'`t=1", "'-x", '7', '2026-11-25 10:40:59Z', 'a=b', '')
    }
}

Describe '<Name>' -ForEach $code {
    It 'parses, and has only commands and parameters of the module that exist' {
        $failure = $null
        $tree = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref] $null, [ref] $failure)
        $failure | Should -BeNullOrEmpty
        $calls = $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
        foreach ($call in $calls | Where-Object { "$($_.GetCommandName())" -match '-Smime' -and $_.GetCommandName() -notmatch '-SmimeConfig' }) {
            $called = Get-Command -Name $call.GetCommandName() -Module SmimeSync
            foreach ($element in $call.CommandElements) {
                if ($element -isnot [System.Management.Automation.Language.CommandParameterAst]) { continue }
                { $called.ResolveParameter($element.ParameterName) } | Should -Not -Throw
            }
        }
    }
}

Describe '<Name>' -ForEach $run {
    It 'runs as it is written' {
        $block = @{ Text = $Text; File = $File }
        $needsDirectory = Test-NeedsDirectory -Block $block
        $result = Invoke-Block -Block $block -NeedsDirectory $needsDirectory
        $ids = @($result.Failure | ForEach-Object { "$($_.FullyQualifiedErrorId)" -replace ',.*' } | Select-Object -Unique)
        if ($needsDirectory -and $Text -match '-Credential') {
            $ids | Should -Be @('DirectoryNameUnknown') -Because "$($result.Failure)"
        } else {
            $result.Failure | Should -BeNullOrEmpty
        }
    }
}
