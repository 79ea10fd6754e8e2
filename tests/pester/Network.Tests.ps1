# The networks of companies: a proxy with its credential, that of $env:, and the trace of a profile's test.
BeforeAll {
    . "$PSScriptRoot/Support.ps1"
    . "$PSScriptRoot/StandIn.ps1"
    $standIn = Start-StandIn
    function ConvertTo-Secret { param([string] $Text) ConvertTo-SecureString -String $Text -AsPlainText -Force }
    function New-CloudProfile {
        # A profile with one person, for the stand-in, in a new home; the application.
        param([hashtable] $Setting = @{})
        $folder = New-TestHome
        $application = New-Application -StandIn $standIn -Folder $folder
        [IO.File]::WriteAllBytes("$folder/alice.cer", $application.Certificate.RawData)
        Set-Content -LiteralPath "$folder/people.csv" -Value 'EmailAddress,CertificatePath', 'alice@contoso.test,alice.cer'
        Set-StandIn $standIn /recipients @(New-Person 'alice@contoso.test')
        $all = $application.Setting + @{ Source = 'Csv'; Path = "$folder/people.csv"; AllowUntrusted = $true }
        $null = New-SmimeSyncProfile -Name cloud @all @Setting
        $application + @{ Folder = $folder }
    }
    function Get-Target {
        # What the test of the profile says of the target, first.
        param([hashtable] $Option)
        @(Test-SmimeSyncProfile cloud @Option | Where-Object Check -EQ 'Target')[0]
    }
    function Start-Proxy {
        # A proxy that refuses everybody, and notes the heads of what it was asked.
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $heads = [Collections.Concurrent.ConcurrentQueue[string]]::new()
        $shell = [powershell]::Create().AddScript({
                param($listener, $heads)
                while ($true) {
                    $client = $listener.AcceptTcpClient()
                    $stream = $client.GetStream()
                    $reader = [IO.StreamReader]::new($stream)
                    $head = ''
                    while (($line = $reader.ReadLine())) { $head += "$line`n" }
                    $heads.Enqueue($head)
                    $answer = [Text.Encoding]::ASCII.GetBytes("HTTP/1.1 403 Blocked by policy`r`nContent-Length: 0`r`n`r`n")
                    $stream.Write($answer, 0, $answer.Length)
                    $client.Dispose()
                }
            }).AddArgument($listener).AddArgument($heads)
        $null = $shell.BeginInvoke()
        @{ Address = "http://127.0.0.1:$($listener.LocalEndpoint.Port)"; Heads = $heads; Listener = $listener; Shell = $shell }
    }
    function Stop-Proxy { param([hashtable] $Proxy) $Proxy.Listener.Stop(); $Proxy.Shell.Dispose() }
    $proxy = Start-Proxy
}
AfterAll { Stop-Proxy $proxy; Stop-StandIn $standIn }

