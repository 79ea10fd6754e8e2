function Read-Answer {
    # Answers one question of the library (docs/abi.md). $Session holds the operation that asks, its engine, the
    # profile's name, and what was found out for earlier questions.
    [OutputType([hashtable])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Question, [hashtable] $Session)
    switch ($Question.Kind) {
        'Approve' {
            # As -Confirm and its preference say.
            $approved = Confirm-Action -Cmdlet $Cmdlet -Target $Question.Target -Action $Question.Action
            return @{ Id = $Question.Id; Approved = $approved }
        }
        'Apply' {
            if ($null -eq $Session.Prefix) { $Session.Prefix = Get-SessionPrefix -Cmdlet $Cmdlet -Session $Session }
            $run = @{ Cmdlet = $Cmdlet; Question = $Question; Operation = $Session.Operation; Prefix = $Session.Prefix }
            return Invoke-SessionCommand @run
        }
        'Sign' { return Invoke-CertificateSigning -Question $Question }
        default {
            # A newer library asks what this module cannot do.
            $unknown = @{ Message = "This version of the module cannot answer the question '$_'." }
            return @{ Id = $Question.Id; Failure = $unknown }
        }
    }
}

function Get-SessionPrefix {
    # The prefix that the profile gives for the session's cmdlets; empty where it gives none.
    [OutputType([string])]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Session)
    if (-not $Session.ProfileName) { return '' }
    $request = @{ Operation = 'GetProfile'; Name = @($Session.ProfileName) }
    $found = @(Invoke-Operation -Cmdlet $Cmdlet -Engine $Session.Engine -Request $request)
    foreach ($one in $found) { return [string] $one.Prefix }
    ''
}

function ConvertTo-AnswerJson {
    # One answer as the batch that the library takes.
    [OutputType([string])]
    param([hashtable] $Answer)
    '[' + (ConvertTo-Json -InputObject $Answer -Depth 6 -Compress) + ']'
}
