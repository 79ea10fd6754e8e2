// Generated from the types of results in src/: SMIME_SYNC_BLESS=1 cargo test --test abi results
using System;
using SmimeSync.Native;

namespace SmimeSync
{
    /// <summary>One more directory that a profile reads, such as another forest. What is not given has the default that the setting has for the profile's own source.</summary>
    public sealed partial class AdditionalSource
    {
        /// <summary>One without values.</summary>
        public AdditionalSource()
        {
            Server = new ItemList<string>();
            SearchBase = new ItemList<string>();
            ExcludedSearchBase = new ItemList<string>();
            MemberOf = new ItemList<string>();
            AttributeMap = new TextMap();
            ServerCertificatePath = new ItemList<string>();
        }

        /// <summary>Where recipients are read.</summary>
        public string Source { get; set; }

        /// <summary>ActiveDirectory, Directory: The DNS names of servers, as their certificates carry them; the first that answers is asked. With ActiveDirectory also the name of a domain, whose domain controllers DNS knows. Default: with ActiveDirectory the domain that this machine is a member of; Directory needs one.</summary>
        public ItemList<string> Server { get; set; }

        /// <summary>ActiveDirectory, Directory: How somebody signs in. Default: Certificate with -ClientCertificateFilePath or -ClientCertificateThumbprint, Password where -Credential is given, else Kerberos.</summary>
        public string Authentication { get; set; }

        /// <summary>ActiveDirectory, Directory: A keytab with which Kerberos gets its tickets, for scheduled tasks. Not on Windows, where a task runs as a gMSA.</summary>
        public string KeytabPath { get; set; }

        /// <summary>ActiveDirectory, Directory: Whose key in -KeytabPath is used, such as sync@CONTOSO.TEST. Default: that of its first.</summary>
        public string KeytabPrincipal { get; set; }

        /// <summary>ActiveDirectory, Directory: A .pfx or .pem file with the certificate and key that somebody signs in with. Its password is given to each run with -ClientCertificatePassword and kept nowhere.</summary>
        public string ClientCertificateFilePath { get; set; }

        /// <summary>ActiveDirectory, Directory: The SHA-1 thumbprint of the certificate that somebody signs in with, in the certificate store CurrentUser\My or LocalMachine\My. The key stays there.</summary>
        public string ClientCertificateThumbprint { get; set; }

        /// <summary>ActiveDirectory, Directory: How the connection is protected; a password or a certificate goes only inside TLS. Default: Kerberos where Kerberos signs in, else Ldaps.</summary>
        public string Encryption { get; set; }

        /// <summary>ActiveDirectory, Directory: The server's port. Default: 636 with -Encryption Ldaps, else 389.</summary>
        public long? Port { get; set; }

        /// <summary>ActiveDirectory, Directory: The distinguished names of the containers to search, with everything below them. Default: the whole domain, or all that the server holds.</summary>
        public ItemList<string> SearchBase { get; set; }

        /// <summary>ActiveDirectory, Directory: The distinguished names of containers that are left out, with everything below them.</summary>
        public ItemList<string> ExcludedSearchBase { get; set; }

        /// <summary>ActiveDirectory, Directory: The distinguished names of groups: only their members are recipients, in Active Directory also those of groups within them.</summary>
        public ItemList<string> MemberOf { get; set; }

        /// <summary>ActiveDirectory, Directory: An LDAP filter as of RFC 4515 that narrows the recipients.</summary>
        public string Filter { get; set; }

        /// <summary>ActiveDirectory, Directory: Does not check the server's certificate. Every run warns about it.</summary>
        public bool? SkipCertificateCheck { get; set; }

        /// <summary>Directory: The directory's names for attributes that it has under others, such as @{ userCertificate = 'certificate' }. What may have another: entryUUID, displayName, mail, proxyAddresses, userPrincipalName, sAMAccountName, userCertificate and userSMIMECertificate.</summary>
        public TextMap AttributeMap { get; set; }

        /// <summary>ActiveDirectory, Directory, ExchangeOnline: Files with CA certificates (PEM or DER) that the server's certificate, or that of a proxy, may come from, besides this machine's trust store.</summary>
        public ItemList<string> ServerCertificatePath { get; set; }

        /// <summary>ActiveDirectory, Directory, ExchangeOnline: Seconds, or a TimeSpan, to wait for any one answer. Default: 60, and 300 for a page of a list of Exchange Online.</summary>
        public long? Timeout { get; set; }

