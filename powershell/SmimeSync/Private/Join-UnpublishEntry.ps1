function Join-UnpublishEntry {
    # Puts recipients that lose the same certificates of one profile together, since a request takes every certificate
    # it names from every recipient it names. The order is that in which they came.
    [OutputType([hashtable])]
    param([object[]] $Entry)
    $joined = [ordered] @{}
    foreach ($one in $Entry) {
        $key = @($one.ProfileName) + @($one.Thumbprint | Sort-Object) -join [char] 0
        if (-not $joined.Contains($key)) {
            $joined[$key] = @{
                ProfileName = $one.ProfileName
                Identity    = @()
                Thumbprint  = $one.Thumbprint
                State       = @()
            }
        }
        $joined[$key].Identity += $one.Identity
    }
    $joined.Values
}

function Get-ThumbprintError {
    # The error for a value that can't be named by a thumbprint.
    [OutputType([System.Management.Automation.ErrorRecord])]
    param([object] $Certificate)
    $nameless = @{
        Id       = 'ThumbprintMissing'
        Category = 'InvalidArgument'
        Message  = "The value $($Certificate.Value) of $([SmimeSync.ShownText]::Printable($Certificate.Recipient)) has no thumbprint, since no " +
            'certificate in it can be read.'
        Advice   = 'Use a profile with -Target ActiveDirectory: its runs remove values that cannot be read.'
        Target   = $Certificate
    }
    Get-ModuleError @nameless
}
