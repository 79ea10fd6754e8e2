function Get-SmimePolicyRule {
    <#
    .SYNOPSIS
    Gets the rules by which certificates are judged.

    .DESCRIPTION
    Each rule has its severity under the policy Standard, what it means, what to do about it, and where it comes
    from. Only a finding of the severity Error makes a certificate unusable. An id without wildcards that does not exist
    is an error.

    .PARAMETER Rule
    Ids of rules, which may have wildcards (*, ? and [a-z]). Without it, all.

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
        # Many findings have the same rule.
        $rules = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    }
    process {
        foreach ($one in $Rule) { $null = $rules.Add($one) }
    }
    end {
        # Piped findings that turned out to be none must not mean all rules.
        if ($PSCmdlet.MyInvocation.ExpectingInput -and $rules.Count -eq 0) { return }
        $all = @(Invoke-SingleOperation -Cmdlet $PSCmdlet -Request @{ Operation = 'GetRule'; Rule = @() })
        if ($rules.Count -eq 0) { return $all }
        $known = @($all | ForEach-Object -Process { $_.Rule })
        $meant = @(Resolve-Name -Cmdlet $PSCmdlet -Name @($rules) -Known $known)
        $all | Where-Object { $meant -contains $_.Rule }
        foreach ($one in $meant | Where-Object { $known -notcontains $_ }) {
            $missing = @{
                Id       = 'RuleNotFound'
                Category = 'ObjectNotFound'
                Message  = "There is no rule '$one'."
                Advice   = 'List the rules with Get-SmimePolicyRule.'
                Target   = $one
            }
            $PSCmdlet.WriteError((Get-ModuleError @missing))
        }
    }
}
