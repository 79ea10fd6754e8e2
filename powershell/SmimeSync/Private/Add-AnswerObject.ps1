function Add-AnswerObject {
    # Adds the selected properties of what a cmdlet returned to $Piece, in the forms of docs/abi.md (SessionCommand).
    # Properties without a value are left out. Called once an object.
    param([hashtable] $Piece, [object] $InputObject, [object] $Command)
    $object = @{}
    foreach ($name in $Command.Select) {
        $property = $InputObject.PSObject.Properties[$name]
        if ($null -eq $property) { continue }
        $value = $property.Value
        if ($null -eq $value) { continue }
        # The most frequent ones without the price of a call. In quotes, a text loses what a remote session adds to it.
        if ($value -is [string]) { $object[$name] = "$value"; continue }
        if ($value -is [bool]) { $object[$name] = [bool] $value; continue }
        # Handed over rather than returned: Windows PowerShell wraps what a function returns, and then ConvertTo-Json
        # writes an array as an object.
        Add-AnswerProperty -Object $object -Name $name -Value $value -Piece $Piece -CountOnly $Command.CountsOnly
    }
    $Piece.Output.Add($object)
}

function Add-AnswerProperty {
    # One property: bytes, a list, or a single value. Objects of a remote session (deserialised) are the same with other
    # type names.
    param([hashtable] $Object, [string] $Name, [object] $Value, [hashtable] $Piece, [bool] $CountOnly)
    $base = $Value.PSObject.BaseObject
    if ($base -is [byte[]]) {
        if ($CountOnly) { $Object[$Name] = @{ BinaryCount = 1 } }
        else { $Object[$Name] = @{ Binary = Get-Base64 -Byte $base -Piece $Piece } }
        return
    }
    if ($base -is [string] -or $base -is [System.Collections.IDictionary] -or
        $base -isnot [System.Collections.IEnumerable]) {
        $Object[$Name] = ConvertTo-AnswerValue -Value $Value
        return
    }
    $items = [System.Collections.Generic.List[object]]::new()
    $binary = 0
    foreach ($item in $base) {
        if ($null -eq $item) { continue }
        if ($item.PSObject.BaseObject -is [byte[]]) {
            $binary++
            if (-not $CountOnly) { $items.Add((Get-Base64 -Byte $item -Piece $Piece)) }
        } elseif ($item -is [string] -and $item -eq 'System.Byte[]') {
            # A text in place of the bytes: all that is known is that there is a value.
            if (-not $CountOnly) { throw "The session shows the bytes of '$Name' only as the text 'System.Byte[]'." }
            $binary++
        } else {
            $items.Add((ConvertTo-AnswerValue -Value $item))
        }
    }
    if ($binary -eq 0) { $Object[$Name] = $items.ToArray() }
    elseif ($CountOnly) { $Object[$Name] = @{ BinaryCount = $binary } }
    else { $Object[$Name] = @{ BinaryList = $items.ToArray() } }
}

function Get-Base64 {
    [OutputType([string])]
    param([byte[]] $Byte, [hashtable] $Piece)
    $text = [System.Convert]::ToBase64String($Byte)
    $Piece.Characters += $text.Length
    $text
}

function ConvertTo-AnswerValue {
    # A single value: flags and whole numbers as they are, dates as UTC text, anything else (identifiers, enumerations,
    # addresses) as text.
    param([object] $Value)
    $base = $Value.PSObject.BaseObject
    if ($base -is [string] -or $base -is [bool]) { return $base }
    if ($base -is [datetime]) {
        return $base.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
    }
    $whole = $base -is [int] -or $base -is [long] -or $base -is [int16] -or $base -is [byte] -or $base -is [uint32]
    if (-not $whole) { return "$Value" }
    # A deserialised enumeration is a number that reads as its name.
    if ($Value.PSObject.TypeNames -contains 'Deserialized.System.Enum') { return $Value.PSObject.ToString() }
    $base
}
