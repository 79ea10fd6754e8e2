<#
.SYNOPSIS
What an admin does on a new machine, as one script: installs the module from a folder repository, and syncs from an LDIF file.

.PARAMETER Repository
A folder with SmimeSync.VERSION.nupkg. Without it, the module is there already.

.PARAMETER Directory
A folder with directory.ldif and anchors.

.PARAMETER Output
Where certificates are published.
#>
[CmdletBinding()]
param(
    [string] $Repository,
    [Parameter(Mandatory = $true)] [string] $Directory,
    [Parameter(Mandatory = $true)] [string] $Output
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$watch = [Diagnostics.Stopwatch]::StartNew()
if ($Repository) {
    if (-not (Get-PSResourceRepository -Name folder -ErrorAction Ignore)) { Register-PSResourceRepository -Name folder -Uri $Repository -Trusted }
    if (Get-InstalledPSResource -Name SmimeSync -ErrorAction Ignore) { Update-PSResource -Name SmimeSync -Repository folder }
    else { Install-PSResource -Name SmimeSync -Repository folder -Scope CurrentUser }
}
Import-Module -Name SmimeSync
if (-not (Get-SmimeSyncProfile | Where-Object Name -EQ corp)) {
    $null = New-SmimeSyncProfile -Name corp -Source Ldif -Path "$Directory/directory.ldif" -TrustAnchorPath "$Directory/anchors" -Target Folder -OutputPath $Output
}
$preview = Sync-SmimeCertificate -ProfileName corp -WhatIf 6> $null
$run = Sync-SmimeCertificate -ProfileName corp
[pscustomobject] @{
    Version  = "$((Get-Module -Name SmimeSync).Version)"
    Path     = (Get-Module -Name SmimeSync).ModuleBase
    Preview  = "$preview"
    Result   = "$($run.Result)"
    Exported = $run.Exported
    Runs     = @(Get-SmimeSyncRun -ProfileName corp).Count
    Seconds  = [Math]::Round($watch.Elapsed.TotalSeconds, 1)
} | ConvertTo-Json -Compress
