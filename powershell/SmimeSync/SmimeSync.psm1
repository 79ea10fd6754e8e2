# SmimeSync: keeps every user's S/MIME certificate right in Office 365. See Get-Help about_SmimeSync.
#
#   Public/   one cmdlet a file           Private/  what they share
#   Native/   the bridge to the library, compiled into SmimeSync.Native.dll
#
# Nothing native is loaded at import; the first cmdlet does that (Private/Open-Engine.ps1).
Set-StrictMode -Version 3.0

foreach ($file in [System.IO.Directory]::GetFiles([System.IO.Path]::Combine($PSScriptRoot, 'Private'), '*.ps1')) {
    . $file
}
$cmdlets = foreach ($file in [System.IO.Directory]::GetFiles([System.IO.Path]::Combine($PSScriptRoot, 'Public'), '*.ps1')) {
    . $file
    [System.IO.Path]::GetFileNameWithoutExtension($file)
}
Register-Completer -CommandName $cmdlets
