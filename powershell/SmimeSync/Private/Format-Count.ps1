function Format-Count {
    # A number with its noun: '1 recipient', '2 recipients'.
    [OutputType([string])]
    param([long] $Count, [string] $Noun)
    if ($Count -ne 1) { $Noun += 's' }
    [string]::Format([cultureinfo]::CurrentCulture, '{0:N0} {1}', $Count, $Noun)
}
