# Runs the tests with Pester 5: the installed one from 5.5 on, or the Gallery's, kept under target/.
param([Parameter(ValueFromRemainingArguments = $true)] [string[]] $Name = @('*'))
$ErrorActionPreference = 'Stop'
$pester = Get-Module -ListAvailable -Name Pester | Where-Object { $_.Version -ge '5.5' -and $_.Version -lt '6.0' } |
    Sort-Object -Property Version -Descending | Select-Object -First 1
if (-not $pester) {
    $folder = Join-Path -Path (Split-Path -Path $env:SMIME_SYNC_TEST_FOLDER) -ChildPath 'pester-module'
    if (-not (Test-Path -LiteralPath $folder)) {
        $null = New-Item -ItemType Directory -Path $folder
        try { Save-Module -Name Pester -RequiredVersion 5.7.1 -Path $folder -Repository PSGallery }
        catch {
            Remove-Item -LiteralPath $folder -Recurse
            [Console]::Error.WriteLine("No Pester 5 here ($_); install it with: Install-Module Pester -Scope CurrentUser")
            exit 69
        }
    }
    $pester = Get-ChildItem -LiteralPath $folder -Recurse -Filter 'Pester.psd1' | Select-Object -First 1
}
Import-Module -Name $(if ($pester -is [IO.FileInfo]) { $pester.FullName } else { $pester.Path })
$configuration = New-PesterConfiguration
$configuration.Run.Path = @(foreach ($one in $Name) { Join-Path -Path $PSScriptRoot -ChildPath "$one.Tests.ps1" })
if (-not $env:SMIME_SYNC_LAB) {
    # tests/run.sh counts the lab as skipped then, or as a failure where everything is required.
    'The tests against Active Directory are skipped: SMIME_SYNC_LAB names no lab (tests/lab/samba.sh).'
    $configuration.Run.ExcludePath = @(foreach ($one in 'ActiveDirectory', 'Curation') {
            Join-Path -Path $PSScriptRoot -ChildPath "$one.Tests.ps1"
        })
}
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.RenderMode = 'Plaintext'
$result = Invoke-Pester -Configuration $configuration
# A file that could not be run at all counts as a failure, too; and so does a test that is left out where everything
# is required.
$failed = $result.FailedCount + $result.FailedContainersCount + $result.FailedBlocksCount
$skipped = $result.SkippedCount + $result.NotRunCount
if ($env:SMIME_SYNC_REQUIRE -eq 'all') { $failed += $skipped }
$line = "$($result.PassedCount) passed, $failed failed"
if ($skipped) { $line += ", $skipped skipped" }
$line
exit [int] ($failed -gt 0 -or $result.PassedCount -eq 0)
