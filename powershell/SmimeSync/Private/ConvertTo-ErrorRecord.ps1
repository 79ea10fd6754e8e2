function ConvertTo-ErrorRecord {
    # Makes an ErrorRecord of the library's error (`ErrorBody` of docs/abi.md): its id, category, target, advice
    # and the other side's status.
    [OutputType([System.Management.Automation.ErrorRecord])]
    param([object] $Body)
    $exception = [SmimeSync.SmimeException]::new($Body.Message, $Body.Code, $Body.Id, $Body.Advice)
    $native = $Body.PSObject.Properties['Native']
    if ($null -ne $native -and $null -ne $native.Value) {
        foreach ($status in $native.Value.PSObject.Properties) {
            switch ($status.Name) {
                'LdapResult' { $exception.LdapResult = $status.Value }
                'OsError' { $exception.OSError = $status.Value }
                'Text' { $exception.NativeText = $status.Value }
                'HttpStatus' { $exception.HttpStatus = $status.Value }
                'RequestId' { $exception.RequestId = $status.Value }
                'RetryAfter' { $exception.RetryAfter = [timespan]::FromSeconds($status.Value) }
                'Exception' { $exception.NativeException = $status.Value }
            }
        }
    }
    # A newer library may know a category that this PowerShell does not.
    $category = $Body.Category -as [System.Management.Automation.ErrorCategory]
    if ($null -eq $category) { $category = [System.Management.Automation.ErrorCategory]::NotSpecified }
    $record = [System.Management.Automation.ErrorRecord]::new($exception, $Body.Id, $category, $Body.Target)
    $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($Body.Message)
    $record.ErrorDetails.RecommendedAction = $Body.Advice
    $record
}

function Get-ModuleError {
    # An error that the module itself finds, in the form of the library's.
    [OutputType([System.Management.Automation.ErrorRecord])]
    param(
        [string] $Id,
        [System.Management.Automation.ErrorCategory] $Category,
        [string] $Message,
        [string] $Advice,
        [object] $Target
    )
    ConvertTo-ErrorRecord -Body ([pscustomobject] @{
            Code = 0; Id = $Id; Category = $Category; Message = $Message; Advice = $Advice; Target = $Target
        })
}
