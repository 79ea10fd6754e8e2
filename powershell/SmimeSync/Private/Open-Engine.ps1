function Open-Engine {
    # The library's engine for one call of a cmdlet, loaded at the first call in a process. The caller disposes of it.
    # Ends $Cmdlet with an error where there is no library for this process or the places can't be used.
    [OutputType([SmimeSync.Native.Engine])]
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Scope,
        [pscredential] $Credential,
        # Other secrets (SecureString) by the library's name for them; $null where there is none.
        [hashtable] $Secret = @{}
    )
    $config = @{ Host = Get-HostName }
    if ($Scope) { $config['Scope'] = $Scope }
    # Handed over because .NET on Unix keeps changes of $env: to itself, so the library would not see them.
    if ($env:SMIME_SYNC_HOME) { $config['Home'] = Resolve-FileSystemPath -Cmdlet $Cmdlet -Path $env:SMIME_SYNC_HOME }
    $record = $null
    try {
        [SmimeSync.Native.Library]::Load([SmimeSync.Native.Platform]::LibraryPath($script:ModuleFolder))
        $engine = [SmimeSync.Native.Engine]::new((ConvertTo-Json -InputObject $config -Compress))
        if ($null -ne $Credential -and $null -ne $Credential.Password) {
            $engine.SetSecret('password', $Credential.Password)
        }
        # For the same reason; a proxy's address may hold a password.
        $environment = (Get-ProxyEnvironment) + (Get-KerberosEnvironment)
        foreach ($name in $environment.Keys) { $engine.SetSecret($name, $environment[$name]) }
        foreach ($name in @($Secret.Keys | Where-Object { $null -ne $Secret[$_] })) {
            $engine.SetSecret($name, $Secret[$name])
        }
    } catch {
        $record = ConvertFrom-NativeFailure -Failure $_
    }
    if ($null -ne $record) { $Cmdlet.ThrowTerminatingError($record) }
    $engine
}

$script:ModuleFolder = [System.IO.Path]::GetDirectoryName($PSScriptRoot)

function Get-ProxyEnvironment {
    # The proxy that $env: names, by the library's names for it. Windows shows its variables to the library itself.
    [OutputType([hashtable])]
    param()
    $found = @{}
    if ([System.Environment]::OSVersion.Platform -ne [System.PlatformID]::Unix) { return $found }
    # A variable that was taken away is empty: the library's own environment may still have it.
    # The first one that is set, as the library looks for them itself.
    $variables = @{
        https_proxy = 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'
        no_proxy    = 'NO_PROXY', 'no_proxy'
    }
    foreach ($name in $variables.Keys) {
        $set = @($variables[$name] | ForEach-Object { [System.Environment]::GetEnvironmentVariable($_) } | Where-Object { $_ })
        $found[$name] = ConvertTo-Protected -Text "$($set | Select-Object -First 1)"
    }
    $found
}

function Get-KerberosEnvironment {
    # Where $env: says that tickets of Kerberos are, by the library's names for it. On Windows the session has them.
    [OutputType([hashtable])]
    param()
    $found = @{}
    if ([System.Environment]::OSVersion.Platform -ne [System.PlatformID]::Unix) { return $found }
    foreach ($name in 'KRB5CCNAME', 'KRB5_CLIENT_KTNAME') {
        $value = [System.Environment]::GetEnvironmentVariable($name)
        if ($value) { $found[$name.ToLowerInvariant()] = ConvertTo-Protected -Text $value }
    }
    $found
}

function ConvertFrom-NativeFailure {
    # The ErrorRecord of an exception that the assembly threw: the library's own error, or why it can't be used.
    [OutputType([System.Management.Automation.ErrorRecord])]
    param([System.Management.Automation.ErrorRecord] $Failure)
    $exception = $Failure.Exception
    while ($exception -is [System.Management.Automation.MethodInvocationException]) {
        $exception = $exception.InnerException
    }
    if ($exception -is [SmimeSync.Native.NativeException] -and $exception.Json) {
        return ConvertTo-ErrorRecord -Body (ConvertFrom-NativeJson -Json $exception.Json)
    }
    if ($exception -is [SmimeSync.Native.LibraryException]) {
        return Get-ModuleError -Id 'LibraryUnusable' -Category NotInstalled -Message $exception.Message -Advice (
            'Install the package of SmimeSync that is made for this kind of machine.')
    }
    $Failure
}
