//! The hash by which a changed policy is noticed. Each byte of it is spelt out here, whatever enums are named
//! elsewhere: another one would evaluate all recipients of every profile again.

use super::{Policy, RuleId, rules};
use crate::{
    model::{Fingerprint, Named, Severity},
    profile::{RemovableValue, SelectionName},
};

impl Policy {
    /// The same for the same rules, severities, selection and anchors (their
    /// [fingerprint](crate::trust::TrustAnchors::fingerprint)); another one means: evaluate all recipients again.
    pub fn fingerprint(&self, anchors: &Fingerprint) -> Fingerprint {
        let curation = self.curation.as_ref().map_or("None".to_owned(), |removable| {
            let names: Vec<&str> = removable.iter().map(|one| removable_value(*one)).collect();
            format!("Some([{}])", names.join(", "))
        });
        let selection = selection_name(self.selection);
        let mut text = format!("{};{selection};{curation};{anchors}", rules::RULES_VERSION);
        // It is newer than the states of the first version, and decides about no certificate.
        for rule in RuleId::all().filter(|rule| *rule != RuleId::UntrimmedAddress) {
            text += &format!(";{}={}", rule.id(), severity(self.severity(rule)));
        }
        Fingerprint::of(text.as_bytes())
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

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Notice => "Notice",
    }
}
