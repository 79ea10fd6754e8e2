function Get-SmimePolicyRule {
    <#
    .SYNOPSIS
    Gets the rules by which certificates are judged.

    .DESCRIPTION
    Each rule has its severity under the policy Standard, what it means, what to do about it, and where it comes
    from. Only a finding of the severity Error makes a certificate unusable.

    .PARAMETER Rule
    Ids of rules; * and ? are wildcards. Without it, all.

    .EXAMPLE
    PS> Get-SmimePolicyRule -Rule exp*

    Rule                             Severity Title
    ----                             -------- -----
    expired                          Error    The certificate has expired

    Finds a rule.

    .EXAMPLE
    PS> $certificates = Get-SmimeCertificate corp -Identity alice@contoso.test
    PS> $certificates.Findings | Get-SmimePolicyRule | Select-Object -Property Rule, Advice -Unique

    Rule    Advice
    ----    ------
    expired Renew the certificate.

    Shows what to do about one person's findings.

    .INPUTS
    System.String
        Ids of rules.
    SmimeSync.Finding
        Findings, whose rules are wanted.

    .OUTPUTS
    SmimeSync.Rule

    .LINK
    Get-SmimeCertificate

    .LINK
    about_SmimeSync
    #>
    [CmdletBinding()]
    [OutputType('SmimeSync.Rule')]
    param(
        [Parameter(Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $Rule
    )
    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $rules = [System.Collections.Generic.List[string]]::new()
    }
    process {
        foreach ($one in $Rule) { $rules.Add($one) }
    }
    end {
        # Piped findings that turned out to be none must not mean all rules.
        if ($PSCmdlet.MyInvocation.ExpectingInput -and $rules.Count -eq 0) { return }
        Invoke-SingleOperation -Cmdlet $PSCmdlet -Request @{ Operation = 'GetRule'; Rule = $rules.ToArray() }
    }
}
