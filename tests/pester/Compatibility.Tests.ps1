BeforeDiscovery {
    $folder = Join-Path -Path $env:SMIME_SYNC_ROOT -ChildPath 'powershell/SmimeSync'
    $scripts = @(Get-ChildItem -Path $folder -Recurse -Include '*.ps1', '*.psm1', '*.psd1' |
            ForEach-Object { @{ Name = $_.FullName.Substring($folder.Length + 1); Path = $_.FullName } })
    $texts = @(Get-ChildItem -Path $folder -Recurse -File |
            ForEach-Object { @{ Name = $_.FullName.Substring($folder.Length + 1); Path = $_.FullName } })
}

BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/Compatibility.ps1"
    $folder = Join-Path -Path $env:SMIME_SYNC_ROOT -ChildPath 'powershell/SmimeSync'
    $own = foreach ($file in Get-ChildItem -Path $folder -Recurse -Filter '*.ps1') {
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref] $null, [ref] $null)
        $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true) |
            ForEach-Object { $_.Name }
    }
    function Find-InText {
        param([string] $Text)
        $tokens = $null
        $tree = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref] $tokens, [ref] $null)
        @(Find-Incompatibility -Ast $tree -Own @('Get-Own')) + @(Find-TokenIncompatibility -Token $tokens)
    }
}

Describe 'The script <Name>' -ForEach $scripts {
    It 'is understood by Windows PowerShell 5.1 on .NET Framework 4.6' {
        $tokens = $null
        $errors = $null
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref] $tokens, [ref] $errors)
        $errors | Should -BeNullOrEmpty
        @(Find-Incompatibility -Ast $tree -Own $own) + @(Find-TokenIncompatibility -Token $tokens) | Should -BeNullOrEmpty
    }
}

Describe 'The scripts in <_>' -ForEach 'SmimeSync.format.ps1xml' {
    It 'are understood by Windows PowerShell 5.1 on .NET Framework 4.6' {
        $scripts = Select-Xml -LiteralPath "$folder/$_" -XPath '//Script | //GetScriptBlock | //ScriptBlock'
        @($scripts).Count | Should -BeGreaterThan 0
        foreach ($script in $scripts) { Find-InText -Text $script.Node.InnerText | Should -BeNullOrEmpty }
    }
}

Describe 'The file <Name>' -ForEach $texts {
    It 'is ASCII, which 5.1 reads without a byte order mark' {
        $bytes = [IO.File]::ReadAllBytes($Path)
        @($bytes | Where-Object { $_ -gt 127 }).Count | Should -Be 0
    }
}

Describe 'The check itself' {
    It 'finds <_>' -ForEach @(
        '$a ? 1 : 2', '$a ?? 1', '$a ??= 1', '${a}?.Length', '${a}?.ToString()', '${a}?[0]', 'Get-Own && Get-Own'
        'Get-Own || Get-Own', 'class A { }', 'enum A { B }', 'function f { process { } clean { } }', 'Get-Own &'
        'using module A', '1u', '5n', '0b11', '"`e[0m"', '"`u{41}"', '[Convert]::ToHexString($a)', '$a.Split("x")'
        '[string]::Join(",", $a)', '$a.EndsWith("x", $true, $null)', '$a | ForEach-Object -Parallel { 1 }', 'Join-String'
        'ConvertFrom-Json -AsHashtable', 'Get-Content -AsByteStream', 'param([ValidateNotNullOrWhiteSpace()] $a)'
        '$a.$name()'
    ) {
        Find-InText -Text $_ | Should -Not -BeNullOrEmpty
    }

    It 'passes <_>' -ForEach @(
        'if ($a) { 1 } else { 2 }', 'Get-Own -Anything', '$a.ToString()', '[string]::Format("{0:x}", 1)', '5', '1.5', '0x1F'
        'Where-Object Name -eq 1', '"a`nb"', 'try { Get-Own } finally { $a.Dispose() }', '[long] 5', '5mb'
    ) {
        Find-InText -Text $_ | Should -BeNullOrEmpty
    }
}

Describe 'The assembly' {
    It 'refers to mscorlib and System 4.0 alone, which .NET Framework and .NET both have' {
        $stream = [IO.File]::OpenRead("$env:SMIME_SYNC_MODULE/SmimeSync.Native.dll")
        try {
            $file = [System.Reflection.PortableExecutable.PEReader]::new($stream)
            $reader = [System.Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($file)
            $references = foreach ($handle in $reader.AssemblyReferences) {
                $reference = $reader.GetAssemblyReference($handle)
                '{0} {1}' -f $reader.GetString($reference.Name), $reference.Version
            }
        } finally { $stream.Dispose() }
        @($references | Sort-Object) | Should -Be @('mscorlib 4.0.0.0', 'System 4.0.0.0')
    }
}
