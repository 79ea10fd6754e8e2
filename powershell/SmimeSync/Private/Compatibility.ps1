# The few places where Windows PowerShell 5.1 and PowerShell 7 differ.

# ConvertFrom-Json makes a date of each text that looks like one on PowerShell 6 and newer, of a display name too;
# from 7.5 on it can be told not to. Questions and errors have no dates; results are read by the assembly.
$script:JsonOption = @{}
if ((Get-Command -Name 'ConvertFrom-Json').Parameters.ContainsKey('DateKind')) {
    $script:JsonOption = @{ DateKind = 'String' }
}

function ConvertFrom-NativeJson {
    # Reads the library's JSON. An array comes out as one object on 5.1 and item by item on 7; a caller that assigns
    # it and loops with foreach need not care.
    param([string] $Json)
    $option = $script:JsonOption
    ConvertFrom-Json -InputObject $Json @option
}

function Get-HostName {
    # Who calls, for the history of runs: 'PowerShell 7.6.9', 'Windows PowerShell 5.1.22621.1'.
    $name = 'PowerShell'
    if ($PSVersionTable.PSEdition -eq 'Desktop') { $name = 'Windows PowerShell' }
    '{0} {1}' -f $name, $PSVersionTable.PSVersion
}