        internal static AdditionalSource FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new AdditionalSource();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Source": made.Source = json.Text(); break;
                    case "Server": made.Server = json.Texts(); break;
                    case "Authentication": made.Authentication = json.Text(); break;
                    case "KeytabPath": made.KeytabPath = json.Text(); break;
                    case "KeytabPrincipal": made.KeytabPrincipal = json.Text(); break;
                    case "ClientCertificateFilePath": made.ClientCertificateFilePath = json.Text(); break;
                    case "ClientCertificateThumbprint": made.ClientCertificateThumbprint = json.Text(); break;
                    case "Encryption": made.Encryption = json.Text(); break;
                    case "Port": made.Port = json.IntegerOrNull(); break;
                    case "SearchBase": made.SearchBase = json.Texts(); break;
                    case "ExcludedSearchBase": made.ExcludedSearchBase = json.Texts(); break;
                    case "MemberOf": made.MemberOf = json.Texts(); break;
                    case "Filter": made.Filter = json.Text(); break;
                    case "SkipCertificateCheck": made.SkipCertificateCheck = json.FlagOrNull(); break;
                    case "AttributeMap": made.AttributeMap = json.TextMap(); break;
                    case "ServerCertificatePath": made.ServerCertificatePath = json.Texts(); break;
                    case "Timeout": made.Timeout = json.IntegerOrNull(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>What <see cref="Change"/> holds.</summary>
    public abstract class ChangeFields
    {
        internal ChangeFields()
        {
            Before = new ItemList<PublishedValue>();
            After = new ItemList<PublishedValue>();
            Reasons = new ItemList<string>();
            Findings = new ItemList<Finding>();
        }

        /// <summary>Its number within the profile; with -WhatIf 0.</summary>
        public long Id { get; set; }

        /// <summary>The run that planned it.</summary>
        public long RunId { get; set; }

        /// <summary>The profile whose change it is.</summary>
        public string ProfileName { get; set; }

        /// <summary>The recipient, as an admin recognises it: its address.</summary>
        public string Recipient { get; set; }

        /// <summary>The recipient's display name.</summary>
        public string DisplayName { get; set; }

        /// <summary>Its anchor in the source.</summary>
        public string Anchor { get; set; }

        /// <summary>Whether something is added, updated or removed.</summary>
        public string Change { get; set; }

        /// <summary>Whether it is an Update to a certificate that is no renewal of the one before: it names none of the recipient's mail addresses, or its validity began earlier.</summary>
        public bool Replacement { get; set; }

        /// <summary>Whether it is planned, being written, written, refused, declined or held.</summary>
        public string State { get; set; }

        /// <summary>The managed values before, in their order.</summary>
        public ItemList<PublishedValue> Before { get; set; }

        /// <summary>The managed values afterwards, best first.</summary>
        public ItemList<PublishedValue> After { get; set; }

        /// <summary>Why each value comes or goes, in sentences.</summary>
        public ItemList<string> Reasons { get; set; }

        /// <summary>The findings that the decision rests on.</summary>
        public ItemList<Finding> Findings { get; set; }

        /// <summary>How often the target was asked to take it.</summary>
        public long Attempts { get; set; }

        /// <summary>When a rejected one is tried next.</summary>
        public DateTime? NextTry { get; set; }

        /// <summary>Why the target refused it.</summary>
        public string Error { get; set; }

        /// <summary>When its state last changed.</summary>
        public DateTime Time { get; set; }
    }

    /// <summary>One recipient's difference between desired and published.</summary>
    public sealed partial class Change : ChangeFields
    {
        internal static Change FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new Change();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Id": made.Id = json.Integer(); break;
                    case "RunId": made.RunId = json.Integer(); break;
                    case "ProfileName": made.ProfileName = json.Text(); break;
                    case "Recipient": made.Recipient = json.Text(); break;
                    case "DisplayName": made.DisplayName = json.Text(); break;
                    case "Anchor": made.Anchor = json.Text(); break;
                    case "Change": made.Change = json.Text(); break;
                    case "Replacement": made.Replacement = json.Flag(); break;
                    case "State": made.State = json.Text(); break;
                    case "Before": made.Before = json.List<PublishedValue>(one => SmimeSync.PublishedValue.FromJson(one)); break;
                    case "After": made.After = json.List<PublishedValue>(one => SmimeSync.PublishedValue.FromJson(one)); break;
                    case "Reasons": made.Reasons = json.Texts(); break;
                    case "Findings": made.Findings = json.List<Finding>(one => SmimeSync.Finding.FromJson(one)); break;
                    case "Attempts": made.Attempts = json.Integer(); break;
                    case "NextTry": made.NextTry = json.TimeOrNull(); break;
                    case "Error": made.Error = json.Text(); break;
                    case "Time": made.Time = json.Time(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>What <see cref="Difference"/> holds.</summary>
    public abstract class DifferenceFields
    {
        /// <summary>The profile whose source and target were compared.</summary>
        public string ProfileName { get; set; }

        /// <summary>The recipient's address, user principal name or DN.</summary>
        public string Recipient { get; set; }

        /// <summary>The name that people see.</summary>
        public string DisplayName { get; set; }

        /// <summary>The recipient's anchor in the source; null for one whom the source does not have.</summary>
        public string Anchor { get; set; }

        /// <summary>The target's own key for the recipient; null where it has none, or that can't be told.</summary>
        public string Target { get; set; }

        /// <summary>What differs.</summary>
        public string Difference { get; set; }

        /// <summary>&lt;=: in the source alone; =&gt;: at the target alone.</summary>
        public string SideIndicator { get; set; }

        /// <summary>The attribute of the value; null, like all that follows up to NotAfter, where it is about the recipient as a whole.</summary>
        public string Attribute { get; set; }

        /// <summary>The SHA-256 of the value.</summary>
        public string Value { get; set; }

        /// <summary>The subject of the certificate in it that tells it best; null, like all that follows up to NotAfter, where none can be read.</summary>
        public string Subject { get; set; }

        /// <summary>The SHA-1 of that certificate.</summary>
        public string Thumbprint { get; set; }

        /// <summary>Start of its validity.</summary>
        public DateTime? NotBefore { get; set; }

        /// <summary>End of its validity.</summary>
        public DateTime? NotAfter { get; set; }

        /// <summary>What is the case, in a sentence.</summary>
        public string Message { get; set; }
    }

    /// <summary>One difference of one recipient in source and target.</summary>
    public sealed partial class Difference : DifferenceFields
    {
        internal static Difference FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new Difference();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "ProfileName": made.ProfileName = json.Text(); break;
                    case "Recipient": made.Recipient = json.Text(); break;
                    case "DisplayName": made.DisplayName = json.Text(); break;
                    case "Anchor": made.Anchor = json.Text(); break;
                    case "Target": made.Target = json.Text(); break;
                    case "Difference": made.Difference = json.Text(); break;
                    case "SideIndicator": made.SideIndicator = json.Text(); break;
                    case "Attribute": made.Attribute = json.Text(); break;
                    case "Value": made.Value = json.Text(); break;
                    case "Subject": made.Subject = json.Text(); break;
                    case "Thumbprint": made.Thumbprint = json.Text(); break;
                    case "NotBefore": made.NotBefore = json.TimeOrNull(); break;
                    case "NotAfter": made.NotAfter = json.TimeOrNull(); break;
                    case "Message": made.Message = json.Text(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>How many recipients the target skipped for one reason.</summary>
    public sealed partial class ExclusionCount
    {
        /// <summary>What keeps these recipients from being written.</summary>
        public string Reason { get; set; }

        /// <summary>How many recipients it keeps.</summary>
        public long Recipients { get; set; }

        /// <summary>What to do about it.</summary>
        public string Advice { get; set; }

        /// <summary>Those of them whom this run did not look for, since earlier ones had.</summary>
        public long NotAsked { get; set; }

        /// <summary>From when on runs look for the first of them again.</summary>
        public DateTime? AskedAgain { get; set; }

        internal static ExclusionCount FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new ExclusionCount();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Reason": made.Reason = json.Text(); break;
                    case "Recipients": made.Recipients = json.Integer(); break;
                    case "Advice": made.Advice = json.Text(); break;
                    case "NotAsked": made.NotAsked = json.Integer(); break;
                    case "AskedAgain": made.AskedAgain = json.TimeOrNull(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>A rule that fired on a certificate, value or recipient.</summary>
    public sealed partial class Finding
    {
        /// <summary>The rule's id, such as expired.</summary>
        public string Rule { get; set; }

        /// <summary>How grave it is under the policy in force.</summary>
        public string Severity { get; set; }

        /// <summary>One sentence with the facts of this case.</summary>
        public string Message { get; set; }

        internal static Finding FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new Finding();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Rule": made.Rule = json.Text(); break;
                    case "Severity": made.Severity = json.Text(); break;
                    case "Message": made.Message = json.Text(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>An issuer that was not there.</summary>
    public sealed partial class MissingIssuer
    {
        /// <summary>Its name, as RFC 4514 text.</summary>
        public string Issuer { get; set; }

        /// <summary>How many certificates it issued that nothing else speaks against.</summary>
        public long Certificates { get; set; }

        internal static MissingIssuer FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new MissingIssuer();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Issuer": made.Issuer = json.Text(); break;
                    case "Certificates": made.Certificates = json.Integer(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>A named configuration: source, target, policy, limits.</summary>
    public sealed partial class Profile
    {
        /// <summary>One without values.</summary>
        public Profile()
        {
            Server = new ItemList<string>();
            SearchBase = new ItemList<string>();
            ExcludedSearchBase = new ItemList<string>();
            MemberOf = new ItemList<string>();
            AdditionalSource = new ItemList<AdditionalSource>();
            AttributeMap = new TextMap();
            ServerCertificatePath = new ItemList<string>();
            RemoveValue = new ItemList<string>();
            TargetSearchBase = new ItemList<string>();
            TargetAttributeMap = new TextMap();
            TargetServerCertificatePath = new ItemList<string>();
            TrustAnchorPath = new ItemList<string>();
        }

        /// <summary>The profile's name: letters (a to z, A to Z), digits, '-', '_' and '.', 64 at most; the first is a letter or a digit.</summary>
        public string Name { get; set; }

        /// <summary>Where recipients are read.</summary>
        public string Source { get; set; }

        /// <summary>Where values are published.</summary>
        public string Target { get; set; }

        /// <summary>ActiveDirectory, Directory: The DNS names of servers, as their certificates carry them; the first that answers is asked. With ActiveDirectory also the name of a domain, whose domain controllers DNS knows. Default: with ActiveDirectory the domain that this machine is a member of; Directory needs one.</summary>
        public ItemList<string> Server { get; set; }

        /// <summary>ActiveDirectory, Directory: How somebody signs in. Default: Certificate with -ClientCertificateFilePath or -ClientCertificateThumbprint, Password where -Credential is given, else Kerberos.</summary>
        public string Authentication { get; set; }

        /// <summary>ActiveDirectory, Directory: A keytab with which Kerberos gets its tickets, for scheduled tasks. Not on Windows, where a task runs as a gMSA.</summary>
        public string KeytabPath { get; set; }

        /// <summary>ActiveDirectory, Directory: Whose key in -KeytabPath is used, such as sync@CONTOSO.TEST. Default: that of its first.</summary>
        public string KeytabPrincipal { get; set; }

        /// <summary>ActiveDirectory, Directory: A .pfx or .pem file with the certificate and key that somebody signs in with. Its password is given to each run with -ClientCertificatePassword and kept nowhere.</summary>
        public string ClientCertificateFilePath { get; set; }

        /// <summary>ActiveDirectory, Directory: The SHA-1 thumbprint of the certificate that somebody signs in with, in the certificate store CurrentUser\My or LocalMachine\My. The key stays there.</summary>
        public string ClientCertificateThumbprint { get; set; }

        /// <summary>ActiveDirectory, Directory: How the connection is protected; a password or a certificate goes only inside TLS. Default: Kerberos where Kerberos signs in, else Ldaps.</summary>
        public string Encryption { get; set; }

        /// <summary>ActiveDirectory, Directory: The server's port. Default: 636 with -Encryption Ldaps, else 389.</summary>
        public long? Port { get; set; }

        /// <summary>ActiveDirectory, Directory: The distinguished names of the containers to search, with everything below them. Default: the whole domain, or all that the server holds.</summary>
        public ItemList<string> SearchBase { get; set; }

        /// <summary>ActiveDirectory, Directory: The distinguished names of containers that are left out, with everything below them.</summary>
        public ItemList<string> ExcludedSearchBase { get; set; }

        /// <summary>ActiveDirectory, Directory: The distinguished names of groups: only their members are recipients, in Active Directory also those of groups within them.</summary>
        public ItemList<string> MemberOf { get; set; }

        /// <summary>ActiveDirectory, Directory: An LDAP filter as of RFC 4515 that narrows the recipients.</summary>
        public string Filter { get; set; }

        /// <summary>ActiveDirectory, Directory: Seconds, or a TimeSpan such as (New-TimeSpan -Hours 6), after which Sync-SmimeCertificate asks the directory again for everybody who is there, though it reads only what changed: whoever was deleted may not show otherwise. 0: in each run.</summary>
        public long? EnumerationPeriod { get; set; }

        /// <summary>ActiveDirectory, Directory: Does not check the server's certificate. Every run warns about it.</summary>
        public bool? SkipCertificateCheck { get; set; }

        /// <summary>ActiveDirectory, Directory: More directories whose recipients are read in the same run, such as other forests: for each a hashtable such as @{ Source = 'ActiveDirectory'; Server = 'fabrikam.test' }, with the settings of a directory that it needs. A password is given to each run with -AdditionalCredential. Not with the targets ActiveDirectory and Ldif.</summary>
        public ItemList<AdditionalSource> AdditionalSource { get; set; }

        /// <summary>ActiveDirectory: The domain controller to write to. Default: the first of -Server that answers.</summary>
        public string WriteServer { get; set; }

        /// <summary>ActiveDirectory: Seconds, or a TimeSpan, for which a recipient whose values changed is skipped when Active Directory is written, since the last writer wins when domain controllers replicate.</summary>
        public long? QuietPeriod { get; set; }

        /// <summary>Directory: The directory's names for attributes that it has under others, such as @{ userCertificate = 'certificate' }. What may have another: entryUUID, displayName, mail, proxyAddresses, userPrincipalName, sAMAccountName, userCertificate and userSMIMECertificate.</summary>
        public TextMap AttributeMap { get; set; }

        /// <summary>ActiveDirectory, Directory, ExchangeOnline: Files with CA certificates (PEM or DER) that the server's certificate, or that of a proxy, may come from, besides this machine's trust store.</summary>
        public ItemList<string> ServerCertificatePath { get; set; }

        /// <summary>ActiveDirectory, Directory, ExchangeOnline: Seconds, or a TimeSpan, to wait for any one answer. Default: 60, and 300 for a page of a list of Exchange Online.</summary>
        public long? Timeout { get; set; }

        /// <summary>Ldif, Csv: The file. Required there.</summary>
        public string Path { get; set; }

        /// <summary>Ldif, Csv: Seconds, or a TimeSpan such as (New-TimeSpan -Days 2), after which a file that was not written again is too old: a run that reads it is held. Default: no file is too old.</summary>
        public long? MaximumSourceAge { get; set; }

        /// <summary>ExchangeOnline: The tenant, as its .onmicrosoft.com domain or its id. Required there.</summary>
        public string Organization { get; set; }

        /// <summary>ExchangeOnline: The application (client) id that signs in with a certificate.</summary>
        public string AppId { get; set; }

        /// <summary>ExchangeOnline: A .pfx or .pem file with the application's certificate and RSA key. Its password is given to each run with -CertificatePassword and kept nowhere.</summary>
        public string CertificateFilePath { get; set; }

        /// <summary>ExchangeOnline: The SHA-1 thumbprint of the application's certificate in the certificate store CurrentUser\My or LocalMachine\My. The key stays there.</summary>
        public string CertificateThumbprint { get; set; }

        /// <summary>ExchangeOnline: Signs in as the managed identity of the Azure machine or service.</summary>
        public bool? ManagedIdentity { get; set; }

        /// <summary>ExchangeOnline: The client id of a user-assigned managed identity.</summary>
        public string ManagedIdentityAccountId { get; set; }

        /// <summary>ExchangeOnline: The cloud; the names are those of Connect-ExchangeOnline.</summary>
        public string ExchangeEnvironmentName { get; set; }

        /// <summary>ExchangeOnline: Another address of the service, such as https://outlook.office365.com.</summary>
        public string ConnectionUri { get; set; }

        /// <summary>ExchangeOnline: Another address of the sign-in, such as https://login.microsoftonline.com.</summary>
        public string AzureADAuthorizationEndpointUri { get; set; }

        /// <summary>ExchangeOnline: The proxy for the sign-in and the service: an address such as http://proxy.contoso.test:8080, System (the one that the environment or Windows names for the account that runs it) or None. Its user name and password are given to each run with -ProxyCredential and kept nowhere.</summary>
        public string Proxy { get; set; }

        /// <summary>ExchangeSession: The prefix of the session's cmdlets, as of Connect-ExchangeOnline -Prefix.</summary>
        public string Prefix { get; set; }

        /// <summary>ExchangeOnline, ExchangeSession: Creates mail contacts for the source's contacts that are missing there.</summary>
        public bool? CreateContact { get; set; }

        /// <summary>ExchangeOnline, ExchangeSession, Folder, Directory as the target: Whose values a run may take away at the target.</summary>
        public string Ownership { get; set; }

        /// <summary>ExchangeOnline, ExchangeSession, Folder, Directory as the target: What happens when Sync-SmimeCertificate finds that something published is gone.</summary>
        public string Drift { get; set; }

        /// <summary>ActiveDirectory as the target, Ldif as the target: What is taken out besides expired, unparsable and duplicate values. Nobody but the user, or the CA, can put it back.</summary>
        public ItemList<string> RemoveValue { get; set; }

        /// <summary>Directory as the target: The DNS name of the server that is written to, as its certificate carries it. Required there.</summary>
        public string TargetServer { get; set; }

        /// <summary>Directory as the target: How the connection to the target is protected. Default: Ldaps.</summary>
        public string TargetEncryption { get; set; }

        /// <summary>Directory as the target: The target's port. Default: 636 with -TargetEncryption Ldaps, else 389.</summary>
        public long? TargetPort { get; set; }

        /// <summary>Directory as the target: The distinguished names of the containers whose recipients are written, with everything below them. Required there.</summary>
        public ItemList<string> TargetSearchBase { get; set; }

        /// <summary>Directory as the target: An LDAP filter as of RFC 4515 that narrows whom the target is written for.</summary>
        public string TargetFilter { get; set; }

        /// <summary>Directory as the target: The target's names for attributes that it has under others, as with -AttributeMap. Not where it is an Active Directory.</summary>
        public TextMap TargetAttributeMap { get; set; }

        /// <summary>Directory as the target: Files with CA certificates (PEM or DER) that the target's certificate may come from, besides this machine's trust store.</summary>
        public ItemList<string> TargetServerCertificatePath { get; set; }

        /// <summary>Directory as the target: Seconds, or a TimeSpan, to wait for any one answer of the target. Default: 60.</summary>
        public long? TargetTimeout { get; set; }

        /// <summary>Directory as the target: Does not check the target's certificate. Every run warns about it.</summary>
        public bool? TargetSkipCertificateCheck { get; set; }

        /// <summary>Folder, Ldif as the target: The folder that is written to; with the target Ldif, the file. Required there.</summary>
        public string OutputPath { get; set; }

        /// <summary>Files (PEM, DER or .p7b) or folders with the CA certificates at which the issuer chain of a certificate must end.</summary>
        public ItemList<string> TrustAnchorPath { get; set; }

        /// <summary>Publishes certificates whose chain ends nowhere, too.</summary>
        public bool? AllowUntrusted { get; set; }

        /// <summary>Which rules apply with which severity. Get-SmimePolicyRule lists the rules.</summary>
        public string Policy { get; set; }

        /// <summary>Which certificates are published.</summary>
        public string Selection { get; set; }

        /// <summary>What a disabled account means.</summary>
        public string DisabledAccount { get; set; }

        /// <summary>Seconds, or a TimeSpan such as (New-TimeSpan -Days 2), that a recipient must stay missing from the source before its values are removed. Default: a day.</summary>
        public long? MissingPeriod { get; set; }

        /// <summary>More removals than this in one run hold the plan for approval.</summary>
        public long? RemovalLimit { get; set; }

        /// <summary>Removals above this percentage of the recipients with published values (and more than 10) hold the plan.</summary>
        public long? RemovalPercent { get; set; }

        /// <summary>Days over which removals of all runs count together: above -RemovalPercent of the highest number of recipients with published values in that time (and more than 10) they hold the plan. 0: each run counts by itself.</summary>
        public long? GuardDays { get; set; }

        /// <summary>More replacements than this in one run hold the plan for approval. A replacement is an Update to a certificate that names none of the recipient's mail addresses, or whose validity began before that of the one it replaces.</summary>
        public long? ReplacementLimit { get; set; }

        /// <summary>Replacements above this percentage of the recipients with published values (and more than 10) hold the plan.</summary>
        public long? ReplacementPercent { get; set; }

        /// <summary>Days that runs, changes and removed values are kept.</summary>
        public long? Retention { get; set; }

        internal static Profile FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new Profile();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Name": made.Name = json.Text(); break;
                    case "Source": made.Source = json.Text(); break;
                    case "Target": made.Target = json.Text(); break;
                    case "Server": made.Server = json.Texts(); break;
                    case "Authentication": made.Authentication = json.Text(); break;
                    case "KeytabPath": made.KeytabPath = json.Text(); break;
                    case "KeytabPrincipal": made.KeytabPrincipal = json.Text(); break;
                    case "ClientCertificateFilePath": made.ClientCertificateFilePath = json.Text(); break;
                    case "ClientCertificateThumbprint": made.ClientCertificateThumbprint = json.Text(); break;
                    case "Encryption": made.Encryption = json.Text(); break;
                    case "Port": made.Port = json.IntegerOrNull(); break;
                    case "SearchBase": made.SearchBase = json.Texts(); break;
                    case "ExcludedSearchBase": made.ExcludedSearchBase = json.Texts(); break;
                    case "MemberOf": made.MemberOf = json.Texts(); break;
                    case "Filter": made.Filter = json.Text(); break;
                    case "EnumerationPeriod": made.EnumerationPeriod = json.IntegerOrNull(); break;
                    case "SkipCertificateCheck": made.SkipCertificateCheck = json.FlagOrNull(); break;
                    case "AdditionalSource": made.AdditionalSource = json.List<AdditionalSource>(one => SmimeSync.AdditionalSource.FromJson(one)); break;
                    case "WriteServer": made.WriteServer = json.Text(); break;
                    case "QuietPeriod": made.QuietPeriod = json.IntegerOrNull(); break;
                    case "AttributeMap": made.AttributeMap = json.TextMap(); break;
                    case "ServerCertificatePath": made.ServerCertificatePath = json.Texts(); break;
                    case "Timeout": made.Timeout = json.IntegerOrNull(); break;
                    case "Path": made.Path = json.Text(); break;
                    case "MaximumSourceAge": made.MaximumSourceAge = json.IntegerOrNull(); break;
                    case "Organization": made.Organization = json.Text(); break;
                    case "AppId": made.AppId = json.Text(); break;
                    case "CertificateFilePath": made.CertificateFilePath = json.Text(); break;
                    case "CertificateThumbprint": made.CertificateThumbprint = json.Text(); break;
                    case "ManagedIdentity": made.ManagedIdentity = json.FlagOrNull(); break;
                    case "ManagedIdentityAccountId": made.ManagedIdentityAccountId = json.Text(); break;
                    case "ExchangeEnvironmentName": made.ExchangeEnvironmentName = json.Text(); break;
                    case "ConnectionUri": made.ConnectionUri = json.Text(); break;
                    case "AzureADAuthorizationEndpointUri": made.AzureADAuthorizationEndpointUri = json.Text(); break;
                    case "Proxy": made.Proxy = json.Text(); break;
                    case "Prefix": made.Prefix = json.Text(); break;
                    case "CreateContact": made.CreateContact = json.FlagOrNull(); break;
                    case "Ownership": made.Ownership = json.Text(); break;
                    case "Drift": made.Drift = json.Text(); break;
                    case "RemoveValue": made.RemoveValue = json.Texts(); break;
                    case "TargetServer": made.TargetServer = json.Text(); break;
                    case "TargetEncryption": made.TargetEncryption = json.Text(); break;
                    case "TargetPort": made.TargetPort = json.IntegerOrNull(); break;
                    case "TargetSearchBase": made.TargetSearchBase = json.Texts(); break;
                    case "TargetFilter": made.TargetFilter = json.Text(); break;
                    case "TargetAttributeMap": made.TargetAttributeMap = json.TextMap(); break;
                    case "TargetServerCertificatePath": made.TargetServerCertificatePath = json.Texts(); break;
                    case "TargetTimeout": made.TargetTimeout = json.IntegerOrNull(); break;
                    case "TargetSkipCertificateCheck": made.TargetSkipCertificateCheck = json.FlagOrNull(); break;
                    case "OutputPath": made.OutputPath = json.Text(); break;
                    case "TrustAnchorPath": made.TrustAnchorPath = json.Texts(); break;
                    case "AllowUntrusted": made.AllowUntrusted = json.FlagOrNull(); break;
                    case "Policy": made.Policy = json.Text(); break;
                    case "Selection": made.Selection = json.Text(); break;
                    case "DisabledAccount": made.DisabledAccount = json.Text(); break;
                    case "MissingPeriod": made.MissingPeriod = json.IntegerOrNull(); break;
                    case "RemovalLimit": made.RemovalLimit = json.IntegerOrNull(); break;
                    case "RemovalPercent": made.RemovalPercent = json.IntegerOrNull(); break;
                    case "GuardDays": made.GuardDays = json.IntegerOrNull(); break;
                    case "ReplacementLimit": made.ReplacementLimit = json.IntegerOrNull(); break;
                    case "ReplacementPercent": made.ReplacementPercent = json.IntegerOrNull(); break;
                    case "Retention": made.Retention = json.IntegerOrNull(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>One check of a profile.</summary>
    public sealed partial class ProfileTest
    {
        /// <summary>The profile that was checked.</summary>
        public string ProfileName { get; set; }

        /// <summary>What was checked: TrustAnchor, Source, SignIn (who signed in to it and how), Clock, Recipient, Value, Target, Write (a way of writing that was tried), Service (how the service wants to be asked, as an answer has shown), State.</summary>
        public string Check { get; set; }

        /// <summary>Whether a run would get past it.</summary>
        public string Result { get; set; }

        /// <summary>What was found, in a sentence.</summary>
        public string Message { get; set; }

        /// <summary>What to do about it; empty where nothing is to be done.</summary>
        public string Advice { get; set; }

        internal static ProfileTest FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new ProfileTest();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "ProfileName": made.ProfileName = json.Text(); break;
                    case "Check": made.Check = json.Text(); break;
                    case "Result": made.Result = json.Text(); break;
                    case "Message": made.Message = json.Text(); break;
                    case "Advice": made.Advice = json.Text(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>What is kept of a certificate that is or was published: enough to recognise it.</summary>
    public sealed partial class PublishedCertificate
    {
        /// <summary>Subject, as RFC 4514 text.</summary>
        public string Subject { get; set; }

        /// <summary>SHA-1 of the DER, as Windows shows it.</summary>
        public string Thumbprint { get; set; }

        /// <summary>SHA-256 of the DER.</summary>
        public string Fingerprint { get; set; }

        /// <summary>Start of its validity.</summary>
        public DateTime NotBefore { get; set; }

        /// <summary>End of its validity.</summary>
        public DateTime NotAfter { get; set; }

        /// <summary>Whether it names one of the recipient's mail addresses; null where that was not looked at.</summary>
        public bool? NamesRecipient { get; set; }

        internal static PublishedCertificate FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new PublishedCertificate();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Subject": made.Subject = json.Text(); break;
                    case "Thumbprint": made.Thumbprint = json.Text(); break;
                    case "Fingerprint": made.Fingerprint = json.Text(); break;
                    case "NotBefore": made.NotBefore = json.Time(); break;
                    case "NotAfter": made.NotAfter = json.Time(); break;
                    case "NamesRecipient": made.NamesRecipient = json.FlagOrNull(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>One value that is or was published.</summary>
    public sealed partial class PublishedValue
    {
        /// <summary>The attribute that holds it.</summary>
        public string Attribute { get; set; }

        /// <summary>The SHA-256 of the value.</summary>
        public string Value { get; set; }

        /// <summary>The certificate that it is published for, where that is known.</summary>
        public PublishedCertificate Certificate { get; set; }

        internal static PublishedValue FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new PublishedValue();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Attribute": made.Attribute = json.Text(); break;
                    case "Value": made.Value = json.Text(); break;
                    case "Certificate": made.Certificate = SmimeSync.PublishedCertificate.FromJson(json); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>One certificate of a recipient, judged; or a value in which none could be read.</summary>
    public sealed partial class Certificate
    {
        /// <summary>One without values.</summary>
        public Certificate()
        {
            Addresses = new ItemList<string>();
            KeyUsage = new ItemList<string>();
            ExtendedKeyUsage = new ItemList<string>();
            Findings = new ItemList<Finding>();
            RecipientFindings = new ItemList<Finding>();
        }

        /// <summary>The profile that judged it.</summary>
        public string ProfileName { get; set; }

        /// <summary>The recipient's address, user principal name or DN.</summary>
        public string Recipient { get; set; }

        /// <summary>The name that people see.</summary>
        public string DisplayName { get; set; }

        /// <summary>The recipient's anchor in the source.</summary>
        public string Anchor { get; set; }

        /// <summary>Where the recipient is in the directory.</summary>
        public string DistinguishedName { get; set; }

        /// <summary>The attribute of the value.</summary>
        public string Attribute { get; set; }

        /// <summary>The value's place among the recipient's values of that attribute, from 0.</summary>
        public long Position { get; set; }

        /// <summary>The SHA-256 of the value.</summary>
        public string Value { get; set; }

        /// <summary>Certificate, SignedData, OxoAbk or Unknown.</summary>
        public string Form { get; set; }

        /// <summary>Subject, as RFC 4514 text; null, like all that follows up to Purpose, where nothing could be read.</summary>
        public string Subject { get; set; }

        /// <summary>Issuer, as RFC 4514 text.</summary>
        public string Issuer { get; set; }

        /// <summary>Serial number, upper-case hexadecimal.</summary>
        public string SerialNumber { get; set; }

        /// <summary>SHA-1 of the DER, as Windows shows it.</summary>
        public string Thumbprint { get; set; }

        /// <summary>SHA-256 of the DER.</summary>
        public string Fingerprint { get; set; }

        /// <summary>Start of its validity.</summary>
        public DateTime? NotBefore { get; set; }

        /// <summary>End of its validity.</summary>
        public DateTime? NotAfter { get; set; }

        /// <summary>Mail addresses it names.</summary>
        public ItemList<string> Addresses { get; set; }

        /// <summary>RSA, EC P-256, &#x2026;</summary>
        public string KeyAlgorithm { get; set; }

        /// <summary>The length of the key in bits, where that makes sense.</summary>
        public long? KeySize { get; set; }

        /// <summary>sha256WithRSAEncryption, &#x2026;</summary>
        public string SignatureAlgorithm { get; set; }

        /// <summary>Names of the key usage bits.</summary>
        public ItemList<string> KeyUsage { get; set; }

        /// <summary>Names or OIDs of the extended key usages.</summary>
        public ItemList<string> ExtendedKeyUsage { get; set; }

        /// <summary>What it can be used for.</summary>
        public string Purpose { get; set; }

        /// <summary>What became of it.</summary>
        public string State { get; set; }

        /// <summary>What speaks against it, gravest first.</summary>
        public ItemList<Finding> Findings { get; set; }

        /// <summary>Findings on the recipient as a whole.</summary>
        public ItemList<Finding> RecipientFindings { get; set; }

        /// <summary>The certificate's DER in base64.</summary>
        public string RawData { get; set; }

        internal static Certificate FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new Certificate();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "ProfileName": made.ProfileName = json.Text(); break;
                    case "Recipient": made.Recipient = json.Text(); break;
                    case "DisplayName": made.DisplayName = json.Text(); break;
                    case "Anchor": made.Anchor = json.Text(); break;
                    case "DistinguishedName": made.DistinguishedName = json.Text(); break;
                    case "Attribute": made.Attribute = json.Text(); break;
                    case "Position": made.Position = json.Integer(); break;
                    case "Value": made.Value = json.Text(); break;
                    case "Form": made.Form = json.Text(); break;
                    case "Subject": made.Subject = json.Text(); break;
                    case "Issuer": made.Issuer = json.Text(); break;
                    case "SerialNumber": made.SerialNumber = json.Text(); break;
                    case "Thumbprint": made.Thumbprint = json.Text(); break;
                    case "Fingerprint": made.Fingerprint = json.Text(); break;
                    case "NotBefore": made.NotBefore = json.TimeOrNull(); break;
                    case "NotAfter": made.NotAfter = json.TimeOrNull(); break;
                    case "Addresses": made.Addresses = json.Texts(); break;
                    case "KeyAlgorithm": made.KeyAlgorithm = json.Text(); break;
                    case "KeySize": made.KeySize = json.IntegerOrNull(); break;
                    case "SignatureAlgorithm": made.SignatureAlgorithm = json.Text(); break;
                    case "KeyUsage": made.KeyUsage = json.Texts(); break;
                    case "ExtendedKeyUsage": made.ExtendedKeyUsage = json.Texts(); break;
                    case "Purpose": made.Purpose = json.Text(); break;
                    case "State": made.State = json.Text(); break;
                    case "Findings": made.Findings = json.List<Finding>(one => SmimeSync.Finding.FromJson(one)); break;
                    case "RecipientFindings": made.RecipientFindings = json.List<Finding>(one => SmimeSync.Finding.FromJson(one)); break;
                    case "RawData": made.RawData = json.Text(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>What <see cref="Rule"/> holds.</summary>
    public abstract class RuleFields
    {
        /// <summary>The id, stable: expired.</summary>
        public string Rule { get; set; }

        /// <summary>How grave it is under the policy Standard; Strict makes warnings errors.</summary>
        public string Severity { get; set; }

        /// <summary>What it means when it fires, in one line.</summary>
        public string Title { get; set; }

        /// <summary>What it means and what follows from it.</summary>
        public string Explanation { get; set; }

        /// <summary>What an administrator does about it.</summary>
        public string Advice { get; set; }

        /// <summary>The standard, or the page of Microsoft's.</summary>
        public string Source { get; set; }
    }

    /// <summary>A rule as callers see it.</summary>
    public sealed partial class Rule : RuleFields
    {
        internal static Rule FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new Rule();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Rule": made.Rule = json.Text(); break;
                    case "Severity": made.Severity = json.Text(); break;
                    case "Title": made.Title = json.Text(); break;
                    case "Explanation": made.Explanation = json.Text(); break;
                    case "Advice": made.Advice = json.Text(); break;
                    case "Source": made.Source = json.Text(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>One import, plan and export of a profile.</summary>
    public sealed partial class Run
    {
        /// <summary>One without values.</summary>
        public Run()
        {
            Guard = new ItemList<string>();
            HoldReasons = new ItemList<string>();
            MissingIssuers = new ItemList<MissingIssuer>();
            Exclusions = new ItemList<ExclusionCount>();
        }

        /// <summary>Its number within the profile, from 1; with -WhatIf 0.</summary>
        public long Id { get; set; }

        /// <summary>The profile that was run.</summary>
        public string ProfileName { get; set; }

        /// <summary>How it ended, or that it has not.</summary>
        public string Result { get; set; }

        /// <summary>Whether it only planned.</summary>
        public bool WhatIf { get; set; }

        /// <summary>Whether its state knew nothing of the target: nothing was published by it, and no run of all recipients had met the target. So it is in the first run, in one after the state was lost, or in one to another target.</summary>
        public bool NewState { get; set; }

        /// <summary>Whether it read what changed in the source (Delta), or all of it; where recipients were named, those.</summary>
        public string PolicyType { get; set; }

        /// <summary>When it began.</summary>
        public DateTime Started { get; set; }

        /// <summary>When it ended.</summary>
        public DateTime? Ended { get; set; }

        /// <summary>Seconds it took, to the millisecond.</summary>
        public double Seconds { get; set; }

        /// <summary>Recipients of the source, or of those that were named.</summary>
        public long Recipients { get; set; }

        /// <summary>Those of them that this run read; the others are as the last run saw them.</summary>
        public long Read { get; set; }

        /// <summary>Those of them that have values.</summary>
        public long WithValues { get; set; }

        /// <summary>Those of them that have a usable encryption certificate.</summary>
        public long WithDesired { get; set; }

        /// <summary>Recipients that have no certificate at all.</summary>
        public long WithoutCertificate { get; set; }

        /// <summary>Recipients that have certificates, but no usable encryption certificate.</summary>
        public long WithoutUsable { get; set; }

        /// <summary>Recipients that an earlier import showed and this one did not.</summary>
        public long Missing { get; set; }

        /// <summary>Those of them whose published values stay until the missing period ends.</summary>
        public long MissingKept { get; set; }

        /// <summary>Changes planned: Add.</summary>
        public long Add { get; set; }

        /// <summary>Changes planned: Update.</summary>
        public long Update { get; set; }

        /// <summary>Those of them that are replacements: to a certificate that is no renewal of the one before.</summary>
        public long Replacements { get; set; }

        /// <summary>Changes planned: Remove.</summary>
        public long Remove { get; set; }

        /// <summary>Recipients whose published state is as desired.</summary>
        public long Unchanged { get; set; }

        /// <summary>Changes written.</summary>
        public long Exported { get; set; }

        /// <summary>Changes that the target refused.</summary>
        public long Rejected { get; set; }

        /// <summary>Changes declined, now or earlier, and so not written.</summary>
        public long Declined { get; set; }

        /// <summary>Changes that wait for their next try, or to be read back.</summary>
        public long Waiting { get; set; }

        /// <summary>Published values found to be wanted already, and so taken over as managed.</summary>
        public long Adopted { get; set; }

        /// <summary>Recipients that the target skips, for the reasons in Exclusions.</summary>
        public long Excluded { get; set; }

        /// <summary>Recipients whose values at the target were compared with what was published: all with -Verify, else those of whom something seems to be gone.</summary>
        public long Verified { get; set; }

        /// <summary>Those of them where something published was gone.</summary>
        public long Drifted { get; set; }

        /// <summary>Recipients with something published that nobody in the source wants, and that the state did not know; looked for by a run with a new state, and with -Verify.</summary>
        public long Orphaned { get; set; }

        /// <summary>Errors of single objects.</summary>
        public long Errors { get; set; }

        /// <summary>Why the guard held the plan; empty if it did not.</summary>
        public ItemList<string> Guard { get; set; }

        /// <summary>What each sentence of Guard is about, in the same order; empty where an earlier version kept the run.</summary>
        public ItemList<string> HoldReasons { get; set; }

        /// <summary>Issuers that were needed for a chain and not there, most certificates first; a hundred at most.</summary>
        public ItemList<MissingIssuer> MissingIssuers { get; set; }

        /// <summary>Recipients that the target skips, by reason.</summary>
        public ItemList<ExclusionCount> Exclusions { get; set; }

        /// <summary>The message of the error that stopped it.</summary>
        public string Error { get; set; }

        /// <summary>Who ran it where: user@host, PowerShell 7.6.9, process 4711.</summary>
        public string Host { get; set; }

        internal static Run FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new Run();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Id": made.Id = json.Integer(); break;
                    case "ProfileName": made.ProfileName = json.Text(); break;
                    case "Result": made.Result = json.Text(); break;
                    case "WhatIf": made.WhatIf = json.Flag(); break;
                    case "NewState": made.NewState = json.Flag(); break;
                    case "PolicyType": made.PolicyType = json.Text(); break;
                    case "Started": made.Started = json.Time(); break;
                    case "Ended": made.Ended = json.TimeOrNull(); break;
                    case "Seconds": made.Seconds = json.Number(); break;
                    case "Recipients": made.Recipients = json.Integer(); break;
                    case "Read": made.Read = json.Integer(); break;
                    case "WithValues": made.WithValues = json.Integer(); break;
                    case "WithDesired": made.WithDesired = json.Integer(); break;
                    case "WithoutCertificate": made.WithoutCertificate = json.Integer(); break;
                    case "WithoutUsable": made.WithoutUsable = json.Integer(); break;
                    case "Missing": made.Missing = json.Integer(); break;
                    case "MissingKept": made.MissingKept = json.Integer(); break;
                    case "Add": made.Add = json.Integer(); break;
                    case "Update": made.Update = json.Integer(); break;
                    case "Replacements": made.Replacements = json.Integer(); break;
                    case "Remove": made.Remove = json.Integer(); break;
                    case "Unchanged": made.Unchanged = json.Integer(); break;
                    case "Exported": made.Exported = json.Integer(); break;
                    case "Rejected": made.Rejected = json.Integer(); break;
                    case "Declined": made.Declined = json.Integer(); break;
                    case "Waiting": made.Waiting = json.Integer(); break;
                    case "Adopted": made.Adopted = json.Integer(); break;
                    case "Excluded": made.Excluded = json.Integer(); break;
                    case "Verified": made.Verified = json.Integer(); break;
                    case "Drifted": made.Drifted = json.Integer(); break;
                    case "Orphaned": made.Orphaned = json.Integer(); break;
                    case "Errors": made.Errors = json.Integer(); break;
                    case "Guard": made.Guard = json.Texts(); break;
                    case "HoldReasons": made.HoldReasons = json.Texts(); break;
                    case "MissingIssuers": made.MissingIssuers = json.List<MissingIssuer>(one => SmimeSync.MissingIssuer.FromJson(one)); break;
                    case "Exclusions": made.Exclusions = json.List<ExclusionCount>(one => SmimeSync.ExclusionCount.FromJson(one)); break;
                    case "Error": made.Error = json.Text(); break;
                    case "Host": made.Host = json.Text(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>The CA certificates against which Outlook on the web checks S/MIME certificates.</summary>
    public sealed partial class TrustStore
    {
        /// <summary>One without values.</summary>
        public TrustStore()
        {
            Certificate = new ItemList<TrustStoreCertificate>();
        }

        /// <summary>The profile whose trust anchors these are.</summary>
        public string ProfileName { get; set; }

        /// <summary>The file that was written, or in which the older trust store was saved; null where there is none.</summary>
        public string Path { get; set; }

        /// <summary>Bytes of the whole store.</summary>
        public long Size { get; set; }

        /// <summary>Whether it was uploaded, and showed when it was read back.</summary>
        public bool Published { get; set; }

        /// <summary>The certificates, in the order of their subjects.</summary>
        public ItemList<TrustStoreCertificate> Certificate { get; set; }

        internal static TrustStore FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new TrustStore();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "ProfileName": made.ProfileName = json.Text(); break;
                    case "Path": made.Path = json.Text(); break;
                    case "Size": made.Size = json.Integer(); break;
                    case "Published": made.Published = json.Flag(); break;
                    case "Certificate": made.Certificate = json.List<TrustStoreCertificate>(one => SmimeSync.TrustStoreCertificate.FromJson(one)); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }

    /// <summary>One CA certificate of a trust store.</summary>
    public sealed partial class TrustStoreCertificate
    {
        /// <summary>Subject, as RFC 4514 text.</summary>
        public string Subject { get; set; }

        /// <summary>SHA-1 of the DER, as Windows shows it.</summary>
        public string Thumbprint { get; set; }

        /// <summary>SHA-256 of the DER.</summary>
        public string Fingerprint { get; set; }

        /// <summary>End of its validity.</summary>
        public DateTime NotAfter { get; set; }

        /// <summary>Whether it was there already.</summary>
        public bool Present { get; set; }

        internal static TrustStoreCertificate FromJson(JsonReader json)
        {
            if (!json.Open()) return null;
            var made = new TrustStoreCertificate();
            for (string name; (name = json.NextName()) != null;)
            {
                switch (name)
                {
                    case "Subject": made.Subject = json.Text(); break;
                    case "Thumbprint": made.Thumbprint = json.Text(); break;
                    case "Fingerprint": made.Fingerprint = json.Text(); break;
                    case "NotAfter": made.NotAfter = json.Time(); break;
                    case "Present": made.Present = json.Flag(); break;
                    default: json.Skip(); break;
                }
            }
            return made;
        }
    }
}

namespace SmimeSync.Native
{
    /// <summary>The types of results.</summary>
    internal static class Results
    {
        internal static object Read(JsonReader json, string type)
        {
            switch (type)
            {
                case "Run": return SmimeSync.Run.FromJson(json);
                case "Change": return SmimeSync.Change.FromJson(json);
                case "Certificate": return SmimeSync.Certificate.FromJson(json);
                case "Difference": return SmimeSync.Difference.FromJson(json);
                case "Profile": return SmimeSync.Profile.FromJson(json);
                case "ProfileTest": return SmimeSync.ProfileTest.FromJson(json);
                case "Rule": return SmimeSync.Rule.FromJson(json);
                case "TrustStore": return SmimeSync.TrustStore.FromJson(json);
                default:
                    throw new LibraryException(
                        "The native library returned a '" + type + "', which this module does not know. Install module and " +
                        "library from the same package.", null);
            }
        }
    }
}
