//! Errors: one table of numbers, ids, PowerShell categories and advice.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::model::into_printable;

macro_rules! error_ids {
    ($( $code:literal $id:ident $category:ident $advice:literal )*) => {
        /// What went wrong, in the order of the numbers. The number and the name are stable; retired ones stay reserved.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantArray,
        )]
        pub enum ErrorId { $( #[doc = $advice] $id, )* }

        impl ErrorId {
            /// The number: 1000 ABI, 2000 configuration, 3000 certificate, 4000 trust, 5000 directory,
            /// 6000 Exchange Online, 7000 state, 8000 sync, 9000 internal.
            pub fn code(self) -> u32 { match self { $( ErrorId::$id => $code, )* } }

            /// Whether it concerns a profile's state: no recipient can be blamed for it, and none goes on without it.
            pub fn is_of_state(self) -> bool { self.code() / 1000 == 7 }

            /// The name, as `FullyQualifiedErrorId` carries it.
            pub fn name(self) -> &'static str { self.into() }

            /// PowerShell's `ErrorCategory`.
            pub fn category(self) -> &'static str { match self { $( ErrorId::$id => stringify!($category), )* } }

            /// What to do about it, where the error itself has nothing more exact to say.
            pub fn advice(self) -> &'static str { match self { $( ErrorId::$id => $advice, )* } }
        }
    };
}

