<#
.SYNOPSIS
Tries on a real Windows machine what was only ever tried elsewhere, and writes a report.

.DESCRIPTION
Takes some minutes, changes nothing in the directory, and keeps everything of its own in one folder, which it removes at the
end. The report says for each step what it tried, whether that passed, how long it took, and the id of the error if it did not.
Names of servers and accounts are in it, passwords and certificates are not. Runs in Windows PowerShell 5.1 and PowerShell 7.

.PARAMETER ModulePath
The module's folder, or its name where it is installed.

.PARAMETER DomainController
The DNS name of a domain controller. Then the directory is read, too: by discovery, with Kerberos sealed, inside LDAPS and
StartTLS, and with a password where -Credential is given; the numbers are compared with what Windows itself finds.

.PARAMETER SearchBase
What is read; the whole domain by default.

.PARAMETER Credential
An account of the domain, for the sign-ins with a password.

.PARAMETER ReportPath
The report, as text; beside it the same as JSON, with the ending .json.

.EXAMPLE
PS> .\windows-first-run.ps1

Tries the module with a file as the source.

.EXAMPLE
PS> .\windows-first-run.ps1 -DomainController dc1.contoso.test -SearchBase 'OU=Staff,DC=contoso,DC=test'

Tries the directory, too, as the current user.
#>
[CmdletBinding()]
param(
    [string] $ModulePath = 'SmimeSync',
    [string] $DomainController,
    [string[]] $SearchBase = @(),
    [pscredential] $Credential,
    [string] $ReportPath = './smime-sync-first-run.txt'
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$steps = New-Object System.Collections.ArrayList
$folder = Join-Path ([IO.Path]::GetTempPath()) ('SmimeSync-' + [guid]::NewGuid().ToString('N'))
$null = New-Item -ItemType Directory -Path $folder
$homeBefore = $env:SMIME_SYNC_HOME
$env:SMIME_SYNC_HOME = Join-Path $folder 'home'

function Invoke-Step {
    param([string] $Name, [scriptblock] $Script)
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $step = [ordered]@{ Step = $Name; Result = 'Passed'; Seconds = 0; Detail = '' }
    try {
        $step.Detail = [string](& $Script)
    }
    catch {
        $step.Result = 'Failed'
        $step.Detail = '{0} ({1})' -f ($_.Exception.Message -replace '\s+', ' '), $_.FullyQualifiedErrorId
    }
    $step.Seconds = [Math]::Round($watch.Elapsed.TotalSeconds, 1)
    $null = $steps.Add((New-Object psobject -Property $step))
    Write-Host ('{0,-7} {1,6:0.0} s  {2}: {3}' -f $step.Result, $step.Seconds, $Name, $step.Detail)
}

function Skip-Step {
    param([string] $Name, [string] $Reason)
    $null = $steps.Add((New-Object psobject -Property ([ordered]@{ Step = $Name; Result = 'Skipped'; Seconds = 0; Detail = $Reason })))
    Write-Host ('Skipped           {0}: {1}' -f $Name, $Reason)
}

function Assert-That {
    param([bool] $Condition, [string] $Message)
    if (-not $Condition) { throw $Message }
}

# How many objects with certificates Windows itself finds.
function Get-DirectoryCount {
    param([string[]] $Base)
    $count = 0
    foreach ($one in $Base) {
        $root = New-Object DirectoryServices.DirectoryEntry -ArgumentList "LDAP://$DomainController/$one"
        $searcher = New-Object DirectoryServices.DirectorySearcher -ArgumentList $root
        $searcher.Filter = '(&(objectCategory=person)(|(userCertificate=*)(userSMIMECertificate=*)))'
        $searcher.PageSize = 500
        $null = $searcher.PropertiesToLoad.Add('objectGUID')
        $found = $searcher.FindAll()
        foreach ($result in $found) { $count++ }
        $found.Dispose()
    }
    $count
}

function Test-Directory {
    param([string] $ProfileName, [string] $What, [hashtable] $Setting, [hashtable] $SignIn)
    Invoke-Step "$What (settings)" {
        $null = New-SmimeSyncProfile -Name $ProfileName -Source ActiveDirectory -Target Folder -AllowUntrusted `
            -OutputPath (Join-Path $folder $ProfileName) @Setting
        'created'
    }
    Invoke-Step "$What (Test-SmimeSyncProfile)" {
        $tests = @(Test-SmimeSyncProfile -Name $ProfileName @SignIn)
        $bad = @($tests | Where-Object { $_.Result -eq 'Failed' })
        Assert-That ($bad.Count -eq 0) (@($bad | ForEach-Object { '{0}: {1}' -f $_.Check, $_.Message }) -join ' ')
        @($tests | Where-Object { $_.Check -eq 'Source' -or $_.Check -eq 'SignIn' } | ForEach-Object { $_.Message }) -join ' '
    }
    Invoke-Step "$What (values read)" {
        $people = @{}
        Get-SmimeCertificate -ProfileName $ProfileName @SignIn | ForEach-Object { $people[$_.Anchor] = $true }
        Assert-That ($script:expected -lt 0 -or $people.Count -eq $script:expected) `
            "$($people.Count) recipients with values; Windows finds $($script:expected)"
        "$($people.Count) recipients with values"
    }
}

try {
    Invoke-Step 'Versions' {
        'PowerShell {0} ({1}), {2}, {3}' -f $PSVersionTable.PSVersion, $PSVersionTable.PSEdition, [Environment]::OSVersion.VersionString,
        [Globalization.CultureInfo]::CurrentCulture.Name
    }
    Invoke-Step 'Import-Module' {
        Import-Module -Name $ModulePath -Force
        'version {0}, {1} commands' -f (Get-Module -Name SmimeSync).Version, @(Get-Command -Module SmimeSync).Count
    }
    Invoke-Step 'Certificate of a person, made by Windows' {
        # RSA::Create of .NET Framework makes keys that do not sign so.
        $rsa = if ($PSVersionTable.PSEdition -eq 'Desktop') { New-Object Security.Cryptography.RSACng -ArgumentList 3072 }
        else { [Security.Cryptography.RSA]::Create(3072) }
        $request = New-Object Security.Cryptography.X509Certificates.CertificateRequest -ArgumentList 'CN=First Run', $rsa,
        ([Security.Cryptography.HashAlgorithmName]::SHA256), ([Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $names = New-Object Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder
        $names.AddEmailAddress('first.run@contoso.test')
        $request.CertificateExtensions.Add($names.Build())
        $now = [DateTimeOffset]::UtcNow
        $certificate = $request.CreateSelfSigned($now.AddDays(-1), $now.AddDays(30))
        $text = [Convert]::ToBase64String($certificate.RawData)
        @('version: 1', '', 'dn: CN=First Run,DC=contoso,DC=test', 'objectClass: user', 'objectCategory: CN=Person,CN=Schema',
            'cn: First Run', 'mail: first.run@contoso.test', 'objectGUID:: nm9L2ggSQkSC9CoQs6Vvrw==',
            "userCertificate:: $text") | Set-Content -Path (Join-Path $folder 'people.ldif') -Encoding ASCII
        $certificate.Thumbprint.Length
    }
    Invoke-Step 'First run from a file to a folder' {
        $null = New-SmimeSyncProfile -Name file -Source Ldif -Path (Join-Path $folder 'people.ldif') -Target Folder `
            -OutputPath (Join-Path $folder 'out') -AllowUntrusted
        $run = Sync-SmimeCertificate -ProfileName file
        Assert-That ($run.Exported -eq 1) "$($run.Result), exported $($run.Exported)"
        '{0}, exported {1}' -f $run.Result, $run.Exported
    }
    Invoke-Step 'Second run finds nothing to do' {
        $run = Sync-SmimeCertificate -ProfileName file
        Assert-That ($run.Exported -eq 0 -and $run.Result -eq 'Success') "$($run.Result), exported $($run.Exported)"
        [string]$run.Result
    }
    Invoke-Step 'Rights of profile and state' {
        $others = foreach ($file in Get-ChildItem -Path $env:SMIME_SYNC_HOME -Recurse) {
            foreach ($rule in (Get-Acl -LiteralPath $file.FullName).Access) {
                $sid = $rule.IdentityReference.Translate([Security.Principal.SecurityIdentifier]).Value
                $own = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
                if ($sid -notin $own, 'S-1-5-18', 'S-1-5-32-544') { '{0}: {1}' -f $file.Name, $rule.IdentityReference }
            }
        }
        Assert-That (-not $others) ("Others have rights, too: " + (@($others | Select-Object -Unique) -join ', '))
        'its owner, SYSTEM and administrators only'
    }
    if ($DomainController) {
        # Below zero: Windows could not count, and nothing is compared.
        $script:expected = -1
        Invoke-Step 'What Windows itself finds' {
            $base = $SearchBase
            if ($base.Count -eq 0) {
                $base = @((New-Object DirectoryServices.DirectoryEntry -ArgumentList "LDAP://$DomainController/RootDSE").Properties['defaultNamingContext'].Value)
            }
            $script:expected = Get-DirectoryCount -Base $base
            "$($script:expected) people with values"
        }
        $base = @{}
        if ($SearchBase.Count -gt 0) { $base['SearchBase'] = $SearchBase }
        $server = $base + @{ Server = $DomainController }
        $kerberos = @{ Authentication = 'Kerberos' }
        Test-Directory 'discovered' 'The domain found by Windows' ($base + $kerberos) @{}
        Test-Directory 'sealed' 'Kerberos, sealed, port 389' ($server + $kerberos) @{}
        Test-Directory 'ldaps' 'Kerberos inside LDAPS' ($server + $kerberos + @{ Encryption = 'Ldaps' }) @{}
        Test-Directory 'starttls' 'Kerberos inside StartTLS' ($server + $kerberos + @{ Encryption = 'StartTls' }) @{}
        if ($Credential) {
            $password = @{ Authentication = 'Password' }
            Test-Directory 'password' 'A password inside LDAPS' ($server + $password) @{ Credential = $Credential }
            Test-Directory 'passwordtls' 'A password inside StartTLS' ($server + $password + @{ Encryption = 'StartTls' }) `
                @{ Credential = $Credential }
        }
        else {
            Skip-Step 'A password inside LDAPS and StartTLS' '-Credential was not given'
        }
        foreach ($turn in 'First', 'Second') {
            Invoke-Step "$turn run from the directory to a folder" {
                $run = Sync-SmimeCertificate -ProfileName sealed
                Assert-That ($run.Result -in 'Success', 'CompletedWithErrors') ([string]$run.Result)
                '{0}: {1} recipients, exported {2}' -f $run.Result, $run.Recipients, $run.Exported
            }
        }
    }
    else {
        Skip-Step 'Active Directory' '-DomainController was not given'
    }
}
finally {
    $env:SMIME_SYNC_HOME = $homeBefore
    $steps | Format-Table -Property Result, Seconds, Step, Detail -AutoSize -Wrap | Out-String -Width 160 |
        Set-Content -Path $ReportPath -Encoding UTF8
    ConvertTo-Json -InputObject @($steps) -Depth 3 | Set-Content -Path ([IO.Path]::ChangeExtension($ReportPath, '.json')) -Encoding UTF8
    Remove-Item -Path $folder -Recurse -Force -ErrorAction SilentlyContinue
    $failed = @($steps | Where-Object { $_.Result -eq 'Failed' }).Count
    $passed = @($steps | Where-Object { $_.Result -eq 'Passed' }).Count
    Write-Host "$passed passed, $failed failed. The report: $ReportPath"
}
if ($failed -gt 0) { exit 1 }
