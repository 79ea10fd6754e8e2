//! One value of `userCertificate` or `userSMIMECertificate`, in whatever form it came.

use super::{
    budget::ReadBudget,
    content::{ValueContent, ValueForm, ValueProblem},
    oxoabk, signed_data,
    text::{self, Text},
};
use crate::{
    ber::{
        self, Element,
        tag::{CONSTRUCTED_OCTET_STRING, OCTET_STRING, SEQUENCE},
    },
    model::Attribute,
};

/// The largest value that is read. Active Directory holds 32,768 bytes; other directories more.
const MAX_VALUE: usize = 1 << 20;

/// How often a value may be wrapped in text or in an OCTET STRING.
const MAX_WRAPS: usize = 4;

/// Reads a value of `attribute` in every form that is found in directories. Never fails: what can't be read is a
/// problem of the content, and one bad certificate does not lose the others.
pub fn read_value(attribute: Attribute, bytes: &[u8]) -> ValueContent {
    read_value_within(attribute, bytes, &mut ReadBudget::of_recipient())
}

/// The same, of several values that may cost so much together: what is left over is cut short.
pub fn read_value_within(attribute: Attribute, bytes: &[u8], budget: &mut ReadBudget) -> ValueContent {
    if bytes.len() > MAX_VALUE || !budget.take_value(bytes.len()) {
        return ValueContent::not_read();
    }
    let mut content = read(bytes, 0, budget);
    if content.certificates.is_empty() {
        budget.take_part();
    }
    let due = match attribute {
        Attribute::UserCertificate => matches!(content.form, ValueForm::Certificate | ValueForm::Unknown),
        Attribute::UserSmimeCertificate => content.form != ValueForm::Certificate,
    };
    if !due {
        content.problems.push(ValueProblem::WrongAttribute);
    }
    content
}

/// Reads a file of certificates in any of the same forms.
pub fn read_bundle(bytes: &[u8]) -> ValueContent {
    read(bytes, 0, &mut ReadBudget::of_file())
}

fn read(bytes: &[u8], wraps: usize, budget: &mut ReadBudget) -> ValueContent {
    if wraps > MAX_WRAPS {
        return ValueContent::unreadable("it is wrapped too often");
    }
    match bytes {
        [] => ValueContent::unreadable("it is empty"),
        [SEQUENCE, ..] => read_sequence(bytes, budget),
        // MS-OXOABK's tag 0x0004 begins with the same octet, and goes on with 0.
        [OCTET_STRING, 1..=255, ..] | [CONSTRUCTED_OCTET_STRING, ..] => read_wrapped(bytes, wraps, budget),
        _ if oxoabk::is_likely(bytes) => oxoabk::read(bytes, budget),
        _ => match text::decode(bytes) {
            Some(Text::Pem(blocks)) => read_pem(blocks, wraps, budget),
            Some(Text::Base64(inner)) => {
                with_problem(read(&inner, wraps + 1, budget), ValueProblem::TextEncoded("base64"))
            }
            None if oxoabk::is_complete(bytes) => oxoabk::read(bytes, budget),
            None => ValueContent::unreadable("it is neither a certificate nor PKCS#7 nor MS-OXOABK blocks"),
        },
    }
}

/// Notes how a value was encoded, if anything came of it.
fn with_problem(mut content: ValueContent, problem: ValueProblem) -> ValueContent {
    if content.form != ValueForm::Unknown {
        content.problems.push(problem);
    }
    content
}

fn read_wrapped(bytes: &[u8], wraps: usize, budget: &mut ReadBudget) -> ValueContent {
    match ber::read(bytes, ber::ANY) {
        Ok((string, rest)) => {
            let content = with_problem(read(&string.octets(), wraps + 1, budget), ValueProblem::Wrapped);
            if rest.is_empty() {
                content
            } else {
                with_problem(content, ValueProblem::TrailingBytes(rest.len()))
            }
        }
        Err(flaw) => ValueContent::unreadable(flaw.reason()),
    }
}

fn read_pem(blocks: Vec<Result<Vec<u8>, String>>, wraps: usize, budget: &mut ReadBudget) -> ValueContent {
    let mut content = ValueContent::new(ValueForm::Unknown);
    for block in blocks {
        let part = match block {
            Ok(inner) => read(&inner, wraps + 1, budget),
            Err(reason) => ValueContent::unreadable(reason),
        };
        // A block without any certificate costs something, too.
        let cut_short = part.certificates.is_empty() && !budget.take_part();
        content.append(if cut_short { ValueContent::not_read() } else { part });
        if content.is_cut_short() {
            break;
        }
    }
    if content.certificates.is_empty() && content.problems.is_empty() {
        return ValueContent::unreadable("the PEM text has no block with certificates");
    }
    with_problem(content, ValueProblem::TextEncoded("PEM"))
}

fn read_sequence(bytes: &[u8], budget: &mut ReadBudget) -> ValueContent {
    let (outer, rest) = match ber::read(bytes, ber::ANY) {
        Ok(read) => read,
        Err(flaw) => return ValueContent::unreadable(flaw.reason()),
    };
    let content = if signed_data::is_likely(&outer) {
        signed_data::read(&outer, budget)
    } else {
        read_certificate(&outer, budget)
    };
    if rest.is_empty() { content } else { with_problem(content, ValueProblem::TrailingBytes(rest.len())) }
}

fn read_certificate(outer: &Element<'_>, budget: &mut ReadBudget) -> ValueContent {
    let mut content = ValueContent::new(ValueForm::Certificate);
    content.take_certificate(outer, budget);
    match content.problems.as_slice() {
        [ValueProblem::UnreadableCertificate(_, reason)] => ValueContent::unreadable(reason.clone()),
        _ => content,
    }
}
