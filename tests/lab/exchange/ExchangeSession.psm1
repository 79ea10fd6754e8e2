# The cmdlets of an Exchange session in front of the stand-in, for tests of what runs in the admin's own session.
# Its address is in $env:SMIME_SYNC_STAND_IN_CONTROL. Runs in Windows PowerShell 5.1 and PowerShell 7.

Set-StrictMode -Version 2.0

# A value as POST /session takes it. Facts 1.6: byte[] is one value; object[] or ArrayList whose first element is
# byte[] is a list. A List[byte[]] is neither, and the real module does not convert it.
function ConvertTo-SessionValue($Value) {
    if ($null -eq $Value) { return $null }
    if ($Value -is [System.Management.Automation.SwitchParameter]) { return [bool]$Value }
    if ($Value -is [bool] -or $Value -is [string] -or $Value -is [int] -or $Value -is [long]) { return $Value }
    if ($Value -is [System.Collections.IDictionary]) {
        # @{Remove=...}: how a multi-valued property loses some of its values.
        if (@($Value.Keys).Count -ne 1 -or -not $Value.Contains('Remove')) { return @{ Type = $Value.GetType().FullName } }
        $removed = ConvertTo-SessionValue $Value['Remove']
        if ($removed -is [System.Collections.IDictionary] -and $removed.Contains('ByteList')) {
            return @{ Remove = $removed['ByteList'] }
        }
        return @{ Type = $Value.GetType().FullName }
    }
    if ($Value -is [byte[]]) { return @{ Bytes = [Convert]::ToBase64String($Value) } }
    if ($Value -is [object[]] -or $Value -is [System.Collections.ArrayList] -or $Value -is [byte[][]]) {
        $list = New-Object System.Collections.ArrayList
        foreach ($item in $Value) {
            if ($item -isnot [byte[]]) { return @{ Type = $Value.GetType().FullName } }
            [void]$list.Add([Convert]::ToBase64String($item))
        }
        return @{ ByteList = $list.ToArray() }
    }
    return @{ Type = $Value.GetType().FullName }
}

# A property as a session shows it.
function ConvertFrom-SessionValue($Value) {
    if ($Value -isnot [System.Management.Automation.PSCustomObject]) { return , $Value }
    $names = @($Value.PSObject.Properties | ForEach-Object { $_.Name })
    if ($names -contains 'Date') {
        if ($Value.Date -is [datetime]) { return , $Value.Date.ToUniversalTime() }
        $styles = [Globalization.DateTimeStyles]'AdjustToUniversal, AssumeUniversal'
        return , [datetime]::Parse($Value.Date, [Globalization.CultureInfo]::InvariantCulture, $styles)
    }
    if ($names -contains 'Texts') { return , [string[]]@($Value.Texts) }
    if ($names -contains 'Bytes') { return , [Convert]::FromBase64String($Value.Bytes) }
    $list = New-Object System.Collections.ArrayList
    foreach ($item in @($Value.ByteList)) { [void]$list.Add([Convert]::FromBase64String($item)) }
    return , ([byte[][]]$list.ToArray([byte[]]))
}

# Runs a cmdlet; writes its warnings, its objects, or its error as the cmdlet that was called.
function Invoke-SessionCmdlet {
    param([System.Management.Automation.PSCmdlet]$Caller, [System.Collections.IDictionary]$Bound)

    $parameters = @{}
    $own = [System.Management.Automation.PSCmdlet]::CommonParameters + 'WhatIf' + 'Confirm'
    foreach ($name in $Bound.Keys) {
        if ($own -notcontains $name) { $parameters[$name] = ConvertTo-SessionValue $Bound[$name] }
    }
    # As it is written here: Import-Module -Prefix changes the name by which it is called.
    $cmdlet = $Caller.MyInvocation.MyCommand.ScriptBlock.Ast.Name
    $body = ConvertTo-Json -Depth 6 -Compress -InputObject @{ CmdletName = $cmdlet; Parameters = $parameters }
    $request = @{
        Uri             = $env:SMIME_SYNC_STAND_IN_CONTROL.TrimEnd('/') + '/session'
        Method          = 'Post'
        ContentType     = 'application/json; charset=utf-8'
        Body            = [Text.Encoding]::UTF8.GetBytes($body)
        UseBasicParsing = $true
    }
    $before = $ProgressPreference
    try {
        $ProgressPreference = 'SilentlyContinue'
        $text = [Text.Encoding]::UTF8.GetString((Invoke-WebRequest @request).RawContentStream.ToArray())
    }
    finally { $ProgressPreference = $before }
    $answer = ConvertFrom-Json -InputObject $text
    if ($answer.PSObject.Properties['Error']) {
        $exception = New-Object System.InvalidOperationException $answer.Error.Message
        $exception.Data['Type'] = $answer.Error.Type
        $target = if ($Bound.Keys -contains 'Identity') { $Bound['Identity'] } else { $null }
        $record = New-Object System.Management.Automation.ErrorRecord (
            $exception, $answer.Error.FullyQualifiedErrorId,
            [System.Management.Automation.ErrorCategory]$answer.Error.Category, $target)
        $Caller.WriteError($record)
        return
    }
    foreach ($warning in @($answer.Warnings)) { $Caller.WriteWarning($warning) }
    foreach ($value in @($answer.Value)) {
        $shown = New-Object System.Management.Automation.PSObject
        foreach ($property in $value.PSObject.Properties) {
            $note = New-Object System.Management.Automation.PSNoteProperty (
                $property.Name, (ConvertFrom-SessionValue $property.Value))
            $shown.PSObject.Properties.Add($note)
        }
        $Caller.WriteObject($shown)
    }
}

