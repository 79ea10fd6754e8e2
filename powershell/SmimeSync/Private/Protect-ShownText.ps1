function Protect-ShownText {
    # Text of a directory may have control characters in it, which rewrite what a terminal shows, or begin as a formula,
    # which a spreadsheet computes. Tables, lists and CSV files show such text by its ToString, without these; the text
    # itself stays as it is. A member of the object stands before the property, whose type takes bare text only.
    param([object] $InputObject)
    $shown = [ordered] @{}
    $odd = $false
    foreach ($property in @($InputObject.PSObject.Properties)) {
        $value = $property.Value
        $shown[$property.Name] = $value
        $other = $null
        if ($value -is [string]) {
            $other = Get-ShownText -Text $value
        } elseif ($value -is [SmimeSync.ItemList[string]]) {
            $other = Get-ShownList -Item $value
        } elseif ($value -is [System.Collections.IList]) {
            foreach ($item in $value) { Protect-ShownText -InputObject $item }
        } elseif ($null -ne $value -and $value.PSObject.TypeNames[0] -like 'SmimeSync.*') {
            Protect-ShownText -InputObject $value
        }
        if ($null -ne $other) { $odd = $true; $shown[$property.Name] = $other }
    }
    if (-not $odd) { return }
    # All of them, since members come before properties, and columns shall stay in their order.
    foreach ($name in $shown.Keys) {
        Add-Member -InputObject $InputObject -MemberType NoteProperty -Name $name -Value $null -Force
        # Set by its name: the member's own value would be the bare text.
        $InputObject.$name = $shown[$name]
    }
}

function Get-ShownList {
    # The list with texts that show themselves; nothing where all can be shown as they are.
    [OutputType([SmimeSync.ItemList[object]])]
    param([object] $Item)
    $odd = $false
    $all = foreach ($one in $Item) {
        $shown = Get-ShownText -Text $one
        if ($null -ne $shown) { $odd = $true; $shown } else { $one }
    }
    if ($odd) { , [SmimeSync.ItemList[object]]::new(@($all)) }
}

function Get-ShownText {
    # The same text with a ToString of its own; nothing where it can be shown as it is.
    param([string] $Text)
    $shown = [SmimeSync.ShownText]::Of($Text)
    if ($shown -ceq $Text) { return }
    $member = @{ MemberType = 'ScriptMethod'; Name = 'ToString'; Value = { [SmimeSync.ShownText]::Of($this) } }
    Add-Member -InputObject $Text @member -Force -PassThru
}
