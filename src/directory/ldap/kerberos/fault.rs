//! What can go wrong with Kerberos, and its cure.

use crate::error::{Error, ErrorId, NativeStatus};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Fault {
    pub kind: FaultKind,
    /// What the library or the operating system says about it.
    pub said: String,
}

/// Kinds of faults, by their cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum FaultKind {
    /// There is no Kerberos on this machine.
    NoLibrary,
    /// Nobody is signed in, or no longer.
    NoTicket,
    /// The keytab is not there, or holds no key that is taken.
    #[cfg(unix)]
    Keytab,
    /// The account is locked, disabled or expired.
    Account,
    /// The realm has no such server.
    ServerUnknown,
    /// The clocks of this machine and of the realm are too far apart.
    Clock,
    /// The realm's servers can't be found or reached.
    Realm,
    /// A message of the server's is not what it sent.
    Seal,
    /// Something else.
    Other,
}

impl Fault {
    pub fn new(kind: FaultKind, said: impl Into<String>) -> Self {
        Self { kind, said: said.into() }
    }

    /// The error of a sign-in to `server` that failed so.
    pub fn error(&self, server: &str) -> Error {
        let (id, what, advice) = match self.kind {
            FaultKind::NoLibrary => (ErrorId::KerberosUnavailable, "this machine has no Kerberos library", None),
            FaultKind::NoTicket => (
                ErrorId::KerberosTicketMissing,
                "there is no valid Kerberos ticket",
                cfg!(windows).then(|| {
                    "Run it as an account of the domain (a user, or a gMSA as a scheduled task), or sign in with -Credential."
                        .to_owned()
                }),
            ),
            #[cfg(unix)]
            FaultKind::Keytab => (
                ErrorId::KerberosTicketMissing,
                "the keytab gives no ticket",
                Some(
                    "Check that the keytab (-KeytabPath, else KRB5_CLIENT_KTNAME) holds the account's present keys (klist -kt FILE), \
                     and that -KeytabPrincipal is one of its names; a new password makes old keys invalid."
                        .to_owned(),
                ),
            ),
            FaultKind::Account => (
                ErrorId::DirectoryAccountUnusable,
                "the account can't be used",
                Some("Enable or unlock the account, or renew its password, in Active Directory.".to_owned()),
            ),
            FaultKind::ServerUnknown => (
                ErrorId::KerberosServerUnknown,
                "Kerberos knows no server of that name",
                Some(format!(
                    "Give the DNS name of the domain controller as -Server, not an address or an alias. If it is right, the name \
                     ldap/{server} is missing in the domain: setspn -Q ldap/{server} shows who has it."
                )),
            ),
            FaultKind::Clock => (
                ErrorId::ClockSkew,
                "the clocks of this machine and of the domain are too far apart for Kerberos",
                None,
            ),
            FaultKind::Realm => (
                ErrorId::KerberosFailed,
                "no server of the Kerberos realm can be found or reached",
                Some(
                    "Check that this machine's DNS knows the domain (_kerberos._tcp.DOMAIN), that port 88 of its domain \
                     controllers is open, and the realm in /etc/krb5.conf."
                        .to_owned(),
                ),
            ),
            FaultKind::Seal => (
                ErrorId::KerberosSealBroken,
                "what came from it is not what it sealed",
                None,
            ),
            FaultKind::Other => (ErrorId::KerberosFailed, "Kerberos failed", None),
        };
        // The library's own words are for experts, and stand beside ours; where ours say nothing, they must do.
        let said = match self.kind {
            FaultKind::Other if !self.said.is_empty() => format!(" ({})", self.said),
            _ => String::new(),
        };
        let message = match self.kind {
            FaultKind::Seal => format!("The connection to the server '{server}' was ended: {what}."),
            _ => format!("Signing in to the server '{server}' with Kerberos failed: {what}{said}."),
        };
        let native = NativeStatus { text: Some(self.said.clone()), ..NativeStatus::default() };
        let error = Error::new(id, message).target(server);
        let error = if self.said.is_empty() { error } else { error.native(native) };
        match advice {
            Some(advice) => error.advice(advice),
            None => error,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Fault {}
