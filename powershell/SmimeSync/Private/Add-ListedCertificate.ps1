function Add-ListedCertificate {
    # Puts certificates of recipients into $Listed: by profile and recipient the thumbprints, and the values in which no
    # certificate can be read, as the library's request names them.
    param(
        [System.Collections.IDictionary] $Listed,
        [string] $ProfileName,
        [object[]] $Certificate
    )
    foreach ($one in $Certificate) {
        if (-not $Listed.Contains($ProfileName)) { $Listed[$ProfileName] = [ordered] @{} }
        $recipients = $Listed[$ProfileName]
        # An ordered dictionary takes a number for a place.
        $anchor = [string] $one.Anchor
        if (-not $recipients.Contains($anchor)) {
            $recipients[$anchor] = @{
                Anchor     = $anchor
                Thumbprint = [System.Collections.Generic.List[string]]::new()
                Value      = [System.Collections.Generic.List[string]]::new()
            }
        }
        $name, $kind = if ($one.Thumbprint) { $one.Thumbprint, 'Thumbprint' } else { $one.Value, 'Value' }
        if (-not $recipients[$anchor][$kind].Contains($name)) { $recipients[$anchor][$kind].Add($name) }
    }
}
