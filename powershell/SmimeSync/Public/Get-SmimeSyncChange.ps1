function Get-SmimeSyncChange {
    <#
    .SYNOPSIS
    Gets what was changed for whom, and why.

    .DESCRIPTION
    Each change is one recipient: Add, Update or Remove, with what was published before and what after, the
    reasons, the findings and how far it is: Pending, InFlight, Exported, Rejected, Declined or Held. Newest run
    first.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER RunId
    Only the changes of this run.

    .PARAMETER Identity
    Only the changes of these recipients: texts, which may have wildcards (*, ? and [a-z]), or objects such as those of
    Get-ADUser and Get-Mailbox.

    .PARAMETER State
    Only changes in one of these states.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Get-SmimeSyncChange -ProfileName corp -Identity 'alice*'

    RunId Change State      Recipient                      Reasons
    ----- ------ -----      ---------                      -------
        8 Update Exported   alice@contoso.test             The published certificate expired on 2026-11...

    Shows what was done for some people.

    .EXAMPLE
    PS> Get-SmimeSyncRun corp -Newest 1 | Get-SmimeSyncChange | Export-Csv -Path changes.csv -NoTypeInformation

    Writes the changes of the last run to a file.

    .EXAMPLE
    PS> Get-SmimeSyncChange corp -State Declined | Select-Object -Property Recipient, Change, Time

    Recipient          Change Time
    ---------          ------ ----
    dave@contoso.test  Update 2026-11-20 08:12:44

    Lists what somebody answered No to; each run skips it until -Confirm asks again.

    .INPUTS
    SmimeSync.Run, SmimeSync.Profile
        Runs or profiles whose changes are wanted.
    System.String, System.Guid, or an object with an address or identity
        Recipients.

    .OUTPUTS
    SmimeSync.Change

    .LINK
    Get-SmimeSyncRun

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding()]
    [OutputType('SmimeSync.Change')]
    param(
        # <generated: ProfileName>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,
        # </generated>

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [ValidateRange(1, 9223372036854775807)]
        [long] $RunId,

        [Parameter(ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [object[]] $Identity,

        # <generated: ChangeState, Scope>
        [ValidateSet('Pending', 'InFlight', 'Exported', 'Rejected', 'Declined', 'Held')]
        [string[]] $State,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $group = [ordered] @{}
        $context = @{ Pattern = $true; ContextType = @('SmimeSync.Profile', 'SmimeSync.Run') }
        Add-Identity -Cmdlet $PSCmdlet -Group $group -ProfileName $ProfileName -Identity $Identity @context
        foreach ($name in $group.Keys) {
            $request = @{
                Operation   = 'GetChange'
                ProfileName = $name
                State       = [string[]] @($State | Where-Object { $_ })
            }
            Add-GroupIdentity -Request $request -Entry $group[$name]
            if ($PSBoundParameters.ContainsKey('RunId')) { $request['RunId'] = $RunId }
            Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request
        }
    }
}
