function Set-SmimeSyncProfile {
    <#
    .SYNOPSIS
    Changes settings of a profile.

    .DESCRIPTION
    Only the settings that are given change. An empty one ($null, an empty text or list) goes back to its
    default. A changed policy or set of trust anchors makes the next run judge every recipient anew, and holds
    its plan if there are removals in it.

    .PARAMETER Name
    The profile's name.

    .PARAMETER Source
    Where recipients are read: ActiveDirectory, over LDAPS, or Ldif, a file as of RFC 2849.

    .PARAMETER Server
    ActiveDirectory: the DNS name of a domain controller, as its certificate carries it.

    .PARAMETER Port
    ActiveDirectory: the LDAPS port. Default 636.

    .PARAMETER SearchBase
    ActiveDirectory: the distinguished names of the containers to search, with everything below them.

    .PARAMETER Filter
    ActiveDirectory: an LDAP filter as of RFC 4515 that narrows the recipients.

    .PARAMETER ServerCertificatePath
    ActiveDirectory: files with CA certificates (PEM or DER) that the server's certificate may come from,
    besides this machine's trust store.

    .PARAMETER SkipCertificateCheck
    ActiveDirectory: does not check the server's certificate. Every run warns about it.

    .PARAMETER Timeout
    ActiveDirectory: seconds to wait for any one answer. Default 60.

    .PARAMETER Path
    Ldif: the file.

    .PARAMETER Target
    Where values are published: Folder, a folder with one JSON file and the certificates per recipient.

    .PARAMETER OutputPath
    Folder: the folder.

    .PARAMETER TrustAnchorPath
    Files (PEM, DER or .p7b) or folders with the CA certificates at which the issuer chain of a certificate must
    end.

    .PARAMETER AllowUntrusted
    Publishes certificates whose chain ends nowhere, too.

    .PARAMETER Policy
    Which rules apply: Standard (what Outlook and Exchange Online need, the default), Strict (warnings count as
    errors) or Lenient (only what makes encryption impossible counts as an error). Get-SmimePolicyRule lists the
    rules.

    .PARAMETER Selection
    Which certificates are published: Best (the best one for encryption, and the best one for signing where that
    is another one; the default) or AllUsable (every usable one, ranked, 15 at most).

    .PARAMETER DisabledAccount
    What a disabled account means: Keep (nothing, as shared mailboxes are disabled accounts; the default) or
    Remove (the same as a deleted one).

    .PARAMETER MissingPeriod
    Seconds that a recipient must stay missing from the source before its values are removed. Default a day; 0
    for files.

    .PARAMETER RemovalLimit
    More removals than this in one run hold the plan for approval. Default 500.

    .PARAMETER RemovalPercent
    Removals above this percentage of the recipients with published values (and more than 10) hold the plan.
    Default 10.

    .PARAMETER Retention
    Days that runs, changes and removed values are kept. Default 90.

    .PARAMETER Scope
    Whose places are used: User or Machine. Default: Machine where there is the right to it.

    .PARAMETER PassThru
    Returns the changed profile; without it nothing is returned.

    .EXAMPLE
    PS> Set-SmimeSyncProfile -Name corp -Policy Strict -PassThru | Select-Object -Property Name, Policy

    Name Policy
    ---- ------
    corp Strict

    Makes warnings count as errors.

    .EXAMPLE
    PS> Set-SmimeSyncProfile -Name corp -RemovalLimit 50 -WhatIf
    What if: Performing the operation "Change RemovalLimit" on target "corp".

    Shows what would be changed.

    .INPUTS
    System.String
        The name, from the property Name or ProfileName.

    .OUTPUTS
    None, or with -PassThru SmimeSync.Profile

    .LINK
    Get-SmimeSyncProfile

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType('SmimeSync.Profile')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [Alias('ProfileName')]
        [string] $Name,

        [ValidateSet('ActiveDirectory', 'Ldif')]
        [string] $Source,

        [string] $Server,

        [System.Nullable[int]] $Port,

        [string[]] $SearchBase,

        [string] $Filter,

        [string[]] $ServerCertificatePath,

        [switch] $SkipCertificateCheck,

        [System.Nullable[int]] $Timeout,

        [Alias('LiteralPath')]
        [string] $Path,

        [ValidateSet('Folder')]
        [string] $Target,

        [string] $OutputPath,

        [string[]] $TrustAnchorPath,

        [switch] $AllowUntrusted,

        [ValidateSet('Standard', 'Strict', 'Lenient')]
        [string] $Policy,

        [ValidateSet('Best', 'AllUsable')]
        [string] $Selection,

        [ValidateSet('Keep', 'Remove')]
        [string] $DisabledAccount,

        [System.Nullable[int]] $MissingPeriod,

        [System.Nullable[int]] $RemovalLimit,

        [System.Nullable[int]] $RemovalPercent,

        [System.Nullable[int]] $Retention,

        [ValidateSet('User', 'Machine')]
        [string] $Scope,

        [switch] $PassThru
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }
    process {
        $setting = ConvertTo-ProfileSetting -Cmdlet $PSCmdlet
        if ($setting.Count -eq 0) {
            $nothing = @{
                Id       = 'SettingMissing'
                Category = 'InvalidArgument'
                Message  = "No setting of the profile '$Name' was given."
                Advice   = 'Give the settings to change, such as -Policy Strict.'
                Target   = $Name
            }
            $PSCmdlet.WriteError((Get-ModuleError @nothing))
            return
        }
        $named = @($script:ProfileSetting | Where-Object { $setting.ContainsKey($_) }) -join ', '
        if (-not $PSCmdlet.ShouldProcess($Name, "Change $named")) { return }
        $request = @{ Operation = 'SetProfile'; Name = $Name; Settings = $setting }
        foreach ($changed in Invoke-SingleOperation -Cmdlet $PSCmdlet -Scope $Scope -Request $request) {
            if ($PassThru) { $changed }
        }
    }
}
