# What runs in the caller's own Exchange session: how a question is answered, and the whole job with the stand-in's
# cmdlets.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/StandIn.ps1"
    # Answers one question as an operation of the library would ask it.
    . (Get-Module -Name SmimeSync) {
        function script:Invoke-Apply {
            [CmdletBinding()]
            param([string] $Json, [string] $Prefix, [object] $Operation)
            $question = [pscustomobject] @{ Id = 1; Kind = 'Apply'; Command = ConvertFrom-NativeJson -Json $Json }
            Invoke-SessionCommand -Cmdlet $PSCmdlet -Question $question -Prefix $Prefix -Operation $Operation
        }
    }
    $apply = (Get-Module -Name SmimeSync).Invoke({ Get-Command -Name Invoke-Apply })
    function Get-Question {
        param([string] $Name = 'Get-Mailbox', [hashtable] $Parameter = @{}, [string[]] $Select = @(), [switch] $CountsOnly)
        @{ Name = $Name; Parameters = $Parameter; Select = $Select; CountsOnly = [bool] $CountsOnly } |
            ConvertTo-Json -Depth 5 -Compress
    }
}

Describe 'A cmdlet of the session' {
    BeforeAll {
        # A session's module as Connect-ExchangeOnline and Import-PSSession make it; $seen is what its cmdlets got.
        $seen = @{}
        $session = New-Module -Name FakeSession -ArgumentList $seen -ScriptBlock {
            param($seen)
            function Get-Mailbox {
                [CmdletBinding()] param([string] $Identity, [object] $ResultSize)
                $seen.Bound = $PSBoundParameters
                Write-Warning -Message 'Micro delay applied.'
                $seen.Output
                if ($seen.Error) { Write-Error @($seen.Error)[0] }
            }
            function Set-Mailbox {
                [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
                param([string] $Identity, [object] $UserCertificate, [bool] $Hidden, [byte[]] $One)
                $seen.Bound = $PSBoundParameters
                $seen.Done = $PSCmdlet.ShouldProcess($Identity)
            }
            function Remove-Mailbox { [CmdletBinding()] param() $seen.Removed = $true }
            function Get-ExoMailUser { [CmdletBinding()] param() [pscustomobject] @{ Name = 'with prefix' } }
        }
        Import-Module -ModuleInfo $session -Global
    }
    BeforeEach { $seen.Clear() }
    AfterAll { Remove-Module -Name FakeSession }

    It 'is one of those that the library asks for and docs/exchange-session.md names, and no other' {
        $allowed = InModuleScope -ModuleName SmimeSync { $script:SessionCommand | Sort-Object }
        $source = Get-ChildItem -LiteralPath "$env:SMIME_SYNC_ROOT/src" -Recurse -Filter '*.rs' | Get-Content -Raw
        $asked = [regex]::Matches("$source", '"((?:Get|Set|New)-[A-Z]\w+)"') | ForEach-Object { $_.Groups[1].Value }
        @($asked | Sort-Object -Unique) | Should -Be $allowed
        $page = Get-Content -Raw -LiteralPath "$env:SMIME_SYNC_ROOT/docs/exchange-session.md"
        foreach ($name in $allowed) { $page | Should -Match "``$name``" }
    }

    It 'gets its parameters in the types that Exchange takes' {
        $parameter = @{
            Identity = 'alice'; Hidden = $true; One = @{ Binary = 'AQID' }; UserCertificate = @{ BinaryList = @('AQI=', '/w==') }
        }
        $answer = & $apply -Json (Get-Question -Name Set-Mailbox -Parameter $parameter)
        $answer.ContainsKey('Failure') | Should -BeFalse
        $seen.Done | Should -BeTrue -Because '-Confirm:$false was passed'
        $seen.Bound.Identity | Should -Be 'alice'
        $seen.Bound.Hidden | Should -BeTrue
        $seen.Bound.One | Should -Be @(1, 2, 3)
        , $seen.Bound.UserCertificate | Should -BeOfType ([System.Collections.ArrayList])
        $seen.Bound.UserCertificate.Count | Should -Be 2
        , $seen.Bound.UserCertificate[1] | Should -BeOfType ([byte[]])
        $seen.Bound.UserCertificate[1] | Should -Be @(255)
        $seen.Bound['ErrorAction'] | Should -Be 'Stop'
    }

    It 'clears a property by $null' {
        $null = & $apply -Json (Get-Question -Name Set-Mailbox -Parameter @{ UserCertificate = $null })
        $seen.Bound.ContainsKey('UserCertificate') | Should -BeTrue
        $null -eq $seen.Bound.UserCertificate | Should -BeTrue
    }

    It 'removes values by naming them' {
        $answer = & $apply -Json (Get-Question -Name Set-Mailbox -Parameter @{ UserCertificate = @{ Remove = @('AQI=', '/w==') } })
        $answer.ContainsKey('Failure') | Should -BeFalse
        $given = $seen.Bound.UserCertificate
        , $given | Should -BeOfType ([hashtable])
        @($given.Keys) | Should -Be @('Remove')
        , $given.Remove | Should -BeOfType ([System.Collections.ArrayList])
        @($given.Remove | ForEach-Object { , $_ })[1] | Should -Be @(255)
    }

    It 'is not run with a value of a form that nobody knows' {
        $answer = & $apply -Json (Get-Question -Name Set-Mailbox -Parameter @{ UserCertificate = @{ Add = @('AQI=') } })
        $answer.Failure.Message | Should -BeLike "*'Add'*"
        $seen.Bound | Should -BeNullOrEmpty
    }

    It 'is carried out whatever preference the caller has' {
        $global:WhatIfPreference = $true
        try { $null = & $apply -Json (Get-Question -Name Set-Mailbox -Parameter @{ Identity = 'alice' }) }
        finally { $global:WhatIfPreference = $false }
        $seen.Done | Should -BeTrue
    }

    It 'answers with the selected properties: <Name>' -ForEach @(
        @{ Name = 'text'; Value = 'Aix'; Json = '"Aix"' }
        @{ Name = 'Guid'; Value = [guid] '6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11'; Json = '"6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11"' }
        @{ Name = 'flag'; Value = $false; Json = 'false' }
        @{ Name = 'number'; Value = 42; Json = '42' }
        @{ Name = 'enumeration'; Value = [DayOfWeek]::Monday; Json = '"Monday"' }
        @{ Name = 'date'; Value = [datetime]::new(2026, 11, 25, 10, 0, 0, [DateTimeKind]::Utc); Json = '"2026-11-25T10:00:00Z"' }
        @{ Name = 'fraction'; Value = 1.5; Json = '"1.5"' }
        @{ Name = 'one binary value'; Value = [byte[]] (1, 2); Json = '{"Binary":"AQI="}' }
        @{ Name = 'binary values'; Value = [Collections.ArrayList] @(, [byte[]] (1, 2)); Json = '{"BinaryList":["AQI="]}' }
        @{ Name = 'texts'; Value = [Collections.ArrayList] @('SMTP:a@x', 'smtp:b@x'); Json = '["SMTP:a@x","smtp:b@x"]' }
        @{ Name = 'one text of a list'; Value = [string[]] 'a'; Json = '["a"]' }
        @{ Name = 'an empty list'; Value = @(); Json = '[]' }
        @{ Name = 'an object'; Value = [version] '15.1'; Json = '"15.1"' }
    ) {
        $seen.Output = [pscustomobject] @{ Wanted = $Value; Other = 1 }
        $answer = & $apply -Json (Get-Question -Select Wanted, Absent)
        @($answer.Output).Count | Should -Be 1
        ConvertTo-Json -InputObject $answer.Output[0] -Depth 5 -Compress | Should -Be "{`"Wanted`":$Json}"
        # What a remote session returns is deserialised, and reads the same.
        $seen.Output = [Management.Automation.PSSerializer]::Deserialize(
            [Management.Automation.PSSerializer]::Serialize($seen.Output, 3))
        $answer = & $apply -Json (Get-Question -Select Wanted)
        ConvertTo-Json -InputObject $answer.Output[0] -Depth 5 -Compress | Should -Be "{`"Wanted`":$Json}"
    }

    It 'tells the number of binary values where that is all that is wanted' {
        $list = [Collections.ArrayList] @([byte[]] (1, 2), [byte[]] (3, 4))
        $seen.Output = [pscustomobject] @{ List = $list; One = [byte[]] (1, 2); Unreadable = [string[]] 'System.Byte[]' }
        $answer = & $apply -Json (Get-Question -Select List, One, Unreadable -CountsOnly)
        $answer.Output[0].List.BinaryCount | Should -Be 2
        $answer.Output[0].One.BinaryCount | Should -Be 1
        $answer.Output[0].Unreadable.BinaryCount | Should -Be 1
        $answer = & $apply -Json (Get-Question -Select Unreadable)
        $answer.Failure.Message | Should -BeLike "*'Unreadable'*System.Byte*"
    }

    It 'has its warnings in the answer and not on the screen' {
        $seen.Output = [pscustomobject] @{ Name = 'x' }
        $shown = & { $script:answer = & $apply -Json (Get-Question -Select Name) } 3>&1
        $shown | Should -BeNullOrEmpty
        $answer.Warnings | Should -Be @('Micro delay applied.')
    }

    It 'returns nothing where nothing is selected' {
        $seen.Output = [pscustomobject] @{ Name = 'x' }
        @((& $apply -Json (Get-Question)).Output).Count | Should -Be 0
    }

    It 'that fails is a failure with its message, id and exception' {
        $seen.Error = [Management.Automation.ErrorRecord]::new(
            [InvalidOperationException]::new('Ex6F9304|Microsoft.Exchange.Tasks.ManagementObjectNotFoundException|It was not found.'),
            '[Server=x],Get-Mailbox', 'InvalidOperation', 'alice')
        $failure = (& $apply -Json (Get-Question)).Failure
        $failure.Message | Should -Be 'It was not found.'
        $failure.Exception | Should -Be 'Microsoft.Exchange.Tasks.ManagementObjectNotFoundException'
        $failure.ErrorId | Should -BeLike '*Server=x*'
        $failure.Missing | Should -BeFalse
        $seen.Error = [InvalidOperationException]::new('Plain.')
        $failure = (& $apply -Json (Get-Question)).Failure
        ($failure.Message, $failure.Exception) | Should -Be @('Plain.', 'System.InvalidOperationException')
    }

    It 'that fails is known by the name of its exception, in any language: <Form>' -ForEach @(
        @{ Form = 'the text names it in front'; Message = 'Ex6F9304|Microsoft.Exchange.A.NotFoundException|Es fehlt.'
            Expected = 'Microsoft.Exchange.A.NotFoundException' }
        @{ Form = 'without a number'; Message = '|Microsoft.Exchange.A.NotFoundException|Es fehlt.'
            Expected = 'Microsoft.Exchange.A.NotFoundException' }
        @{ Form = 'behind other words'; Message = "Error on proxy: Ex1|Microsoft.Exchange.A+B.NotFoundException|Es fehlt.`n"
            Expected = 'Microsoft.Exchange.A+B.NotFoundException' }
        @{ Form = 'without a text'; Message = 'Ex1|Microsoft.Exchange.A.NotFoundException|'; Text = 'Ex1|*'
            Expected = 'Microsoft.Exchange.A.NotFoundException' }
        @{ Form = 'the category names it'; Message = 'Es fehlt.'; Reason = 'NotFoundException'; Expected = 'NotFoundException' }
        @{ Form = 'an inner exception'; Message = 'Es fehlt.'; Inner = [TimeoutException]::new('x'); Reason = 'Exception'
            Expected = 'System.TimeoutException' }
        @{ Form = 'nothing names it'; Message = 'Es | fehlt | hier.'; Text = 'Es | fehlt | hier.'; Reason = 'Exception'
            Expected = 'System.Exception' }
    ) {
        $record = [Management.Automation.ErrorRecord]::new([Exception]::new($Message, $Inner), 'Id', 'NotSpecified', 'alice')
        if ($Reason) { $record.CategoryInfo.Reason = $Reason }
        $seen.Error = $record
        $failure = (& $apply -Json (Get-Question)).Failure
        $failure.Exception | Should -Be $Expected
        $failure.Message | Should -BeLike $(if ($Text) { $Text } else { 'Es fehlt.' })
        $failure.ErrorId | Should -BeLike 'Id*'
    }

    It 'that the session does not have is missing' {
        $failure = (& $apply -Json (Get-Question -Name Get-RemoteMailbox)).Failure
        $failure.Missing | Should -BeTrue
        $failure.Message | Should -BeLike '*Get-RemoteMailbox*'
    }

    It 'that is none of those that are allowed is refused, in any spelling' -ForEach 'Remove-Mailbox', 'FakeSession\Get-Mailbox',
    'Get-Mailbox; Remove-Mailbox', 'Invoke-Expression', '' {
        $failure = (& $apply -Json (Get-Question -Name $_)).Failure
        $failure.Exception | Should -Be 'System.UnauthorizedAccessException'
        $failure.Missing | Should -BeFalse
        $seen.Removed | Should -BeNullOrEmpty
    }

    It 'is found by the prefix of the session' {
        $answer = & $apply -Json (Get-Question -Name Get-MailUser -Select Name) -Prefix Exo
        $answer.Output[0].Name | Should -Be 'with prefix'
    }

    It 'is found where only the calling script has it' {
        function Get-MailContact { [CmdletBinding()] param() [pscustomobject] @{ Name = 'of the script' } }
        $answer = & $apply -Json (Get-Question -Name Get-MailContact -Select Name)
        $answer.Output[0].Name | Should -Be 'of the script'
    }

    It 'sends a long output in pieces' {
        $seen.Output = 1..250 | ForEach-Object { [pscustomobject] @{ Number = $_ } }
        $operation = [pscustomobject] @{ Sent = [Collections.ArrayList]::new() }
        $operation | Add-Member -MemberType ScriptMethod -Name Send -Value { $null = $this.Sent.Add($args[0]) }
        $answer = & $apply -Json (Get-Question -Select Number) -Operation $operation
        $pieces = @($operation.Sent | ForEach-Object { ConvertFrom-Json -InputObject $_ })
        @($pieces.More) | Should -Be @($true, $true)
        @($pieces.Output.Number) + @($answer.Output.Number) | Should -Be @(1..250)
    }

    It 'may return more than one batch of answers holds' {
        $text = 'x' * 1000
        $seen.Output = 1..30000 | ForEach-Object { [pscustomobject] @{ Name = $text } }
        $request = @{ Apply = @{ Name = 'Get-Mailbox'; Parameters = @{}; Select = @('Name'); CountsOnly = $true } }
        $log = & (Get-FaultCommand) -Request $request -Verbose 4>&1
        "$log" | Should -Be '30000 objects, 1 warnings; ' -Because 'that is 30 MB, and a batch has 16 at most'
    }

    It 'stops with the pipeline' {
        $seen.Output = 1..5000 | ForEach-Object { [pscustomobject] @{ Number = $_ } }
        $request = @{ Apply = @{ Name = 'Get-Mailbox'; Parameters = @{}; Select = @('Number'); CountsOnly = $true }; Wait = 60000 }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        & (Get-FaultCommand) -Request $request -Verbose 4>&1 | Select-Object -First 1 | Should -BeLike '5000 objects*'
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 30
    }
}

