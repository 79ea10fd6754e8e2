//! Settings with named values. The first line of a value's comment is its help.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

/// Which cloud of Microsoft's; the names are those of `Connect-ExchangeOnline`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum ExchangeEnvironment {
    /// Commercial, and GCC.
    #[default]
    O365Default,
    /// GCC High.
    O365USGovGCCHigh,
    /// The Department of Defense.
    O365USGovDoD,
    /// 21Vianet, China.
    O365China,
}

/// How somebody signs in to a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, VariantNames)]
pub enum Authentication {
    /// The certificate of -ClientCertificateFilePath or -ClientCertificateThumbprint.
    Certificate,
    /// The user name and password of -Credential.
    Password,
    /// The current user's ticket, or a keytab's.
    Kerberos,
}

/// How the connection to a directory is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, VariantNames)]
pub enum Encryption {
    /// What Kerberos seals, by default at port 389; the server needs no certificate.
    Kerberos,
    /// TLS from the first byte, by default at port 636.
    Ldaps,
    /// TLS that the client asks for before anything else (StartTLS), by default at port 389.
    StartTls,
}

/// How the connection to a directory is protected inside of which a password is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, VariantNames)]
pub enum Tls {
    /// TLS from the first byte, by default at port 636.
    Ldaps,
    /// TLS that the client asks for before anything else (StartTLS), by default at port 389.
    StartTls,
}

impl From<Tls> for Encryption {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::Ldaps => Self::Ldaps,
            Tls::StartTls => Self::StartTls,
        }
    }
}

/// Whose values a run may take away at the target.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum Ownership {
    /// Only those that this profile published or adopted.
    #[default]
    Managed,
    /// All of the matched recipients.
    Authoritative,
}

/// What happens when `-Verify` finds that the target no longer has what was published.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum Drift {
    /// What is gone is published again.
    #[default]
    Repair,
    /// What is gone is only reported.
    Report,
}

/// Values that are taken out of Active Directory only where the profile says so; nobody but the user, or the CA,
/// can put them back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum RemovableValue {
    /// Mail certificates whose issuer chain ends at no trust anchor.
    Untrusted,
    /// Mail certificates with a weak key or signature.
    Weak,
    /// Mail certificates issued for somebody else's address.
    WrongAddress,
    /// Valid mail certificates of `userCertificate` that the selection did not choose.
    Displaced,
}

/// Which rules apply with which severity.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum PolicyName {
    /// What Outlook and Exchange Online need.
    #[default]
    Standard,
    /// Warnings count as errors.
    Strict,
    /// Only what makes encryption impossible counts as an error.
    Lenient,
}

/// How certificates are selected.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum SelectionName {
    /// The best encryption certificate, plus the best signing certificate where that is another one.
    #[default]
    Best,
    /// Every usable one, ranked, 15 at most.
    AllUsable,
}

/// What a disabled account means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum DisabledAccount {
    /// Nothing: shared and room mailboxes are disabled accounts.
    #[default]
    Keep,
    /// The same as a deleted one.
    Remove,
}
