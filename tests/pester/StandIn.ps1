# The stand-in for Exchange Online (tests/lab/exchange) for tests; dot-sourced after Support.ps1.

function Start-StandIn {
    # Starts one and returns it: Process, Https, Control, Metadata, Authority (the path of its CA certificate) and Folder.
    $folder = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath ('stand-in-{0:N}' -f [guid]::NewGuid())
    $null = New-Item -ItemType Directory -Path $folder
    $start = [Diagnostics.ProcessStartInfo]::new($env:SMIME_SYNC_STAND_IN, "--directory `"$folder`"")
    # It ends when its standard input closes, with this process at the latest.
    $start.RedirectStandardInput = $true
    $process = [Diagnostics.Process]::Start($start)
    $file = Join-Path -Path $folder -ChildPath 'stand-in.json'
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while (-not (Test-Path -LiteralPath $file)) {
        if ($process.HasExited -or $clock.Elapsed.TotalSeconds -gt 60) { throw 'The stand-in did not start.' }
        Start-Sleep -Milliseconds 50
    }
    $addresses = Get-Content -Raw -LiteralPath $file | ConvertFrom-Json
    $env:SMIME_SYNC_STAND_IN_CONTROL = $addresses.Control
    [pscustomobject] @{
        Process = $process; Https = $addresses.Https; Control = $addresses.Control; Metadata = $addresses.Metadata
        Authority = "$folder/ca.pem"; Folder = $folder
    }
}

function Stop-StandIn {
    param([object] $StandIn)
    $StandIn.Process.StandardInput.Close()
    if (-not $StandIn.Process.WaitForExit(5000)) { $StandIn.Process.Kill() }
}

function Set-StandIn {
    # Sends an object to the control side: Set-StandIn $standIn /recipients @(...).
    param([object] $StandIn, [string] $Path, [object] $Body, [string] $Method = 'Put')
    $json = ConvertTo-Json -InputObject $Body -Depth 8 -Compress
    $null = Invoke-RestMethod -Uri ($StandIn.Control + $Path) -Method $Method -Body $json -ContentType 'application/json'
}

function Get-StandIn {
    param([object] $StandIn, [string] $Path)
    # Item by item, which Invoke-RestMethod does not do with an array.
    Invoke-RestMethod -Uri ($StandIn.Control + $Path) | ForEach-Object { $_ }
}

function New-Application {
    # An application's certificate (.pem, .pfx) in $Folder, registered at the stand-in; New-SmimeSyncProfile's settings.
    param([object] $StandIn, [string] $Folder, [string] $Password = 'Tulip-Harbour-77')
    $key = [Security.Cryptography.RSA]::Create(2048)
    $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new(
        'CN=SmimeSync', $key, [Security.Cryptography.HashAlgorithmName]::SHA256,
        [Security.Cryptography.RSASignaturePadding]::Pkcs1)
    $now = [DateTimeOffset]::UtcNow
    $certificate = $request.CreateSelfSigned($now.AddDays(-1), $now.AddDays(30))
    [IO.File]::WriteAllBytes("$Folder/application.pfx", $certificate.Export('Pfx', $Password))
    $application = @{
        ClientId = [guid]::NewGuid().ToString(); TenantId = [guid]::NewGuid().ToString()
        Domains = @('contoso.onmicrosoft.com'); Certificates = @($certificate.ExportCertificatePem())
    }
    Set-StandIn $StandIn /application $application
    @{
        Key = $key.ExportPkcs8PrivateKey(); Certificate = $certificate
        Password = ConvertTo-SecureString -String $Password -AsPlainText -Force; PasswordText = $Password
        Setting = @{
            Target = 'ExchangeOnline'; Organization = 'contoso.onmicrosoft.com'; AppId = $application.ClientId
            CertificateFilePath = "$Folder/application.pfx"; ServerCertificatePath = $StandIn.Authority
            ConnectionUri = $StandIn.Https; AzureADAuthorizationEndpointUri = $StandIn.Https
        }
    }
}

function New-Person {
    # A recipient of the stand-in.
    param([string] $Address, [string] $Kind = 'UserMailbox', [hashtable] $Setting = @{})
    @{ PrimarySmtpAddress = $Address; RecipientTypeDetails = $Kind; DisplayName = ($Address -split '@')[0] } + $Setting
}

# A profile with the target ExchangeSession, whose session is the stand-in $standIn of the tests that dot-source this.

function Import-Session {
    param([string] $Flavour = 'Cloud', [string] $Prefix)
    Set-StandIn $standIn /settings @{ Flavour = $Flavour }
    $option = if ($Prefix) { @{ Prefix = $Prefix } } else { @{} }
    Import-Module -Name "$env:SMIME_SYNC_ROOT/tests/lab/exchange/ExchangeSession.psm1" -Global -Force @option
}

function New-SessionProfile {
    # Returns the addresses of those who have a certificate to publish; they are at the stand-in, and nobody else is.
    param([hashtable] $Setting = @{})
    $directory = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath 'directory-session'
    if (-not (Test-Path -LiteralPath $directory)) { & $env:SMIME_SYNC_GENERATOR --people 40 --output $directory --kinds mixed }
    $null = New-TestHome
    Set-StandIn $standIn /recipients @() -Method Delete
    $null = New-SmimeSyncProfile -Name session -Source Ldif -Path "$directory/directory.ldif" -Target ExchangeSession `
        -TrustAnchorPath "$directory/anchors" @Setting
    $people = @(Get-SmimeCertificate session | Where-Object { $_.State -eq 'Chosen' } | ForEach-Object { $_.Recipient } |
            Sort-Object -Unique)
    Set-StandIn $standIn /recipients @($people | ForEach-Object { New-Person $_ })
    $people
}

function Get-Published { @(Get-StandIn $standIn /recipients | Where-Object { $_.UserCertificate -or $_.UserSMimeCertificate }) }
