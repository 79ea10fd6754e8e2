function Test-SmimeSyncProfile {
    <#
    .SYNOPSIS
    Checks whether a profile would work.

    .DESCRIPTION
    Signs in to the source, looks for the search base and the rights to read the values, compares the clocks (a file
    has its date instead), reads the trust anchors, signs in to the target, and tries whether it can be written. Looks
    the profile's state through, every page and row, and tells damage from what could not be read. With the target
    ExchangeOnline each cmdlet that writes is tried with what a matched recipient has, called with -Confirm:$true, which
    executes nothing; what the service has shown of how it wants to be asked is kept in the state, where there is one.
    Nothing else is changed.
    Each check is one object with its result: Passed, Warning or Failed, and what to do.

    .PARAMETER Name
    Names of profiles.

    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. The
    password reaches the library only in memory and is zeroed there; it is in no profile, log or error.

    .PARAMETER CertificatePassword
    Target ExchangeOnline: the password of the profile's -CertificateFilePath. It reaches the library only in memory and
    is zeroed there.

    .PARAMETER AccessToken
    Target ExchangeOnline: an access token for https://outlook.office365.com/ that the script got itself, in place of
    signing in, as of Connect-ExchangeOnline. It is kept in memory only and never renewed: when it expires, the run
    stops.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Test-SmimeSyncProfile -Name demo

       ProfileName: demo

    Result   Check                Message
    ------   -----                -------
    Passed   Profile              The settings are complete.
    Passed   Source               The file '/srv/demo/directory.ldif' can be read.

    Shows the checks of a profile.

    .EXAMPLE
    PS> $tests = @(Test-SmimeSyncProfile -Name corp -Credential $credential)
    PS> if ($tests.Count -eq 0 -or $tests.Result -contains 'Failed') { exit 1 }

    Ends a script when a check fails, or when there is no such profile.

    .INPUTS
    System.String
        Names.

    .OUTPUTS
    SmimeSync.ProfileTest

    .LINK
    New-SmimeSyncProfile

    .LINK
    Set-SmimeSyncProfile

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding()]
    [OutputType('SmimeSync.ProfileTest')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('ProfileName')]
        [string[]] $Name,

        # <generated: Credential, CertificatePassword, AccessToken, Scope>
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty,

        [securestring] $CertificatePassword,

        [securestring] $AccessToken,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        foreach ($one in $Name) {
            $request = @{ Operation = 'TestProfile'; ProfileName = $one }
            $access = Get-Access -Parameter $PSBoundParameters
            Invoke-SingleOperation -Cmdlet $PSCmdlet @access -Request $request -Subject $one
        }
    }
}
