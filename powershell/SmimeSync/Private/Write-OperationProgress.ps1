# One number for the module, so that its bar is always the same one and never another module's.
$script:ProgressId = 7363

function Write-OperationProgress {
    # Shows how far an operation is: numbers, rate, percent and the time left, where the library knows them.
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Progress, [string] $Subject)
    $culture = [cultureinfo]::CurrentCulture
    $status = Format-Count -Count $Progress.Done -Noun 'recipient'
    if ($null -ne $Progress.Total) {
        $total = Format-Count -Count $Progress.Total -Noun 'recipient'
        $status = [string]::Format($culture, '{0:N0} of {1}', $Progress.Done, $total)
    }
    if ($Progress.Rate -gt 0) { $status += [string]::Format($culture, ', {0:N0} per second', $Progress.Rate) }
    $record = [System.Management.Automation.ProgressRecord]::new(
        $script:ProgressId, "SmimeSync $Subject".Trim(), "$($Progress.Activity): $status")
    if ($null -ne $Progress.Total -and $Progress.Total -gt 0) {
        $record.PercentComplete = [int] [Math]::Floor([Math]::Min(100.0, 100.0 * $Progress.Done / $Progress.Total))
    }
    if ($null -ne $Progress.SecondsLeft) { $record.SecondsRemaining = [int] $Progress.SecondsLeft }
    $script:ProgressShown = $true
    Write-Message -Cmdlet $Cmdlet -Stream Progress -Value $record
}

function Complete-Progress {
    # Takes the bar away; called on every path, also when the pipeline is being stopped.
    param([System.Management.Automation.PSCmdlet] $Cmdlet)
    if (-not $script:ProgressShown) { return }
    $script:ProgressShown = $false
    $record = [System.Management.Automation.ProgressRecord]::new($script:ProgressId, 'SmimeSync', 'Completed')
    $record.RecordType = [System.Management.Automation.ProgressRecordType]::Completed
    # A pipeline that is being stopped takes no records; PowerShell then clears the bar itself.
    try { $Cmdlet.WriteProgress($record) } catch { return }
}

$script:ProgressShown = $false
