function Get-SmimeSyncProfile {
    <#
    .SYNOPSIS
    Gets profiles.

    .DESCRIPTION
    Without a name, all of them. A name without wildcards that does not exist is an error.

    .PARAMETER Name
    Names of profiles, which may have wildcards (*, ? and [a-z]).

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Get-SmimeSyncProfile

    Name         Source          From                 Target          To
    ----         ------          ----                 ------          --
    corp         ActiveDirectory dc1.contoso.test     Folder          D:\Published
    demo         Ldif            /srv/demo/directo... Folder          /srv/demo/out

    Lists the profiles.

    .EXAMPLE
    PS> Get-SmimeSyncProfile -Name corp | Format-List -Property Policy, Selection, Removal*

    Policy         : Standard
    Selection      : Best
    RemovalLimit   : 500
    RemovalPercent : 10

    Shows some settings of a profile.

    .INPUTS
    System.String
        Names.

    .OUTPUTS
    SmimeSync.Profile

    .LINK
    New-SmimeSyncProfile

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding()]
    [OutputType('SmimeSync.Profile')]
    param(
        [Parameter(Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
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
        $names = [System.Collections.Generic.List[string]]::new()
    }
    process {
        foreach ($one in $Name) { $names.Add($one) }
    }
    end {
        # Piped names that turned out to be none must not mean all.
        if ($PSCmdlet.MyInvocation.ExpectingInput -and $names.Count -eq 0) { return }
        $request = @{ Operation = 'GetProfile'; Name = @() }
        if ($names.Count -gt 0) {
            $request.Name = @(Find-ProfileName -Cmdlet $PSCmdlet -Scope $Scope -Name $names.ToArray())
            if ($request.Name.Count -eq 0) { return }
        }
        Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request
    }
}
