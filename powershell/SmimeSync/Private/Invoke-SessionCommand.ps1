# The cmdlets that are run in the caller's Exchange session; whatever else a question names is refused.
$script:SessionCommand = @(
    'Get-Mailbox', 'Set-Mailbox', 'Get-MailUser', 'Set-MailUser', 'Get-MailContact', 'Set-MailContact',
    'New-MailContact', 'Get-Recipient', 'Get-RemoteMailbox', 'Get-OrganizationConfig', 'Get-SmimeConfig', 'Set-SmimeConfig'
)
# Exceptions that carry the text of another one, by their last names.
$script:CarryingException = @(
    'Exception', 'SystemException', 'AggregateException', 'RemoteException', 'RuntimeException', 'CmdletInvocationException',
    'ActionPreferenceStopException', 'MethodInvocationException', 'TargetInvocationException', 'WriteErrorException'
)
# An output goes to the library in pieces of so many objects or characters of binary values.
$script:PieceObjects = 100
$script:PieceCharacters = 4mb

function Invoke-SessionCommand {
    # Answers an `Apply` question: runs its cmdlet in the session of $Cmdlet's caller. Never asks: an `Approve` question
    # came before where somebody is to be asked. A long output is sent through $Operation while the cmdlet still runs.
    [OutputType([hashtable])]
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [object] $Question,
        # The running operation (SmimeSync.Native.Operation), which takes the pieces.
        [object] $Operation,
        # The prefix of the session's cmdlets, as of Connect-ExchangeOnline -Prefix.
        [string] $Prefix
    )
    $wanted = $Question.Command
    $piece = @{ Output = [System.Collections.Generic.List[object]]::new(); Characters = 0 }
    $warnings = @()
    $failure = $null
    try {
        $command = Find-SessionCommand -Cmdlet $Cmdlet -Name $wanted.Name -Prefix $Prefix
        # Not thrown: the caller's -ErrorVariable would have it, though it is no error of the caller's.
        if ($null -eq $command) { return Get-MissingCommandAnswer -Question $Question -Prefix $Prefix }
        $parameters = ConvertTo-SessionParameter -Parameter $wanted.Parameters
        # Preferences do not cross modules, so everything is said here. Reading cmdlets have nothing to confirm.
        foreach ($name in 'Confirm', 'WhatIf') {
            if ($command.Parameters.ContainsKey($name)) { $parameters[$name] = $false }
        }
        $preference = @{ ErrorAction = 'Stop'; WarningAction = 'SilentlyContinue'; WarningVariable = 'warnings' }
        & $command @parameters @preference | ForEach-Object -Process {
            if ($wanted.Select.Count -gt 0) { Add-AnswerObject -Piece $piece -InputObject $_ -Command $wanted }
            if ($piece.Output.Count -ge $script:PieceObjects -or $piece.Characters -ge $script:PieceCharacters) {
                $part = @{ Id = $Question.Id; More = $true; Output = $piece.Output.ToArray() }
                $Operation.Send((ConvertTo-AnswerJson -Answer $part))
                $piece.Output.Clear()
                $piece.Characters = 0
            }
        }
    } catch [SmimeSync.Native.NativeException] {
        # The library takes no more answers: no failure of the session.
        throw
    } catch {
        $failure = ConvertTo-SessionFailure -Failure $_
    }
    $answer = @{ Id = $Question.Id; Warnings = [string[]] @($warnings | ForEach-Object { "$_" }) }
    if ($null -eq $failure) { $answer['Output'] = $piece.Output.ToArray() } else { $answer['Failure'] = $failure }
    $answer
}

