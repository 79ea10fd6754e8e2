function Invoke-RunOperation {
    # Carries out a request whose results are changes and then a run. With -WhatIf each change is shown in PowerShell's
    # own words; the changes themselves are returned with -PassThru only, the run always. The preferences are those of
    # the calling cmdlet.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Request,
        [string] $Scope,
        [pscredential] $Credential,
        [hashtable] $Secret = @{},
        # Of the cmdlet.
        [System.Management.Automation.ConfirmImpact] $Impact = 'Medium',
        [switch] $PassThru,
        [switch] $Continue
    )
    Add-Confirmation -Request $Request -Impact $Impact
    $operation = @{
        Cmdlet     = $Cmdlet
        Request    = $Request
        Scope      = $Scope
        Credential = $Credential
        Secret     = $Secret
        Subject    = $Request.ProfileName
        Continue   = $Continue
    }
    Invoke-SingleOperation @operation | ForEach-Object -Process {
        if ($_.PSObject.TypeNames[0] -eq 'SmimeSync.Run') {
            $_
            return
        }
        if ($WhatIfPreference) {
            $text = @{ Target = Get-ChangeTarget -Change $_; Action = Get-ChangeAction -Change $_ }
            $null = Confirm-Action -Cmdlet $Cmdlet @text
        }
        if ($PassThru) { $_ }
    }
}
