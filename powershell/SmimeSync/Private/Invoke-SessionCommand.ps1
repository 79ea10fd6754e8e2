# The cmdlets that are run in the caller's Exchange session; whatever else a question names is refused.
$script:SessionCommand = @(
    'Get-Mailbox', 'Set-Mailbox', 'Get-MailUser', 'Set-MailUser', 'Get-MailContact', 'Set-MailContact',
    'New-MailContact', 'Get-Recipient', 'Get-RemoteMailbox', 'Get-OrganizationConfig', 'Get-SmimeConfig', 'Set-SmimeConfig'
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
    # session, too. Throws where it may not be run, or is not there.
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
    if ($found.Count -eq 0) {
        throw [System.Management.Automation.CommandNotFoundException]::new("The session has no cmdlet '$full'.")
    }
    $found[0]
}

function ConvertTo-SessionParameter {
    # The parameters of a question as the cmdlet takes them: lists of binary values as ArrayList of byte[], which the
    # modules of Exchange recognise; List[byte[]] they do not. An empty list is $null, which clears a property.
    [OutputType([hashtable])]
    param([object] $Parameter)
    $result = @{}
    foreach ($one in $Parameter.PSObject.Properties) {
        $value = $one.Value
        if ($value -is [System.Management.Automation.PSCustomObject]) {
            if ($value.PSObject.Properties['Binary']) {
                $value = [System.Convert]::FromBase64String($value.Binary)
            } else {
                $list = [System.Collections.ArrayList]::new()
                foreach ($item in $value.BinaryList) { $null = $list.Add([System.Convert]::FromBase64String($item)) }
                $value = if ($list.Count -gt 0) { , $list }
            }
        }
        $result[$one.Name] = $value
    }
    $result
}

function ConvertTo-SessionFailure {
    # Why a cmdlet failed: the exception of the other side where a remote session tells it, or where the text carries it
    # in front, as ExchangeOnlineManagement's does: 'Ex6F9304|Microsoft.Exchange...Exception|The text'.
    [OutputType([hashtable])]
    param([System.Management.Automation.ErrorRecord] $Failure)
    $exception = $Failure.Exception
    $type = $exception.PSObject.TypeNames[0]
    if ($exception -is [System.Management.Automation.RemoteException] -and $exception.SerializedRemoteException) {
        $type = $exception.SerializedRemoteException.PSObject.TypeNames[0] -replace '^Deserialized\.'
    }
    $message = $exception.Message
    if ($message -match '(?s)^\w*\|(?<Type>[\w.]+)\|(?<Text>.+)$') {
        $type = $Matches['Type']
        $message = $Matches['Text']
    }
    @{
        Message   = $message.Trim()
        ErrorId   = [string] $Failure.FullyQualifiedErrorId
        Exception = [string] $type
        Missing   = $exception -is [System.Management.Automation.CommandNotFoundException]
    }
}
