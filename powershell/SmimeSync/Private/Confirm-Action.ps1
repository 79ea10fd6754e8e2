function Confirm-Action {
    # ShouldProcess of $Cmdlet. Where PowerShell can't ask (-NonInteractive) the cmdlet ends with an error: a script
    # would otherwise go on behind the failed statement, and write.
    [OutputType([bool])]
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Target,
        [string] $Action,
        # The whole question, where target and action are not enough.
        [string] $Text
    )
    try {
        if ($Text) { return $Cmdlet.ShouldProcess($Text, $Text, $Cmdlet.MyInvocation.MyCommand.Name) }
        return $Cmdlet.ShouldProcess($Target, $Action)
    } catch {
        $reason = $_.Exception.GetBaseException().Message
    }
    $unasked = @{
        Id       = 'ConfirmationImpossible'
        Category = 'InvalidOperation'
        Message  = "There is nobody to confirm '$Action$Text', so nothing was done. $reason"
        Advice   = 'Run it in an interactive session, or pass -Confirm:$false.'
        Target   = $Target
    }
    $Cmdlet.ThrowTerminatingError((Get-ModuleError @unasked))
}
