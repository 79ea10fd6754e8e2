function ConvertTo-ProfileSetting {
    # The settings among the bound parameters of $Cmdlet, as the request carries them; $null for an empty one, which
    # takes the setting back to its default.
    [OutputType([hashtable])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet)
    $bound = $Cmdlet.MyInvocation.BoundParameters
    $setting = @{}
    foreach ($name in $script:ProfileSetting) {
        if (-not $bound.ContainsKey($name)) { continue }
        $value = $bound[$name]
        if ($value -is [uri]) { $value = $value.OriginalString }
        if ($value -is [System.Management.Automation.SwitchParameter]) {
            $setting[$name] = $value.IsPresent
        } elseif (-not (@($value) -join '')) {
            $setting[$name] = $null
        } else {
            if ($script:PathSetting -contains $name) { $value = @(Resolve-FileSystemPath -Cmdlet $Cmdlet -Path $value) }
            if ($script:ListSetting -contains $name) { $setting[$name] = [string[]] $value; continue }
            # What is no number is text, in the same form on every version of PowerShell.
            $text = "$(@($value)[0])"
            if ($script:PeriodSetting -contains $name) { $text = ConvertTo-Second $text }
            $number = if ($script:NumberSetting -contains $name -and $text.Trim()) { $text -as [long] }
            # What -as has rounded stays text.
            if ($number -ne ($text -as [double])) { $number = $null }
            $setting[$name] = if ($null -ne $number) { $number } else { $text }
        }
    }
    $setting
}
