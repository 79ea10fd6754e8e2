# What has to be done to the library's objects, by their type: which fields are dates, which are lists, and the type
# name of the objects in a list.
$script:ObjectShape = @{
    Run         = @{
        Date = @('Started', 'Ended')
        List = @('Guard', 'MissingIssuers', 'Exclusions')
        Item = @{ MissingIssuers = 'SmimeSync.MissingIssuer'; Exclusions = 'SmimeSync.ExclusionCount' }
    }
    Change      = @{
        Date = @('NextTry', 'Time')
        List = @('Before', 'After', 'Reasons', 'Findings')
        Item = @{
            Before   = 'SmimeSync.PublishedValue'
            After    = 'SmimeSync.PublishedValue'
            Findings = 'SmimeSync.Finding'
        }
    }
    Certificate = @{
        Date = @('NotBefore', 'NotAfter')
        List = @('Addresses', 'KeyUsage', 'ExtendedKeyUsage', 'Findings', 'RecipientFindings')
        Item = @{ Findings = 'SmimeSync.Finding'; RecipientFindings = 'SmimeSync.Finding' }
    }
    Profile     = @{
        Date = @()
        List = @('SearchBase', 'ServerCertificatePath', 'TrustAnchorPath', 'RemoveValue')
        Item = @{}
    }
    TrustStore  = @{
        Date = @()
        List = @('Certificate')
        Item = @{ Certificate = 'SmimeSync.TrustStoreCertificate' }
    }
}

function ConvertTo-TypedObject {
    # Gives one of the library's result objects its type name, UTC dates, and lists that read as text in a table or a
    # CSV file. The object itself is changed. Called once an object, so it is kept fast.
    param([string] $Type, [object] $Object)
    $shape = $script:ObjectShape[$Type]
    if ($null -eq $shape) { $shape = @{ Date = @(); List = @(); Item = @{} } }
    if ($Type -eq 'Profile') { $Object = Add-UnsetSetting -InputObject $Object }
    # Reading and setting by name is faster than PSObject.Properties, and fastest before the type name is there.
    foreach ($name in $shape.Date) { $Object.$name = [SmimeSync.UtcDate]::From($Object.$name) }
    foreach ($name in $shape.List) {
        $value = $Object.$name
        $typeName = $shape.Item[$name]
        if ($typeName) {
            foreach ($item in $value) {
                $item.PSObject.TypeNames.Insert(0, $typeName)
                if ($typeName -eq 'SmimeSync.PublishedValue' -and $item.Certificate) { Add-CertificateType $item.Certificate }
                if ($Type -eq 'TrustStore') { $item.NotAfter = [SmimeSync.UtcDate]::From($item.NotAfter) }
            }
        }
        $Object.$name = [SmimeSync.ItemList]::new($value)
    }
    $Object.PSObject.TypeNames.Insert(0, 'SmimeSync.' + $Type)
    $Object
}

function Add-CertificateType {
    # Types the certificate of a published value, and its dates.
    param([object] $Certificate)
    $Certificate.PSObject.TypeNames.Insert(0, 'SmimeSync.CertificateSummary')
    foreach ($name in 'NotBefore', 'NotAfter') { $Certificate.$name = [SmimeSync.UtcDate]::From($Certificate.$name) }
}

function Add-UnsetSetting {
    # The library leaves out settings that are not set; with them every profile has the same properties, in one order.
    param([object] $InputObject)
    $complete = [ordered] @{ Name = $InputObject.Name }
    foreach ($name in $script:ProfileSetting) { $complete[$name] = $null }
    foreach ($field in $InputObject.PSObject.Properties) { $complete[$field.Name] = $field.Value }
    [pscustomobject] $complete
}
