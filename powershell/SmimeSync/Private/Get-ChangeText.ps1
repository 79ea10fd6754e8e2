function Get-ChangeTarget {
    # The recipient of a change as an admin recognises it, in the library's words: 'Alice Adams <alice@contoso.test>'.
    [OutputType([string])]
    param([object] $Change)
    $name, $recipient = [SmimeSync.ShownText]::Printable($Change.DisplayName), [SmimeSync.ShownText]::Printable($Change.Recipient)
    if ($name) { return '{0} <{1}>' -f $name, $recipient }
    $recipient
}

function Get-ChangeAction {
    # What a change does and why, in the words of the library's questions: what -WhatIf shows.
    [OutputType([string])]
    param([object] $Change)
    '{0}: {1}' -f $Change.Change, ($Change.Reasons -join ' ')
}

function Get-ApprovalText {
    # The removals of a held plan, one a line; the first hundred, since nobody reads more in a question.
    [OutputType([string])]
    param([string] $ProfileName, [long] $Id, [object[]] $Removal)
    if ($Removal.Count -eq 0) { return "Let plan $Id of the profile '$ProfileName' through at the next run" }
    $count = Format-Count -Count $Removal.Count -Noun 'removal'
    $line = @("Let $count of plan $Id of the profile '$ProfileName' through at the next run:")
    $line += $Removal | Select-Object -First 100 | ForEach-Object { '  ' + (Get-ChangeTarget -Change $_) }
    if ($Removal.Count -gt 100) {
        $line += "  and $($Removal.Count - 100) more: Get-SmimeSyncChange -ProfileName '$ProfileName' -RunId $Id"
    }
    $line -join [System.Environment]::NewLine
}
