BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $minimum = @{ Source = 'Ldif'; Path = '/srv/d.ldif'; Target = 'Folder'; OutputPath = '/srv/out'; AllowUntrusted = $true }
    function Set-CallerScript {
        # A script with its own common parameters that calls the module.
        param([string] $Body)
        $script = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath ('{0:N}.ps1' -f [guid]::NewGuid())
        Set-Content -LiteralPath $script -Value "[CmdletBinding(SupportsShouldProcess)] param()`n$Body"
        $script
    }
}

Describe 'The preferences of the caller' {
    BeforeEach {
        $null = New-TestHome
        $null = New-SmimeSyncProfile -Name one @minimum
        $before = Get-TreeHash -Path $env:SMIME_SYNC_HOME
    }

    It '-WhatIf of a script called by & keeps <Name> from writing' -ForEach @(
        @{ Name = 'Set-SmimeSyncProfile'; Body = 'Set-SmimeSyncProfile -Name one -Policy Strict' }
        @{ Name = 'New-SmimeSyncProfile'; Body = 'New-SmimeSyncProfile -Name two -Source Ldif -Path x -Target Folder -OutputPath y' }
        @{ Name = 'Remove-SmimeSyncProfile'; Body = 'Remove-SmimeSyncProfile -Name one' }
    ) {
        $script = Set-CallerScript -Body $Body
        $output = & $script -WhatIf
        $output | Should -BeNullOrEmpty
        Get-TreeHash -Path $env:SMIME_SYNC_HOME | Should -Be $before
        & $script -Confirm:$false
        Get-TreeHash -Path $env:SMIME_SYNC_HOME | Should -Not -Be $before
    }

    It '-WhatIf of a function keeps it from writing' {
        function Set-It { [CmdletBinding(SupportsShouldProcess)] param() Set-SmimeSyncProfile -Name one -Policy Strict }
        Set-It -WhatIf
        Get-TreeHash -Path $env:SMIME_SYNC_HOME | Should -Be $before
        Set-It
        (Get-SmimeSyncProfile).Policy | Should -Be 'Strict'
    }

    It '-WhatIf of another module''s function keeps it from writing' {
        $other = New-Module -Name Other -ScriptBlock {
            function Set-Other { [CmdletBinding(SupportsShouldProcess)] param() Set-SmimeSyncProfile -Name one -Policy Strict }
        }
        & $other { Set-Other -WhatIf }
        Get-TreeHash -Path $env:SMIME_SYNC_HOME | Should -Be $before
    }

    It '$WhatIfPreference keeps it from writing' {
        $WhatIfPreference = $true
        Set-SmimeSyncProfile -Name one -Policy Strict
        $WhatIfPreference = $false
        Get-TreeHash -Path $env:SMIME_SYNC_HOME | Should -Be $before
    }

    It '-WhatIf:$false goes over the caller''s preference' {
        $WhatIfPreference = $true
        Set-SmimeSyncProfile -Name one -Policy Strict -WhatIf:$false
        $WhatIfPreference = $false
        (Get-SmimeSyncProfile).Policy | Should -Be 'Strict'
    }

    It 'a script run by -File with -WhatIf keeps it from writing' {
        $script = Set-CallerScript -Body "Import-Module '$env:SMIME_SYNC_MODULE'; Set-SmimeSyncProfile -Name one -Policy Strict"
        $text = & $env:SMIME_SYNC_PWSH -NoProfile -NonInteractive -File $script -WhatIf
        "$text" | Should -Match 'What if: .*Change Policy.*one'
        Get-TreeHash -Path $env:SMIME_SYNC_HOME | Should -Be $before
    }

    It '$ErrorActionPreference = ''Stop'' makes an error of one object end the caller' {
        $reached = $false
        try {
            & {
                $ErrorActionPreference = 'Stop'
                Get-SmimeSyncProfile -Name nope
                $reached = $true
            }
        } catch { $caught = $_ }
        $reached | Should -BeFalse
        $caught.FullyQualifiedErrorId | Should -Be 'ProfileNotFound,Get-SmimeSyncProfile'
    }

    It '$ErrorActionPreference = ''SilentlyContinue'' hides it' {
        $text = & {
            $ErrorActionPreference = 'SilentlyContinue'
            Get-SmimeSyncProfile -Name nope
        } 2>&1
        $text | Should -BeNullOrEmpty
    }

    It '-ErrorAction of a script is obeyed' {
        $script = Set-CallerScript -Body 'Get-SmimeSyncProfile -Name nope'
        & $script -ErrorAction SilentlyContinue 2>&1 | Should -BeNullOrEmpty
        { & $script -ErrorAction Stop } | Should -Throw -ErrorId 'ProfileNotFound,Get-SmimeSyncProfile'
    }

    It '$ConfirmPreference = ''Low'' asks, which an unattended session refuses before anything is written' {
        $text = Invoke-Script -Text '$ConfirmPreference = "Low"; Set-SmimeSyncProfile -Name one -Policy Strict'
        "$text" | Should -Match 'NonInteractive'
        Get-TreeHash -Path $env:SMIME_SYNC_HOME | Should -Be $before
    }

    It 'nothing asks by default but what removes or approves' {
        Invoke-Script -Text 'Set-SmimeSyncProfile -Name one -Policy Strict' | Should -BeNullOrEmpty
        (Get-SmimeSyncProfile).Policy | Should -Be 'Strict'
        "$(Invoke-Script -Text 'Remove-SmimeSyncProfile -Name one')" | Should -Match 'NonInteractive'
        @((Get-SmimeSyncProfile).Name) | Should -Be @('one')
    }

    It '$VerbosePreference and $DebugPreference show the library''s log' {
        $fault = Get-FaultCommand
        $text = & { $DebugPreference = 'Continue'; & $fault -Request @{ Events = 2 } } 5>&1
        @($text | ForEach-Object { "$_" }) | Should -Be @('Event 1 of 2.', 'Event 2 of 2.')
        & { & $fault -Request @{ Events = 2 } } 5>&1 | Should -BeNullOrEmpty
    }
}

Describe 'Questions of the library' {
    BeforeAll { $fault = Get-FaultCommand }

    It 'are answered No under -WhatIf, which names each recipient' {
        $text = Invoke-Script -Text (@'
. (Get-Module SmimeSync) {
    function script:Invoke-Fault {
        [CmdletBinding(SupportsShouldProcess)] param()
        Import-CallerPreference -Cmdlet $PSCmdlet
        Invoke-SingleOperation -Cmdlet $PSCmdlet -Request @{ Operation = 'Fault'; Questions = 2 }
    }
}
& (Get-Module SmimeSync).Invoke({ Get-Command Invoke-Fault }) -WhatIf -Debug 5>&1
'@)
        $text[0] | Should -Match '^What if: .*"test the questions" on target "recipient 1"'
        @($text | Where-Object { $_ -match 'Question' }) | Should -Be @('Question 1: False.', 'Question 2: False.')
    }

    It 'are answered Yes where nothing asks' {
        $text = & $fault -Request @{ Questions = 2 } -Debug 5>&1 | ForEach-Object { "$_" }
        @($text | Where-Object { $_ -match 'Question' }) | Should -Be @('Question 1: True.', 'Question 2: True.')
    }
}
