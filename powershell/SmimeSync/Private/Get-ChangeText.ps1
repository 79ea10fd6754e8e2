function Get-ChangeTarget {
    # The recipient of a change as an admin recognises it: 'Alice Adams <alice@contoso.test>'.
    [OutputType([string])]
    param([object] $Change)
    if ($Change.DisplayName) { return '{0} <{1}>' -f $Change.DisplayName, $Change.Recipient }
    [string] $Change.Recipient
}

function Get-ChangeAction {
    # What a change does, with the reasons: what -WhatIf shows.
    [OutputType([string])]
    param([object] $Change)
    $text = switch ($Change.Change) {
        'Add' { 'Publish ' + (Get-ValueText -Value $Change.After) }
        'Update' { 'Replace ' + (Get-ValueText -Value $Change.Before) + ' by ' + (Get-ValueText -Value $Change.After) }
        'Remove' { 'Remove ' + (Get-ValueText -Value $Change.Before) }
        default { [string] $Change.Change }
    }
    if ($Change.Reasons.Count -gt 0) { $text += ': ' + ($Change.Reasons -join ' ') }
    $text
}

function Get-ValueText {
    # Names published values by their certificates, or says that there is none.
    [OutputType([string])]
    param([object[]] $Value)
    if ($Value.Count -eq 0) { return 'nothing' }
    $name = foreach ($one in $Value) { $one.ToString() }
    $name -join ' and '
}
