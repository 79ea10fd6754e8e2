BeforeDiscovery {
    # The table in src/error.rs is what the library was built from.
    $table = Get-Content -LiteralPath (Join-Path -Path $env:SMIME_SYNC_ROOT -ChildPath 'src/error.rs') |
        ForEach-Object {
            if ($_ -match '^\s+(\d{4}) (\w+) (\w+) "(.*)"$') {
                @{ Code = [int] $Matches[1]; Id = $Matches[2]; Category = $Matches[3]; Advice = $Matches[4].Replace('\\', '\') }
            }
        }
}

BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $fault = Get-FaultCommand
}

Describe 'The error <Id> (<Code>)' -ForEach $table {
    It 'becomes an ErrorRecord with id, category, target, number and advice' {
        $record = try { & $fault -Request @{ Fail = $Id } } catch { $_ }
        $record.FullyQualifiedErrorId | Should -Be "$Id,Invoke-Fault"
        $record.CategoryInfo.Category | Should -Be $Category
        $record.TargetObject | Should -Be 'fault-injection'
        $record.Exception | Should -BeOfType ([SmimeSync.SmimeException])
        $record.Exception.Code | Should -Be $Code
        $record.Exception.Id | Should -Be $Id
        $record.Exception.Message | Should -Not -BeNullOrEmpty
        $record.ErrorDetails.Message | Should -Be $record.Exception.Message
        $record.ErrorDetails.RecommendedAction | Should -Be $Advice
        $record.Exception.Advice | Should -Be $Advice
    }
}

Describe 'Errors' {
    It 'carry the status of the other side' {
        InModuleScope -ModuleName SmimeSync {
            $body = ConvertFrom-NativeJson -Json ('{"Code":5012,"Category":"PermissionDenied","Id":"DirectoryRefused",' +
                '"Message":"No.","Target":"x","Advice":"Do.","Native":{"LdapResult":50,"Text":"00002098: SecErr","OsError":13}}')
            $exception = (ConvertTo-ErrorRecord -Body $body).Exception
            $exception.LdapResult | Should -Be 50
            $exception.NativeText | Should -Be '00002098: SecErr'
            $exception.OSError | Should -Be 13
        }
    }

    It 'of a category that this PowerShell does not know are still shown' {
        InModuleScope -ModuleName SmimeSync {
            $body = ConvertFrom-NativeJson -Json (
                '{"Code":1,"Category":"FutureCategory","Id":"Future","Message":"No.","Target":null,"Advice":"Do."}')
            (ConvertTo-ErrorRecord -Body $body).CategoryInfo.Category | Should -Be 'NotSpecified'
        }
    }

    It 'that end an operation end the cmdlet, whatever the ErrorAction' {
        foreach ($action in 'Continue', 'SilentlyContinue', 'Stop') {
            $after = $false
            try { & $fault -Request @{ Fail = 'DiskFull' } -ErrorAction $action; $after = $true } catch { $caught = $_ }
            $after | Should -BeFalse
            $caught.FullyQualifiedErrorId | Should -Be 'DiskFull,Invoke-Fault'
        }
    }

    It 'do not end the cmdlet where it has more to do' {
        & $fault -Request @{ Fail = 'DiskFull' } -Continue -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'DiskFull,Invoke-Fault'
    }

    It 'of a panic in the library leave the process alive and the module usable' {
        { & $fault -Request @{ Panic = $true } } | Should -Throw -ErrorId 'Panic,Invoke-Fault'
        & $fault -Request @{ Events = 1 }
    }

    It 'of a request that the library does not know are errors, too' {
        { & $fault -Request @{ NoSuchField = 1 } } | Should -Throw -ErrorId 'InvalidRequest,Invoke-Fault'
    }

    It 'set $? and the exit code as PowerShell does' {
        $null = New-TestHome
        Get-SmimeSyncProfile -Name nope -ErrorAction SilentlyContinue
        $? | Should -BeFalse
        Invoke-Script -Text "Get-SmimeSyncProfile -Name nope -ErrorAction Stop; 'not reached'" | Should -Not -Contain 'not reached'
        $LASTEXITCODE | Should -Be 1
    }
}

Describe 'Messages of the library' {
    It 'go to their stream: <Level>' -ForEach @(@{ Level = 'Verbose' }, @{ Level = 'Debug' }, @{ Level = 'Warning' }) {
        $seen = InModuleScope -ModuleName SmimeSync -Parameters @{ Level = $Level } -ScriptBlock {
            param($Level)
            function Test-Stream {
                [CmdletBinding()] param()
                $entry = [pscustomobject] @{ Event = 'Log'; Level = $Level; Message = 'Hello.' }
                Write-OperationEvent -Cmdlet $PSCmdlet -Entry $entry -Subject 'x'
            }
            if ($Level -eq 'Debug') { Test-Stream -Debug *>&1 } else { Test-Stream -Verbose *>&1 }
        }
        @($seen).Count | Should -Be 1
        $seen | Should -BeOfType ([type] "System.Management.Automation.${Level}Record")
        $seen.Message | Should -Be 'Hello.'
    }

    It 'write nothing to the console beside PowerShell' {
        Invoke-Script -Text 'Get-SmimeSyncProfile -Name nope -ErrorAction SilentlyContinue' | Should -BeNullOrEmpty
    }
}
