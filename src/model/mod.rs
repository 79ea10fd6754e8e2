//! What the other modules speak of: recipients, values, findings, evaluations, changes, runs. No I/O, and nothing
//! of the database; below everything.

use std::str::FromStr;

use strum::VariantArray;

mod attribute;
mod certificate;
mod change;
mod count;
mod device_name;
mod difference;
mod distinguished_name;
mod evaluation;
mod exclusion;
mod finding;
mod fingerprint;
mod hold;
mod identity;
mod letter_case;
mod mark;
mod printable;
mod published;
mod recipient;
mod recipient_certificate;
mod run;
mod sentence;
mod shortened;
mod timestamp;
mod trust_store;
mod value;
mod witness;

pub use attribute::Attribute;
pub use certificate::{CertificateSummary, Purpose};
pub use change::{Change, ChangeKind, ChangeState, without};
pub use count::{counted, of_each_kind};
pub use device_name::is_device_name;
pub use difference::{Difference, DifferenceKind, SideIndicator};
pub use distinguished_name::same_name;
pub use evaluation::{CertificateState, CuratedValue, DesiredValue, Evaluation, JudgedCertificate, Telling};
pub use exclusion::Exclusion;
pub use finding::{Finding, Severity};
pub use fingerprint::Fingerprint;
pub use hold::HoldReason;
pub use identity::Identity;
pub use letter_case::{begins_in_any_case, lower_case, same_in_any_case};
pub use mark::{Mark, PolicyType, Watermark};
pub use printable::{into_printable, is_hidden, is_invisible, printable, trimmed};
pub use published::{PublishedCertificate, PublishedRecipient, PublishedValue};
pub use recipient::{Recipient, RecipientKind, RecipientRecord};
pub use recipient_certificate::RecipientCertificate;
pub use run::{ExclusionCount, MissingIssuer, Run, RunNumbers, RunResult};
pub use sentence::at_start;
pub use shortened::shortened;
pub use timestamp::Timestamp;
pub use trust_store::{TrustStore, TrustStoreCertificate};
pub use value::Value;
pub use witness::Witnesses;

/// Enums whose variants have names, the same in the database, in JSON and in requests; `strum` derives all of it.
pub trait Named: Copy + Into<&'static str> + FromStr + VariantArray {
    /// All of them, in the order of the definition.
    fn all() -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().copied()
    }

    /// The name.
    fn name(self) -> &'static str {
        self.into()
    }

    /// The one of that name, as it is read: in any case where it is typed by people.
    fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

impl<T: Copy + Into<&'static str> + FromStr + VariantArray> Named for T {}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;

    use super::*;

    fn check<T: Named + Debug + PartialEq + Serialize>() {
        for one in T::all() {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name(), "one name in JSON and elsewhere");
            for written in [one.name().to_owned(), one.name().to_uppercase(), one.name().to_lowercase()] {
                assert_eq!(T::from_name(&written), Some(one), "{written}");
            }
        }
        assert_eq!(T::from_name("Nothing of that name"), None);
    }

    #[test]
    fn names_are_those_of_the_json_and_read_in_any_case() {
        check::<Attribute>();
        check::<ChangeKind>();
        check::<ChangeState>();
        check::<RunResult>();
    }
}
