function ConvertTo-Second {
    # A TimeSpan, as PowerShell makes text of one, as its seconds where they are whole; other text as it is.
    [OutputType([string])]
    param([string] $Text)
    $span = [timespan]::Zero
    $invariant = [System.Globalization.CultureInfo]::InvariantCulture
    $isSpan = $Text -match ':' -and [timespan]::TryParse($Text, $invariant, [ref] $span)
    if (-not $isSpan -or $span.Ticks % [timespan]::TicksPerSecond) { return $Text }
    "$($span.Ticks / [timespan]::TicksPerSecond)"
}