function Find-SessionCommand {
    # The cmdlet as $Cmdlet's caller would find it: among the commands of a script or module that has imported the
    # session, too. Nothing where it is not there; throws where it may not be run.
    [OutputType([System.Management.Automation.CommandInfo])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Name, [string] $Prefix)
    if ($script:SessionCommand -notcontains $Name) {
        throw [System.UnauthorizedAccessException]::new("SmimeSync does not run the cmdlet '$Name' in a session.")
    }
    $verb, $noun = $Name -split '-', 2
    $full = '{0}-{1}{2}' -f $verb, $Prefix, $noun
    # A script block without a module runs where it is invoked: in the caller's session state.
    $lookup = [scriptblock]::Create(
        'param($Name) Get-Command -Name $Name -CommandType Function, Cmdlet -ErrorAction Ignore')
    $found = @($Cmdlet.InvokeCommand.InvokeScript($Cmdlet.SessionState, $lookup, $full))
    if ($found.Count -gt 0) { $found[0] }
}

function Get-MissingCommandAnswer {
    # The answer to a question whose cmdlet the session does not have.
    [OutputType([hashtable])]
    param([object] $Question, [string] $Prefix)
    $verb, $noun = $Question.Command.Name -split '-', 2
    $failure = @{
        Message   = "The session has no cmdlet '$verb-$Prefix$noun'."
        ErrorId   = 'CommandNotFoundException'
        Exception = 'System.Management.Automation.CommandNotFoundException'
        Missing   = $true
    }
    @{ Id = $Question.Id; Warnings = [string[]] @(); Failure = $failure }
}

function ConvertTo-SessionParameter {
    # The parameters of a question as the cmdlet takes them: lists of binary values as ArrayList of byte[], which the
    # modules of Exchange recognise; List[byte[]] they do not. $null clears a property.
    [OutputType([hashtable])]
    param([object] $Parameter)
    $result = @{}
    foreach ($one in $Parameter.PSObject.Properties) {
        $value = $one.Value
        if ($value -is [System.Management.Automation.PSCustomObject]) {
            $form = @($value.PSObject.Properties)[0]
            $list = [System.Collections.ArrayList]::new()
            foreach ($item in $form.Value) { $null = $list.Add([System.Convert]::FromBase64String($item)) }
            switch -CaseSensitive ($form.Name) {
                'Binary' { $value = $list[0] }
                'BinaryList' { $value = $list }
                'Remove' { $value = @{ Remove = $list } }
                default { throw [System.ArgumentException]::new("A value of the form '$_' is unknown.") }
            }
        }
        $result[$one.Name] = $value
    }
    $result
}

function ConvertTo-SessionFailure {
    # Why a cmdlet failed. The text may be in any language, so the exception's name has to be found: the text carries it
    # in front, as ExchangeOnlineManagement's does ('Ex6F9304|Microsoft.Exchange...Exception|The text'), or a remote
    # session has the other side's exception, or the category of the error names it.
    [OutputType([hashtable])]
    param([System.Management.Automation.ErrorRecord] $Failure)
    $message = $Failure.Exception.Message
    $prefix = '(?s)(?:^\s*\w*|\b\w{0,16})\|(?<Type>[A-Za-z_][\w.+`]*)\|\s*(?<Text>.*)$'
    $named = [regex]::Match("$message", $prefix)
    $types = [System.Collections.Generic.List[string]]::new()
    if ($named.Success) {
        $types.Add($named.Groups['Type'].Value)
        if ($named.Groups['Text'].Value.Trim()) { $message = $named.Groups['Text'].Value }
    }
    $missing = $false
    for ($one = $Failure.Exception; $null -ne $one; $one = $one.InnerException) {
        if ($one -is [System.Management.Automation.CommandNotFoundException]) { $missing = $true }
        if ($one -is [System.Management.Automation.RemoteException] -and $one.SerializedRemoteException) {
            $types.Add(($one.SerializedRemoteException.PSObject.TypeNames[0] -replace '^Deserialized\.'))
        }
        $types.Add($one.PSObject.TypeNames[0])
    }
    $types.Add([string] $Failure.CategoryInfo.Reason)
    # What only carries another exception's text says nothing of the reason.
    $telling = @($types | Where-Object { $_ -and ($_ -split '\.')[-1] -cnotin $script:CarryingException })
    @{
        Message   = "$message".Trim()
        ErrorId   = [string] $Failure.FullyQualifiedErrorId
        Exception = [string] @($telling + @($types))[0]
        Missing   = $missing
    }
}
