# What the pages and the help show, block by block; dot-sourced by the tests that run it.

function Get-DocumentedBlock {
    # Name, Language, Text and File of each code block of README.md, docs/ and the help, as it is written.
    $root = $env:SMIME_SYNC_ROOT
    $pages = @(Get-Item -LiteralPath "$root/README.md") + @(Get-ChildItem -LiteralPath "$root/docs" -Recurse -Filter '*.md')
    foreach ($page in $pages) {
        $file = $page.FullName.Substring($root.Length + 1)
        $number = 0
        foreach ($fence in [regex]::Matches((Get-Content -Raw -LiteralPath $page.FullName), '(?ms)^```(\w*)\r?\n(.*?)^```\s*$')) {
            $number++
            @{ Name = "$file, block $number"; File = $file; Language = $fence.Groups[1].Value; Text = $fence.Groups[2].Value }
        }
    }
    foreach ($script in Get-ChildItem -LiteralPath "$root/powershell/SmimeSync/Public" -Filter '*.ps1') {
        $number = 0
        $help = [regex]::Match((Get-Content -Raw -LiteralPath $script.FullName), '(?s)<#(.*?)#>').Groups[1].Value
        foreach ($example in ($help -split '(?m)^\s*\.EXAMPLE\s*$' | Select-Object -Skip 1)) {
            $number++
            $lines = ($example -split '(?m)^\s*\.[A-Z]+\s*$')[0] -split '\r?\n' | Where-Object { $_ -match '^\s*(PS>|>>)' }
            $text = ($lines -replace '^\s*(PS>|>>) ?', '') -join "`n"
            @{ Name = "$($script.BaseName), example $number"; File = $script.Name; Language = 'powershell'; Text = $text }
        }
    }
    # In the topic a block is indented by eight, behind an empty line.
    $about = Get-Content -Raw -LiteralPath "$root/powershell/SmimeSync/en-US/about_SmimeSync.help.txt"
    $number = 0
    foreach ($block in [regex]::Matches($about, '(?m)(?<=\n\r?\n)(?: {8}[^\r\n]*\r?\n)+')) {
        $number++
        $text = $block.Value -replace '(?m)^ {8}', ''
        @{ Name = "about_SmimeSync, block $number"; File = 'about_SmimeSync'; Language = 'powershell'; Text = $text }
    }
}

# Blocks that are not run, each with the reason.
$script:NotRun = @(
    @{ Language = 'sh'; Reason = 'starts the tests and the demonstration themselves' }
    @{ Language = 'ini'; Reason = 'is a unit of systemd' }
    @{ Language = 'json'; Reason = 'is data' }
    @{ Language = ''; Reason = 'is a picture' }
    @{ Match = 'New-MgApplication'; Reason = 'has commands of Microsoft Graph alone, and needs a tenant' }
    @{ Match = 'New-ManagementRole'; Reason = 'has commands of Exchange Online for roles alone, and needs a tenant' }
    @{ Match = '^dsacls'; Reason = 'is a program of Windows Server that needs a domain' }
)

function Get-ReasonNotRun {
    param([hashtable] $Block)
    foreach ($one in $script:NotRun) {
        if ($one.ContainsKey('Language') -and $one.Language -eq $Block.Language) { return $one.Reason }
        if ($one.ContainsKey('Match') -and $Block.Text -match $one.Match) { return $one.Reason }
    }
}

function Test-NeedsDirectory {
    # Whether a block writes to Active Directory, or has a setting or a filter that only a directory knows: it gets as far as
    # the server's name, and its own tests run the same against a domain controller.
    [OutputType([bool])]
    param([hashtable] $Block)
    $Block.Text -match '(?i)(un)?publish-SmimeCertificate' -or $Block.Text -match '\bcurate\b|(?i)-(ExcludedSearchBase|MemberOf|Filter) '
}
