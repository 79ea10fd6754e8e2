function Protect-ShownText {
    # Text of a directory may have control characters in it, which rewrite what a terminal shows, or begin as a formula,
    # which a spreadsheet computes. Tables, lists and CSV files show such text by its ToString, without these; the
    # property itself keeps the text as it is.
    param([object] $InputObject)
    foreach ($property in @($InputObject.PSObject.Properties)) {
        $value, $name = $property.Value, $property.Name
        # Set by its name: $property.Value would take the bare text.
        if ($value -is [string]) {
            $shown = Get-ShownText -Text $value
            if ($null -ne $shown) { $InputObject.$name = $shown }
        } elseif ($value -is [SmimeSync.ItemList]) {
            $InputObject.$name = [SmimeSync.ItemList]::new((Get-ShownItem -Item $value))
        } elseif ($value -is [System.Management.Automation.PSCustomObject]) {
            Protect-ShownText -InputObject $value
        }
    }
}

function Get-ShownItem {
    # The items of a list, with texts that show themselves.
    param([object] $Item)
    $all = foreach ($one in $Item) {
        if ($one -is [string]) {
            $shown = Get-ShownText -Text $one
            if ($null -ne $shown) { $shown } else { $one }
        } else {
            Protect-ShownText -InputObject $one
            $one
        }
    }
    , @($all)
}

function Get-ShownText {
    # The same text with a ToString of its own; nothing where it can be shown as it is.
    param([string] $Text)
    $shown = [SmimeSync.ShownText]::Of($Text)
    if ($shown -ceq $Text) { return }
    $member = @{ MemberType = 'ScriptMethod'; Name = 'ToString'; Value = { [SmimeSync.ShownText]::Of($this) } }
    Add-Member -InputObject $Text @member -Force -PassThru
}
