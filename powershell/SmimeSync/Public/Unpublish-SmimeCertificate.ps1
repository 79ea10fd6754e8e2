function Unpublish-SmimeCertificate {
    <#
    .SYNOPSIS
    Takes certificates out of Active Directory.

    .DESCRIPTION
    Removes the values that hold the named certificates from the recipients' userCertificate and userSMIMECertificate in
    the directory of the profile's source: by thumbprint, by state, or the very objects that Get-SmimeCertificate
    returned. What is removed is kept in the profile's state until its retention ends. Returns the run with its
    numbers; Get-SmimeSyncChange lists it later. Asks for each recipient by default; -Confirm:$false does not ask, and
    where nobody can be asked (-NonInteractive) the cmdlet ends with an error before anything is removed.
    Certificates that serve another purpose than mail, such as smart-card logon, EFS or VPN, stay unless -Thumbprint
    names them or -Force is given, also those that come through the pipeline; a warning says how many stayed. So do
    certificates that are not valid yet. What was not looked at to the end (a recipient with very many or very large
    values) stays unless -Thumbprint names it, also with -Force.
    Objects that come through the pipeline are gathered: one run for all recipients of the same certificates. For many
    recipients at once -State is faster. If nothing comes through the pipeline there is no run.

    .PARAMETER ProfileName
    The profile's name.

    .PARAMETER Thumbprint
    The SHA-1 thumbprints of the certificates, as Windows shows them.

    .PARAMETER State
    Every certificate in one of these states: Expired, Unusable (an Error finding speaks against it), or OtherPurpose
    (not for mail: smart-card logon, EFS, VPN; only with -Force).

    .PARAMETER Certificate
    Certificates of recipients, as Get-SmimeCertificate returns them: each is taken from its recipient only.

    .PARAMETER Identity
    From whom: addresses, user principal names, sAMAccountNames, distinguished names or object GUIDs, or objects that
    have one, such as those of Get-ADUser. Without it, from everybody in the profile's scope.

    .PARAMETER Force
    Takes out, too, what stays otherwise unless -Thumbprint names it: certificates that serve another purpose than mail
    or are not valid yet. What was not looked at to the end stays all the same. It does not keep the cmdlet from asking; -Confirm:$false does.

    .PARAMETER Credential
    Who signs in to the source: a user principal name, DOMAIN\name or distinguished name, with the password. The
    password reaches the library only in memory and is zeroed there; it is in no profile, log or error.

    .PARAMETER PassThru
    Returns the changes, too, as they come, before the run.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .EXAMPLE
    PS> Unpublish-SmimeCertificate corp -State Expired -Credential $credential -WhatIf
    What if: Performing the operation "Update: Removed: CN=Alice Adams (thumbprint 9A0F..., valid from
    2024-03-01 00:00 UTC until 2025-03-01 00:00 UTC), as userCertificate: expired at 2025-03-01 00:00 UTC." on target
    "Alice Adams <alice@contoso.test>".

       ProfileName: corp

    Id   Result              Started (UTC)    Recipients Usable   Add Update Remove Exported Errors
    --   ------              -------------    ---------- ------   --- ------ ------ -------- ------
    0    Success             2026-11-25 10:40       1000    987     0      1      0        0      0

    Shows what would be taken out, from whom and why.

    .EXAMPLE
    PS> Unpublish-SmimeCertificate corp -Thumbprint 4C1D30B6A58C1F1A9F1B7B1E8C51A6C0D3E0F9A2 -Credential $credential -Confirm:$false

       ProfileName: corp

    Id   Result              Started (UTC)    Recipients Usable   Add Update Remove Exported Errors
    --   ------              -------------    ---------- ------   --- ------ ------ -------- ------
    11   Success             2026-11-25 10:42       1000    987     0      0      1        1      0

    Takes one certificate from whoever has it, without asking.

    .EXAMPLE
    PS> Get-SmimeCertificate corp -Identity alice@contoso.test -Credential $credential |
    >>     Where-Object State -eq 'Unusable' | Unpublish-SmimeCertificate -Credential $credential -PassThru

    RunId Change State      Recipient                      Reasons
    ----- ------ -----      ---------                      -------
       12 Update Exported   alice@contoso.test             Removed: CN=Alice Adams (thumbprint 9A0F...

    Looks first and then takes out exactly that; the run follows the changes. The same as -State Unusable.

    .INPUTS
    SmimeSync.Certificate

    .OUTPUTS
    SmimeSync.Run
        The run; with -PassThru SmimeSync.Change objects before it.

    .LINK
    Publish-SmimeCertificate

    .LINK
    Get-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', DefaultParameterSetName = 'Thumbprint')]
    [OutputType('SmimeSync.Run', 'SmimeSync.Change')]
    param(
        # <generated: ProfileName>
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('Profile')]
        [string] $ProfileName,
        # </generated>

        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'Thumbprint')]
        [ValidatePattern('^[0-9A-Fa-f]{40}$')]
        [string[]] $Thumbprint,

        # <generated: UnpublishState>
        [Parameter(Mandatory = $true, ParameterSetName = 'State')]
        [ValidateSet('Expired', 'Unusable', 'OtherPurpose')]
        [string[]] $State,
        # </generated>

        [Parameter(Mandatory = $true, ParameterSetName = 'Certificate', ValueFromPipeline = $true)]
        [ValidateNotNullOrEmpty()]
        [PSTypeName('SmimeSync.Certificate')]
        [object[]] $Certificate,

        [Parameter(ParameterSetName = 'Thumbprint')]
        [Parameter(ParameterSetName = 'State')]
        [ValidateNotNullOrEmpty()]
        [object[]] $Identity,

        [switch] $Force,

        # <generated: Credential, PassThru, Scope>
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential = [System.Management.Automation.PSCredential]::Empty,

        [switch] $PassThru,

        [ValidateSet('User', 'Machine')]
        [string] $Scope
        # </generated>
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        # Profile and recipient, with the thumbprints of each, and the values in which no certificate can be read.
        $piped = [ordered] @{}
    }
    process {
        foreach ($one in $Certificate) {
            $key = $ProfileName, $one.Anchor -join [char] 0
            if (-not $piped.Contains($key)) {
                $piped[$key] = @{ ProfileName = $ProfileName; Identity = @($one.Anchor); Listed = @(); ListedValue = @() }
            }
            $name, $kind = if ($one.Thumbprint) { $one.Thumbprint, 'Listed' } else { $one.Value, 'ListedValue' }
            if ($piped[$key][$kind] -notcontains $name) { $piped[$key][$kind] += $name }
        }
    }
    end {
        $entries = @(Join-UnpublishEntry -Entry $piped.Values)
        if ($PSCmdlet.ParameterSetName -ne 'Certificate') {
            $recipients = @(ConvertTo-Identity -Cmdlet $PSCmdlet -InputObject $Identity)
            # Whoever was named and can't be told never turns into everybody.
            if ($PSBoundParameters.ContainsKey('Identity') -and $recipients.Count -eq 0) { return }
            $entries = @(@{ ProfileName = $ProfileName; Identity = $recipients; Thumbprint = $Thumbprint; State = $State })
        }
        $operation = Get-Access -Parameter $PSBoundParameters
        $requests = foreach ($entry in $entries) {
            @{
                Operation   = 'Unpublish'
                ProfileName = $entry.ProfileName
                Identity    = [string[]] @($entry.Identity)
                Thumbprint  = [string[]] @($entry['Thumbprint'] | Where-Object { $_ })
                Listed      = [string[]] @($entry['Listed'] | Where-Object { $_ })
                ListedValue = [string[]] @($entry['ListedValue'] | Where-Object { $_ })
                Force       = $Force.IsPresent
                State       = [string[]] @($entry['State'] | Where-Object { $_ })
            }
        }
        Invoke-RunOperation -Cmdlet $PSCmdlet @operation -Request @($requests) -Impact High -PassThru:$PassThru
    }
}
