# Recipients through the pipeline, as Exchange, Active Directory and files hand them over.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/StandIn.ps1"
}

Describe 'The keys of a piped object' {
    It 'are what it is known by elsewhere, best first: <Name>' -ForEach @(
        @{
            Name = 'a user of Active Directory'; Keys = @('6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11')
            Object = [ordered] @{
                DistinguishedName = 'CN=Alice,DC=contoso,DC=test'; mail = 'alice@contoso.test'
                ObjectGUID = [guid] '6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11'; UserPrincipalName = 'alice@corp.test'
            }
        }
        @{
            Name = 'a mailbox of Exchange Server'; Keys = @('CN=Alice,OU=OUTLOOK,DC=contoso,DC=test')
            Object = [ordered] @{
                DistinguishedName = 'CN=Alice,OU=OUTLOOK,DC=contoso,DC=test'; PrimarySmtpAddress = 'alice@contoso.test'
                Guid = [guid] '6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11'
            }
        }
        @{
            Name = 'Get-Mailbox of Exchange Online'
            Keys = @('6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11', 'Alice@contoso.test', 'alice@corp.test', 'al@contoso.test')
            Object = [ordered] @{
                Identity = 'alice'; Guid = [guid] '6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11'; PrimarySmtpAddress = 'Alice@contoso.test'
                DistinguishedName = 'CN=alice,OU=contoso.onmicrosoft.com,OU=Microsoft Exchange Hosted Organizations,' +
                    'DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM'
                WindowsEmailAddress = 'alice@contoso.test'; UserPrincipalName = 'alice@corp.test'
                EmailAddresses = [Collections.ArrayList] @(
                    'SMTP:Alice@contoso.test', 'smtp:al@contoso.test', 'SIP:al.sip@contoso.test', 'X500:/o=x', '')
            }
        }
        @{
            Name = 'Get-EXOMailbox'; Keys = @('alice@contoso.test', 'alice@corp.test')
            Object = [ordered] @{
                ExternalDirectoryObjectId = '11111111-2222-3333-4444-555555555555'; UserPrincipalName = 'alice@corp.test'
                Alias = 'alice'; DisplayName = 'Alice Adams'; EmailAddresses = @('SMTP:alice@contoso.test')
                PrimarySmtpAddress = 'alice@contoso.test'; RecipientType = 'UserMailbox'; RecipientTypeDetails = 'UserMailbox'
                Identity = 'alice'; DistinguishedName = 'CN=alice,OU=x,DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM'
            }
        }
        @{
            Name = 'a mail contact of 21Vianet'; Keys = @('bob@contoso.test', 'bob@partner.test')
            Object = [ordered] @{
                DistinguishedName = 'CN=bob,OU=contoso.partner.onmschina.cn,DC=CHNPR01A001,DC=prod,DC=partner,DC=outlook,DC=cn'
                PrimarySmtpAddress = 'bob@contoso.test'; ExternalEmailAddress = 'SMTP:bob@partner.test'
                Guid = [guid]::Empty; UserPrincipalName = $null
            }
        }
        @{
            Name = 'a user of Microsoft Graph'; Keys = @('alice@contoso.test', 'alice@corp.test', 'al@contoso.test')
            Object = [ordered] @{
                Id = '11111111-2222-3333-4444-555555555555'; Mail = 'alice@contoso.test'; UserPrincipalName = 'alice@corp.test'
                ProxyAddresses = @('smtp:al@contoso.test', 'SMTP:alice@contoso.test')
            }
        }
        @{
            Name = 'a row of a file'; Keys = @('alice@contoso.test'); Object = @{ EmailAddress = ' alice@contoso.test '; mail = '' }
        }
        @{ Name = 'with a name alone'; Keys = @('CONTOSO/alice'); Object = @{ Identity = 'CONTOSO/alice' } }
        @{
            Name = 'with more addresses than are looked for'; Keys = @(0..9 | ForEach-Object { "a$_@x" })
            Object = @{ EmailAddresses = @(0..30 | ForEach-Object { "smtp:a$_@x" }) }
        }
        @{ Name = 'without a name'; Keys = @(); Object = @{ DisplayName = 'Alice Adams'; Guid = $null; mail = ' ' } }
    ) {
        $item = [pscustomobject] $Object
        # As it is, and as a remote session hands it over.
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($item, 3))
        foreach ($one in $item, $copy) {
            $found = InModuleScope -ModuleName SmimeSync -Parameters @{ One = $one } { @(Get-IdentityKey -InputObject $One) }
            @($found) | Should -Be $Keys
        }
    }
}

Describe 'Mailboxes of Exchange Online in the pipeline' {
    BeforeAll { $standIn = Start-StandIn }
    BeforeEach { Import-Session }
    AfterEach { Remove-Module -Name ExchangeSession -ErrorAction Ignore }
    AfterAll { Stop-StandIn $standIn }

    It 'finds those whom <Command> hands over' -ForEach @(
        @{ Command = 'Get-Mailbox' }
        @{ Command = 'Get-EXOMailbox' }
        @{ Command = 'Get-Recipient' }
    ) {
        $people = New-SessionProfile
        $some = @($people[0..2] | ForEach-Object { & $Command -Identity $_ })
        # As a remote session, a job or a file hands them over.
        $kept = "$env:SMIME_SYNC_TEST_FOLDER/$Command.xml"
        $some[1..2] | Export-Clixml -LiteralPath $kept
        $handed = @($some[0]) + @(Import-Clixml -LiteralPath $kept)
        $run = $handed | Sync-SmimeCertificate session
        ($run.Result, $run.Recipients, $run.Exported) | Should -Be @('Success', 3, 3)
        @(Get-Published | ForEach-Object { $_.PrimarySmtpAddress } | Sort-Object) | Should -Be $people[0..2]
        foreach ($source in 'Directory', 'Target', 'State') {
            $found = @($handed | Get-SmimeCertificate session -Source $source -ErrorVariable problems)
            $problems | Should -BeNullOrEmpty -Because $source
            @($found | ForEach-Object { $_.Recipient } | Sort-Object -Unique) | Should -Be $people[0..2] -Because $source
        }
        @($handed[0] | Get-SmimeSyncChange session | ForEach-Object { $_.Recipient }) | Should -BeLike "*$($people[0])*"
    }

    It 'says by what names it has looked for a mailbox that is not in the source' {
        $null = New-SessionProfile
        Set-StandIn $standIn /recipients @(New-Person 'nobody@contoso.test' -Setting @{ UserPrincipalName = 'no@contoso.test' })
        $mailbox = Get-Mailbox -Identity 'nobody@contoso.test'
        $null = $mailbox | Sync-SmimeCertificate session -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].Exception.Message | Should -BeLike (
            "*no recipient 'nobody@contoso.test', nor one by '$($mailbox.Guid)', 'no@contoso.test'*")
        $problems[0].FullyQualifiedErrorId | Should -Be 'IdentityNotFound,Sync-SmimeCertificate'
    }
}
