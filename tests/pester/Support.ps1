# What the tests share; dot-sourced in BeforeAll. run.sh sets the environment.
$ErrorActionPreference = 'Stop'
Import-Module -Name $env:SMIME_SYNC_MODULE -Force

function New-TestHome {
    # A new, empty and private place for profiles and states, in force from now on.
    $folder = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath ([guid]::NewGuid().ToString('N'))
    $null = New-Item -ItemType Directory -Path $folder
    $env:SMIME_SYNC_HOME = Join-Path -Path $folder -ChildPath 'home'
    $folder
}

function Get-TreeHash {
    # One text for everything below a folder: names, sizes, contents and times.
    param([string] $Path)
    $lines = foreach ($file in Get-ChildItem -LiteralPath $Path -Recurse -Force | Sort-Object -Property FullName) {
        $hash = if (-not $file.PSIsContainer) { (Get-FileHash -LiteralPath $file.FullName).Hash }
        '{0} {1} {2:o}' -f $file.FullName, $hash, $file.LastWriteTimeUtc
    }
    $lines -join "`n"
}

# The library's test operation (feature fault-injection) as a cmdlet of the module: with all its streams and rules.
. (Get-Module -Name SmimeSync) {
    function script:Invoke-Fault {
        [CmdletBinding(SupportsShouldProcess = $true)]
        param([Parameter(ValueFromPipeline = $true)] [hashtable] $Request, [switch] $Continue)
        begin { Import-CallerPreference -Cmdlet $PSCmdlet }
        process {
            $Request['Operation'] = 'Fault'
            Invoke-SingleOperation -Cmdlet $PSCmdlet -Request $Request -Continue:$Continue
        }
    }
}
function Get-FaultCommand { (Get-Module -Name SmimeSync).Invoke({ Get-Command -Name Invoke-Fault }) }

function Invoke-Script {
    # Runs a script text in a PowerShell of its own, with the module imported; its output and errors as text.
    param([string] $Text, [string[]] $Argument = @('-NoProfile', '-NonInteractive'))
    $file = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath ('{0:N}.ps1' -f [guid]::NewGuid())
    Set-Content -LiteralPath $file -Value "Import-Module -Name '$env:SMIME_SYNC_MODULE'`n$Text"
    & $env:SMIME_SYNC_PWSH @Argument -File $file 2>&1 | ForEach-Object { "$_" }
}
