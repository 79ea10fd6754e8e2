//! The one table of settings. Validation, docs/settings.md, the profile in docs/abi.md, parameters, value sets and
//! help of `New-` and `Set-SmimeSyncProfile`, and the structs that the engine works with come from it: a new setting
//! is a line here, and the place that uses it.

use super::{
    additional::AdditionalSource,
    attribute_map::AttributeMap,
    choice::{
        Authentication, DisabledAccount, Drift, Encryption, ExchangeEnvironment, Ownership, PolicyName,
        RemovableValue, SelectionName, Tls,
    },
    group::{Group, settings},
    kind::kinds,
    proxy::ProxySetting,
    reader::Reader,
    setting::{self, Setting, SettingType, UNLIMITED, Values},
    writer::Writer,
};
use std::path::PathBuf;

kinds! {
    /// Where recipients are read.
    Source SourceKind {
        /// Active Directory, over LDAP.
        ActiveDirectory(ActiveDirectorySettings),
        /// Any other directory, over LDAP (RFC 4511).
        Directory(OtherDirectorySettings),
        /// A file of RFC 2849.
        Ldif(FileSettings),
        /// A file of comma-separated values: partners outside.
        Csv(FileSettings),
    }
}

kinds! {
    /// Where values are published.
    Target TargetKind {
        /// Exchange Online, over its REST interface.
        ExchangeOnline(ExchangeOnlineSettings),
        /// The cmdlets of the caller's own session: Exchange Online or Exchange on premises.
        ExchangeSession(ExchangeSessionSettings),
        /// Active Directory in place, in the form that Entra Connect exports.
        ActiveDirectory(InPlaceSettings),
        /// A folder with one JSON and the certificates per recipient.
        Folder(FolderSettings),
        /// A file of the changes that putting the source's values right in place would make (RFC 2849).
        Ldif(LdifTargetSettings),
        /// Another directory (RFC 4511), beside what others have put there.
        Directory(DirectoryTargetSettings),
    }
}