error_ids! {
    1001 NullPointer InvalidArgument "Pass a valid pointer; this is a bug in the calling program."
    1002 InvalidHandle InvalidArgument "The object was freed or never existed; this is a bug in the calling program."
    1003 InvalidText InvalidArgument "Pass UTF-8 text; this is a bug in the calling program."
    1004 InvalidRequest InvalidArgument "Compare the request with docs/abi.md; module and library may be of different versions."
    1005 InvalidSize InvalidArgument "Pass a length within the limit of docs/abi.md."
    1006 InvalidAnswer InvalidArgument "Answer only open questions, with one of the answers of docs/abi.md."
    1007 TaskFinished InvalidOperation "Start a new task."
    2001 ProfileNotFound ObjectNotFound "List the profiles with Get-SmimeSyncProfile, or create one with New-SmimeSyncProfile."
    2002 ProfileExists ResourceExists "Choose another name, or change the profile with Set-SmimeSyncProfile."
    2003 ProfileInvalid InvalidArgument "Correct the named setting and try again."
    2004 ProfileUnreadable InvalidData "Correct the file, or remove it and create the profile again."
    2005 PlaceNotWritable PermissionDenied "Run with rights to the folder, or use the user scope, or set SMIME_SYNC_HOME."
    2006 PlaceNotPrivate SecurityError "Make the folder accessible to its owner only."
    2007 CredentialMissing AuthenticationError "Pass -Credential."
    3001 CertificateUnreadable InvalidData "Give a certificate as .cer, .pem, .p7b or .pfx, and the password of a .pfx with -CertificatePassword."
    3002 CertificateRefused InvalidData "Publish another certificate, or this one with -Force."
    3003 CertificateNotFound ObjectNotFound "List the recipient's certificates with Get-SmimeCertificate."
    4001 TrustAnchorMissing ObjectNotFound "Give the issuing CAs with -TrustAnchorPath, or allow untrusted certificates with -AllowUntrusted."
    4002 TrustAnchorUnreadable InvalidData "Give CA certificates as PEM, DER or .p7b files, or a folder of them."
    5001 DirectoryUnreachable ConnectionError "Check the server name, the port and the network; Active Directory listens for LDAPS on 636."
    5002 DirectoryNameUnknown ConnectionError "Check the spelling of the server name and the DNS of this machine."
    5003 DirectoryCertificateUntrusted SecurityError "Give the CA that issued the server's certificate with -ServerCertificatePath, or add it to this machine's trust store."
    5004 DirectoryCertificateExpired SecurityError "Renew the server's certificate."
    5005 DirectoryCertificateNameMismatch SecurityError "Use the name that the server's certificate carries as -Server."
    5006 DirectoryTlsFailed SecurityError "Check that the port speaks LDAPS and that the server accepts TLS 1.2 or newer."
    5007 DirectoryCredentialRejected AuthenticationError "Check user name and password; Active Directory takes a user principal name, DOMAIN\\name or a distinguished name."
    5008 DirectoryAccountLocked AuthenticationError "Unlock the account, or wait until the lock ends."
    5009 DirectoryAccountUnusable AuthenticationError "Enable the account, or renew its password, in Active Directory."
    5010 SearchBaseNotFound ObjectNotFound "Correct -SearchBase; it must be the distinguished name of an existing container."
    5011 FilterInvalid InvalidArgument "Correct -Filter; it must be an LDAP filter as in RFC 4515."
    5012 DirectoryRefused PermissionDenied "Give the account the right to do this in the directory."
    5013 DirectoryTimeout OperationTimeout "Check the load of the server, or raise the time limit with -Timeout."
    5014 DirectoryProtocol ProtocolError "The server's answer is not valid LDAP; check what listens on that port."
    5015 DirectoryBusy ResourceBusy "Try again later, or name another domain controller."
    5016 ValuesNotReadable PermissionDenied "Give the account the right to read userCertificate and userSMIMECertificate."
    5017 RecipientInvalid InvalidData "Correct the named object in the source."
    5018 ClockSkew InvalidResult "Correct the clock of this machine or of the server; they may differ by 5 minutes at most."
    5019 ObjectChanged ResourceBusy "Run again; the object is read and planned again."
    5020 DirectoryNotWritable InvalidOperation "Name a writable domain controller with -WriteServer."
    5031 StartTlsFailed SecurityError "Give the server a certificate, so that it offers StartTLS, or use -Encryption Ldaps."
    5032 ClientCertificateUnusable InvalidArgument "Give the certificate with its key as .pfx or .pem, or the thumbprint of one in the certificate store CurrentUser\\My or LocalMachine\\My."
    5033 KerberosUnavailable NotInstalled "Install MIT Kerberos (Debian, Ubuntu: libgssapi-krb5-2; Red Hat, SUSE: krb5-libs), or sign in with a password: -Credential, of an additional source -AdditionalCredential."
    5034 KerberosTicketMissing AuthenticationError "Get a ticket with kinit, give a keytab with -KeytabPath, or sign in with a password: -Credential, of an additional source -AdditionalCredential."
    5035 KerberosServerUnknown ObjectNotFound "Give the DNS name of the domain controller as -Server."
    5036 KerberosFailed AuthenticationError "Look at what the system says in the error's native status; kinit and kvno ldap/SERVER show the same by hand."
    5037 KerberosSealBroken SecurityError "Check what stands between this machine and the server; nothing that came behind it was taken."
    5041 DirectoryForeign InvalidResult "Name servers of one domain with -Server."
    5042 ChangeUnconfirmed ResourceBusy "Run again; the object is read and planned again."
    5043 DomainUnknown ObjectNotFound "Name a domain controller, or the domain, with -Server."
    5061 FilterUnsupported InvalidArgument "Leave -Filter out, or select with -Identity or Where-Object; only a directory (-Source ActiveDirectory or Directory of the profile) knows LDAP filters."
    5062 GroupNotFound ObjectNotFound "Correct -MemberOf; it must be the distinguished name of an existing group."
    5101 LdifUnreadable OpenError "Check the path and the right to read the file."
    5102 LdifSyntax ParserError "Correct the named line; the form is that of RFC 2849."
    5103 LdifTruncated ParserError "Export the directory again; the file ends in the middle of a record."
    5104 LdifUnsupported NotImplemented "Give content records, or change records of the type 'add', with the values in the file itself."
    5201 CsvUnreadable OpenError "Check the path and the right to read the file."
    5202 CsvSyntax ParserError "Correct the named line; docs/csv.md shows the columns."
    5301 SourceTooOld LimitsExceeded "Export the source again, or raise -MaximumSourceAge."
    6001 ExchangeUnreachable ConnectionError "Check the network and -ExchangeEnvironmentName; where a proxy is needed, name it with -Proxy."
    6002 ExchangeTlsFailed SecurityError "Check who answers in place of Microsoft: a proxy that breaks TLS open needs its CA in this machine's trust store, or with -ServerCertificatePath."
    6003 SignInRefused AuthenticationError "Check -AppId, -Organization and that the certificate is registered with the application; docs/exchange-online.md shows how."
    6004 SignInCertificateUnusable InvalidArgument "Give the application's certificate with its RSA key as .pfx or .pem, or by thumbprint from the Windows certificate store."
    6005 CertificatePasswordWrong AuthenticationError "Pass the file's password with -CertificatePassword."
    6006 AccessTokenUnusable AuthenticationError "Hand in a fresh token for https://outlook.office365.com/."
    6007 ManagedIdentityUnavailable AuthenticationError "Run where a managed identity is assigned, or sign in with a certificate."
    6008 ExchangeAccessDenied PermissionDenied "Give the application the role that docs/exchange-online.md names."
    6009 ExchangeThrottled ResourceBusy "Run again later; the service limits the number of requests."
    6010 ExchangeUnavailable ResourceUnavailable "Run again later; nothing is lost."
    6011 ExchangeProtocol ProtocolError "The answer is not what Exchange Online says; check for a proxy between, and the version of SmimeSync."
    6012 RedirectRefused SecurityError "The service pointed to a host outside Microsoft's; nothing was sent there."
    6013 RecipientNotFound ObjectNotFound "Check that the recipient exists in Exchange."
    6014 RecipientAmbiguous InvalidData "Give each recipient an address of its own in Exchange."
    6015 RecipientDirectorySynced PermissionDenied "Write it on premises: use a profile with -Target ActiveDirectory."
    6016 ExchangeRefused InvalidArgument "The message has the service's own words: look at that recipient in Exchange. Where they don't help, report them with what Test-SmimeSyncProfile -Trace writes (docs/first-tenant.md)."
    6017 SessionNotConnected ConnectionError "Connect first, with Connect-ExchangeOnline or in an Exchange Management Shell."
    6018 TrustStoreRefused InvalidData "Take expired CA certificates out of the trust anchors."
    6019 TrustStoreUnreadable InvalidData "Check what the organisation's S/MIME configuration holds."
    6101 ProxyCredentialRejected AuthenticationError "Pass the proxy's user name and password with -ProxyCredential."
    6102 ProxyRefused PermissionDenied "Let the proxy pass the hosts that docs/exchange-online.md lists, or name another one with -Proxy."
    7001 StateNewer InvalidOperation "Install the version of SmimeSync that wrote the state, or a newer one."
    7002 StateCorrupt InvalidData "Move the named file aside, unless the message says where it is kept, and run again: the run builds a new state and adopts what is published."
    7003 StateNotWritable PermissionDenied "Run with rights to the profile's state, or repair the rights of the named file."
    7004 StateNotReadable ReadError "Run with rights to the profile's state."
    7005 DiskFull WriteError "Free space on the named volume and run again; nothing is lost."
    7006 StateBusy ResourceBusy "Close the program that has the file open, such as a database browser, a backup or a virus scanner, and run again; nothing was moved."
    8001 RunInProgress ResourceBusy "Wait until the other run ends, or stop it."
    8002 PlanNotFound ObjectNotFound "List the held plans with Get-SmimeSyncRun -Result Held."
    8003 PlanNotHeld InvalidOperation "Only the newest held plan can be approved; run again to see what is planned now."
    8004 IdentityNotFound ObjectNotFound "Check the spelling, and that the profile's search base and filter include the recipient."
    8005 IdentityAmbiguous InvalidArgument "Use the object GUID or the distinguished name."
    8006 TargetNotWritable WriteError "Check the path and the right to write to it."
    8007 TargetConflict InvalidData "Give each recipient an address of its own in the source."
    8008 TargetUnreadable ReadError "Give the account that runs the profile the right to read what is named, and run again."
    8009 VerifyFailed InvalidResult "What was read back is neither the old nor the new state; check who else writes to the target."
    8010 Canceled OperationStopped "Run again; what was begun is finished or put right then."
    8011 PlanNotApprovable InvalidOperation "Put right what the plan was held for, and run again."
    8012 PlanVoid InvalidOperation "Set right what the message names and run again: that run makes a plan of its own."
    8013 TargetDamaged InvalidData "Restore the named file, or remove it and the certificates of the same name beside it, and run again."
    8014 RemovalIgnored InvalidResult "The next run tries again. If the values stay, take them away by hand at the target, such as with the Set- cmdlet of the recipient in a session of your own."
    8015 OtherOrganization InvalidOperation "Connect the session to the organisation that the profile works with, or give -Organization a name of it; or use a profile of its own for this one."
    8016 RemovalNotSeen InvalidResult "Run again in half an hour: if the values stay, that run says so."
    9001 Panic NotSpecified "This is a bug in SmimeSync; please report it with the message."
    9002 Internal NotSpecified "This is a bug in SmimeSync; please report it with the message."
}

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error as a caller of the ABI gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Error {
    /// What went wrong: stable, for scripts.
    pub id: ErrorId,
    /// One sentence that names the object and the reason.
    pub message: String,
    /// The object: a recipient, path, server, profile.
    pub target: Option<String>,
    /// What an administrator does about it.
    pub advice: String,
    /// The status that the other side gave, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<Box<NativeStatus>>,
}

