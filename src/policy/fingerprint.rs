//! The hash by which a changed policy is noticed. Each byte of it is spelt out here, whatever enums are named
//! elsewhere: another one would hold the next plan with removals of every profile.
//!
//! What the rules mean is no part of it: a new version of SmimeSync may know more rules and judge otherwise, which
//! evaluates everybody again ([`RULES_VERSION`](super::RULES_VERSION) is part of what an evaluation depends on), and
//! yet the policy that somebody gave to the profile is the same.

use super::Policy;
use crate::{
    model::Fingerprint,
    profile::{PolicyName, RemovableValue, SelectionName},
};

/// The rules of the first version with their severities under `Standard` and `Lenient`, since profiles were hashed with
/// all of them. They tell the policies apart, and never change: a rule that is new or graver since is not in here.
const FIRST_RULES: &str = "\
    expired EE; not-yet-valid EE; expires-soon NN; ca-certificate EE; ca-key-usage WW; \
    wrong-extended-key-usage EE; wrong-key-usage EE; key-usage-mismatch WN; weak-key EW; short-key NN; \
    invalid-key EE; roca-key EE; unsupported-key-algorithm EW; ec-key-agreement NN; \
    weak-signature-algorithm EW; unsupported-signature-algorithm WN; algorithm-mismatch EW; \
    address-mismatch EE; address-missing WN; address-case NN; malformed-address NN; untrusted-issuer EE; \
    broken-chain EE; duplicate-extension EW; unknown-critical-extension EW; malformed-extension WN; \
    old-version WN; invalid-serial WN; duplicate-certificate NN; unreadable-value EE; \
    unreadable-certificate EE; malformed-signed-data WN; malformed-oxoabk WN; text-encoded WN; \
    wrapped-value WN; wrong-attribute WN; trailing-bytes WN; indefinite-length NN; value-too-large WN; \
    unverified-signed-data WN; sha1-signed-data NN; unknown-preference NN; no-encryption-certificate WW; \
    stale-smime-value WW; smime-value-left-out NN; too-many-values WW; selection-limited NN; \
    foreign-value-preferred EE; hidden-from-address-lists WW; soft-deleted-recipient WW; \
    ambiguous-recipient EE";

impl Policy {
    /// The same for the same policy, selection and anchors (their
    /// [fingerprint](crate::trust::TrustAnchors::fingerprint)), whatever version of SmimeSync it is; another one
    /// means: somebody changed the profile.
    pub fn fingerprint(&self, anchors: &Fingerprint) -> Fingerprint {
        let curation = self.curation.as_ref().map_or("None".to_owned(), |removable| {
            let names: Vec<&str> = removable.iter().map(|one| removable_value(*one)).collect();
            format!("Some([{}])", names.join(", "))
        });
        let selection = selection_name(self.selection);
        let mut text = format!("1;{selection};{curation};{anchors}");
        for (id, severities) in FIRST_RULES.split("; ").filter_map(|rule| rule.split_once(' ')) {
            text += &format!(";{id}={}", self.first_severity(id, severities));
        }
        Fingerprint::of(text.as_bytes())
    }

    fn first_severity(&self, id: &str, severities: &str) -> &'static str {
        let (standard, lenient) = severities.split_at_checked(1).unwrap_or_default();
        match (self.name, standard) {
            _ if id == "untrusted-issuer" && self.allow_untrusted => "Warning",
            (PolicyName::Lenient, _) => severity(lenient),
            (PolicyName::Strict, "W") => "Error",
            (PolicyName::Standard | PolicyName::Strict, standard) => severity(standard),
        }
    }
}

fn selection_name(selection: SelectionName) -> &'static str {
    match selection {
        SelectionName::Best => "Best",
        SelectionName::AllUsable => "AllUsable",
    }
}

fn removable_value(value: RemovableValue) -> &'static str {
    match value {
        RemovableValue::Untrusted => "Untrusted",
        RemovableValue::Weak => "Weak",
        RemovableValue::WrongAddress => "WrongAddress",
        RemovableValue::Displaced => "Displaced",
    }
}

fn severity(letter: &str) -> &'static str {
    match letter {
        "E" => "Error",
        "W" => "Warning",
        _ => "Notice",
    }
}
