# What build.ps1 makes, as an admin gets it: the package of a gallery, and its installation on a machine without cargo.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $folder = New-TestHome
    $build = Join-Path -Path $env:SMIME_SYNC_ROOT -ChildPath 'powershell/build.ps1'
    $library = Get-ChildItem -Path "$env:SMIME_SYNC_MODULE/runtimes/*/native/*" | Select-Object -First 1
    $runtime = $library.Directory.Parent.Name
    & $env:SMIME_SYNC_GENERATOR --people 100 --output "$folder/directory" --kinds mixed
    Add-Type -AssemblyName System.IO.Compression.FileSystem

    function Invoke-Build {
        # In a target folder of its own; what it returns.
        param([string] $Name, [string] $Library, [hashtable] $Option = @{})
        $before = $env:CARGO_TARGET_DIR
        $env:CARGO_TARGET_DIR = "$folder/$Name"
        try { & $build -Library $Library -RuntimeId $runtime -Package @Option } finally { $env:CARGO_TARGET_DIR = $before }
    }

    function Invoke-FirstSync {
        # The script of an admin in a PowerShell of its own, whose modules and repositories are in $Data.
        param([string] $Data, [string] $Repository)
        # .NET takes no folder that is not there.
        $null = New-Item -ItemType Directory -Path "$Data/.local/share" -Force
        $argument = @('-Directory', "$folder/directory", '-Output', "$Data/out")
        if ($Repository) { $argument += '-Repository', $Repository }
        $its = @{ HOME = $Data; XDG_CACHE_HOME = "$HOME/.cache"; XDG_DATA_HOME = $null; PATH = '/usr/bin:/bin'; SMIME_SYNC_HOME = "$Data/home"; PSModulePath = $null }
        $before = @{}
        foreach ($name in $its.Keys) { $before[$name] = [Environment]::GetEnvironmentVariable($name); [Environment]::SetEnvironmentVariable($name, $its[$name]) }
        try {
            $text = & $env:SMIME_SYNC_PWSH -NoProfile -NonInteractive -File "$env:SMIME_SYNC_ROOT/tests/package/first-sync.ps1" @argument 2>&1
        } finally { foreach ($name in $its.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) } }
        try { $text[-1] | ConvertFrom-Json } catch { throw "$text" }
    }
}

