# Measures the module: import (median of 10 new processes) and objects a second through the pipeline.
param([string] $ModulePath, [string] $Folder)
$ErrorActionPreference = 'Stop'
$pwsh = (Get-Process -Id $PID).Path
$import = 1..10 | ForEach-Object {
    [double] (& $pwsh -NoProfile -Command "(Measure-Command { Import-Module '$ModulePath' }).TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)")
} | Sort-Object
'{0,-44} {1,7:n0} ms' -f 'Module import, median of 10', (($import[4] + $import[5]) / 2)

Import-Module $ModulePath
$null = New-SmimeSyncProfile -Name bench -Source Ldif -Path (Join-Path $Folder directory.ldif) -TrustAnchorPath (Join-Path $Folder anchors) `
    -Target Folder -OutputPath (Join-Path $Folder out)
$time = Measure-Command { $script:count = (Get-SmimeCertificate bench | Measure-Object).Count }
'{0,-44} {1,7:n0} objects/s ({2} objects in {3:n2} s)' -f 'Get-SmimeCertificate | Measure-Object', ($count / $time.TotalSeconds), $count, $time.TotalSeconds
$first = Measure-Command { Get-SmimeCertificate bench | Select-Object -First 1 }
'{0,-44} {1,7:n0} ms' -f 'The first of them', $first.TotalMilliseconds
