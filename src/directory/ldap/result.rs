//! From LDAP results to errors that say what is wrong and what to do.

use super::answer::LdapResult;
use crate::error::{Error, ErrorId, NativeStatus, Result};

/// Result codes that mean something to us (RFC 4511, appendix A).
mod code {
    pub const SUCCESS: u32 = 0;
    pub const OPERATIONS_ERROR: u32 = 1;
    pub const PROTOCOL_ERROR: u32 = 2;
    pub const TIME_LIMIT_EXCEEDED: u32 = 3;
    pub const SIZE_LIMIT_EXCEEDED: u32 = 4;
    pub const AUTH_METHOD_NOT_SUPPORTED: u32 = 7;
    pub const STRONGER_AUTH_REQUIRED: u32 = 8;
    pub const REFERRAL: u32 = 10;
    pub const ADMIN_LIMIT_EXCEEDED: u32 = 11;
    pub const CONFIDENTIALITY_REQUIRED: u32 = 13;
    pub const NO_SUCH_ATTRIBUTE: u32 = 16;
    pub const INAPPROPRIATE_MATCHING: u32 = 18;
    pub const ATTRIBUTE_OR_VALUE_EXISTS: u32 = 20;
    pub const INVALID_ATTRIBUTE_SYNTAX: u32 = 21;
    pub const NO_SUCH_OBJECT: u32 = 32;
    pub const INVALID_DN_SYNTAX: u32 = 34;
    pub const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
    pub const INVALID_CREDENTIALS: u32 = 49;
    pub const INSUFFICIENT_ACCESS_RIGHTS: u32 = 50;
    pub const BUSY: u32 = 51;
    pub const UNAVAILABLE: u32 = 52;
    pub const UNWILLING_TO_PERFORM: u32 = 53;
}

/// A sign-in of several steps waits for the next one (saslBindInProgress).
pub(super) const SASL_GOES_ON: u32 = 14;

