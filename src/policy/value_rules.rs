//! The rules on one value as a whole.

use super::{Policy, RuleId};
use crate::{
    certificate::{ValueContent, ValueProblem},
    model::{Finding, Value},
};

/// What Active Directory takes in one value of these attributes.
pub(super) const MAX_DIRECTORY_VALUE: usize = 32_768;

/// Findings on the value itself; those on single certificates in it that can't be read come apart, since each is
/// an entry of its own.
pub(super) struct ValueFindings {
    pub value: Vec<Finding>,
    pub unreadable: Vec<Finding>,
}

pub(super) fn judge(value: &Value, content: &ValueContent, policy: &Policy) -> ValueFindings {
    let mut findings = ValueFindings { value: Vec::new(), unreadable: Vec::new() };
    for problem in &content.problems {
        let (rule, message) = describe(problem, value, content);
        let of_one =
            matches!(rule, RuleId::UnreadableValue | RuleId::UnreadableCertificate | RuleId::UnreadValue);
        let list = if of_one { &mut findings.unreadable } else { &mut findings.value };
        list.push(policy.finding(rule, message));
    }
    let size = value.bytes.len();
    if size > MAX_DIRECTORY_VALUE {
        let message = format!("The value has {size} bytes; Active Directory takes {MAX_DIRECTORY_VALUE}.");
        findings.value.push(policy.finding(RuleId::ValueTooLarge, message));
    }
    findings
}

fn describe(problem: &ValueProblem, value: &Value, content: &ValueContent) -> (RuleId, String) {
    let attribute = value.attribute;
    match problem {
        ValueProblem::Unreadable(reason) => (
            RuleId::UnreadableValue,
            format!("No certificate can be read from the {attribute} value: {reason}."),
        ),
        ValueProblem::UnreadableCertificate(position, reason) => {
            let message = format!("Certificate {position} of the {attribute} value can't be read: {reason}.");
            (RuleId::UnreadableCertificate, message)
        }
        ValueProblem::MalformedSignedData(reason) => {
            (RuleId::MalformedSignedData, format!("The PKCS#7 around the certificates is damaged: {reason}."))
        }
        ValueProblem::MalformedBlocks(reason) => {
            (RuleId::MalformedOxoAbk, format!("The MS-OXOABK blocks are damaged: {reason}."))
        }
        ValueProblem::TextEncoded(encoding) => {
            (RuleId::TextEncoded, format!("The {attribute} value is {encoding} text where binary is due."))
        }
        ValueProblem::Wrapped => {
            (RuleId::Wrapped, format!("The {attribute} value is wrapped in an OCTET STRING."))
        }
        ValueProblem::WrongAttribute => {
            (RuleId::WrongAttribute, format!("A value of this form does not belong into {attribute}."))
        }
        ValueProblem::TrailingBytes(count) => {
            (RuleId::TrailingBytes, format!("Bytes follow the end of the {attribute} value: {count}."))
        }
        ValueProblem::IndefiniteLength => {
            (RuleId::IndefiniteLength, "The PKCS#7 has indefinite lengths (BER, not DER).".into())
        }
        ValueProblem::UnverifiedSignature(reason) => {
            let message = format!("The signature around the certificates does not verify: {reason}.");
            (RuleId::UnverifiedSignedData, message)
        }
        ValueProblem::UncheckedSignature => {
            (RuleId::UncheckedSignedData, "The signature around the certificates was not checked.".into())
        }
        ValueProblem::UnsupportedSignature(reason) => {
            let message = format!("The signature around the certificates was not checked: {reason}.");
            (RuleId::UncheckedSignedData, message)
        }
        ValueProblem::CutShort => {
            let unread = content.certificates.is_empty() && content.problems.len() == 1;
            let how = if unread { "not read" } else { "read only in part" };
            (RuleId::UnreadValue, format!("The {attribute} value was {how}."))
        }
        ValueProblem::WeakDigest(digest) => {
            (RuleId::Sha1SignedData, format!("The PKCS#7 around the certificates is signed with {digest}."))
        }
        ValueProblem::UnknownPreference => {
            (RuleId::UnknownPreference, "The preferred encryption certificate is not in the value.".into())
        }
    }
}
