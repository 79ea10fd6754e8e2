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

    .PARAMETER Trace
    Target ExchangeOnline: a file that every request and every answer is written to, as text, for a report: method,
    address, headers, body, status, time. What signs in is left out: tokens, assertions, cookies, passwords. Names,
    addresses and certificates of people are in it. Only its owner can read it on Linux; on Windows it has the rights of
    its folder. A file that is there is an error without -Force.

    .PARAMETER Force
    Replaces the file of -Trace where it is there.

    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. Without it,
    the current user does, with Kerberos, unless the profile says otherwise. The password reaches the library only in
    memory and is zeroed there; it is in no profile, log or error.

    .PARAMETER AdditionalCredential
    Additional sources: who signs in to them, by the first server of each, such as
    @{ 'dc1.fabrikam.test' = (Get-Credential) }. The passwords reach the library only in memory and are zeroed there;
    -Credential is for the profile's own source alone.

    .PARAMETER TargetCredential
    Target Directory: who signs in to the directory that is written to, with the password. They reach the library only in
    memory and are zeroed there; -Credential is for the source alone.

    .PARAMETER ClientCertificatePassword
    The password of the profile's -ClientCertificateFilePath. It reaches the library only in memory and is zeroed there.

    .PARAMETER CertificatePassword
    Target ExchangeOnline: the password of the profile's -CertificateFilePath. It reaches the library only in memory and
    is zeroed there.

    .PARAMETER AccessToken
    Target ExchangeOnline: an access token for https://outlook.office365.com/ that the script got itself, in place of
    signing in, as of Connect-ExchangeOnline. It is kept in memory only and never renewed: when it expires, the run
    stops.

    .PARAMETER ProxyCredential
    Target ExchangeOnline: user name and password for the proxy (see -Proxy of New-SmimeSyncProfile), in the way Basic of
    HTTP. They reach the library only in memory; they are in no profile, log, trace or error.

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
    PS> Test-SmimeSyncProfile -Name cloud -CertificatePassword $password -Trace ./trace.txt

       ProfileName: cloud

    Result   Check                Message
    ------   -----                -------
    Passed   Source               The source can be opened.
    Passed   Target               The target can be written: Exchange Online.

    Writes down what was asked and answered, for a report.

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

        [ValidateNotNullOrEmpty()]
        [string] $Trace,

        [switch] $Force,

        # <generated: Credential, AdditionalCredential, TargetCredential, ClientCertificatePassword, CertificatePassword, AccessToken, ProxyCredential, Scope>
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty,

        [System.Collections.IDictionary] $AdditionalCredential,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $TargetCredential = [System.Management.Automation.PSCredential]::Empty,

        [securestring] $ClientCertificatePassword,

        [securestring] $CertificatePassword,

        [securestring] $AccessToken,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $ProxyCredential = [System.Management.Automation.PSCredential]::Empty,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $traced = $null
    }
    process {
        foreach ($one in $Name) {
            $request = @{ Operation = 'TestProfile'; ProfileName = $one }
            if ($Trace) {
                if ($traced) {
                    $several = @{
                        Id       = 'TraceOfSeveralProfiles'
                        Category = 'InvalidArgument'
                        Message  = "Profile '$one' was not tested: the file '$Trace' holds the trace of profile '$traced'."
                        Advice   = 'Test one profile at a time with -Trace.'
                        Target   = $one
                    }
                    $PSCmdlet.WriteError((Get-ModuleError @several))
                    continue
                }
                $traced = $one
                $request['Trace'] = Resolve-FileSystemPath -Cmdlet $PSCmdlet -Path $Trace
                $request['Force'] = $Force.IsPresent
            }
            $access = Get-Access -Parameter $PSBoundParameters
            Invoke-SingleOperation -Cmdlet $PSCmdlet @access -Request $request -Subject $one
        }
    }
}
