<#
.SYNOPSIS
Builds the module SmimeSync: the folder target/module/SmimeSync, and with -Package a package for a gallery.

.DESCRIPTION
Runs in Windows PowerShell 5.1 and PowerShell 7, on Windows and Linux. Without -Library, cargo builds the library for this
machine. With it, a library that was built elsewhere is put in for its runtime identifier; several calls make a module for
several kinds of machines. Returns the folder and the package.

.PARAMETER Release
The library with optimisations; without it, with checks for the tests.

.PARAMETER Features
Features of the library for tests, with commas between them.

.PARAMETER Example
Examples that are built along with the library, with commas between them: on their own they would want the dependencies
built once more.

.PARAMETER Library
A library that was built elsewhere.

.PARAMETER RuntimeId
What it was built for: win-x64, win-arm64, linux-x64, linux-arm64, osx-x64, osx-arm64.

.PARAMETER Clean
Takes away what earlier calls made.

.PARAMETER Package
Makes target/module/SmimeSync.VERSION.nupkg, too: for Publish-PSResource, a folder repository, or a gallery.

.PARAMETER SigningScript
A script that signs: it is called with the paths of all files of the module that can carry an Authenticode signature, before
they are packed. The key stays with it, such as in a hardware module or a signing service.

.EXAMPLE
PS> ./powershell/build.ps1 -Release -Package
#>
[CmdletBinding()]
param(
    [switch] $Release,
    [string] $Features,
    [string] $Example,
    [string] $Library,
    [Alias('Rid')]
    [ValidateSet('win-x64', 'win-arm64', 'linux-x64', 'linux-arm64', 'osx-x64', 'osx-arm64')]
    [string] $RuntimeId,
    [switch] $Clean,
    [switch] $Package,
    [string] $SigningScript
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot/package.ps1"

$root = Split-Path -Path $PSScriptRoot
$target = if ($env:CARGO_TARGET_DIR) { $env:CARGO_TARGET_DIR } else { Join-Path $root 'target' }
$source = Join-Path $PSScriptRoot 'SmimeSync'
$module = Join-Path $target 'module/SmimeSync'

function Get-RuntimeId {
    $system = if ([Environment]::OSVersion.Platform -eq 'Win32NT') { 'win' } elseif (Test-Path '/System/Library/CoreServices') { 'osx' } else { 'linux' }
    # As the process is: under emulation, rustc and PowerShell are of one kind.
    $processor = if ($env:PROCESSOR_ARCHITECTURE) { $env:PROCESSOR_ARCHITECTURE } else { & uname -m }
    switch -Regex ($processor) {
        '^(AMD64|x86_64)$' { return "$system-x64" }
        '^(ARM64|aarch64)$' { return "$system-arm64" }
        default { throw "No package is made for the processor '$processor'." }
    }
}

function Invoke-Program {
    param([string] $Name, [string[]] $Argument)
    & $Name @Argument
    if ($LASTEXITCODE -ne 0) { throw "$Name ended with exit code $LASTEXITCODE." }
}

function Build-Library {
    # The library for this machine.
    param([string] $For)
    $argument = @('build', '--manifest-path', (Join-Path $root 'Cargo.toml'), '--lib')
    if ($Release) { $argument += '--release' }
    foreach ($one in $Example -split ',' | Where-Object { $_ }) { $argument += '--example', $one }
    if ($Features) { $argument += '--features', $Features }
    Invoke-Program -Name cargo -Argument $argument | Out-Host
    $file = switch -Wildcard ($For) { 'win-*' { 'smime_sync.dll' } 'osx-*' { 'libsmime_sync.dylib' } default { 'libsmime_sync.so' } }
    $folder = if ($Release) { 'release' } else { 'debug' }
    Join-Path $target "$folder/$file"
}

function Build-Assembly {
    # The C# part: against mscorlib 4.0 alone, so that one assembly loads in .NET Framework and in .NET.
    param([string] $Path)
    $compiler = if ($env:windir) { "$env:windir\Microsoft.NET\Framework64\v4.0.30319\csc.exe" } else { 'mcs' }
    if (-not (Get-Command -Name $compiler -CommandType Application -ErrorAction Ignore)) {
        throw "There is no C# compiler ($compiler). On Debian: apt-get install mono-mcs"
    }
    $files = Get-ChildItem -LiteralPath (Join-Path $source 'Native') -Filter '*.cs' | Sort-Object -Property Name | ForEach-Object { $_.FullName }
    $argument = @('-nologo', '-langversion:5', '-warnaserror', '-optimize', '-target:library', "-out:$Path") + $files
    if ($compiler -eq 'mcs') { $argument = $argument -ne '-nologo' }
    Invoke-Program -Name $compiler -Argument $argument | Out-Host
}

function Copy-ModuleFile {
    # The scripts and texts. What is no longer in the source does not stay.
    Get-ChildItem -LiteralPath $module -Force | Where-Object { $_.Name -ne 'runtimes' } | Remove-Item -Recurse -Force
    Get-ChildItem -LiteralPath $source -Force | Where-Object { $_.Name -ne 'Native' } | Copy-Item -Destination $module -Recurse
    Copy-Item -LiteralPath (Join-Path $root 'LICENSE') -Destination $module
    Build-Assembly -Path (Join-Path $module 'SmimeSync.Native.dll')
}

function Set-ModuleLibrary {
    # By a rename: a process that has loaded the old one keeps it.
    param([string] $Path, [string] $For)
    $folder = Join-Path $module "runtimes/$For/native"
    $null = New-Item -ItemType Directory -Path $folder -Force
    $new = Join-Path $folder '.new'
    Copy-Item -LiteralPath $Path -Destination $new -Force
    $file = Join-Path $folder (Split-Path -Path $Path -Leaf)
    # Windows lets a library that is loaded be renamed, and not be replaced.
    if ($env:windir -and (Test-Path -LiteralPath $file)) {
        Get-ChildItem -LiteralPath $folder -Filter '.old-*' -Force | Remove-Item -Force -ErrorAction SilentlyContinue
        Move-Item -LiteralPath $file -Destination (Join-Path $folder ".old-$([guid]::NewGuid())")
    }
    Move-Item -LiteralPath $new -Destination $file -Force
}

if ($Library -and -not $RuntimeId) { throw '-Library needs -RuntimeId.' }
if (-not $RuntimeId) { $RuntimeId = Get-RuntimeId }
if (-not $Library) { $Library = Build-Library -For $RuntimeId }
if ($Clean -and (Test-Path -LiteralPath $module)) { Remove-Item -LiteralPath $module -Recurse -Force }
$null = New-Item -ItemType Directory -Path $module -Force
Copy-ModuleFile
Set-ModuleLibrary -Path $Library -For $RuntimeId
if ($SigningScript) {
    & $SigningScript @(Get-ChildItem -LiteralPath $module -Recurse -File | Where-Object { $_.Extension -in '.dll', '.ps1', '.psm1', '.psd1', '.ps1xml' } | ForEach-Object { $_.FullName })
}
$module
if ($Package) { New-ModulePackage -Module $module -Folder (Split-Path -Path $module) }
