# What has to be done to the library's objects, by their type: which fields are dates, which are lists, and the type
# name of the objects in a list.
$script:ObjectShape = @{
    Run         = @{
        Date = @('Started', 'Ended')
        List = @('Guard', 'MissingIssuers')
        Item = @{ MissingIssuers = 'SmimeSync.MissingIssuer' }
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
        List = @('SearchBase', 'ServerCertificatePath', 'TrustAnchorPath')
        Item = @{}
    }
    ProfileTest = @{ Date = @(); List = @(); Item = @{} }
    Rule        = @{ Date = @(); List = @(); Item = @{} }
}

function ConvertTo-TypedObject {
    # Gives one of the library's result objects its type name, UTC dates, and lists that read as text in a table or a
    # CSV file. The object itself is changed. Called once an object, so it is kept fast.
    param([string] $Type, [object] $Object)
    $Object.PSObject.TypeNames.Insert(0, 'SmimeSync.' + $Type)
    $shape = $script:ObjectShape[$Type]
    if ($null -eq $shape) { return $Object }
    $property = $Object.PSObject.Properties
    foreach ($name in $shape.Date) {
        $field = $property[$name]
        if ($null -ne $field) { $field.Value = [SmimeSync.UtcDate]::From($field.Value) }
    }
    foreach ($name in $shape.List) {
        $field = $property[$name]
        if ($null -eq $field) { continue }
        $typeName = $shape.Item[$name]
        if ($typeName) {
            foreach ($item in $field.Value) { Set-ItemType -Item $item -TypeName $typeName }
        }
        $field.Value = [SmimeSync.ItemList]::new($field.Value)
    }
    $Object
}

function Set-ItemType {
    # Types an object inside a result, and the dates of the certificate that it may carry.
    param([object] $Item, [string] $TypeName)
    $Item.PSObject.TypeNames.Insert(0, $TypeName)
    $certificate = $Item.PSObject.Properties['Certificate']
    if ($null -ne $certificate -and $null -ne $certificate.Value) {
        $summary = ConvertTo-TypedObject -Type 'Certificate' -Object $certificate.Value
        $summary.PSObject.TypeNames[0] = 'SmimeSync.CertificateSummary'
    }
}
