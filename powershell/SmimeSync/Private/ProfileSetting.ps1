# The settings of a profile as the library names them; the parameters of New- and Set-SmimeSyncProfile are the same.
# Generated from src/profile/settings.rs: SMIME_SYNC_BLESS=1 cargo test --test abi settings
$script:ProfileSetting = @(
    'Source', 'Target', 'Server', 'Authentication', 'KeytabPath', 'KeytabPrincipal', 'ClientCertificateFilePath',
    'ClientCertificateThumbprint', 'Encryption', 'Port', 'SearchBase', 'ExcludedSearchBase', 'MemberOf',
    'Filter', 'EnumerationPeriod', 'SkipCertificateCheck', 'AdditionalSource', 'WriteServer', 'QuietPeriod',
    'AttributeMap', 'ServerCertificatePath', 'Timeout', 'Path', 'MaximumSourceAge', 'Organization', 'AppId',
    'CertificateFilePath', 'CertificateThumbprint', 'ManagedIdentity', 'ManagedIdentityAccountId',
    'ExchangeEnvironmentName', 'ConnectionUri', 'AzureADAuthorizationEndpointUri', 'Proxy', 'Prefix',
    'CreateContact', 'Ownership', 'Drift', 'RemoveValue', 'TargetServer', 'TargetEncryption', 'TargetPort',
    'TargetSearchBase', 'TargetFilter', 'TargetAttributeMap', 'TargetServerCertificatePath', 'TargetTimeout',
    'TargetSkipCertificateCheck', 'OutputPath', 'TrustAnchorPath', 'AllowUntrusted', 'Policy', 'Selection',
    'DisabledAccount', 'MissingPeriod', 'RemovalLimit', 'RemovalPercent', 'GuardDays', 'ReplacementLimit',
    'ReplacementPercent', 'Retention'
)
$script:PathSetting = @(
    'KeytabPath', 'ClientCertificateFilePath', 'ServerCertificatePath', 'Path', 'CertificateFilePath',
    'TargetServerCertificatePath', 'OutputPath', 'TrustAnchorPath'
)
$script:ListSetting = @(
    'Server', 'SearchBase', 'ExcludedSearchBase', 'MemberOf', 'AdditionalSource', 'ServerCertificatePath',
    'RemoveValue', 'TargetSearchBase', 'TargetServerCertificatePath', 'TrustAnchorPath'
)
$script:NumberSetting = @(
    'Port', 'EnumerationPeriod', 'QuietPeriod', 'Timeout', 'MaximumSourceAge', 'TargetPort', 'TargetTimeout',
    'MissingPeriod', 'RemovalLimit', 'RemovalPercent', 'GuardDays', 'ReplacementLimit', 'ReplacementPercent',
    'Retention'
)
$script:SourceSetting = @(
    'AdditionalSource'
)
$script:PeriodSetting = @(
    'EnumerationPeriod', 'QuietPeriod', 'Timeout', 'MaximumSourceAge', 'TargetTimeout', 'MissingPeriod'
)