settings! {
    /// A directory, and which of its recipients.
    DirectorySettings {
        + connection: ConnectionSettings;
        Server server: Vec<String> = default,
            "The DNS names of servers, as their certificates carry them; the first that answers is asked. With \
             ActiveDirectory also the name of a domain, whose domain controllers DNS knows. Default: with ActiveDirectory the domain \
             that this machine is a member of; Directory needs one.";
        Authentication authentication: Option<Authentication> = default,
            "How somebody signs in. Default: Certificate with -ClientCertificateFilePath or -ClientCertificateThumbprint, Password where -Credential is given, \
             else Kerberos.";
        KeytabPath keytab_path: Option<PathBuf> = default,
            "A keytab with which Kerberos gets its tickets, for scheduled tasks. Not on Windows, where a task runs as a gMSA.";
        KeytabPrincipal keytab_principal: Option<String> = default,
            "Whose key in -KeytabPath is used, such as sync@CONTOSO.TEST. Default: that of its first.";
        ClientCertificateFilePath client_certificate_file_path: Option<PathBuf> = default,
            "A .pfx or .pem file with the certificate and key that somebody signs in with. Its password is given to each run \
             with -ClientCertificatePassword and kept nowhere.";
        ClientCertificateThumbprint client_certificate_thumbprint: Option<String> = default as Thumbprint,
            "The SHA-1 thumbprint of the certificate that somebody signs in with, in the certificate store CurrentUser\\My or \
             LocalMachine\\My. The key stays there.";
        Encryption encryption: Option<Encryption> = default,
            "How the connection is protected; a password or a certificate goes only inside TLS. Default: Kerberos where \
             Kerberos signs in, else Ldaps.";
        Port port: Option<u16> = default in 1..=65535,
            "The server's port. Default: 636 with -Encryption Ldaps, else 389.";
        SearchBase search_base: Vec<String> = default,
            "The distinguished names of the containers to search, with everything below them. Default: the whole domain, or \
             all that the server holds.";
        ExcludedSearchBase excluded_search_base: Vec<String> = default,
            "The distinguished names of containers that are left out, with everything below them.";
        MemberOf member_of: Vec<String> = default,
            "The distinguished names of groups: only their members are recipients, in Active Directory also those of \
             groups within them.";
        Filter filter: Option<String> = default,
            "An LDAP filter as of RFC 4515 that narrows the recipients.";
        EnumerationPeriod enumeration_period: u32 = 86_400 in 0..=31_536_000 as Seconds,
            "Seconds, or a TimeSpan such as (New-TimeSpan -Hours 6), after which Sync-SmimeCertificate asks the directory again for everybody who is there, \
             though it reads only what changed: whoever was deleted may not show otherwise. 0: in each run.";
        SkipCertificateCheck skip_certificate_check: bool = default,
            "Does not check the server's certificate. Every run warns about it.";
        AdditionalSource additional_source: Vec<AdditionalSource> = default,
            "More directories whose recipients are read in the same run, such as other forests: for each a hashtable such as \
             @{ Source = 'ActiveDirectory'; Server = 'fabrikam.test' }, with the settings of a directory that it needs. A \
             password is given to each run with -AdditionalCredential. Not with the targets ActiveDirectory and Ldif.";
    }

    /// Active Directory, which is written by Publish- and Unpublish-SmimeCertificate, and as the target.
    ActiveDirectorySettings {
        + directory: DirectorySettings;
        WriteServer write_server: Option<String> = default,
            "The domain controller to write to. Default: the first of -Server that answers.";
        QuietPeriod quiet_period: u32 = 86_400 in 0..=31_536_000 as Seconds,
            "Seconds, or a TimeSpan, for which a recipient whose values changed is skipped when Active Directory is written, since \
             the last writer wins when domain controllers replicate.";
    }

    /// A directory other than Active Directory, which may have names of its own for attributes.
    OtherDirectorySettings {
        + directory: DirectorySettings;
        AttributeMap attribute_map: AttributeMap = default,
            "The directory's names for attributes that it has under others, such as @{ userCertificate = 'certificate' }. What may \
             have another: entryUUID, displayName, mail, proxyAddresses, userPrincipalName, sAMAccountName, userCertificate \
             and userSMIMECertificate.";
    }

    /// A connection over TLS. A profile whose source and target both have one gives both the same settings.
    ConnectionSettings {
        ServerCertificatePath server_certificate_path: Vec<PathBuf> = default,
            "Files with CA certificates (PEM or DER) that the server's certificate, or that of a proxy, may come from, \
             besides this machine's trust store.";
        Timeout timeout: Option<u32> = default in 1..=86_400 as Seconds,
            "Seconds, or a TimeSpan, to wait for any one answer. Default: 60, and 300 for a page of a list of Exchange Online.";
    }

    /// A file with recipients.
    FileSettings {
        Path path: PathBuf = required,
            "The file.";
        MaximumSourceAge maximum_source_age: Option<u32> = default in 1..=UNLIMITED as Seconds,
            "Seconds, or a TimeSpan such as (New-TimeSpan -Days 2), after which a file that was not written again is too old: a run that reads it is held. Default: no \
             file is too old.";
    }

    /// An organisation in Exchange Online, and who signs in there.
    ExchangeOnlineSettings {
        + connection: ConnectionSettings;
        + contacts: ContactSettings;
        + publication: PublicationSettings;
        Organization organization: String = required,
            "The tenant, as its .onmicrosoft.com domain or its id.";
        AppId app_id: Option<String> = default as Guid,
            "The application (client) id that signs in with a certificate.";
        CertificateFilePath certificate_file_path: Option<PathBuf> = default,
            "A .pfx or .pem file with the application's certificate and RSA key. Its password is given to each run with \
             -CertificatePassword and kept nowhere.";
        CertificateThumbprint certificate_thumbprint: Option<String> = default as Thumbprint,
            "The SHA-1 thumbprint of the application's certificate in the certificate store CurrentUser\\My or \
             LocalMachine\\My. The key stays there.";
        ManagedIdentity managed_identity: bool = default,
            "Signs in as the managed identity of the Azure machine or service.";
        ManagedIdentityAccountId managed_identity_account_id: Option<String> = default as Guid,
            "The client id of a user-assigned managed identity.";
        ExchangeEnvironmentName exchange_environment_name: ExchangeEnvironment = default,
            "The cloud; the names are those of Connect-ExchangeOnline.";
        ConnectionUri connection_uri: Option<String> = default as Address,
            "Another address of the service, such as https://outlook.office365.com.";
        AzureADAuthorizationEndpointUri azure_ad_authorization_endpoint_uri: Option<String> = default as Address,
            "Another address of the sign-in, such as https://login.microsoftonline.com.";
        Proxy proxy: ProxySetting = default,
            "The proxy for the sign-in and the service: an address such as http://proxy.contoso.test:8080, System (the \
             one that the environment or Windows names for the account that runs it) or None. Its user name and \
             password are given to each run with -ProxyCredential and kept nowhere.";
    }

    /// The caller's own session.
    ExchangeSessionSettings {
        + contacts: ContactSettings;
        + publication: PublicationSettings;
        Prefix prefix: Option<String> = default as Word,
            "The prefix of the session's cmdlets, as of Connect-ExchangeOnline -Prefix.";
    }

    /// Recipients who are missing at the target.
    ContactSettings {
        CreateContact create_contact: bool = default,
            "Creates mail contacts for the source's contacts that are missing there.";
    }

    /// What belongs to whom at a target that holds copies.
    PublicationSettings {
        Ownership ownership: Ownership = default,
            "Whose values a run may take away at the target.";
        Drift drift: Drift = default,
            "What happens when Sync-SmimeCertificate finds that something published is gone.";
    }

    /// Values that are put right in place.
    InPlaceSettings {
        RemoveValue remove_value: Vec<RemovableValue> = default,
            "What is taken out besides expired, unparsable and duplicate values. Nobody but the user, or the CA, can put \
             it back.";
    }

    /// A folder with files.
    FolderSettings {
        + output: OutputSettings;
        + publication: PublicationSettings;
    }

    /// A file with changes.
    LdifTargetSettings {
        + output: OutputSettings;
        + in_place: InPlaceSettings;
    }

    /// Another directory that is written to.
    DirectoryTargetSettings {
        + publication: PublicationSettings;
        TargetServer target_server: String = required,
            "The DNS name of the server that is written to, as its certificate carries it.";
        TargetEncryption target_encryption: Option<Tls> = default,
            "How the connection to the target is protected. Default: Ldaps.";
        TargetPort target_port: Option<u16> = default in 1..=65535,
            "The target's port. Default: 636 with -TargetEncryption Ldaps, else 389.";
        TargetSearchBase target_search_base: Vec<String> = required,
            "The distinguished names of the containers whose recipients are written, with everything below them.";
        TargetFilter target_filter: Option<String> = default,
            "An LDAP filter as of RFC 4515 that narrows whom the target is written for.";
        TargetAttributeMap target_attribute_map: AttributeMap = default,
            "The target's names for attributes that it has under others, as with -AttributeMap. Not where it is an Active \
             Directory.";
        TargetServerCertificatePath target_server_certificate_path: Vec<PathBuf> = default,
            "Files with CA certificates (PEM or DER) that the target's certificate may come from, besides this machine's \
             trust store.";
        TargetTimeout target_timeout: Option<u32> = default in 1..=86_400 as Seconds,
            "Seconds, or a TimeSpan, to wait for any one answer of the target. Default: 60.";
        TargetSkipCertificateCheck target_skip_certificate_check: bool = default,
            "Does not check the target's certificate. Every run warns about it.";
    }

    /// Files that are written.
    OutputSettings {
        OutputPath output_path: PathBuf = required,
            "The folder that is written to; with the target Ldif, the file.";
    }

    /// Whose certificates are trusted.
    TrustSettings {
        TrustAnchorPath trust_anchor_path: Vec<PathBuf> = default,
            "Files (PEM, DER or .p7b) or folders with the CA certificates at which the issuer chain of a certificate \
             must end.";
        AllowUntrusted allow_untrusted: bool = default,
            "Publishes certificates whose chain ends nowhere, too.";
    }

    /// How certificates are judged and selected.
    PolicySettings {
        Policy rules: PolicyName = default,
            "Which rules apply with which severity. Get-SmimePolicyRule lists the rules.";
        Selection selection: SelectionName = default,
            "Which certificates are published.";
        DisabledAccount disabled_account: DisabledAccount = default,
            "What a disabled account means.";
    }

    /// What holds a plan for approval, and how long things are kept.
    LimitSettings {
        MissingPeriod missing_period: Option<u32> = default in 0..=31_536_000 as Seconds,
            "Seconds, or a TimeSpan such as (New-TimeSpan -Days 2), that a recipient must stay missing from the source before its values are removed. Default: a \
             day.";
        RemovalLimit removal_limit: u32 = 500 in 0..=UNLIMITED,
            "More removals than this in one run hold the plan for approval.";
        RemovalPercent removal_percent: u8 = 10 in 0..=100,
            "Removals above this percentage of the recipients with published values (and more than 10) hold the plan.";
        GuardDays guard_days: u32 = 7 in 0..=365,
            "Days over which removals of all runs count together: above -RemovalPercent of the highest number of \
             recipients with published values in that time (and more than 10) they hold the plan. 0: each run counts \
             by itself.";
        ReplacementLimit replacement_limit: u32 = 500 in 0..=UNLIMITED,
            "More replacements than this in one run hold the plan for approval. A replacement is an Update to a \
             certificate that names none of the recipient's mail addresses, or whose validity began before that of the \
             one it replaces.";
        ReplacementPercent replacement_percent: u8 = 10 in 0..=100,
            "Replacements above this percentage of the recipients with published values (and more than 10) hold the \
             plan.";
        Retention retention: u32 = 90 in 0..=36_500,
            "Days that runs, changes and removed values are kept.";
    }
}