function Get-Mailbox {
    [CmdletBinding()]
    param([Parameter(Position = 0)][object]$Identity, [string]$Filter, [object]$ResultSize,
        [string]$RecipientTypeDetails, [switch]$SoftDeletedMailbox)
    Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters
}

function Get-MailUser {
    [CmdletBinding()]
    param([Parameter(Position = 0)][object]$Identity, [string]$Filter, [object]$ResultSize)
    Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters
}

function Get-MailContact {
    [CmdletBinding()]
    param([Parameter(Position = 0)][object]$Identity, [string]$Filter, [object]$ResultSize)
    Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters
}

function Get-RemoteMailbox {
    [CmdletBinding()]
    param([Parameter(Position = 0)][object]$Identity, [string]$Filter, [object]$ResultSize)
    Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters
}

function Get-Recipient {
    [CmdletBinding()]
    param([Parameter(Position = 0)][object]$Identity, [string]$Filter, [object]$ResultSize,
        [string]$RecipientTypeDetails)
    Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters
}

function Set-Mailbox {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([Parameter(Mandatory = $true, Position = 0)][object]$Identity, [object]$UserCertificate,
        [object]$UserSMimeCertificate, [bool]$HiddenFromAddressListsEnabled, [string]$DisplayName,
        [bool]$IsExchangeCloudManaged)
    if ($PSCmdlet.ShouldProcess($Identity)) { Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters }
}

function Set-MailUser {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([Parameter(Mandatory = $true, Position = 0)][object]$Identity, [object]$UserCertificate,
        [object]$UserSMimeCertificate, [bool]$HiddenFromAddressListsEnabled, [string]$DisplayName)
    if ($PSCmdlet.ShouldProcess($Identity)) { Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters }
}

function Set-MailContact {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([Parameter(Mandatory = $true, Position = 0)][object]$Identity, [object]$UserCertificate,
        [object]$UserSMimeCertificate, [bool]$HiddenFromAddressListsEnabled, [string]$DisplayName)
    if ($PSCmdlet.ShouldProcess($Identity)) { Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters }
}

function New-MailContact {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([Parameter(Mandatory = $true, Position = 0)][string]$Name,
        [Parameter(Mandatory = $true)][object]$ExternalEmailAddress, [string]$DisplayName, [string]$Alias)
    if ($PSCmdlet.ShouldProcess($Name)) { Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters }
}

function Get-OrganizationConfig {
    [CmdletBinding()]
    param()
    Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters
}

function Get-SmimeConfig {
    [CmdletBinding()]
    param([Parameter(Position = 0)][object]$Identity)
    Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters
}

function Set-SmimeConfig {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([Parameter(Position = 0)][object]$Identity, [byte[]]$SMIMECertificateIssuingCA)
    if ($PSCmdlet.ShouldProcess('Smime Configuration')) { Invoke-SessionCmdlet $PSCmdlet $PSBoundParameters }
}

# Only Exchange on-premises has remote mailboxes; a session in the cloud has no such cmdlet at all. Whose cmdlets the
# stand-in has is asked at import: import with -Force after a change.
$settings = Invoke-RestMethod -Uri ($env:SMIME_SYNC_STAND_IN_CONTROL.TrimEnd('/') + '/settings') -UseBasicParsing
$nouns = @('Mailbox', 'MailUser', 'MailContact', 'Recipient', 'OrganizationConfig', 'SmimeConfig')
if ($settings.Flavour -eq 'OnPremises') { $nouns += 'RemoteMailbox' }
Export-ModuleMember -Function @($nouns | ForEach-Object { "*-$_" })
