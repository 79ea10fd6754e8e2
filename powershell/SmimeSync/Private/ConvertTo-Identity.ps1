# Where an object says by what it is known for ever: by the first of these alone it is looked for.
$script:LastingProperty = @('Anchor', 'ObjectGUID', 'DistinguishedName')
# Where an object without these, or of Exchange Online, says by what it may be known elsewhere, best first. All of these
# count: the first that names somebody decides. They are properties of Active Directory, Exchange, Entra and this module's
# objects.
$script:NameProperty = @(
    'Guid', 'PrimarySmtpAddress', 'mail', 'EmailAddress', 'WindowsEmailAddress', 'ExternalEmailAddress', 'UserPrincipalName',
    'Address', 'EmailAddresses', 'ProxyAddresses'
)
# Each key is a look-up of its own where those before it name nobody.
$script:MostKeys = 10

function ConvertTo-Identity {
    # How the library finds a recipient: the text of a string, a GUID or a mail address; of an object such as
    # Get-ADUser's its key, or its keys as an array, best first. An object that names no recipient is an error of its own,
    # written through $Cmdlet. With -Pattern a string may have wildcards; what an object names is taken as it is.
    [OutputType([string], [string[]])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object[]] $InputObject, [switch] $Pattern)
    foreach ($item in $InputObject) {
        if ($item -is [string] -or $item -is [guid]) {
            $text = $item.ToString().Trim()
            if ($text -and $Pattern -and $null -eq (ConvertTo-Wildcard -Cmdlet $Cmdlet -Text $text)) { continue }
            if ($text) { $text; continue }
        }
        $keys = @(Get-IdentityKey -InputObject $item)
        if ($Pattern) { $keys = @($keys | ForEach-Object { [System.Management.Automation.WildcardPattern]::Escape($_) }) }
        if ($keys.Count -eq 1) { $keys[0]; continue }
        if ($keys.Count -gt 1) { , [string[]] $keys; continue }
        $nameless = @{
            Id       = 'IdentityMissing'
            Category = 'InvalidArgument'
            Message  = "The object '$item' does not name a recipient."
            Advice   = 'Pass an address, user principal name, distinguished name or object GUID, or an object with one of ' +
                'the properties ' + (($script:LastingProperty + $script:NameProperty + 'Identity') -join ', ') + '.'
            Target   = $item
        }
        $Cmdlet.WriteError((Get-ModuleError @nameless))
    }
}

function Get-IdentityKey {
    # The keys of an object, best first; none for one that names no recipient.
    [OutputType([string])]
    param([object] $InputObject)
    foreach ($name in $script:LastingProperty) {
        $text = Get-IdentityText -InputObject $InputObject -Name $name | Select-Object -First 1
        # Exchange Online keeps everybody under a name of its own, which no other directory knows.
        if ($text -and ($name -ne 'DistinguishedName' -or -not (Test-HostedName -Name $text))) { return $text }
    }
    $known = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    $keys = foreach ($name in $script:NameProperty) {
        foreach ($text in Get-IdentityText -InputObject $InputObject -Name $name) {
            # Of a proxy address, such as SMTP:alice@contoso.test, the rest; other kinds of addresses name nobody.
            $prefix, $address = $text -split ':', 2
            if ($null -ne $address -and $prefix -ne 'smtp') { continue }
            if ($null -ne $address) { $text = $address.Trim() }
            if ($text -and $known.Add($text)) { $text }
        }
    }
    if (-not $keys) { $keys = Get-IdentityText -InputObject $InputObject -Name 'Identity' | Select-Object -First 1 }
    $keys | Select-Object -First $script:MostKeys
}

function Get-IdentityText {
    # The texts of a property, without empty ones.
    [OutputType([string])]
    param([object] $InputObject, [string] $Name)
    $property = if ($null -ne $InputObject) { $InputObject.PSObject.Properties[$Name] }
    if ($null -eq $property -or $null -eq $property.Value) { return }
    foreach ($value in $property.Value) {
        $text = "$value".Trim()
        if ($text -and $text -ne [guid]::Empty.ToString()) { $text }
    }
}

function Test-HostedName {
    # Whether a distinguished name is one of Exchange Online:
    # CN=Alice,OU=contoso.onmicrosoft.com,OU=Microsoft Exchange Hosted Organizations,DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM
    # Other clouds end in other domains.
    [OutputType([bool])]
    param([string] $Name)
    $hosted = ',OU=Microsoft Exchange Hosted Organizations,|,DC=PROD,(DC=PARTNER,)?DC=(OUTLOOK|OFFICE365),DC=(COM|CN|DE|US)$'
    [regex]::IsMatch($Name, $hosted, [System.Text.RegularExpressions.RegexOptions] 'IgnoreCase, CultureInvariant')
}
