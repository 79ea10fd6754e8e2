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
    # The removals and replacements of a held plan, one a line; the first hundred, since nobody reads more in a question.
    [OutputType([string])]
    param([string] $ProfileName, [long] $Id, [object[]] $Change)
    $removal = @($Change | Where-Object { $_.Change -eq 'Remove' })
    $replacement = @($Change | Where-Object { $_.Replacement })
    $count = @(
        if ($removal.Count) { Format-Count -Count $removal.Count -Noun 'removal' }
        if ($replacement.Count) { Format-Count -Count $replacement.Count -Noun 'replacement' }
    ) -join ' and '
    if (-not $count) { return "Let plan $Id of the profile '$ProfileName' through at the next run" }
    $line = @("Let $count of plan $Id of the profile '$ProfileName' through at the next run:")
    $listed = $removal + $replacement
    $line += $listed | Select-Object -First 100 | ForEach-Object { '  ' + (Get-ChangeTarget -Change $_) }
    if ($listed.Count -gt 100) {
        $line += "  and $($listed.Count - 100) more: Get-SmimeSyncChange -ProfileName '$ProfileName' -RunId $Id"
    }
    $line -join [System.Environment]::NewLine
}
