function Add-Identity {
    # Puts what a cmdlet's process block got into $Group: for each profile the recipients, or all of them. What was
    # piped or named but stands for no recipient is an error of its own and never turns into "all recipients".
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [System.Collections.IDictionary] $Group,
        [string] $ProfileName,
        [object[]] $Identity,
        # Types of piped objects that say where to look, not for whom.
        [string[]] $ContextType = @('SmimeSync.Profile'),
        # Strings may have wildcards.
        [switch] $Pattern
    )
    $all = -not $Cmdlet.MyInvocation.BoundParameters.ContainsKey('Identity')
    $recipients = [System.Collections.Generic.List[string]]::new()
    foreach ($one in $Identity) {
        $type = @($ContextType | Where-Object { $one.PSObject.TypeNames -contains $_ })
        if ($type.Count -gt 0 -and $one.ProfileName -eq $ProfileName) { $all = $true; continue }
        foreach ($text in ConvertTo-Identity -Cmdlet $Cmdlet -InputObject $one -Pattern:$Pattern) { $recipients.Add($text) }
    }
    if (-not $all -and $recipients.Count -eq 0) { return }
    if (-not $Group.Contains($ProfileName)) {
        $Group[$ProfileName] = @{
            All      = $false
            Identity = [System.Collections.Generic.List[string]]::new()
            Known    = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
        }
    }
    $entry = $Group[$ProfileName]
    if ($all) { $entry.All = $true }
    foreach ($text in $recipients) {
        if ($entry.Known.Add($text)) { $entry.Identity.Add($text) }
    }
}

function Get-GroupIdentity {
    # The identities of one profile for a request: none stands for all.
    [OutputType([string])]
    param([hashtable] $Entry)
    if (-not $Entry.All) { $Entry.Identity }
}
