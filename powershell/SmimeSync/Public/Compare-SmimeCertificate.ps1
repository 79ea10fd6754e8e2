function Compare-SmimeCertificate {
    <#
    .SYNOPSIS
    Compares what should be published with what is at the target now.

    .DESCRIPTION
    Reads the profile's source and its target, and returns one object for each difference: what a first run of the
    profile would find. Nothing is written, and neither the state of the profile nor its history matters: what earlier
    runs published is compared as everybody sees it.

    Difference is MissingAtTarget (the policy chooses the value, and the target does not have it), ExtraAtTarget (the
    target has it, and the policy does not choose it, whoever put it there), NotAtTarget (values are chosen for somebody
    whom the target does not have), NotInSource (the target has values of somebody whom nobody in the source is) or
    NotCompared (it can't be told which recipient of the target it is, or that one can't be read). SideIndicator is that of
    Compare-Object: <= for what is in the source alone, => for what is at the target alone.

    What a run removes of ExtraAtTarget is not said here: values that others put there stay, unless the profile says
    -Ownership Authoritative. Where the target is ActiveDirectory or Ldif, values are put right where they are read; the
    differences are then those values that would go.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER Identity
    Only these recipients: addresses, user principal names, sAMAccountNames, distinguished names or object
    GUIDs, or objects that have one, such as those of Get-ADUser, Get-Mailbox, Get-EXOMailbox and
    Get-SmimeCertificate. Without it, all of the profile.

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
    PS> Compare-SmimeCertificate -ProfileName corp -Credential $credential

    Recipient                      Difference      NotAfter   Message
    ---------                      ----------      --------   -------
    alice@contoso.test             MissingAtTarget 2027-03-01 It is chosen, and not there, or not everywhere.
    bob@contoso.test               ExtraAtTarget   2025-06-30 It expired on 2025-06-30 08:00 UTC.

    Shows where source and target differ.

    .EXAMPLE
    PS> Compare-SmimeCertificate corp -Credential $credential | Group-Object -Property Difference -NoElement

    Counts the differences of each kind.

    .INPUTS
    System.String, System.Guid, or an object with an address or identity
        Recipients.
    SmimeSync.Profile
        Profiles.

    .OUTPUTS
    SmimeSync.Difference

    .LINK
    Get-SmimeCertificate

    .LINK
    Sync-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding()]
    [OutputType('SmimeSync.Difference')]
    param(
        # <generated: ProfileName, Recipients, Credential, AdditionalCredential, TargetCredential, ClientCertificatePassword, CertificatePassword, AccessToken, ProxyCredential, Scope>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,

        [Parameter(ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [object[]] $Identity,

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
        $named = Get-NamedParameter -Cmdlet $PSCmdlet -Name 'Identity'
        $group = [ordered] @{}
    }
    process {
        if (-not (Test-PipedObject -Cmdlet $PSCmdlet -InputObject $_ -ProfileName $ProfileName -Named $named)) { return }
        Add-Identity -Cmdlet $PSCmdlet -Group $group -ProfileName $ProfileName -Identity $Identity
    }
    end {
        $operation = Get-Access -Parameter $PSBoundParameters
        foreach ($name in $group.Keys) {
            $request = @{ Operation = 'Compare'; ProfileName = $name }
            Add-GroupIdentity -Request $request -Entry $group[$name]
            Invoke-SingleOperation -Cmdlet $PSCmdlet @operation -Request $request -Subject $name
        }
    }
}
