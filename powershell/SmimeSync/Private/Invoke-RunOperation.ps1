function Invoke-RunOperation {
    # Carries out requests whose results are changes and then a run, one after the other. With -WhatIf each change is
    # shown in PowerShell's own words; the changes themselves are returned with -PassThru only, the run always. The
    # preferences are those of the calling cmdlet.
    # The error that ended a run is written after the run. Where there is no run, as without the profile, it ends the
    # cmdlet, unless there are other requests. What would end the caller (-ErrorAction Stop) is written when all runs
    # have ended and are returned: the first error of a recipient would cut them short.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable[]] $Request,
        [string] $Scope,
        [pscredential] $Credential,
        [hashtable] $Secret = @{},
        # Of the cmdlet.
        [System.Management.Automation.ConfirmImpact] $Impact = 'Medium',
        [switch] $PassThru
    )
    $late = [System.Collections.Generic.List[object]]::new()
    foreach ($one in $Request) {
        Add-Confirmation -Request $one -Impact $Impact
        $ending = @{ Error = $null }
        $ran = @{ Run = $false }
        $operation = @{
            Cmdlet     = $Cmdlet
            Request    = $one
            Scope      = $Scope
            Credential = $Credential
            Secret     = $Secret
            Subject    = $one.ProfileName
            Late       = $late
            Ending     = $ending
        }
        Invoke-SingleOperation @operation | ForEach-Object -Process {
            if ($_.PSObject.TypeNames[0] -eq 'SmimeSync.Run') {
                $ran.Run = $true
                $_
                return
            }
            if ($WhatIfPreference) {
                $text = @{ Target = Get-ChangeTarget -Change $_; Action = Get-ChangeAction -Change $_ }
                $null = Confirm-Action -Cmdlet $Cmdlet @text
            }
            if ($PassThru) { $_ }
        }
        if ($null -eq $ending.Error) { continue }
        if (-not $ran.Run -and @($Request).Count -eq 1) {
            $Cmdlet.ThrowTerminatingError((ConvertTo-ErrorRecord -Body $ending.Error))
        }
        $entry = [pscustomobject] @{ Event = 'Error'; Error = $ending.Error }
        if (Test-EndsCaller -Cmdlet $Cmdlet -Entry $entry) { $late.Add($entry); continue }
        Write-OperationEvent -Cmdlet $Cmdlet -Entry $entry
    }
    foreach ($entry in $late) { Write-OperationEvent -Cmdlet $Cmdlet -Entry $entry }
}
