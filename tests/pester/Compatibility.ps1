# Finds what Windows PowerShell 5.1 or .NET Framework 4.6 does not have in parsed scripts.
using namespace System.Management.Automation.Language

# .NET members that the module uses, and that somebody has reviewed: all are in .NET Framework 4.6 and Windows
# PowerShell 5.1. A member that is not here fails the check until it has been reviewed, too.
$script:ReviewedMember = @(
    'Add', 'AddRange', 'AssumeUniversal', 'AdjustToUniversal', 'Clear', 'Contains', 'ContainsKey', 'ContainsWildcardCharacters'
    'Dispose', 'Empty', 'Escape', 'FromBase64String', 'FromTicks', 'Floor', 'Format', 'GetBaseException', 'GetDirectoryName'
    'GetUnresolvedProviderPathFromPSPath', 'GetValue', 'Insert', 'Combine', 'GetFileNameWithoutExtension', 'GetFiles', 'IsMatch', 'Match', 'Min', 'new', 'Remove', 'Restart'
    'ShouldProcess', 'StartNew', 'ThrowTerminatingError', 'ToArray', 'ToCharArray', 'ToLowerInvariant', 'ToString', 'Trim', 'Unescape', 'WriteDebug', 'WriteError'
    'WriteProgress', 'WriteVerbose', 'WriteWarning', 'CurrentCulture', 'InvariantCulture', 'NewLine', 'NotSpecified'
    'OrdinalIgnoreCase', 'Completed', 'Create', 'InvokeScript', 'ToBase64String', 'FromSeconds', 'ToUniversalTime'
    'GetResolvedPSPathFromPSPath', 'GetRawCertData', 'AppendChar', 'GetEnvironmentVariable', 'OSVersion', 'Unix', 'Open', 'Close', 'TicksPerSecond', 'TryParse', 'Zero'
    # The exceptions: .NET Framework 4.6 (of ECDSA 4.6.1), which Windows 10 and Windows Server 2016 have, and only where a key
    # of the certificate store signs. Elsewhere they are never reached.
    'GetRSAPrivateKey', 'GetECDsaPrivateKey', 'SignHash', 'SHA256', 'Pss', 'Pkcs1'
    # SmimeSync.Native.dll
    'CancelWhen', 'Day', 'Load', 'LibraryPath', 'Minute', 'Second', 'Next', 'Of', 'Printable', 'Send', 'SetSecret', 'Start', 'Stop'
)

# Commands of PowerShell that the module uses, with the parameters that 5.1 has.
$script:ReviewedCommand = @{
    'Add-Member'                 = @('InputObject', 'MemberType', 'Name', 'Value', 'Force', 'PassThru')
    'ConvertFrom-Json'           = @('InputObject')
    'ConvertTo-Json'             = @('InputObject', 'Depth', 'Compress')
    'ForEach-Object'             = @('Process')
    'Get-Command'                = @('Name', 'CommandType', 'ErrorAction')
    'Get-Variable'               = @('Scope', 'Name', 'ValueOnly', 'ErrorAction')
    'Register-ArgumentCompleter' = @('CommandName', 'ParameterName', 'ScriptBlock')
    'Select-Object'              = @('First')
    'Set-StrictMode'             = @('Version')
    'Set-Variable'               = @('Scope', 'Name', 'Value', 'WhatIf', 'Confirm')
    'Sort-Object'                = @()
    'Where-Object'               = @()
    'Write-Debug'                = @('Message')
    'Write-Error'                = @('ErrorRecord')
    'Write-Verbose'              = @('Message')
}

function Find-Incompatibility {
    # One line for each thing in $Ast that 5.1 does not know. $Own are the functions that the scripts define themselves.
    param([Ast] $Ast, [string[]] $Own)
    foreach ($node in $Ast.FindAll({ $true }, $true)) {
        $what = switch ($node.GetType().Name) {
            'TernaryExpressionAst' { 'the ternary operator' }
            'PipelineChainAst' { '&& or ||' }
            'TypeDefinitionAst' { 'a class or enum' }
            'UsingStatementAst' { if ($node.UsingStatementKind -ne 'Namespace') { 'using module or assembly' } }
            'NamedBlockAst' { if ("$($node.BlockKind)" -eq 'Clean') { 'a clean block' } }
            'PipelineAst' { if ($node.Background) { 'a background pipeline' } }
            'BinaryExpressionAst' { if ("$($node.Operator)" -eq 'QuestionQuestion') { 'the operator ??' } }
            'AssignmentStatementAst' { if ("$($node.Operator)" -eq 'QuestionQuestionEquals') { 'the operator ??=' } }
            'IndexExpressionAst' { if ($node.NullConditional) { 'the operator ?[]' } }
            'InvokeMemberExpressionAst' {
                if ($node.NullConditional) { 'the operator ?.' }
                Test-Member -Member $node.Member
            }
            'MemberExpressionAst' {
                if ($node.NullConditional) { 'the operator ?.' }
                if ($node.Static) { Test-Member -Member $node.Member }
            }
            'ConstantExpressionAst' {
                if ($node.Extent.Text -match '^(0b|[\d.]+(u|y|n|s|uy|us|ul)(kb|mb|gb)?$)') { 'the number ' + $_ }
            }
            'AttributeAst' {
                $known = 'CmdletBinding', 'Parameter', 'OutputType', 'Alias', 'ValidateSet', 'ValidateRange', 'ValidatePattern',
                'PSTypeName', 'SupportsWildcards',
                'ValidateNotNullOrEmpty', 'ArgumentCompleter', 'System.Management.Automation.Credential',
                'Diagnostics.CodeAnalysis.SuppressMessageAttribute'
                if ($node.TypeName.Name -notin $known) { 'the attribute ' + $node.TypeName.Name }
            }
            'CommandAst' { Test-Command -Command $node -Own $Own }
        }
        foreach ($one in $what) { '{0}:{1}: {2}' -f $node.Extent.File, $node.Extent.StartLineNumber, $one }
    }
}

function Test-Member {
    param([Ast] $Member)
    if ($Member -isnot [StringConstantExpressionAst]) { return 'a member whose name is computed' }
    if ($script:ReviewedMember -notcontains $Member.Value) { 'the member ' + $Member.Value + ', not reviewed' }
}

function Test-Command {
    param([CommandAst] $Command, [string[]] $Own)
    $name = $Command.GetCommandName()
    # A file that is dot-sourced, or a script block.
    if (-not $name -or $Own -contains $name) { return }
    if (-not $script:ReviewedCommand.ContainsKey($name)) { return "the command $name, not reviewed" }
    foreach ($element in $Command.CommandElements) {
        if ($element -isnot [CommandParameterAst]) { continue }
        if ($script:ReviewedCommand[$name] -notcontains $element.ParameterName -and
            "$($element.Parent)" -notmatch "^Where-Object \w+ -\w+") {
            "the parameter -$($element.ParameterName) of $name, not reviewed"
        }
    }
}

function Find-TokenIncompatibility {
    # Escapes in double quotes that 5.1 reads as other characters.
    param([Token[]] $Token)
    foreach ($one in $Token) {
        if ($one -is [StringExpandableToken] -and $one.Text -cmatch '`(e|u\{)') {
            '{0}:{1}: the escape {2}' -f $one.Extent.File, $one.Extent.StartLineNumber, $Matches[0]
        }
    }
}
