BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/Directory.ps1"
}

Describe 'The guard' {
    BeforeEach {
        $folder = New-SyncProfile -Setting @{ RemovalLimit = 2; RemovalPercent = 100 }
        $null = Sync-SmimeCertificate corp
        $before = Get-TreeHash -Path "$folder/out"
        # Keeps the records, drops every certificate of some people.
        $drop = @(Get-SmimeCertificate corp | Where-Object State -EQ 'Chosen' | Sort-Object -Property Anchor -Unique |
                Select-Object -First 4)
        $text = [IO.File]::ReadAllText("$folder/directory.ldif")
        $records = $text -split '(?<=\n)\r?\n'
        $kept = foreach ($record in $records) {
            $hit = @($drop | Where-Object { $record -match ('(?m)^mail: ' + [regex]::Escape($_.Recipient) + '\r?$') })
            if ($hit.Count) { $record -replace '(?m)^user(SMIME)?Certificate[^\n]*\n( [^\n]*\n)*' } else { $record }
        }
        [IO.File]::WriteAllText("$folder/directory.ldif", ($kept -join "`n"))
    }

    It 'holds too many removals, says so, and lets them through once they are approved' {
        $held = Sync-SmimeCertificate corp -WarningVariable warning -WarningAction SilentlyContinue
        $held.Result | Should -Be 'Held'
        $held.Remove | Should -Be 4
        "$warning" | Should -Match "Approve-SmimeSyncPlan corp -Id $($held.Id)"
        Get-TreeHash -Path "$folder/out" | Should -Be $before

        $text = Invoke-Script -Text "Approve-SmimeSyncPlan corp -Id $($held.Id) -WhatIf"
        $text[0] | Should -Match "^What if: Let 4 removals of plan $($held.Id) of the profile 'corp' through"
        foreach ($person in $drop) { "$text" | Should -Match ([regex]::Escape($person.Recipient)) }
        (Sync-SmimeCertificate corp -WhatIf -WarningAction SilentlyContinue).Guard | Should -Not -BeNullOrEmpty
        "$(Invoke-Script -Text "Approve-SmimeSyncPlan corp -Id $($held.Id)")" | Should -Match 'nobody to confirm'

        $held | Approve-SmimeSyncPlan -Confirm:$false | ForEach-Object { $_.Id } | Should -Be $held.Id
        $run = Sync-SmimeCertificate corp
        $run.Result | Should -BeIn 'Success', 'CompletedWithErrors'
        $run.Remove | Should -Be 4
        Get-TreeHash -Path "$folder/out" | Should -Not -Be $before
    }

    It 'is raised for one run by -AllowRemoval' {
        $run = Sync-SmimeCertificate corp -AllowRemoval 4
        $run.Result | Should -Not -Be 'Held'
        $run.Exported | Should -Be 4
    }

    It 'refuses to approve what no approval can help, before it asks, and does not offer it' {
        [IO.File]::WriteAllText("$folder/directory.ldif", "version: 1`n")
        $held = Sync-SmimeCertificate corp -WarningVariable warning -WarningAction SilentlyContinue
        $held.Result | Should -Be 'Held'
        @($held.HoldReasons) | Should -Be @('EmptySource')
        "$warning" | Should -Not -Match 'Approve-SmimeSyncPlan'
        "$warning" | Should -Match 'put it right, and run Sync-SmimeCertificate again'
        { Approve-SmimeSyncPlan corp -Id $held.Id } | Should -Throw -ErrorId 'PlanNotApprovable,Approve-SmimeSyncPlan' `
            -ExpectedMessage "The plan $($held.Id) can't be approved: The source has no recipients."
        { Approve-SmimeSyncPlan corp -Id $held.Id -WhatIf } | Should -Throw -ErrorId 'PlanNotApprovable,Approve-SmimeSyncPlan'
        Get-TreeHash -Path "$folder/out" | Should -Be $before
    }

    It 'lists replacements beside removals, and takes a number of them that may pass' {
        $change = @{ Change = 'Update'; Replacement = $true; DisplayName = 'Bob'; Recipient = 'bob@contoso.test' }
        $removal = @{ Change = 'Remove'; Replacement = $false; DisplayName = ''; Recipient = 'carol@contoso.test' }
        $renewal = @{ Change = 'Update'; Replacement = $false; DisplayName = ''; Recipient = 'dave@contoso.test' }
        InModuleScope SmimeSync -Parameters @{ List = @($change, $removal, $renewal) } {
            param($List)
            (Get-ApprovalText -ProfileName corp -Id 7 -Change $List) -split '\r?\n' | Should -Be @(
                "Let 1 removal and 1 replacement of plan 7 of the profile 'corp' through at the next run:"
                '  carol@contoso.test', '  Bob <bob@contoso.test>')
        }
        (Sync-SmimeCertificate corp -AllowRemoval 4 -AllowReplacement 1).Replacements | Should -Be 0
        { Sync-SmimeCertificate corp -AllowReplacement -1 } | Should -Throw
    }

    It 'holds the removal of what a lost state no longer knows of, and nothing else' {
        Get-ChildItem -Recurse -File -LiteralPath "$env:SMIME_SYNC_HOME/state" | Remove-Item
        $run = Sync-SmimeCertificate corp -WarningVariable warning -WarningAction SilentlyContinue
        $run.Result | Should -Not -Be 'Held'
        $run.NewState, $run.Orphaned, $run.Exported | Should -Be $true, 4, 0
        "$warning" | Should -Match "The state of profile 'corp' is new, but the folder"
        "$warning" | Should -Match "Approve-SmimeSyncPlan corp -Id $($run.Id)"
        Get-TreeHash -Path "$folder/out" | Should -Be $before
        "$(Invoke-Script -Text "Approve-SmimeSyncPlan corp -Id $($run.Id)")" | Should -Match 'nobody to confirm'
        $null = $run | Approve-SmimeSyncPlan -Confirm:$false
        $run = Sync-SmimeCertificate corp
        $run.NewState, $run.Orphaned, $run.Exported | Should -Be $false, 0, 4
    }

    It 'has no plan to approve but a held one' {
        { Approve-SmimeSyncPlan corp -Id 1 -Confirm:$false } | Should -Throw -ErrorId 'PlanNotHeld,Approve-SmimeSyncPlan'
        { Approve-SmimeSyncPlan corp -Id 99 -Confirm:$false } | Should -Throw -ErrorId 'PlanNotFound,Approve-SmimeSyncPlan'
        { Approve-SmimeSyncPlan nope -Id 1 -Confirm:$false } | Should -Throw -ErrorId 'ProfileNotFound,Approve-SmimeSyncPlan'
    }
}
