function Resolve-Name {
    # The names that a user means by $Name: those of $Known that match, in their order, then the exact ones that are
    # none of them. One with wildcards may match nothing.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Name, [string[]] $Known)
    $wanted = foreach ($one in $Name) {
        $pattern = ConvertTo-Wildcard -Cmdlet $Cmdlet -Text $one
        if ($null -eq $pattern) { continue }
        $exact = -not [System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters($one)
        @{ Text = $one; Pattern = $pattern; Missing = $exact }
    }
    foreach ($one in $Known) {
        $found = @($wanted | Where-Object { $_.Pattern.IsMatch($one) })
        if ($found.Count -gt 0) { $one }
        foreach ($entry in $found) { $entry.Missing = $false }
    }
    foreach ($entry in $wanted) {
        if ($entry.Missing) { $entry.Text -replace '`(.)', '$1' }
    }
}

function Find-ProfileName {
    # The names of the profiles that are meant by $Name. An exact one is among them whether there is such a profile or
    # not; the library tells.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Scope, [string[]] $Name)
    $known = @()
    $pattern = @($Name | Where-Object { [System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters($_) })
    if ($pattern.Count -gt 0) {
        # One that cannot be read has a name, too.
        $failure = [System.Collections.Generic.List[object]]::new()
        $request = @{ Operation = 'GetProfile'; Name = @() }
        $profiles = @(Invoke-SingleOperation -Cmdlet $Cmdlet -Scope $Scope -Request $request -Failure $failure)
        $known = @($profiles | ForEach-Object -Process { $_.Name }) + @($failure | ForEach-Object -Process { $_.Target })
    }
    Resolve-Name -Cmdlet $Cmdlet -Name $Name -Known $known
}
