function Write-Message {
    # Writes a text (or a progress record) to one of the streams of $Cmdlet. Where the preference is to ask (Inquire)
    # and nobody can be asked, as under -NonInteractive, that does not end the run: PowerShell shows what is written
    # before it asks. Who is asked and says no still ends it.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [ValidateSet('Debug', 'Verbose', 'Warning', 'Progress')]
        [string] $Stream,
        [object] $Value
    )
    try {
        switch ($Stream) {
            # Not by $Cmdlet: with -Debug, that of Windows PowerShell asks at each message, whatever the preference.
            'Debug' { Write-Debug -Message $Value }
            'Verbose' { $Cmdlet.WriteVerbose($Value) }
            'Warning' { $Cmdlet.WriteWarning($Value) }
            'Progress' { $Cmdlet.WriteProgress($Value) }
        }
    } catch {
        $reason = $_.Exception.GetBaseException()
        $asks = @{ Debug = $DebugPreference; Verbose = $VerbosePreference; Warning = $WarningPreference; Progress = $ProgressPreference }
        $stopped = $reason -is [System.Management.Automation.ActionPreferenceStopException] -or
            $reason -is [System.Management.Automation.PipelineStoppedException]
        if ($stopped -or "$($asks[$Stream])" -ne 'Inquire') { throw }
    }
}

function Test-EndsCaller {
    # Whether writing this event of the library would end or halt the caller: an error or message whose preference is
    # Stop, or an error that PowerShell asks about. Within a run that cuts the run short.
    [OutputType([bool])]
    param([object] $Entry)
    if ($Entry.Event -eq 'Error') { return @('Continue', 'SilentlyContinue', 'Ignore') -notcontains "$ErrorActionPreference" }
    if ($Entry.Event -ne 'Log') { return $false }
    $preference = @{ Debug = $DebugPreference; Verbose = $VerbosePreference; Warning = $WarningPreference }
    "$($preference[$Entry.Level])" -eq 'Stop'
}
