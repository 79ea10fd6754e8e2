# Names of attributes that a directory has under others.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    $directory = @{
        Source = 'Directory'; Server = 'ldap1'; SearchBase = 'O=x'; Target = 'Folder'; OutputPath = '/out'; AllowUntrusted = $true
    }
    $copies = @{
        Source = 'Ldif'; Path = '/d.ldif'; Target = 'Directory'; TargetServer = 'ldap2'; TargetSearchBase = 'O=y'; AllowUntrusted = $true
    }
}

Describe 'An attribute map' {
    BeforeEach { $folder = New-TestHome }

    It 'is given as <What>' -ForEach @(
        @{ What = 'a hashtable'; Map = @{ MAIL = 'rfc822Mailbox'; entryuuid = 'nsUniqueId' } }
        @{ What = 'an ordered one'; Map = [ordered]@{ mail = 'rfc822Mailbox'; entryUUID = 'nsUniqueId' } }
    ) {
        $made = New-SmimeSyncProfile one @directory -AttributeMap $Map
        $made.AttributeMap.mail | Should -Be 'rfc822Mailbox'
        $made.AttributeMap['EntryUuid'] | Should -Be 'nsUniqueId'
        # In our spelling and order.
        @($made.AttributeMap.Keys) | Should -Be @('entryUUID', 'mail')
        "$($made.AttributeMap)" | Should -Be 'entryUUID=nsUniqueId; mail=rfc822Mailbox'
        $made.TargetAttributeMap.Count | Should -Be 0
    }

    It 'of the target is its own' {
        $made = New-SmimeSyncProfile one @copies -TargetAttributeMap @{ userCertificate = 'certificate' }
        "$($made.TargetAttributeMap)" | Should -Be 'userCertificate=certificate'
        $made.AttributeMap.Count | Should -Be 0
    }

    It 'of an additional source is its own' {
        $other = @{ Source = 'Directory'; Server = 'ldap3'; SearchBase = 'O=z'; AttributeMap = @{ MAIL = 'm' } }
        $made = New-SmimeSyncProfile one @directory -AdditionalSource $other
        "$($made.AdditionalSource[0].AttributeMap)" | Should -Be 'mail=m'
        $made.AttributeMap.Count | Should -Be 0
        $again = New-SmimeSyncProfile two @directory -AdditionalSource $made.AdditionalSource
        "$($again.AdditionalSource[0].AttributeMap)" | Should -Be 'mail=m'
        $other.AttributeMap = @{ phone = 'x' }
        { New-SmimeSyncProfile three @directory -AdditionalSource $other } |
            Should -Throw -ErrorId 'ProfileInvalid*' -ExpectedMessage "*-AttributeMap names 'phone', which is none of *"
    }

    It 'that is shown can be given to another profile' {
        $first = New-SmimeSyncProfile one @directory -AttributeMap @{ displayName = 'cn'; mail = 'rfc822Mailbox' }
        $second = New-SmimeSyncProfile two @directory -AttributeMap $first.AttributeMap
        "$($second.AttributeMap)" | Should -Be 'displayName=cn; mail=rfc822Mailbox'
        $none = New-SmimeSyncProfile three @directory -AttributeMap $first.TargetAttributeMap
        $none.AttributeMap.Count | Should -Be 0
        $all = @{ AttributeMap = $first.AttributeMap }
        "$((Set-SmimeSyncProfile three -PassThru @all).AttributeMap)" | Should -Be 'displayName=cn; mail=rfc822Mailbox'
    }

    It 'is replaced as a whole, and goes by <What>' -ForEach @(
        @{ What = '$null'; None = $null }, @{ What = '@{}'; None = @{} }
    ) {
        $null = New-SmimeSyncProfile one @directory -AttributeMap @{ displayName = 'cn' }
        "$((Set-SmimeSyncProfile one -AttributeMap @{ mail = 'm' } -PassThru).AttributeMap)" | Should -Be 'mail=m'
        (Set-SmimeSyncProfile one -AttributeMap $None -PassThru).AttributeMap.Count | Should -Be 0
        (Get-SmimeSyncProfile one | ConvertTo-Json) | Should -Be (New-SmimeSyncProfile one -Force @directory | ConvertTo-Json)
    }

    It 'that can be none is refused: <Message>' -ForEach @(
        @{ Map = @{ phone = 'x' }; Message = "*-AttributeMap names 'phone', which is none of entryUUID, *userSMIMECertificate*" }
        @{ Map = @{ mail = 'a b' }; Message = "*-AttributeMap gives 'a b' for mail*" }
        @{ Map = @{ mail = $null }; Message = "*-AttributeMap gives '' for mail*" }
        @{ Map = @{ mail = 'a', 'b' }; Message = "*-AttributeMap gives 'a b' for mail*" }
        @{ Map = @{ userCertificate = 'c;binary' }; Message = "*-AttributeMap gives 'c;binary' for userCertificate*without options*" }
        @{ Map = @{ mail = 'm'; displayName = 'm' }; Message = "*-AttributeMap makes one attribute, 'm', displayName and mail*" }
    ) {
        { New-SmimeSyncProfile one @directory -AttributeMap $Map } |
            Should -Throw -ErrorId 'ProfileInvalid,New-SmimeSyncProfile' -ExpectedMessage $Message
        $null = New-SmimeSyncProfile one @directory
        { Set-SmimeSyncProfile one -AttributeMap $Map } |
            Should -Throw -ErrorId 'ProfileInvalid,Set-SmimeSyncProfile' -ExpectedMessage $Message
    }

    It 'belongs to no Active Directory' {
        $domain = @{ Source = 'ActiveDirectory'; Server = 'dc1'; SearchBase = 'DC=x'; Target = 'ActiveDirectory' }
        { New-SmimeSyncProfile one @domain -AllowUntrusted -AttributeMap @{ mail = 'm' } } |
            Should -Throw -ErrorId 'ProfileInvalid*' -ExpectedMessage '*-AttributeMap has no effect*the source Directory*'
    }

    It 'is kept by Export-Csv, Export-Clixml and ConvertTo-Json' {
        $made = New-SmimeSyncProfile one @directory -AttributeMap @{ displayName = 'cn'; mail = 'm' }
        ($made | ConvertTo-Csv | ConvertFrom-Csv).AttributeMap | Should -Be 'displayName=cn; mail=m'
        ($made | ConvertTo-Json | ConvertFrom-Json).AttributeMap.displayName | Should -Be 'cn'
        $made | Export-Clixml -Path "$folder/profile.xml"
        $back = Import-Clixml -Path "$folder/profile.xml"
        "$((New-SmimeSyncProfile two @directory -AttributeMap $back.AttributeMap).AttributeMap)" |
            Should -Be 'displayName=cn; mail=m'
    }
}
