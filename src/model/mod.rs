//! What the other modules speak of: recipients, values, findings, evaluations, changes, runs. No I/O, and nothing
//! of the database; below everything but errors.

mod attribute;
mod certificate;
mod change;
mod evaluation;
mod exclusion;
mod finding;
mod fingerprint;
mod published;
mod recipient;
mod recipient_certificate;
mod run;
mod timestamp;
mod trust_store;
mod value;

pub use attribute::Attribute;
pub use certificate::{CertificateSummary, Purpose};
pub use change::{Change, ChangeKind, ChangeState, without};
pub use evaluation::{CertificateState, CuratedValue, DesiredValue, Evaluation, JudgedCertificate, telling};
pub use exclusion::Exclusion;
pub use finding::{Finding, Severity};
pub use fingerprint::Fingerprint;
pub use published::{PublishedCertificate, PublishedRecipient, PublishedValue};
pub use recipient::{Recipient, RecipientKind, RecipientRecord};
pub use recipient_certificate::RecipientCertificate;
pub use run::{ExclusionCount, MissingIssuer, Run, RunNumbers, RunResult};
pub use timestamp::Timestamp;
pub use trust_store::{TrustStore, TrustStoreCertificate};
pub use value::Value;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident ),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $( $(#[$variant_doc])* $variant, )* }

        impl $name {
            /// Every value, in the order of its declaration.
            pub const ALL: &'static [$name] = &[ $( $name::$variant, )* ];

            /// The name in the database and in JSON.
            pub fn name(self) -> &'static str { match self { $( $name::$variant => stringify!($variant), )* } }

            /// The one of that name, in any case.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name().eq_ignore_ascii_case(name))
            }
        }
    };
}

pub(super) use named;
