function ConvertTo-ProfileSetting {
    # The settings among the bound parameters of $Cmdlet, as the request carries them; $null for an empty one, which
    # takes the setting back to its default.
    [OutputType([hashtable])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet)
    $bound = $Cmdlet.MyInvocation.BoundParameters
    $setting = @{}
    foreach ($name in $script:ProfileSetting) {
        if ($bound.ContainsKey($name)) { $setting[$name] = ConvertTo-SettingValue -Cmdlet $Cmdlet -Name $name -Value $bound[$name] }
    }
    $setting
}

function ConvertTo-SettingValue {
    # The value of one setting, as a request carries it; $null for an empty one.
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Name, [object] $Value)
    if ($script:SourceSetting -contains $Name) {
        $sources = @($Value | Where-Object { "$_" } | ForEach-Object { ConvertTo-SourceSetting -Cmdlet $Cmdlet -Source $_ })
        if ($sources.Count -eq 0) { return $null }
        return , $sources
    }
    if ($Value -is [uri]) { $Value = $Value.OriginalString }
    if ($Value -is [System.Management.Automation.SwitchParameter]) { return $Value.IsPresent }
    if ($Value -is [bool]) { return $Value }
    if ($Value -is [System.Collections.IDictionary]) {
        $named = @{}
        foreach ($key in $Value.Keys) { $named["$key"] = "$($Value[$key])" }
        if ($named.Count -gt 0) { return $named }
        return $null
    }
    if (-not (@($Value) -join '')) { return $null }
    if ($script:PathSetting -contains $Name) { $Value = @(Resolve-FileSystemPath -Cmdlet $Cmdlet -Path $Value) }
    if ($script:ListSetting -contains $Name) { return , [string[]] $Value }
    # What is no number is text, in the same form on every version of PowerShell.
    $text = "$(@($Value)[0])"
    if ($script:PeriodSetting -contains $Name) { $text = ConvertTo-Second $text }
    $number = if ($script:NumberSetting -contains $Name -and $text.Trim()) { $text -as [long] }
    # What -as has rounded stays text.
    if ($number -ne ($text -as [double])) { $number = $null }
    if ($null -ne $number) { $number } else { $text }
}

function ConvertTo-SourceSetting {
    # An additional source as a request carries it: from a hashtable, whose keys are settings in any case, or from an
    # object with such properties, as Get-SmimeSyncProfile gives them. What is neither goes on for the library to refuse.
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Source)
    $given = @{}
    if ($Source -is [System.Collections.IDictionary]) {
        foreach ($key in $Source.Keys) { $given["$key"] = $Source[$key] }
    } elseif ($Source -is [string] -or $Source -is [System.ValueType]) {
        return "$Source"
    } else {
        foreach ($property in $Source.PSObject.Properties) { $given[$property.Name] = $property.Value }
    }
    $setting = @{}
    foreach ($key in $given.Keys) {
        $name = @($script:ProfileSetting -eq $key) + $key | Select-Object -First 1
        $value = ConvertTo-SettingValue -Cmdlet $Cmdlet -Name $name -Value $given[$key]
        if ($null -ne $value) { $setting[$name] = $value }
    }
    $setting
}
