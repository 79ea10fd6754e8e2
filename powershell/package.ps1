# Packs a module's folder as PowerShell's galleries want it: a zip after the Open Packaging Conventions with a .nuspec
# (https://learn.microsoft.com/nuget/reference/nuspec). The same module is the same bytes.

function New-ModulePackage {
    # NAME.VERSION.nupkg in $Folder, from the module in the folder $Module; its path.
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType([string])]
    param([string] $Module, [string] $Folder)
    Add-Type -AssemblyName System.IO.Compression, System.IO.Compression.FileSystem
    $name = Split-Path -Path $Module -Leaf
    $manifest = Import-PowerShellDataFile -Path (Join-Path $Module "$name.psd1")
    $version = Get-PackageVersion -Manifest $manifest
    $path = Join-Path $Folder "$name.$version.nupkg"
    if (-not $PSCmdlet.ShouldProcess($path, 'Write the package')) { return }
    $text = [ordered] @{
        '[Content_Types].xml' = Get-ContentType -Module $Module
        '_rels/.rels'         = Get-Relationship -Name $name
        "$name.nuspec"        = Get-Nuspec -Manifest $manifest -Name $name -Version $version
    }
    $time = Get-PackageTime -Root $PSScriptRoot
    $new = "$path.new"
    if (Test-Path -LiteralPath $new) { Remove-Item -LiteralPath $new }
    $archive = [System.IO.Compression.ZipFile]::Open($new, [System.IO.Compression.ZipArchiveMode]::Create)
    try {
        foreach ($entry in $text.GetEnumerator()) {
            Add-ArchiveEntry -Archive $archive -Name $entry.Key -Byte ([System.Text.Encoding]::UTF8.GetBytes($entry.Value)) -Time $time
        }
        foreach ($file in Get-ModuleFile -Module $Module) {
            Add-ArchiveEntry -Archive $archive -Name $file -Byte ([System.IO.File]::ReadAllBytes((Join-Path $Module $file))) -Time $time
        }
    } finally { $archive.Dispose() }
    Move-Item -LiteralPath $new -Destination $path -Force
    $path
}

function Get-ModuleFile {
    # The files of a module as paths in it, in an order that no culture changes.
    param([string] $Module)
    $root = (Resolve-Path -LiteralPath $Module).ProviderPath
    $file = @(Get-ChildItem -LiteralPath $root -Recurse -File | ForEach-Object { $_.FullName.Substring($root.Length + 1).Replace('\', '/') })
    [Array]::Sort($file, [System.StringComparer]::Ordinal)
    $file
}

function Get-PackageVersion {
    param([hashtable] $Manifest)
    $data = $Manifest.PrivateData.PSData
    if ($data.ContainsKey('Prerelease') -and $data.Prerelease) { return "$($Manifest.ModuleVersion)-$($data.Prerelease)" }
    $Manifest.ModuleVersion
}

function Get-PackageTime {
    # When what is packed was made: SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), or the last
    # commit.
    param([string] $Root)
    $seconds = $env:SOURCE_DATE_EPOCH
    if (-not $seconds -and (Get-Command -Name git -CommandType Application -ErrorAction Ignore)) {
        $seconds = & git -C $Root log -1 --format=%ct
    }
    # A zip knows no time before 1980.
    if (-not $seconds) { $seconds = 315532800 }
    [DateTimeOffset]::new(1970, 1, 1, 0, 0, 0, [TimeSpan]::Zero).AddSeconds([long] $seconds)
}

function Get-Nuspec {
    # What a gallery has to know of a module, from its manifest.
    param([hashtable] $Manifest, [string] $Name, [string] $Version)
    $data = $Manifest.PrivateData.PSData
    # By these a gallery finds a module and its commands.
    $tag = @($data.Tags) + 'PSModule', 'PSIncludes_Function' + @($Manifest.FunctionsToExport | ForEach-Object { "PSFunction_$_"; "PSCommand_$_" })
    $element = [ordered] @{
        id                       = $Name
        version                  = $Version
        authors                  = $Manifest.Author
        owners                   = $Manifest.CompanyName
        requireLicenseAcceptance = 'false'
        license                  = 'MIT OR Apache-2.0'
        projectUrl               = $data['ProjectUri']
        description              = $Manifest.Description
        releaseNotes             = $data.ReleaseNotes
        copyright                = $Manifest.Copyright
        tags                     = $tag -join ' '
    }
    $line = foreach ($entry in $element.GetEnumerator()) {
        if (-not $entry.Value) { continue }
        $attribute = if ($entry.Key -eq 'license') { ' type="expression"' } else { '' }
        "    <$($entry.Key)$attribute>$([System.Security.SecurityElement]::Escape($entry.Value))</$($entry.Key)>"
    }
    (@('<?xml version="1.0" encoding="utf-8"?>'
            '<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">'
            '  <metadata>') + $line + '  </metadata>', '</package>', '') -join "`n"
}

function Get-ContentType {
    # What each extension in the package is, as the conventions ask (ECMA-376 part 2, 10.1.2.2).
    param([string] $Module)
    $extension = @(Get-ModuleFile -Module $Module | ForEach-Object { [System.IO.Path]::GetExtension($_).TrimStart('.') } | Where-Object { $_ }) + 'nuspec'
    $line = foreach ($one in $extension | Sort-Object -Unique) { "  <Default Extension=`"$one`" ContentType=`"application/octet`" />" }
    $other = foreach ($file in Get-ModuleFile -Module $Module | Where-Object { -not [System.IO.Path]::GetExtension($_) }) {
        "  <Override PartName=`"/$file`" ContentType=`"application/octet`" />"
    }
    (@('<?xml version="1.0" encoding="utf-8"?>'
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '  <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />') + $line + $other + '</Types>', '') -join "`n"
}

function Get-Relationship {
    param([string] $Name)
    @('<?xml version="1.0" encoding="utf-8"?>'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        "  <Relationship Type=`"http://schemas.microsoft.com/packaging/2010/07/manifest`" Target=`"/$Name.nuspec`" Id=`"R1`" />"
        '</Relationships>'
        '') -join "`n"
}

function Add-ArchiveEntry {
    param([System.IO.Compression.ZipArchive] $Archive, [string] $Name, [byte[]] $Byte, [DateTimeOffset] $Time)
    $entry = $Archive.CreateEntry($Name, [System.IO.Compression.CompressionLevel]::Optimal)
    $entry.LastWriteTime = $Time
    $stream = $entry.Open()
    try { $stream.Write($Byte, 0, $Byte.Length) } finally { $stream.Dispose() }
}
