# Where an object's identity is found, best first: what names it for ever before what may change. They are properties
# of Active Directory, Exchange, Entra and this module's objects.
$script:IdentityProperty = @(
    'Anchor', 'ObjectGUID', 'DistinguishedName', 'PrimarySmtpAddress', 'mail', 'EmailAddress', 'UserPrincipalName',
    'Address', 'Identity'
)

function ConvertTo-Identity {
    # The text by which the library finds a recipient: of a string, a GUID, a mail address, or an object such as
    # Get-ADUser's. An object that names no recipient is an error of its own, written through $Cmdlet. With -Pattern a
    # string may have wildcards; what an object names is taken as it is.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object[]] $InputObject, [switch] $Pattern)
    foreach ($item in $InputObject) {
        if ($item -is [string] -or $item -is [guid]) {
            $text = $item.ToString().Trim()
            if ($text -and $Pattern -and $null -eq (ConvertTo-Wildcard -Cmdlet $Cmdlet -Text $text)) { continue }
            if ($text) { $text; continue }
        }
        $text = $null
        foreach ($name in $script:IdentityProperty) {
            $property = if ($null -ne $item) { $item.PSObject.Properties[$name] }
            if ($null -eq $property -or $null -eq $property.Value) { continue }
            $text = "$(@($property.Value)[0])".Trim()
            if ($text) { break }
        }
        if ($text -and $Pattern) { $text = [System.Management.Automation.WildcardPattern]::Escape($text) }
        if ($text) { $text; continue }
        $nameless = @{
            Id       = 'IdentityMissing'
            Category = 'InvalidArgument'
            Message  = "The object '$item' does not name a recipient."
            Advice   = 'Pass an address, user principal name, distinguished name or object GUID, or an object with one of ' +
                'the properties ' + ($script:IdentityProperty -join ', ') + '.'
            Target   = $item
        }
        $Cmdlet.WriteError((Get-ModuleError @nameless))
    }
}
