function Invoke-Operation {
    # Carries out one request of the library for $Cmdlet. Its results are written one by one as they come; log events,
    # progress and errors go to the streams of $Cmdlet. The error that ended the operation ends $Cmdlet too; with
    # -Continue it is written, for a caller that has more to do, and a caller that gives $Ending gets it there.
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [SmimeSync.Native.Engine] $Engine,
        [hashtable] $Request,
        # What the progress is about: the profile.
        [string] $Subject,
        # Takes the errors of single objects (`ErrorBody` of docs/abi.md), which are then not written.
        [System.Collections.Generic.List[object]] $Failure,
        # Takes the events whose writing would end the caller, which are then not written.
        [System.Collections.Generic.List[object]] $Late,
        # Gets the error that ended the operation (`ErrorBody`) as its Error.
        [hashtable] $Ending,
        [switch] $Continue
    )
    $body = $null
    $operation = $null
    # One block: `finally` is all that runs when Ctrl+C or Select-Object -First stops the pipeline.
    try {
        $operation = $Engine.Start((ConvertTo-Json -InputObject $Request -Depth 6 -Compress))
        # From PowerShell 7.6 on; before, Ctrl+C is seen between two waits.
        $stop = $Cmdlet.PSObject.Properties['PipelineStopToken']
        if ($null -ne $stop) { $operation.CancelWhen($stop.Value) }
        $session = @{ Operation = $operation; Engine = $Engine; ProfileName = $Subject; Prefix = $null }
        while (-not $operation.Ended) {
            # Short waits, because PowerShell sees Ctrl+C only between them.
            foreach ($one in $operation.Next(100)) {
                $entry = if ($one.Json) { ConvertFrom-NativeJson -Json $one.Json } else { $one }
                switch ($entry.Event) {
                    # One output for all that came together.
                    'Result' { $entry.Objects }
                    'OddResult' {
                        Protect-ShownText -InputObject $entry.Objects[0]
                        $entry.Objects
                    }
                    'Finished' { $body = $entry.Error }
                    'Question' {
                        $answer = Read-Answer -Cmdlet $Cmdlet -Question $entry -Session $session
                        $operation.Send((ConvertTo-AnswerJson -Answer $answer))
                    }
                    default {
                        if ($null -ne $Failure -and $_ -eq 'Error') { $Failure.Add($entry.Error); continue }
                        if ($null -ne $Late -and (Test-EndsCaller -Cmdlet $Cmdlet -Entry $entry)) { $Late.Add($entry); continue }
                        Write-OperationEvent -Cmdlet $Cmdlet -Entry $entry -Subject $Subject
                    }
                }
            }
        }
    } catch [SmimeSync.Native.NativeException], [SmimeSync.Native.LibraryException] {
        $Cmdlet.ThrowTerminatingError((ConvertFrom-NativeFailure -Failure $_))
    } finally {
        if ($null -ne $operation) {
            # A script may end its process next: a run needs a moment to record that it was canceled.
            if ($null -ne $Late) { $operation.Stop(5000) }
            $operation.Dispose()
        }
        Complete-Progress -Cmdlet $Cmdlet
    }
    if ($null -eq $body) { return }
    if ($null -ne $Ending) {
        $Ending.Error = $body
        return
    }
    $record = ConvertTo-ErrorRecord -Body $body
    if ($Continue) { $Cmdlet.WriteError($record) } else { $Cmdlet.ThrowTerminatingError($record) }
}

function Write-OperationEvent {
    # Hands an event that is no result to the stream of $Cmdlet that it belongs to.
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Entry, [string] $Subject)
    switch ($Entry.Event) {
        'Progress' { Write-OperationProgress -Cmdlet $Cmdlet -Progress $Entry -Subject $Subject }
        'Error' { Write-Failure -Cmdlet $Cmdlet -Body $Entry.Error }
        'Log' { Write-Message -Cmdlet $Cmdlet -Stream $Entry.Level -Value $Entry.Message }
    }
}