/// What was asked of the server; errors name it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// To accept this user name and its password.
    Bind(&'a str),
    /// To accept a sign-in with Kerberos.
    Kerberos,
    /// To accept this client certificate, by its subject.
    Certificate(&'a str),
    /// To begin TLS.
    StartTls,
    /// To search below this DN.
    Search(&'a str),
    /// To change values of this object.
    Modify(&'a str),
    /// Nothing: it speaks on its own, to say why it hangs up.
    Nothing,
}

impl LdapResult {
    /// Whether the server found an object missing.
    pub fn is_no_such_object(&self) -> bool {
        self.code == code::NO_SUCH_OBJECT
    }

    /// Whether the server did nothing for want of time.
    pub fn is_busy(&self) -> bool {
        matches!(self.code, code::BUSY | code::UNAVAILABLE)
    }

    /// Whether the server did not do what it was asked for, whoever is to blame.
    pub fn is_refusal(&self) -> bool {
        self.code != code::SUCCESS && !self.is_busy()
    }

    /// Whether the refusal of a change is about its object alone; otherwise the next one fares no better.
    pub fn concerns_one_object(&self) -> bool {
        !matches!(
            self.code,
            code::OPERATIONS_ERROR | code::STRONGER_AUTH_REQUIRED | code::REFERRAL | code::UNAVAILABLE
        )
    }

    /// `Ok` for success; else the error that a caller gets.
    pub fn check(&self, server: &str, asked: Asked) -> Result<()> {
        if self.code == code::SUCCESS {
            return Ok(());
        }
        Err(self.error(server, asked).native(NativeStatus {
            ldap_result: Some(self.code),
            text: Some(self.text.clone()).filter(|text| !text.is_empty()),
            ..NativeStatus::default()
        }))
    }

    fn error(&self, server: &str, asked: Asked) -> Error {
        match asked {
            Asked::Bind(user) if self.code == code::INVALID_CREDENTIALS => self.rejected(server, user),
            Asked::Kerberos => self.no_kerberos(server),
            Asked::Certificate(subject) => self.no_certificate(server, subject),
            Asked::Search(base)
                if matches!(self.code, code::NO_SUCH_OBJECT | code::INVALID_DN_SYNTAX | code::REFERRAL) =>
            {
                self.base_not_found(server, base)
            }
            Asked::StartTls if !matches!(self.code, code::BUSY | code::UNAVAILABLE) => {
                self.no_start_tls(server)
            }
            Asked::Modify(dn) => self.not_changed(server, dn),
            _ => self.refused(server),
        }
    }

    fn not_changed(&self, server: &str, dn: &str) -> Error {
        let changed = |what: &str| {
            Error::new(ErrorId::ObjectChanged, format!("The object '{dn}' was changed by others: {what}."))
                .target(dn)
        };
        match self.code {
            code::NO_SUCH_ATTRIBUTE => changed("a value that shall go is not there any more"),
            code::ATTRIBUTE_OR_VALUE_EXISTS => changed("a value that shall come is there already"),
            code::NO_SUCH_OBJECT => changed("it is gone"),
            code::REFERRAL => {
                let other = self
                    .referrals
                    .first()
                    .map(|other| format!("; it refers to '{other}'"))
                    .unwrap_or_default();
                let message = format!("The server '{server}' takes no changes{other}.");
                Error::new(ErrorId::DirectoryNotWritable, message).target(server)
            }
            code::OPERATIONS_ERROR
            | code::STRONGER_AUTH_REQUIRED
            | code::BUSY
            | code::UNAVAILABLE
            | code::PROTOCOL_ERROR => self.refused(server),
            _ => {
                let message = format!(
                    "The server '{server}' refused to change '{dn}' (LDAP result {}).{}",
                    self.code,
                    self.said()
                );
                let error = Error::new(ErrorId::DirectoryRefused, message).target(dn);
                if self.code == code::INSUFFICIENT_ACCESS_RIGHTS {
                    return error.advice(
                        "Give the account the right to write userCertificate and userSMIMECertificate of \
                         this object; members of protected groups inherit none.",
                    );
                }
                if self.code == code::INAPPROPRIATE_MATCHING {
                    return error.advice(
                        "The server changes no single values of this attribute, or the account can't read those that \
                         are there: give it the right to read userCertificate and userSMIMECertificate.",
                    );
                }
                error.advice("See the server's own text, and the LDAP result code in RFC 4511, appendix A.")
            }
        }
    }

    /// What the server says itself, as a sentence to be put after ours.
    fn said(&self) -> String {
        if self.text.is_empty() { String::new() } else { format!(" It says: {}", self.text) }
    }

    /// Active Directory tells the reason only in its text, as the hexadecimal number of a Windows error after
    /// `data` ([MS-ERREF] 2.2).
    fn rejected(&self, server: &str, user: &str) -> Error {
        let reason = self.text.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next());
        let (id, what) = match reason.unwrap_or_default() {
            "775" => (ErrorId::DirectoryAccountLocked, "the account is locked"),
            "530" => (ErrorId::DirectoryAccountUnusable, "the account may not sign in at this time of day"),
            "531" => (ErrorId::DirectoryAccountUnusable, "the account may not sign in from this machine"),
            "532" => (ErrorId::DirectoryAccountUnusable, "the account's password has expired"),
            "533" => (ErrorId::DirectoryAccountUnusable, "the account is disabled"),
            "569" => (ErrorId::DirectoryAccountUnusable, "the account has no right to this kind of sign-in"),
            "701" => (ErrorId::DirectoryAccountUnusable, "the account has expired"),
            "773" => (ErrorId::DirectoryAccountUnusable, "the account's password must be changed first"),
            _ => (ErrorId::DirectoryCredentialRejected, "user name or password is wrong"),
        };
        Error::new(id, format!("The server '{server}' refused '{user}': {what}.")).target(user)
    }

    /// The error for a search base that is not there, or not shown.
    pub(super) fn base_not_found(&self, server: &str, base: &str) -> Error {
        let id = ErrorId::SearchBaseNotFound;
        if let Some(other) = self.referrals.first().filter(|_| self.code == code::REFERRAL) {
            let message =
                format!("The search base '{base}' is not on the server '{server}'; it refers to '{other}'.");
            return Error::new(id, message)
                .target(base)
                .advice("Correct -SearchBase, or name a server of that domain with -Server.");
        }
        let what = if self.code == code::INVALID_DN_SYNTAX {
            "is not a distinguished name"
        } else {
            "does not exist, or the account may not see it"
        };
        Error::new(id, format!("The search base '{base}' {what} (server '{server}').")).target(base)
    }

    /// Active Directory names a wrong channel binding by the number of a Windows error, SEC_E_BAD_BINDINGS.
    fn no_kerberos(&self, server: &str) -> Error {
        let error = |id, what: &str, advice: &str| {
            let result = self.code;
            let message = format!("The server '{server}' {what} (LDAP result {result}).{}", self.said());
            Error::new(id, message).target(server).advice(advice)
        };
        match self.code {
            code::INVALID_CREDENTIALS if self.text.contains("80090346") => error(
                ErrorId::DirectoryCredentialRejected,
                "refused the Kerberos sign-in, since it is bound to another TLS connection than its own",
                "Check what stands between this machine and the server and opens TLS; nothing may.",
            ),
            code::INVALID_CREDENTIALS => error(
                ErrorId::DirectoryCredentialRejected,
                "refused the Kerberos sign-in",
                "Compare the clocks of this machine and of the server, and get a new ticket (klist purge, or kinit): \
                 the server may have a new key, or the name ldap/SERVER may belong to another account (setspn -Q).",
            ),
            code::AUTH_METHOD_NOT_SUPPORTED => error(
                ErrorId::DirectoryRefused,
                "takes no Kerberos sign-in (GSSAPI)",
                "Sign in with -Credential or a client certificate.",
            ),
            code::STRONGER_AUTH_REQUIRED => error(
                ErrorId::DirectoryRefused,
                "takes no Kerberos sign-in without a layer of its own on this connection",
                "Use -Encryption Kerberos; Samba takes it inside TLS with 'ldap server require strong auth = \
                 allow_sasl_over_tls'.",
            ),
            _ => self.refused(server),
        }
    }

    fn no_certificate(&self, server: &str, subject: &str) -> Error {
        let refused = matches!(
            self.code,
            code::INVALID_CREDENTIALS
                | code::INAPPROPRIATE_AUTHENTICATION
                | code::AUTH_METHOD_NOT_SUPPORTED
                | code::STRONGER_AUTH_REQUIRED
        );
        if !refused {
            return self.refused(server);
        }
        let result = self.code;
        let message = format!(
            "The server '{server}' refused the client certificate '{subject}' (LDAP result {result}).{}",
            self.said()
        );
        Error::new(ErrorId::DirectoryCredentialRejected, message).target(server).advice(
            "Check that the server asks for client certificates, trusts the certificate's issuer, and maps its subject to an \
             account.",
        )
    }

    fn no_start_tls(&self, server: &str) -> Error {
        let message = format!(
            "The server '{server}' does not begin TLS (StartTLS, LDAP result {}).{}",
            self.code,
            self.said()
        );
        Error::new(ErrorId::StartTlsFailed, message).target(server)
    }

    fn refused(&self, server: &str) -> Error {
        let error = |id, what: &str| {
            let message = format!("The server '{server}' {what} (LDAP result {}).{}", self.code, self.said());
            Error::new(id, message).target(server)
        };
        match self.code {
            code::TIME_LIMIT_EXCEEDED => {
                error(ErrorId::DirectoryTimeout, "stopped the search because it took too long")
            }
            code::SIZE_LIMIT_EXCEEDED | code::ADMIN_LIMIT_EXCEEDED => {
                error(ErrorId::DirectoryRefused, "stopped the search at a limit of its own").advice(
                    "Raise the server's limit, or narrow the search with -SearchBase or -Filter; \
                     a part of the recipients is not taken for all of them.",
                )
            }
            code::BUSY => error(ErrorId::DirectoryBusy, "is busy"),
            code::UNAVAILABLE => error(ErrorId::DirectoryBusy, "is shutting down or not ready"),
            code::PROTOCOL_ERROR => error(ErrorId::DirectoryProtocol, "did not understand the request"),
            code::INAPPROPRIATE_MATCHING | code::INVALID_ATTRIBUTE_SYNTAX => {
                error(ErrorId::FilterInvalid, "can't apply the filter")
            }
            code::STRONGER_AUTH_REQUIRED | code::CONFIDENTIALITY_REQUIRED => {
                error(ErrorId::DirectoryRefused, "does not take a password sign-in on this connection")
            }
            code::INSUFFICIENT_ACCESS_RIGHTS | code::OPERATIONS_ERROR | code::UNWILLING_TO_PERFORM => {
                error(ErrorId::DirectoryRefused, "refused the request")
            }
            _ => error(ErrorId::DirectoryRefused, "refused the request")
                .advice("See the server's own text, and the LDAP result code in RFC 4511, appendix A."),
        }
    }
}

#[cfg(test)]
mod tests;
