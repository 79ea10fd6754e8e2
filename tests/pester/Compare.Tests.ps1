# Compare-SmimeCertificate, and whom Get-SmimeCertificate finds by wildcards.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $root = New-TestHome
    & $env:SMIME_SYNC_GENERATOR --people 60 --output $root --kinds mixed
    $setting = @{ Source = 'Ldif'; Path = "$root/directory.ldif"; TrustAnchorPath = "$root/anchors" }
    $null = New-SmimeSyncProfile -Name corp @setting -Target Folder -OutputPath "$root/out"
    $all = @(Get-SmimeCertificate corp -WarningAction SilentlyContinue)
}

Describe 'Compare-SmimeCertificate' {
    It 'returns a typed row for each difference, and none after a run' {
        $rows = @(Compare-SmimeCertificate corp)
        $rows[0].PSObject.TypeNames[0] | Should -Be 'SmimeSync.Difference'
        @($rows.SideIndicator | Select-Object -Unique) | Should -Be @('<=')
        $rows[0].NotAfter.Kind | Should -Be 'Utc'
        $lines = ($rows | Out-String -Width 100) -split "`r?`n"
        ($lines | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual 100
        Test-Path -LiteralPath "$root/out" | Should -BeFalse
        $written = Sync-SmimeCertificate corp -PassThru -WarningAction SilentlyContinue |
            Where-Object { $_.PSObject.TypeNames[0] -eq 'SmimeSync.Change' }
        $rows.Count | Should -Be @($written | ForEach-Object { $_.After }).Count
        Compare-SmimeCertificate corp | Should -BeNullOrEmpty
    }

    It 'writes the other side as Compare-Object does, into CSV files, too' {
        & $env:SMIME_SYNC_GENERATOR --people 10 --output "$root/fewer" --kinds mixed
        $null = New-SmimeSyncProfile fewer -Source Ldif -Path "$root/fewer/directory.ldif" -AllowUntrusted -Target Folder -OutputPath "$root/out"
        $rows = @(Compare-SmimeCertificate fewer | Where-Object SideIndicator -EQ '=>')
        $rows.Count | Should -BeGreaterThan 5
        @(($rows | ConvertTo-Csv -NoTypeInformation | ConvertFrom-Csv).SideIndicator | Select-Object -Unique) | Should -Be '=>'
        Remove-SmimeSyncProfile fewer -Confirm:$false
    }

    It 'takes profiles and recipients through the pipeline' {
        Remove-Item -LiteralPath "$root/out" -Recurse
        $one = @($all | Where-Object State -EQ 'Chosen')[0]
        @(($one | Compare-SmimeCertificate corp).Recipient | Select-Object -Unique) | Should -Be @($one.Recipient)
        @(Get-SmimeSyncProfile | Compare-SmimeCertificate).Count | Should -BeGreaterThan 10
        @() | Compare-SmimeCertificate corp | Should -BeNullOrEmpty
    }
}

Describe 'Get-SmimeCertificate' {
    It 'takes wildcards as -like does: <_>' -ForEach 'a*', '*@contoso.test', '[a-c]*', 'ALICE*', 'nobody*' {
        $expected = @($all | Where-Object Recipient -Like $_).Recipient | Sort-Object -Unique
        @(Get-SmimeCertificate corp -Identity $_ -WarningAction SilentlyContinue).Recipient | Sort-Object -Unique |
            Should -Be $expected
    }

    It 'takes an LDAP filter only where the source is a directory' {
        { Get-SmimeCertificate corp -Filter '(cn=a*)' -ErrorAction Stop } | Should -Throw -ErrorId 'FilterUnsupported,*'
    }
}
