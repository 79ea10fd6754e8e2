function Remove-SmimeSyncProfile {
    <#
    .SYNOPSIS
    Removes a profile with its history.

    .DESCRIPTION
    Nothing happens at the target: what is published stays there. The history of the profile and its record of
    what it published go with it. Asks for confirmation by default; -Confirm:$false does not ask.

    .PARAMETER Name
    Names of profiles, which may have wildcards (*, ? and [a-z]).

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Remove-SmimeSyncProfile -Name demo -WhatIf
    What if: Performing the operation "Remove the profile and its history; what is published stays" on target "demo".

    Shows what would be removed.

    .EXAMPLE
    PS> Remove-SmimeSyncProfile -Name demo -Confirm:$false

    Removes it without asking; there is no output.

    .INPUTS
    System.String
        Names.

    .OUTPUTS
    None

    .LINK
    Get-SmimeSyncProfile

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [Alias('ProfileName')]
        [string[]] $Name,

        # <generated: Scope>
        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        foreach ($one in Find-ProfileName -Cmdlet $PSCmdlet -Scope $Scope -Name $Name) {
            $action = 'Remove the profile and its history; what is published stays'
            if (Confirm-Action -Cmdlet $PSCmdlet -Target $one -Action $action) {
                $request = @{ Operation = 'RemoveProfile'; Name = $one }
                Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request
            }
        }
    }
}
