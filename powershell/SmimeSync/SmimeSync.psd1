@{
    RootModule             = 'SmimeSync.psm1'
    ModuleVersion          = '0.1.0'
    GUID                   = '947036f8-3c2a-42a5-a1dc-b57833b8611c'
    Author                 = 'The SmimeSync authors'
    CompanyName            = 'SmimeSync'
    Copyright              = '(c) The SmimeSync authors. MIT or Apache-2.0.'
    Description            = 'Keeps every user''s S/MIME certificate right in Office 365: reads userCertificate and userSMIMECertificate from Active Directory, judges each certificate, and publishes the usable ones, with preview, limits and history.'
    PowerShellVersion      = '5.1'
    DotNetFrameworkVersion = '4.6'
    CLRVersion             = '4.0'
    CompatiblePSEditions   = @('Desktop', 'Core')
    RequiredAssemblies     = @('SmimeSync.Native.dll')
    FormatsToProcess       = @('SmimeSync.format.ps1xml')
    FunctionsToExport      = @(
        'Approve-SmimeSyncPlan'
        'Compare-SmimeCertificate'
        'Export-SmimeTrustStore'
        'Get-SmimeCertificate'
        'Get-SmimePolicyRule'
        'Get-SmimeSyncChange'
        'Get-SmimeSyncProfile'
        'Get-SmimeSyncRun'
        'New-SmimeSyncProfile'
        'Publish-SmimeCertificate'
        'Publish-SmimeTrustStore'
        'Remove-SmimeSyncProfile'
        'Set-SmimeSyncProfile'
        'Sync-SmimeCertificate'
        'Test-SmimeSyncProfile'
        'Unpublish-SmimeCertificate'
    )
    CmdletsToExport        = @()
    VariablesToExport      = @()
    AliasesToExport        = @()
    PrivateData            = @{
        PSData = @{
            Tags         = @(
                'SMIME', 'S-MIME', 'Certificate', 'ActiveDirectory', 'ExchangeOnline', 'Office365', 'Email',
                'Encryption', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux'
            )
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'First version: Active Directory, another directory, LDIF or CSV to Exchange Online, an Exchange session, Active Directory in place or a folder, with preview, guard and history.'
        }
    }
}
