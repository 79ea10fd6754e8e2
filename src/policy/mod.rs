//! Rules, findings and selection. Pure: no I/O, no clock.
//!
//! [`evaluate()`] reads a recipient's values, judges every certificate by the [`rules()`] and selects what should be
//! published.

mod certificate_rules;
mod chains;
mod curate;
mod evaluate;
mod fingerprint;
mod foreign;
mod key_rules;
mod preference;
mod reader;
mod reading;
mod recipient_rules;
mod rule_document;
mod rules;
mod select;
mod value_rules;

pub use curate::serves_another_purpose;
pub use evaluate::evaluate;
pub use foreign::{foreign_value_preferred, target_finding};
pub use reader::reader_choice;
pub use rule_document::{Rule, rules, rules_markdown};
pub use rules::{RULES_VERSION, RuleId};
pub use select::MAX_VALUES;

use crate::{
    model::{Finding, Severity},
    profile::{PolicyName, RemovableValue, SelectionName},
};

/// Whether a rule says that something was not looked at, or can't be checked, and not that it is wrong.
pub fn says_unknown(finding: &Finding) -> bool {
    let unknown = [
        RuleId::TooManyNames,
        RuleId::UncheckedChain,
        RuleId::UnsupportedSignatureAlgorithm,
        RuleId::UnreadValue,
        RuleId::UncheckedSignedData,
    ];
    unknown.iter().any(|rule| finding.rule == rule.id())
}

/// Whether nobody knows if what the findings are on can be used: something was not looked at, and nothing else speaks
/// against it.
pub fn is_unknown(findings: &[Finding]) -> bool {
    let mut against = findings.iter().filter(|finding| finding.severity == Severity::Error).peekable();
    against.peek().is_some() && against.all(says_unknown)
}

/// Which rules apply with which severity, and how certificates are selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    name: PolicyName,
    selection: SelectionName,
    allow_untrusted: bool,
    curation: Option<Vec<RemovableValue>>,
}

impl Policy {
    /// The policy of that name. With `allow_untrusted`, a chain that ends nowhere is a warning.
    pub fn new(name: PolicyName, selection: SelectionName, allow_untrusted: bool) -> Self {
        Self { name, selection, allow_untrusted, curation: None }
    }

    /// The same, for values that are put right in place: besides those that always go, `removable` ones do.
    pub fn curating(mut self, removable: &[RemovableValue]) -> Self {
        let mut removable = removable.to_vec();
        removable.sort_unstable();
        removable.dedup();
        self.curation = Some(removable);
        self
    }

    /// How grave `rule` is.
    pub fn severity(&self, rule: RuleId) -> Severity {
        let of_trust = [RuleId::UntrustedIssuer, RuleId::UnsupportedSignatureAlgorithm];
        if of_trust.contains(&rule) && self.allow_untrusted {
            // Also where warnings are errors: it was allowed in so many words.
            return Severity::Warning;
        }
        match (self.name, rule.standard()) {
            (PolicyName::Strict, Severity::Warning) => Severity::Error,
            (PolicyName::Lenient, _) => rule.lenient(),
            (_, standard) => standard,
        }
    }

    fn finding(&self, rule: RuleId, message: String) -> Finding {
        Finding { rule: rule.id().to_owned(), severity: self.severity(rule), message }
    }
}
