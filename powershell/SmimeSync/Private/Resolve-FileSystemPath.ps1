function Resolve-FileSystemPath {
    # The absolute path of the file system, from PowerShell's location and drives; the file need not exist.
    # A path of another provider ends $Cmdlet with an error.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Path)
    foreach ($one in $Path) {
        $provider = $null
        $drive = $null
        $failure = $null
        try {
            $full = $Cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath($one, [ref] $provider, [ref] $drive)
        } catch {
            $failure = $_.Exception.GetBaseException().Message
        }
        if ($null -eq $failure -and $provider.Name -ne 'FileSystem') {
            $failure = "it belongs to the provider '$($provider.Name)'."
        }
        if ($null -ne $failure) {
            $invalid = @{
                Id       = 'PathInvalid'
                Category = 'InvalidArgument'
                Message  = "'$one' is not a path of the file system: $failure"
                Advice   = 'Give the path of a file or folder.'
                Target   = $one
            }
            $Cmdlet.ThrowTerminatingError((Get-ModuleError @invalid))
        }
        $full
    }
}
