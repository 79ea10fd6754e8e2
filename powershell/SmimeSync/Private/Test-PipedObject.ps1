function Get-NamedParameter {
    # Which of these parameters are given on the command line: to be asked in begin, before the pipeline binds any.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Name)
    $Name | Where-Object { $Cmdlet.MyInvocation.BoundParameters.ContainsKey($_) } | Select-Object -First 1
}

function Test-PipedObject {
    # Whether what came through the pipeline says for whom, or nothing did. An object that is not looked at since -$Named
    # says so already ends the cmdlet: nobody can tell which of both was meant. A profile says where, which is no doubt.
    [OutputType([bool])]
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [object] $InputObject,
        [string] $ProfileName,
        [string] $Named
    )
    if (-not $Named -or -not $Cmdlet.MyInvocation.ExpectingInput) { return $true }
    $isProfile = $null -ne $InputObject -and $InputObject.PSObject.TypeNames -contains 'SmimeSync.Profile'
    if ($isProfile -and $InputObject.ProfileName -eq $ProfileName) { return $true }
    $twice = @{
        Id       = 'InvalidRequest'
        Category = 'InvalidArgument'
        Message  = "The object '$InputObject' comes through the pipeline, and -$Named is given, too."
        Advice   = "Give recipients through the pipeline or with -$Named, not both."
        Target   = $InputObject
    }
    $Cmdlet.ThrowTerminatingError((Get-ModuleError @twice))
}