/// The status of another system behind an error.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct NativeStatus {
    /// LDAP result code (RFC 4511, appendix A).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ldap_result: Option<u32>,
    /// The server's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// HTTP status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The service's id of the request, for its support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds after which the service wants to be asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The service's own type of error, such as `ManagementObjectNotFoundException`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// The operating system's error number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_error: Option<i32>,
}

impl Error {
    /// An error with the table's advice. Whatever the message quotes, it is one line that can be printed.
    pub fn new(id: ErrorId, message: impl Into<String>) -> Self {
        Self {
            id,
            message: into_printable(message.into()),
            target: None,
            advice: id.advice().to_owned(),
            native: None,
        }
    }

    /// All texts of it that somebody else may have written.
    pub(crate) fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let native = self.native.as_deref_mut().into_iter();
        let native =
            native.flat_map(|native| [&mut native.text, &mut native.request_id, &mut native.exception]);
        [&mut self.message, &mut self.advice].into_iter().chain(native.flatten())
    }

    /// The same, naming its object.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// The same, with more exact advice than the table's.
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = into_printable(advice.into());
        self
    }

    /// The same, with the other side's status.
    pub fn native(mut self, native: NativeStatus) -> Self {
        self.native = Some(Box::new(native));
        self
    }

    /// An I/O error under `id`, or `DiskFull` where that is the reason; `what` says what was tried.
    pub fn io(id: ErrorId, what: impl fmt::Display, path: &std::path::Path, cause: &std::io::Error) -> Self {
        let full = cause.kind() == std::io::ErrorKind::StorageFull;
        let id = if full { ErrorId::DiskFull } else { id };
        Self::new(id, format!("{what} '{}': {cause}", path.display()))
            .target(path.display().to_string())
            .native(NativeStatus { os_error: cause.raw_os_error(), ..NativeStatus::default() })
    }

    /// The same for people: no control characters, whichever side they came from.
    pub fn into_printable(mut self) -> Self {
        self.message = into_printable(self.message);
        self.target = self.target.map(into_printable);
        self.advice = into_printable(self.advice);
        if let Some(native) = &mut self.native {
            native.text = native.text.take().map(into_printable);
            native.exception = native.exception.take().map(into_printable);
            native.request_id = native.request_id.take().map(into_printable);
        }
        self
    }

    /// The error of a canceled task.
    pub fn canceled() -> Self {
        Self::new(ErrorId::Canceled, "The task was canceled.")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_never_repeat() {
        assert!(ErrorId::VARIANTS.windows(2).all(|pair| pair[0].code() < pair[1].code()));
    }

    #[test]
    fn what_others_wrote_is_shown_without_control_characters() {
        let native = NativeStatus { text: Some("no\r\n\u{1B}[2J".into()), ..NativeStatus::default() };
        let error = Error::new(ErrorId::RecipientInvalid, "'Eve\u{1B}[31m' was skipped.\nNext")
            .target("CN=Eve\u{202E}")
            .advice("Ask\u{7}.")
            .native(native);
        assert_eq!(error.to_string(), "'Eve\\u{1b}[31m' was skipped.\\u{a}Next");
        let shown = error.into_printable();
        assert_eq!(shown.target.as_deref(), Some("CN=Eve\\u{202e}"));
        assert_eq!(shown.advice, "Ask\\u{7}.");
        assert_eq!(shown.native.unwrap().text.as_deref(), Some("no\\u{d}\\u{a}\\u{1b}[2J"));
    }

    #[test]
    fn a_full_disk_is_named_whatever_was_tried() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error =
            Error::io(ErrorId::TargetNotWritable, "Cannot write", std::path::Path::new("/out"), &full);
        assert_eq!(error.id, ErrorId::DiskFull);
    }
}