Describe 'A proxy' {
    It 'is kept by the profile in one form, completed, and taken back by an empty text' {
        $null = New-CloudProfile -Setting @{ Proxy = 'proxy.contoso.test:8080' }
        (Get-SmimeSyncProfile cloud).Proxy | Should -Be 'http://proxy.contoso.test:8080'
        foreach ($one in @(([uri] 'https://proxy.contoso.test:8443/'), 'https://proxy.contoso.test:8443'), @('none', 'None'), @('', 'System')) {
            $null = Set-SmimeSyncProfile cloud -Proxy $one[0]
            (Get-SmimeSyncProfile cloud).Proxy | Should -Be $one[1]
        }
        foreach ($cmdlet in 'New-SmimeSyncProfile', 'Set-SmimeSyncProfile') {
            $line = "$cmdlet -Proxy "
            (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be @('System', 'None')
        }
    }

    It 'is refused with a password in its address, which is not shown' {
        $null = New-CloudProfile
        $failure = { Set-SmimeSyncProfile cloud -Proxy 'http://svc:Secret-4711@proxy.contoso.test' } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -Be 'ProfileInvalid,Set-SmimeSyncProfile'
        "$failure" | Should -BeLike '*-ProxyCredential*'
        ($failure | Format-List -Property * -Force | Out-String) -replace '(?m)^.*-Proxy ''http.*$' | Should -Not -Match 'Secret-4711'
    }

    It 'gets user name and password of the run, in every cmdlet that goes to Exchange Online: <Name>' -ForEach @(
        @{ Name = 'Test-SmimeSyncProfile'; Call = { param($option) Test-SmimeSyncProfile cloud @option } }
        @{ Name = 'Sync-SmimeCertificate'; Call = { param($option) Sync-SmimeCertificate cloud @option } }
        @{ Name = 'Get-SmimeCertificate'; Call = { param($option) Get-SmimeCertificate cloud -Source Target @option } }
        @{ Name = 'Publish-SmimeTrustStore'; Call = { param($option) Publish-SmimeTrustStore cloud -Confirm:$false @option } }
    ) {
        $application = New-CloudProfile -Setting @{ Proxy = $proxy.Address; TrustAnchorPath = "$($standIn.Authority)" }
        $credential = [pscredential]::new('CONTOSO\svc', (ConvertTo-Secret 'Tulip-4711'))
        $proxy.Heads.Clear()
        $option = @{ CertificatePassword = $application.Password; ProxyCredential = $credential }
        $failure = $null
        try { $test = @(& $Call $option) } catch { $failure = $_; $test = @() }
        $said = "$failure" + (@($test | Where-Object Check -EQ 'Target').Message -join '')
        $said | Should -BeLike "*The proxy '$($proxy.Address)' refused to connect to 'localhost:*': 403 Blocked by policy.*"
        # printf 'CONTOSO\\svc:Tulip-4711' | base64
        "$($proxy.Heads)" | Should -Match '(?i)proxy-authorization: Basic Q09OVE9TT1xzdmM6VHVsaXAtNDcxMQ=='
        $said | Should -Not -Match 'Tulip|VHVsaX'
    }

    It 'is that of $env: where the profile names none' {
        $application = New-CloudProfile
        $before = $env:HTTPS_PROXY, $env:NO_PROXY
        $option = @{ CertificatePassword = $application.Password }
        try {
            $env:HTTPS_PROXY = $proxy.Address -replace '://', '://svc:Secret-4711@'
            $test = Get-Target $option
            $test.Message | Should -BeLike "The proxy '$($proxy.Address)' refused*"
            $test.Advice | Should -BeLike '*HTTPS_PROXY*'
            "$($test | Format-List | Out-String)" | Should -Not -Match 'Secret-4711'
            $env:NO_PROXY = 'localhost'
            (Get-Target $option).Result | Should -Be 'Passed'
            $env:NO_PROXY = ''
            $null = Set-SmimeSyncProfile cloud -Proxy None
            (Get-Target $option).Result | Should -Be 'Passed'
        } finally { $env:HTTPS_PROXY, $env:NO_PROXY = $before }
    }
}

Describe 'A trace' {
    It 'has every request and answer of the test, and no secret' {
        $application = New-CloudProfile
        Push-Location -LiteralPath $application.Folder
        try { $tests = @(Test-SmimeSyncProfile cloud -CertificatePassword $application.Password -Trace ./trace.txt) } finally { Pop-Location }
        $text = Get-Content -Raw -LiteralPath "$($application.Folder)/trace.txt"
        $text | Should -Match '#1 \S+ POST https://localhost:\d+/contoso.onmicrosoft.com/oauth2/v2.0/token'
        $text | Should -Match '(?m)^#1 \S+ 200 OK, after \d+ ms$'
        $text | Should -Match 'client_assertion=\(left out\)'
        $text | Should -Not -Match 'eyJ'
        $text | Should -Not -Match $application.PasswordText
        foreach ($test in $tests) { $text.Contains("= $($test.Check): $($test.Result). $($test.Message)") | Should -BeTrue -Because $test.Message }
    }

    It 'replaces a file with -Force alone, and is of one profile' {
        $application = New-CloudProfile
        $option = @{ CertificatePassword = $application.Password; Trace = "$($application.Folder)/trace.txt" }
        Set-Content -LiteralPath $option.Trace -Value 'mine'
        $failure = { Test-SmimeSyncProfile cloud @option } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -Be 'TargetNotWritable,Test-SmimeSyncProfile'
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*-Force*'
        Get-Content -LiteralPath $option.Trace | Should -Be 'mine'
        $null = Test-SmimeSyncProfile cloud, cloud @option -Force -ErrorVariable several -ErrorAction SilentlyContinue
        $several.FullyQualifiedErrorId | Should -Be 'TraceOfSeveralProfiles,Test-SmimeSyncProfile'
        Get-Content -LiteralPath $option.Trace -TotalCount 1 | Should -BeLike 'SmimeSync *profile ''cloud''*'
    }
}
