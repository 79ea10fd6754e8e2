function Resolve-Name {
    # The names that a user means by $Name: those of $Known that match, in their order, then the exact ones that are none
    # of them. One with wildcards may match nothing; one that cannot be read is an error of its own, written through
    # $Cmdlet.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Name, [string[]] $Known)
    $wanted = foreach ($one in $Name) {
        $pattern = [System.Management.Automation.WildcardPattern]::new($one, 'IgnoreCase, CultureInvariant')
        # At the head of a pipeline: the -ErrorVariable of a cmdlet would get what is caught in there.
        $readable = Test-Wildcard -Pattern $pattern | Select-Object -First 1
        if (-not $readable) {
            $unreadable = @{
                Id       = 'WildcardInvalid'
                Category = 'InvalidArgument'
                Message  = "The wildcards of '$one' cannot be read."
                Advice   = 'Close each bracket, and put a backtick before a character that is no wildcard: `[ stands for [.'
                Target   = $one
            }
            $Cmdlet.WriteError((Get-ModuleError @unreadable))
            continue
        }
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

function Test-Wildcard {
    # Whether the pattern can be read, which PowerShell does when it is first used.
    [OutputType([bool])]
    param([System.Management.Automation.WildcardPattern] $Pattern)
    try {
        $null = $Pattern.IsMatch('')
        $true
    } catch {
        $false
    }
}

function Find-ProfileName {
    # The profiles that are meant by $Name as requests take them: nothing in them is a wildcard any more. An exact name is
    # among them whether there is such a profile or not; the library tells.
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
    Resolve-Name -Cmdlet $Cmdlet -Name $Name -Known $known |
        ForEach-Object -Process { [System.Management.Automation.WildcardPattern]::Escape($_) }
}
