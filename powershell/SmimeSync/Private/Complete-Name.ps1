function Get-TypedPattern {
    # The pattern of what begins with the word that is being completed; its quotes and wildcards are taken as they are.
    [OutputType([string])]
    param([string] $WordToComplete)
    [System.Management.Automation.WildcardPattern]::Escape($WordToComplete.Trim([char[]] @("'", '"'))) + '*'
}

function Complete-ProfileName {
    # The profiles whose names begin with what was typed; nothing where they can't be read, as completion has no
    # place for errors.
    [OutputType([System.Management.Automation.CompletionResult])]
    param([string] $WordToComplete)
    $pattern = Get-TypedPattern -WordToComplete $WordToComplete
    foreach ($one in Get-SmimeSyncProfile -Name $pattern -ErrorAction Ignore) {
        $tip = "$($one.Source) to $($one.Target)"
        [System.Management.Automation.CompletionResult]::new($one.Name, $one.Name, 'ParameterValue', $tip)
    }
}

function Complete-Rule {
    # The rules whose ids begin with what was typed.
    [OutputType([System.Management.Automation.CompletionResult])]
    param([string] $WordToComplete)
    $pattern = Get-TypedPattern -WordToComplete $WordToComplete
    foreach ($one in Get-SmimePolicyRule -Rule $pattern -ErrorAction Ignore) {
        [System.Management.Automation.CompletionResult]::new($one.Rule, $one.Rule, 'ParameterValue', $one.Title)
    }
}

function Complete-Thumbprint {
    # The certificates with keys in the certificate stores that a profile may sign in with.
    [OutputType([System.Management.Automation.CompletionResult])]
    param([string] $WordToComplete)
    $pattern = Get-TypedPattern -WordToComplete $WordToComplete
    foreach ($location in 'CurrentUser', 'LocalMachine') {
        foreach ($one in Get-StoreCertificate -Location $location) {
            if (-not $one.HasPrivateKey -or $one.Thumbprint -notlike $pattern) { continue }
            $tip = '{0}, valid until {1}' -f $one.Subject, [SmimeSync.UtcDate]::Day($one.NotAfter)
            [System.Management.Automation.CompletionResult]::new(
                $one.Thumbprint, $one.Thumbprint, 'ParameterValue', $tip)
        }
    }
}

function Complete-Proxy {
    # The names that stand in the place of a proxy's address.
    [OutputType([System.Management.Automation.CompletionResult])]
    param([string] $WordToComplete)
    $pattern = Get-TypedPattern -WordToComplete $WordToComplete
    $names = [ordered] @{ System = 'The proxy of the environment or Windows'; None = 'No proxy' }
    foreach ($name in @($names.Keys | Where-Object { $_ -like $pattern })) {
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $names[$name])
    }
}

function Register-Completer {
    # Completes the parameters that name something of the module; the others complete by their ValidateSet.
    param([string[]] $CommandName)
    $profiles = {
        param($commandName, $parameterName, $wordToComplete)
        Complete-ProfileName -WordToComplete $wordToComplete
    }
    Register-ArgumentCompleter -CommandName $CommandName -ParameterName 'ProfileName' -ScriptBlock $profiles
    # The name of a new profile is nobody's yet.
    $named = @($CommandName | Where-Object { $_ -like '*-SmimeSyncProfile' -and $_ -notlike 'New-*' })
    Register-ArgumentCompleter -CommandName $named -ParameterName 'Name' -ScriptBlock $profiles
    Register-ArgumentCompleter -CommandName $CommandName -ParameterName 'Rule' -ScriptBlock {
        param($commandName, $parameterName, $wordToComplete)
        Complete-Rule -WordToComplete $wordToComplete
    }
    foreach ($parameter in 'CertificateThumbprint', 'ClientCertificateThumbprint') {
        Register-ArgumentCompleter -CommandName $CommandName -ParameterName $parameter -ScriptBlock {
            param($commandName, $parameterName, $wordToComplete)
            Complete-Thumbprint -WordToComplete $wordToComplete
        }
    }
    Register-ArgumentCompleter -CommandName $CommandName -ParameterName 'Proxy' -ScriptBlock {
        param($commandName, $parameterName, $wordToComplete)
        Complete-Proxy -WordToComplete $wordToComplete
    }
}
