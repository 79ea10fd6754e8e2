BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    # ESC [31m, BEL, a C1 control, a direction mark.
    $script:Odd = [string] [char] 27 + '[31m' + [char] 7 + [char] 0x9B + '2J' + [char] 0x202E
    $script:Shown = '\u{1b}[31m\u{7}\u{9b}2J\u{202e}'

    function New-Record {
        # One person of an LDIF file, whose value nobody can read.
        param([int] $Number, [string] $Display, [string] $Mail)
        $base64 = { [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($args[0])) }
        $guid = [Convert]::ToBase64String([byte[]] (@(0) * 15 + $Number))
        @("dn: CN=p$Number,DC=contoso,DC=test", 'objectClass: user', "objectGUID:: $guid",
            "displayName:: $(& $base64 $Display)", "mail:: $(& $base64 $Mail)", 'userCertificate:: MAA=', '') -join "`n"
    }

    $script:Folder = New-TestHome
    $names = "Eve$Odd", '=HYPERLINK("http://x")', '+49', '-1+1', '@SUM(1)', 'Ada'
    $records = foreach ($number in 1..6) { New-Record $number $names[$number - 1] "p$number@contoso.test" }
    $records += New-Record 7 'Bob' "bob$Odd@contoso.test"
    [System.IO.File]::WriteAllText("$Folder/directory.ldif", ($records -join "`n") + "`n")
    $null = New-SmimeSyncProfile -Name corp -Source Ldif -Path "$Folder/directory.ldif" -Target Folder `
        -OutputPath "$Folder/out" -AllowUntrusted
    $script:All = @(Get-SmimeCertificate corp)
}

Describe 'Text of a directory' {
    It 'keeps its characters in the objects, whatever they are' {
        $All[0].DisplayName.Length | Should -Be ("Eve$Odd".Length)
        $All[0].DisplayName -ceq "Eve$Odd" | Should -BeTrue
        @($All | Where-Object DisplayName -EQ '+49').Count | Should -Be 1
        ($All[0] | ConvertTo-Json -Depth 4 | ConvertFrom-Json).DisplayName | Should -BeExactly "Eve$Odd"
    }

    It 'is shown without control characters in tables, lists and messages' {
        $text = ($All | Format-Table Recipient, DisplayName | Out-String -Width 200) + ($All | Format-List | Out-String) +
            ($All | Out-String) + ($All.RecipientFindings.Message -join ' ')
        $text | Should -Match ([regex]::Escape("Eve$Shown"))
        $text | Should -Match ([regex]::Escape("bob$Shown@contoso.test"))
        [regex]::Matches($text, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u202E]').Count | Should -Be 0
    }

    It 'is no formula and has no control characters in a CSV file' {
        $All | Export-Csv -Path "$Folder/all.csv" -NoTypeInformation
        $names = (Import-Csv -Path "$Folder/all.csv").DisplayName
        $names | Should -Be @("Eve$Shown", '''=HYPERLINK("http://x")', '''+49', '''-1+1', '''@SUM(1)', 'Ada', 'Bob')
    }

    It 'reaches other cmdlets as it is' {
        $found = @($All[6] | Get-SmimeCertificate -ProfileName corp)
        $found.Count | Should -Be 1
        # An address has nothing without width in it.
        $found[0].Recipient -ceq "bob$($Odd -replace [char] 0x202E)@contoso.test" | Should -BeTrue
    }

    It 'is escaped in errors and warnings, each on one line' {
        $broken = (New-Record 8 'Carl' 'carl@contoso.test') -replace 'objectGUID', "userAccountControl: a`tb`nobjectGUID"
        $broken = $broken -replace 'dn: CN=p8', ('dn:: ' + [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes("CN=p8$Odd`nx")) + "`n#")
        [System.IO.File]::AppendAllText("$Folder/directory.ldif", $broken + "`n")
        $null = Get-SmimeCertificate corp -ErrorVariable failure -ErrorAction SilentlyContinue
        "$($failure[0])" | Should -BeLike "The object 'CN=p8\u{1b}*\u{202e}\u{a}x' was skipped: its userAccountControl 'a\u{9}b' is not a number*"
        $failure[0].TargetObject | Should -BeLike 'CN=p8\u{1b}*'
    }

    It 'is printable where the module asks and previews' {
        InModuleScope SmimeSync -Parameters @{ Odd = $Odd; Shown = $Shown } {
            param($Odd, $Shown)
            $change = [pscustomobject] @{ DisplayName = "=Eve$Odd"; Recipient = "eve$Odd@contoso.test" }
            Get-ChangeTarget -Change $change | Should -BeExactly "=Eve$Shown <eve$Shown@contoso.test>"
            $change.DisplayName = $null
            Get-ChangeTarget -Change $change | Should -BeExactly "eve$Shown@contoso.test"
        }
    }

    It 'shows the same characters as the library does' {
        foreach ($code in 0, 9, 10, 27, 0x7F, 0x9F, 0xAD, 0x61C, 0x180E, 0x34F, 0x115F, 0x3164, 0xFFA0, 0x200B, 0x200F, 0x2028, 0x202A, 0x202E, 0x2060, 0x206F,
            0xFEFF, 0xFFF9, 0xFFFB, 0xE0001, 0xE007F) {
            [SmimeSync.ShownText]::Of('a' + [char]::ConvertFromUtf32($code)) | Should -Be ('a\u{{{0:x}}}' -f $code)
        }
        foreach ($code in 0x20, 0xA0, 0xE9, 0x3000, 0x1F469, 0xE0080) {
            $text = 'a' + [char]::ConvertFromUtf32($code)
            [SmimeSync.ShownText]::Of($text) | Should -BeExactly $text
        }
    }
}