Describe 'The target ExchangeSession' {
    BeforeAll {
        $standIn = Start-StandIn
        function Edit-Person {
            # Changes recipients as somebody else would.
            param([string[]] $Address, [scriptblock] $Change)
            $all = @(Get-StandIn $standIn /recipients | Where-Object { $_.PrimarySmtpAddress -in $Address })
            $all | ForEach-Object $Change
            Set-StandIn $standIn /recipients $all
        }
    }
    BeforeEach { Import-Session }
    AfterEach { Remove-Module -Name ExchangeSession -ErrorAction Ignore }
    AfterAll { Stop-StandIn $standIn }

    It 'is checked, previewed without a write, published, verified and read' {
        $people = New-SessionProfile
        @(Test-SmimeSyncProfile session | Where-Object Result -NE 'Passed') | Should -BeNullOrEmpty
        $preview = Sync-SmimeCertificate session -WhatIf
        Get-Published | Should -BeNullOrEmpty
        $run = Sync-SmimeCertificate session
        ($run.Result, $run.Add, $run.Exported) | Should -Be @('Success', $preview.Add, $people.Count)
        @(Get-Published).Count | Should -Be $people.Count
        $again = Sync-SmimeCertificate session -Verify
        ($again.Exported, $again.Drifted) | Should -Be @(0, 0)
        $source = Get-SmimeCertificate session -Identity $people[0] | Where-Object State -EQ 'Chosen'
        $target = @(Get-SmimeCertificate session -Source Target -Identity $people[0])
        $target[0].Thumbprint | Should -BeIn $source.Thumbprint
        @(Get-SmimeCertificate session -Source State -Identity $people[0])[0].Thumbprint | Should -BeIn $source.Thumbprint
    }

    It 'asks before each change with -Confirm, and the cmdlets ask nothing' {
        $null = New-SessionProfile
        # Nobody can be asked here: the first question ends the cmdlet, and nothing was written.
        { Sync-SmimeCertificate session -Confirm } | Should -Throw -ErrorId 'ConfirmationImpossible,Sync-SmimeCertificate'
        Get-Published | Should -BeNullOrEmpty
    }

    It 'is found by the profile''s prefix' {
        Remove-Module -Name ExchangeSession
        Import-Session -Prefix Cloud
        $people = New-SessionProfile -Setting @{ Prefix = 'Cloud' }
        Get-Command -Name Get-Mailbox -ErrorAction Ignore | Should -BeNullOrEmpty
        (Sync-SmimeCertificate session).Exported | Should -Be $people.Count
    }

    It 'repairs what is gone with -Verify, or only reports it' {
        $people = New-SessionProfile
        $null = Sync-SmimeCertificate session
        Edit-Person -Address $people[0] -Change { $_.UserCertificate = @(); $_.UserSMimeCertificate = @() }
        $null = Set-SmimeSyncProfile session -Drift Report
        $run = Sync-SmimeCertificate session -Verify -WarningAction SilentlyContinue
        ($run.Drifted, $run.Exported) | Should -Be @(1, 0)
        $null = Set-SmimeSyncProfile session -Drift Repair
        $run = Sync-SmimeCertificate session -Verify -WarningAction SilentlyContinue
        ($run.Drifted, $run.Exported) | Should -Be @(1, 1)
        @(Get-Published).Count | Should -Be $people.Count
    }

    It 'leaves directory-synchronised recipients alone, counted and with advice' {
        $people = New-SessionProfile
        Edit-Person -Address $people[0..2] -Change { $_.IsDirSynced = $true }
        $run = Sync-SmimeCertificate session -WarningVariable warnings -WarningAction SilentlyContinue
        $run.Excluded | Should -Be 3
        "$($run.Exclusions)" | Should -BeLike '*DirectorySynced (3)*'
        $run.Exclusions[0].Advice | Should -BeLike '*ActiveDirectory*'
        @($warnings | Where-Object { $_ -like '*synchronised*' }).Count | Should -Be 1 -Because 'one summary, not one each'
    }

    It 'does the job in a session of another language, with errors as <Form> sessions have them' -ForEach @(
        @{ Form = 'Local'; Text = 'The operation could not be performed.' }
        @{ Form = 'Rest'; Text = 'Der Vorgang konnte nicht ausgef\u00fchrt werden, da das Objekt nicht gefunden wurde.' }
        @{ Form = 'Remote'; Text = '\u64cd\u4f5c\u3092\u5b9f\u884c\u3067\u304d\u307e\u305b\u3093\u3067\u3057\u305f\u3002' }
        @{ Form = 'Reason'; Text = '\u0130\u015flem ger\u00e7ekle\u015ftirilemedi: nesne bulunamad\u0131.' }
    ) {
        $people = New-SessionProfile
        $there = @(Get-StandIn $standIn /recipients | Where-Object { $_.PrimarySmtpAddress -notin $people[0..2] })
        Set-StandIn $standIn /recipients @() -Method Delete
        Set-StandIn $standIn /recipients $there
        $env:SMIME_SYNC_SESSION_ERROR = "${Form}:$([regex]::Unescape($Text))"
        try { $run = Sync-SmimeCertificate session -WarningAction SilentlyContinue }
        finally { Remove-Item -Path env:SMIME_SYNC_SESSION_ERROR }
        ($run.Result, $run.Exported, $run.Errors) | Should -Be @('Success', ($people.Count - 3), 0)
        "$($run.Exclusions)" | Should -BeLike '*NotFound (3)*'
    }

    It 'stops where the session belongs to another organisation than before, whatever is asked' {
        $people = New-SessionProfile
        (Sync-SmimeCertificate session).Exported | Should -Be $people.Count
        $mine = (Get-OrganizationConfig).Guid
        $other = '11111111-2222-3333-4444-555555555555'
        Set-StandIn $standIn /settings @{ OrganizationGuid = $other; Flavour = 'Cloud' }
        $before = ConvertTo-Json -InputObject @(Get-StandIn $standIn /recipients) -Depth 5
        foreach ($what in @(
                { Sync-SmimeCertificate session }, { Sync-SmimeCertificate session -WhatIf }, { Publish-SmimeTrustStore session },
                { Publish-SmimeTrustStore session -WhatIf }, { Get-SmimeCertificate session -Source Target -ErrorAction Stop })) {
            $refused = $null
            try { $null = & $what } catch { $refused = $_ }
            $refused.FullyQualifiedErrorId | Should -BeLike 'OtherOrganization,*' -Because "$what"
            $refused.Exception.Message | Should -BeLike "*$other*$mine*"
            $refused.ErrorDetails.RecommendedAction | Should -BeLike "*Connect to*$mine*New-SmimeSyncProfile*"
        }
        $check = Test-SmimeSyncProfile session | Where-Object Check -EQ 'Target'
        $check.Result | Should -Be 'Failed'
        $check.Message | Should -BeLike "*$other*$mine*"
        ConvertTo-Json -InputObject @(Get-StandIn $standIn /recipients) -Depth 5 | Should -Be $before
        Set-StandIn $standIn /settings @{ OrganizationGuid = $mine; Flavour = 'Cloud' }
        (Sync-SmimeCertificate session).Result | Should -Be 'Success'
        (Test-SmimeSyncProfile session | Where-Object Check -EQ 'Target').Message | Should -BeLike "*connected to*$mine*"
    }

    It 'that is not connected ends the run and says so' {
        $null = New-SessionProfile
        Remove-Module -Name ExchangeSession
        { Sync-SmimeCertificate session } | Should -Throw -ErrorId 'SessionNotConnected,Sync-SmimeCertificate'
    }
}
