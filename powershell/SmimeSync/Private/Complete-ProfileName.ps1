function Complete-ProfileName {
    # The profiles whose names begin with what was typed; nothing where they can't be read, as completion has no
    # place for errors.
    [OutputType([System.Management.Automation.CompletionResult])]
    param([string] $WordToComplete)
    $typed = $WordToComplete.Trim([char[]] @("'", '"'))
    foreach ($one in Get-SmimeSyncProfile -Name "$typed*" -ErrorAction Ignore) {
        $tip = "$($one.Source) to $($one.Target)"
        [System.Management.Automation.CompletionResult]::new($one.Name, $one.Name, 'ParameterValue', $tip)
    }
}

# One completer for every parameter that names a profile; the others complete by their ValidateSet.
foreach ($command in 'Sync-SmimeCertificate', 'Get-SmimeCertificate', 'Get-SmimeSyncRun', 'Get-SmimeSyncChange',
    'Approve-SmimeSyncPlan', 'Publish-SmimeCertificate', 'Unpublish-SmimeCertificate', 'Export-SmimeTrustStore',
    'Publish-SmimeTrustStore') {
    Register-ArgumentCompleter -CommandName $command -ParameterName 'ProfileName' -ScriptBlock {
        param($commandName, $parameterName, $wordToComplete)
        Complete-ProfileName -WordToComplete $wordToComplete
    }
}
foreach ($command in 'Get-SmimeSyncProfile', 'Set-SmimeSyncProfile', 'Remove-SmimeSyncProfile',
    'Test-SmimeSyncProfile') {
    Register-ArgumentCompleter -CommandName $command -ParameterName 'Name' -ScriptBlock {
        param($commandName, $parameterName, $wordToComplete)
        Complete-ProfileName -WordToComplete $wordToComplete
    }
}
Register-ArgumentCompleter -CommandName 'Get-SmimePolicyRule' -ParameterName 'Rule' -ScriptBlock {
    param($commandName, $parameterName, $wordToComplete)
    foreach ($one in Get-SmimePolicyRule -Rule "$wordToComplete*" -ErrorAction Ignore) {
        [System.Management.Automation.CompletionResult]::new($one.Rule, $one.Rule, 'ParameterValue', $one.Title)
    }
}

# The certificates with keys in the certificate stores that a profile may sign in with.
foreach ($command in 'New-SmimeSyncProfile', 'Set-SmimeSyncProfile') {
    Register-ArgumentCompleter -CommandName $command -ParameterName 'CertificateThumbprint' -ScriptBlock {
        param($commandName, $parameterName, $wordToComplete)
        foreach ($location in 'CurrentUser', 'LocalMachine') {
            foreach ($one in Get-StoreCertificate -Location $location) {
                if (-not $one.HasPrivateKey -or $one.Thumbprint -notlike "$wordToComplete*") { continue }
                $tip = '{0}, valid until {1:yyyy-MM-dd}' -f $one.Subject, $one.NotAfter
                [System.Management.Automation.CompletionResult]::new(
                    $one.Thumbprint, $one.Thumbprint, 'ParameterValue', $tip)
            }
        }
    }
}
