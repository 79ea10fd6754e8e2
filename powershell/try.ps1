# The session that try.sh shows: each command as a newcomer would type it, then what it prints.
param(
    [Parameter(Mandatory)] [string] $ModulePath,
    [Parameter(Mandatory)] [string] $Folder,
    [int] $People = 1000
)
$ErrorActionPreference = 'Stop'
Set-Location -LiteralPath $Folder

# Runs one line in this session and prints it like a terminal does: at most $First lines of what it shows.
function Show {
    param([string] $Comment, [string] $Command, [int] $First = 40)
    Write-Output '' "# $Comment" "PS> $Command"
    # Everything that the command says, also what PowerShell writes for -WhatIf, comes from a session of its own.
    $line = "Set-Location -LiteralPath '$Folder'; Import-Module '$ModulePath'; `$ProgressPreference = 'SilentlyContinue'; " +
        "& { $Command } | Out-String -Stream -Width 110"
    $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($line))
    $said = @(& (Get-Process -Id $PID).Path -NoProfile -NonInteractive -EncodedCommand $encoded 2>&1 | ForEach-Object { "$_" })
    if ($LASTEXITCODE -ne 0) { $script:Failed = $true }
    while ($said.Count -gt 0 -and -not $said[-1].Trim()) { $said = @($said | Select-Object -SkipLast 1) }
    $said | Select-Object -First $First
    if ($said.Count -gt $First) { "    ... and $($said.Count - $First) more lines" }
}

function New-Directory {
    param([int] $Revision)
    & $env:SMIME_SYNC_GENERATOR --people $People --revision $Revision --output directory
    if ($LASTEXITCODE -ne 0) { throw 'The directory could not be generated.' }
}

$script:Failed = $false
$began = Get-Date
New-Directory -Revision 1
Write-Output "A directory of $People people is in directory/directory.ldif; the CAs they trust are in directory/anchors."

Show 'A profile says what is read, what is trusted and where it is published.' @'
New-SmimeSyncProfile -Name demo -Source Ldif -Path directory/directory.ldif -TrustAnchorPath directory/anchors -Target Folder -OutputPath published
'@
Show 'A preview: the very plan, and nothing is written anywhere.' 'Sync-SmimeCertificate demo -WhatIf' 6
Show 'The run.' 'Sync-SmimeCertificate demo'
Show 'Whose certificates were published, and why?' 'Get-SmimeSyncChange demo -Identity alice@*,bob@*,dave@* | Format-List Recipient, Change, State, Reasons'
Show 'Bob has two certificates. Why is one of them not published?' 'Get-SmimeCertificate demo -Identity bob@contoso.test | Format-List Subject, NotAfter, State, Findings'
Show 'Who has no usable certificate, and what is the matter?' 'Get-SmimeCertificate demo | Where-Object State -eq Unusable | Group-Object { $_.Findings[0].Rule } -NoElement | Sort-Object Count -Descending'
New-Directory -Revision 2
Show 'Ten people have changed in the directory; the next run does just that.' 'Sync-SmimeCertificate demo'
Show 'What was done, and why?' 'Get-SmimeSyncChange demo -RunId 2'
Show 'And then there is nothing to do.' 'Sync-SmimeCertificate demo'
Show 'The history.' 'Get-SmimeSyncRun demo'
Write-Output '' ('What was published is in {0}. That took {1:n0} seconds.' -f (Join-Path $Folder 'published'), ((Get-Date) - $began).TotalSeconds)
exit [int] $script:Failed
