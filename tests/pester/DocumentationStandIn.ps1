# What a block of the documentation finds around it, dot-sourced before it in a session of its own: stand-ins for what
# cannot be had in a test, and the variables that the page has set before. $standIn and $work come from the test.

# A person at the keyboard.
function Get-Credential { param([string] $UserName = 'reader@contoso.test') [pscredential]::new($UserName, (Get-Secret)) }
function Get-Secret { ConvertTo-SecureString -String $standIn.Password -AsPlainText -Force }
function Read-Host { param([string] $Prompt, [switch] $AsSecureString) if ($AsSecureString) { Get-Secret } else { $Prompt } }
$ConfirmPreference = 'None'
$cred = $credential = $writer = Get-Credential
$password = Get-Secret
# Drives of Windows.
foreach ($drive in 'C', 'D', 'Cert') { $null = New-PSDrive -Name $drive -PSProvider FileSystem -Root "$work/$drive" -Scope Global }
$env:CREDENTIALS_DIRECTORY = "$work/credentials"
# The module of Windows Server, the task scheduler, and the session of Exchange, whose cmdlets are the stand-in's.
function Get-ADUser { param([string] $Filter) SmimeSync\Get-SmimeCertificate demo | ForEach-Object { [pscustomobject] @{ ObjectGUID = [guid] $_.Anchor } } | Select-Object -First 2 }
function New-ScheduledTaskAction { param([string] $Execute, [string] $Argument) "$Execute $Argument" }
function New-ScheduledTaskTrigger { param([switch] $Daily, [datetime] $At) "$At $Daily" }
function New-ScheduledTaskSettingsSet { param([string] $MultipleInstances, [timespan] $ExecutionTimeLimit) "$MultipleInstances $ExecutionTimeLimit" }
function Register-ScheduledTask {
    param([string] $TaskName, [object] $Action, [object] $Trigger, [object] $Settings, [string] $User, [securestring] $Password)
    "$TaskName $Action $Trigger $Settings $User $($Password.Length)"
}
function New-SelfSignedCertificate {
    param([string] $Subject, [string] $CertStoreLocation, [string] $Provider, [string] $KeySpec, [int] $KeyLength,
        [string] $KeyExportPolicy, [datetime] $NotAfter)
    $null = $Provider, $KeySpec, $KeyExportPolicy
    [pscustomobject] @{ Thumbprint = 'A' * 40; Subject = "$Subject $CertStoreLocation $KeyLength $NotAfter" }
}
function Connect-ExchangeOnline {
    param([string] $AppId, [string] $Organization, [string] $CertificateThumbprint)
    $null = $AppId, $Organization, $CertificateThumbprint
    Import-Module -Name "$env:SMIME_SYNC_ROOT/tests/lab/exchange/ExchangeSession.psm1" -Global -Force
}
if ($standIn.Session) { Connect-ExchangeOnline }

# A directory that can't be had is a file with the same people, and Exchange Online is the stand-in. What is created stays
# as the page says it otherwise.
$command = Get-Command -Name New-SmimeSyncProfile -Module SmimeSync
$metadata = [System.Management.Automation.CommandMetadata]::new($command)
$proxy = @"
$([System.Management.Automation.ProxyCommand]::GetCmdletBindingAttribute($metadata))
param($([System.Management.Automation.ProxyCommand]::GetParamBlock($metadata)))
process {
    Set-StandInSetting -Setting `$PSBoundParameters
    SmimeSync\New-SmimeSyncProfile @PSBoundParameters
}
"@
# An alias goes before the function, also when a block imports the module again.
Set-Item -Path function:New-StandInProfile -Value $proxy
Set-Alias -Name New-SmimeSyncProfile -Value New-StandInProfile
function Set-StandInSetting {
    param([System.Collections.IDictionary] $Setting)
    if ($Setting['Target'] -eq 'ActiveDirectory') { return }
    if ($Setting['Target'] -eq 'Directory') {
        foreach ($name in @($Setting.Keys -like 'Target?*')) { $null = $Setting.Remove($name) }
        $Setting['Target'] = 'Folder'
        $Setting['OutputPath'] = './out'
    }
    if (@('ActiveDirectory', 'Directory') -contains $Setting['Source']) {
        $Setting['Source'] = 'Ldif'
        $Setting['Path'] = './directory.ldif'
        foreach ($name in 'Server', 'SearchBase', 'AdditionalSource', 'AttributeMap') { $null = $Setting.Remove($name) }
        if ($Setting['Target'] -ne 'ExchangeOnline') { $null = $Setting.Remove('ServerCertificatePath') }
    }
    if ($Setting['Target'] -ne 'ExchangeOnline') { return }
    foreach ($name in 'ServerCertificatePath', 'ConnectionUri', 'AzureADAuthorizationEndpointUri') { $Setting[$name] = $standIn.Setting[$name] }
    if ($Setting['AppId']) { $Setting['AppId'] = $standIn.Setting.AppId }
}
