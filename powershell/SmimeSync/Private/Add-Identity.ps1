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
    # Texts, and arrays of the keys of one recipient.
    $recipients = [System.Collections.Generic.List[object]]::new()
    foreach ($one in $Identity) {
        $type = @($ContextType | Where-Object { $one.PSObject.TypeNames -contains $_ })
        if ($type.Count -gt 0 -and $one.ProfileName -eq $ProfileName) { $all = $true; continue }
        Add-IdentityKey -List $recipients -Cmdlet $Cmdlet -InputObject $one -Pattern:$Pattern
    }
    if (-not $all -and $recipients.Count -eq 0) { return }
    if (-not $Group.Contains($ProfileName)) {
        $Group[$ProfileName] = @{
            All      = $false
            Identity = [System.Collections.Generic.List[object]]::new()
            Known    = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
        }
    }
    $entry = $Group[$ProfileName]
    if ($all) { $entry.All = $true }
    foreach ($key in $recipients) {
        if ($entry.Known.Add($key -join [char] 0)) { $entry.Identity.Add($key) }
    }
}

function Add-GroupIdentity {
    # Puts the identities of one profile into a request: none stands for all.
    param([hashtable] $Request, [hashtable] $Entry)
    if ($Entry.All) { $Request['Identity'] = [object[]] @() } else { $Request['Identity'] = $Entry.Identity.ToArray() }
}

function Add-IdentityKey {
    # Adds to $List what ConvertTo-Identity says. Windows PowerShell wraps what a function returns, and then ConvertTo-Json
    # writes an array as an object: it is unwrapped here.
    param(
        [System.Collections.Generic.List[object]] $List,
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [object[]] $InputObject,
        [switch] $Pattern
    )
    foreach ($key in ConvertTo-Identity -Cmdlet $Cmdlet -InputObject $InputObject -Pattern:$Pattern) {
        if ($key -is [string]) { $List.Add("$key") } else { $List.Add([string[]] $key) }
    }
}
