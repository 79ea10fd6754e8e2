function ConvertTo-Wildcard {
    # What a user wrote as a pattern, in which no culture decides; nothing where it cannot be read, which is an error of
    # its own, written through $Cmdlet.
    [OutputType([System.Management.Automation.WildcardPattern])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Text)
    $pattern = [System.Management.Automation.WildcardPattern]::new($Text, 'IgnoreCase, CultureInvariant')
    # At the head of a pipeline: the -ErrorVariable of a cmdlet would get what is caught in there.
    $readable = Test-Wildcard -Pattern $pattern | Select-Object -First 1
    if ($readable) { return $pattern }
    $unreadable = @{
        Id       = 'WildcardInvalid'
        Category = 'InvalidArgument'
        Message  = "The wildcards of '$Text' cannot be read."
        Advice   = 'Close each bracket, and put a backtick before a character that is no wildcard: `[ stands for [.'
        Target   = $Text
    }
    $Cmdlet.WriteError((Get-ModuleError @unreadable))
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
