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
                if ($Type -eq 'TrustStore') { Set-ObjectDate $item $script:ObjectShape.TrustStoreCertificate }
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
    Set-ObjectDate $Certificate $script:ObjectShape.PublishedCertificate
}

function Set-ObjectDate {
    # Gives an object within a result UTC dates.
    param([object] $InputObject, [hashtable] $Shape)
    foreach ($name in $Shape.Date) { $InputObject.$name = [SmimeSync.UtcDate]::From($InputObject.$name) }
}

function Add-UnsetSetting {
    # The library leaves out settings that are not set; with them every profile has the same properties, in one order.
    param([object] $InputObject)
    $complete = [ordered] @{ Name = $InputObject.Name }
    foreach ($name in $script:ProfileSetting) { $complete[$name] = $null }
    foreach ($field in $InputObject.PSObject.Properties) { $complete[$field.Name] = $field.Value }
    [pscustomobject] $complete
}
