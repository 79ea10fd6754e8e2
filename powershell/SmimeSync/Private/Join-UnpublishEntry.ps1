function Join-UnpublishEntry {
    # Puts recipients that lose the same certificates of one profile together, since a request takes every certificate
    # it names from every recipient it names. The order is that in which they came.
    [OutputType([hashtable])]
    param([object[]] $Entry)
    $joined = [ordered] @{}
    foreach ($one in $Entry) {
        $key = @($one.ProfileName) + @($one.Listed | Sort-Object) + @($one.ListedValue | Sort-Object) -join [char] 0
        if (-not $joined.Contains($key)) {
            $joined[$key] = @{
                ProfileName = $one.ProfileName
                Identity    = @()
                Listed      = $one.Listed
                ListedValue = $one.ListedValue
            }
        }
        $joined[$key].Identity += $one.Identity
    }
    $joined.Values
}
