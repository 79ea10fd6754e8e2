# What an operation says, in the streams of the cmdlet that runs it. No message ends a run because nobody can be asked:
# -Debug makes a cmdlet's own methods ask at each warning, verbose message and error (in Windows PowerShell at debug
# messages, too), and so does the preference Inquire; under -NonInteractive that is an exception.

function Write-Message {
    # Writes a text (or a progress record) to one of the streams of $Cmdlet. Who is asked and says no ends the run.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [ValidateSet('Debug', 'Verbose', 'Warning', 'Progress')]
        [string] $Stream,
        [object] $Value
    )
    $debug = $Cmdlet.MyInvocation.BoundParameters.ContainsKey('Debug')
    try {
        switch ($Stream) {
            # The commands obey the preferences alone.
            'Debug' { Write-Debug -Message $Value }
            'Verbose' { if ($debug) { Write-Verbose -Message $Value } else { $Cmdlet.WriteVerbose($Value) } }
            # -WarningVariable has what the method writes.
            'Warning' { $Cmdlet.WriteWarning($Value) }
            # A bar that asks is none.
            'Progress' { if (-not $debug -and "$ProgressPreference" -ne 'Inquire') { $Cmdlet.WriteProgress($Value) } }
        }
    } catch {
        # PowerShell shows a message, and keeps it in its variable, before it asks.
        $asks = @{ Debug = $DebugPreference; Verbose = $VerbosePreference; Warning = $WarningPreference }
        if ((Test-Halted -Failure $_) -or -not ($debug -or "$($asks[$Stream])" -eq 'Inquire')) { throw }
    }
}

function Write-Failure {
    # Writes an error of the library (`ErrorBody` of docs/abi.md) as one of $Cmdlet.
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Body)
    $record = ConvertTo-ErrorRecord -Body $Body
    if (-not (Test-AsksAtError -Cmdlet $Cmdlet)) {
        try { return $Cmdlet.WriteError($record) } catch {
            if ((Test-Halted -Failure $_) -or "$ErrorActionPreference" -ne 'Inquire') { throw }
        }
        $ErrorActionPreference = 'Continue'
    }
    Write-ErrorOf -Invocation $Cmdlet.MyInvocation -Record $record
}

function Test-AsksAtError {
    # Whether -Debug makes $Cmdlet ask at each error, whatever the preference.
    [OutputType([bool])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet)
    $bound = $Cmdlet.MyInvocation.BoundParameters
    $bound.ContainsKey('Debug') -and -not $bound.ContainsKey('ErrorAction')
}

function Write-ErrorOf {
    # Write-Error takes the command that an error is of from $MyInvocation.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidAssignmentToAutomaticVariable', '')]
    param([System.Management.Automation.InvocationInfo] $Invocation, [System.Management.Automation.ErrorRecord] $Record)
    $MyInvocation = $Invocation
    Write-Error -ErrorRecord $Record
}

function Test-Halted {
    # Whether writing failed because the preference or a person says Stop, or the pipeline is being stopped.
    [OutputType([bool])]
    param([System.Management.Automation.ErrorRecord] $Failure)
    $reason = $Failure.Exception.GetBaseException()
    $reason -is [System.Management.Automation.ActionPreferenceStopException] -or
        $reason -is [System.Management.Automation.PipelineStoppedException]
}

function Test-EndsCaller {
    # Whether writing this event of the library would end or halt the caller of $Cmdlet: an error or message whose
    # preference is Stop, or an error that PowerShell asks about, as with -Debug. Within a run that cuts the run short.
    [OutputType([bool])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Entry)
    if ($Entry.Event -eq 'Error') {
        if (Test-AsksAtError -Cmdlet $Cmdlet) { return $true }
        return @('Continue', 'SilentlyContinue', 'Ignore') -notcontains "$ErrorActionPreference"
    }
    if ($Entry.Event -ne 'Log') { return $false }
    $preference = @{ Debug = $DebugPreference; Verbose = $VerbosePreference; Warning = $WarningPreference }
    "$($preference[$Entry.Level])" -eq 'Stop'
}