Describe 'The package' {
    BeforeAll {
        $module, $package = Invoke-Build -Name one -Library $library.FullName
        $zip = [IO.Compression.ZipFile]::OpenRead($package)
        $reader = [IO.StreamReader]::new($zip.GetEntry('SmimeSync.nuspec').Open())
        $nuspec = [xml] $reader.ReadToEnd()
        $reader.Dispose()
        $entry = @($zip.Entries | ForEach-Object { $_.FullName })
    }
    AfterAll { $zip.Dispose() }

    It 'has the version of the library, which is also the first one of the changelog' {
        $version = [regex]::Match((Get-Content -Raw -LiteralPath "$env:SMIME_SYNC_ROOT/Cargo.toml"), '(?m)^version = "(.+)"').Groups[1].Value
        $nuspec.package.metadata.version | Should -Be $version
        Split-Path -Leaf -Path $package | Should -Be "SmimeSync.$version.nupkg"
        [regex]::Match((Get-Content -Raw -LiteralPath "$env:SMIME_SYNC_ROOT/CHANGELOG.md"), '(?m)^## (\S+)').Groups[1].Value | Should -Be $version
    }

    It 'tells a gallery of every command' {
        $tag = $nuspec.package.metadata.tags -split ' '
        foreach ($command in Get-Command -Module SmimeSync) { "PSFunction_$($command.Name)" | Should -BeIn $tag }
        foreach ($one in 'PSModule', 'PSEdition_Desktop', 'PSEdition_Core') { $one | Should -BeIn $tag }
        $nuspec.package.metadata.license.InnerText | Should -Be 'MIT OR Apache-2.0'
    }

    It 'holds the module and nothing else' {
        $file = Get-ChildItem -LiteralPath $module -Recurse -File | ForEach-Object { $_.FullName.Substring($module.Length + 1).Replace('\', '/') }
        Compare-Object -ReferenceObject (@($file) + '[Content_Types].xml', '_rels/.rels', 'SmimeSync.nuspec') -DifferenceObject $entry | Should -BeNullOrEmpty
        $entry | Where-Object { $_ -match '\.cs$' } | Should -BeNullOrEmpty
    }

    It 'is the same bytes when it is built again' {
        $again = (Invoke-Build -Name two -Library $library.FullName)[1]
        (Get-FileHash -LiteralPath $again).Hash | Should -Be (Get-FileHash -LiteralPath $package).Hash
    }

    It 'is signed by a script that gets every file that can be signed' {
        Set-Content -LiteralPath "$folder/sign.ps1" -Value "`$args | Set-Content -LiteralPath '$folder/signed.txt'; `$args | Where-Object { `$_ -like '*.psd1' } | ForEach-Object { Add-Content -LiteralPath `$_ -Value '# signed' }"
        $signed, $package = Invoke-Build -Name signed -Library $library.FullName -Option @{ SigningScript = "$folder/sign.ps1" }
        $due = Get-ChildItem -LiteralPath $signed -Recurse -File -Include '*.dll', '*.ps1', '*.psm1', '*.psd1', '*.ps1xml'
        Compare-Object -ReferenceObject $due.FullName -DifferenceObject (Get-Content -LiteralPath "$folder/signed.txt") | Should -BeNullOrEmpty
        Get-Content -LiteralPath "$signed/SmimeSync.psd1" | Select-Object -Last 1 | Should -Be '# signed'
        (Get-Item -LiteralPath $package).Length | Should -BeGreaterThan 1000
    }
}

Describe 'A machine without cargo' {
    BeforeAll {
        $module, $package = Invoke-Build -Name install -Library $library.FullName
        $repository = "$folder/repository"
        $null = New-Item -ItemType Directory -Path $repository
        Copy-Item -LiteralPath $package -Destination $repository
    }

    It 'installs the package from a folder repository, and has its first sync' {
        $done = Invoke-FirstSync -Data "$folder/installed" -Repository $repository
        $done.Path | Should -BeLike "$folder/installed/*"
        "$($done.Result) $($done.Runs)" | Should -Be 'Success 1'
        $done.Exported | Should -BeGreaterThan 50
    }

    It 'takes a copy of the folder' {
        $copy = "$folder/copied/.local/share/powershell/Modules"
        $null = New-Item -ItemType Directory -Path $copy -Force
        Copy-Item -LiteralPath $module -Destination $copy -Recurse
        $done = Invoke-FirstSync -Data "$folder/copied"
        $done.Path | Should -Be "$copy/SmimeSync"
        $done.Result | Should -Be 'Success'
    }

    It 'is updated, and keeps its profiles and their state' {
        # The same one under the number of an earlier version.
        $earlier = "$folder/earlier/SmimeSync"
        $null = New-Item -ItemType Directory -Path (Split-Path -Path $earlier), "$folder/updates"
        Copy-Item -LiteralPath $module -Destination $earlier -Recurse
        $manifest = Get-Content -Raw -LiteralPath "$earlier/SmimeSync.psd1"
        Set-Content -LiteralPath "$earlier/SmimeSync.psd1" -Value ($manifest -replace "(ModuleVersion\s+= )'[^']+'", "`$1'0.0.9'")
        . "$env:SMIME_SYNC_ROOT/powershell/package.ps1"
        $null = New-ModulePackage -Module $earlier -Folder "$folder/updates"
        $before = Invoke-FirstSync -Data "$folder/updated" -Repository "$folder/updates"
        "$($before.Version) $($before.Result) $($before.Runs)" | Should -Be '0.0.9 Success 1'

        Copy-Item -LiteralPath $package -Destination "$folder/updates"
        $after = Invoke-FirstSync -Data "$folder/updated" -Repository "$folder/updates"
        $after.Version | Should -Not -Be '0.0.9'
        "$($after.Result) $($after.Exported) $($after.Runs)" | Should -Be 'Success 0 2'
    }
}
