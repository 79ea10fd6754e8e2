function Resolve-CertificatePath {
    # The files that a path with wildcards stands for, from PowerShell's location and drives. One that stands for no
    # file is an error of its own, written through $Cmdlet.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Path)
    foreach ($one in $Path) {
        $literal = -not [System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters($one)
        # A file that is missing is the library's error; a path that is none of the file system ends the cmdlet here.
        if ($literal) {
            $plain = [System.Management.Automation.WildcardPattern]::Unescape($one)
            Resolve-FileSystemPath -Cmdlet $Cmdlet -Path $plain
            continue
        }
        $found = @()
        $reason = 'there is none.'
        try {
            $found = @($Cmdlet.SessionState.Path.GetResolvedPSPathFromPSPath($one) |
                    Where-Object { $_.Provider.Name -eq 'FileSystem' } | ForEach-Object -Process { $_.ProviderPath })
        } catch {
            $reason = $_.Exception.GetBaseException().Message
        }
        if ($found.Count -gt 0) { $found; continue }
        $missing = @{
            Id       = 'PathNotFound'
            Category = 'ObjectNotFound'
            Message  = "No certificate file matches '$one': $reason"
            Advice   = 'Check the path; -LiteralPath takes names with brackets as they are.'
            Target   = $one
        }
        $Cmdlet.WriteError((Get-ModuleError @missing))
    }
}

function ConvertTo-CertificateInput {
    # Sorts what was given as certificates into files and certificates (base64 of the DER). A file is one of
    # Get-ChildItem, or an object with a Path, such as a row of Import-Csv. What is neither is an error of its own,
    # written through $Cmdlet.
    [OutputType([hashtable])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object[]] $InputObject)
    $paths = [System.Collections.Generic.List[string]]::new()
    $certificates = [System.Collections.Generic.List[string]]::new()
    $items = $InputObject
    # The bytes of one certificate come as one array.
    if ($InputObject.Count -gt 0 -and $InputObject[0] -is [byte]) { $items = , [byte[]] $InputObject }
    foreach ($item in $items) {
        $base = $null
        if ($null -ne $item) { $base = $item.PSObject.BaseObject }
        if ($base -is [byte[]]) {
            $certificates.Add([System.Convert]::ToBase64String($base))
        } elseif ($base -is [System.Security.Cryptography.X509Certificates.X509Certificate]) {
            $certificates.Add([System.Convert]::ToBase64String($base.GetRawCertData()))
        } elseif ($base -is [System.IO.FileInfo]) {
            $paths.Add($base.FullName)
        } elseif ($null -ne $item -and $item.PSObject.TypeNames -contains 'SmimeSync.Certificate' -and $item.RawData) {
            $certificates.Add($item.RawData)
        } elseif ($null -ne $item -and $item.PSObject.Properties['Path'] -and $item.Path) {
            Resolve-FileSystemPath -Cmdlet $Cmdlet -Path "$($item.Path)" | ForEach-Object -Process { $paths.Add($_) }
        } else {
            $unknown = @{
                Id       = 'CertificateInvalid'
                Category = 'InvalidArgument'
                Message  = "The object '$item' is not a certificate."
                Advice   = 'Pass X509Certificate2 objects, the bytes of a certificate as ,$bytes, or files of Get-ChildItem.'
                Target   = $item
            }
            $Cmdlet.WriteError((Get-ModuleError @unknown))
        }
    }
    @{ Path = $paths.ToArray(); Certificate = $certificates.ToArray() }
}
