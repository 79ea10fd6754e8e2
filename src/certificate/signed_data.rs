//! PKCS#7 and CMS SignedData (RFC 2315 §9, RFC 5652 §5), in DER and BER, walked part by part so that one bad
//! certificate, signer or CRL does not lose the rest.

use std::borrow::Cow;

use super::{
    budget::ReadBudget,
    content::{ValueContent, ValueForm, ValueProblem},
    signer,
};
use crate::ber::{
    Element, element,
    tag::{INTEGER, OID, SEQUENCE, SET, constructed},
};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// The parts that are looked at.
#[derive(Debug, Default)]
struct SignedData<'a> {
    /// What is signed; empty where the content is left out.
    content: Cow<'a, [u8]>,
    certificates: Option<Element<'a>>,
    signers: Option<Element<'a>>,
}

/// Reads the ContentInfo `outer`, whose first part is an OID.
pub(super) fn read(outer: &Element<'_>, budget: &mut ReadBudget) -> ValueContent {
    let mut parts = outer.parts();
    let kind = parts.next().and_then(Result::ok).and_then(|part| part.oid()).unwrap_or_default();
    if kind != SIGNED_DATA {
        return ValueContent::unreadable(format!(
            "it is PKCS#7 of the type {}, not SignedData",
            kind_name(&kind)
        ));
    }
    let explicit = parts.next().and_then(Result::ok).filter(|part| part.tag == constructed(0));
    let sequence = explicit.and_then(|part| part.parts().next()?.ok()).filter(|part| part.tag == SEQUENCE);
    let Some(sequence) = sequence else {
        return ValueContent::unreadable("the SignedData is damaged before its certificates");
    };
    let mut content = ValueContent::new(ValueForm::SignedData);
    let data = split(&sequence, &mut content.problems);
    if has_indefinite(outer) {
        content.problems.push(ValueProblem::IndefiniteLength);
    }
    take_certificates(&data, &mut content, budget);
    let unreadable = |p: &ValueProblem| matches!(p, ValueProblem::UnreadableCertificate(..));
    if content.certificates.is_empty() && !content.is_cut_short() && !content.problems.iter().any(unreadable)
    {
        content.problems.push(ValueProblem::Unreadable("the PKCS#7 holds no certificate".into()));
    } else if let Some(signers) = data.signers {
        signer::read(&signers, &data.content, &mut content, &mut budget.signatures);
    }
    content
}

fn kind_name(oid: &str) -> &str {
    match oid {
        "1.2.840.113549.1.7.1" => "data",
        "1.2.840.113549.1.7.3" => "EnvelopedData",
        "1.2.840.113549.1.7.5" => "DigestedData",
        "1.2.840.113549.1.7.6" => "EncryptedData",
        "" => "unknown",
        other => other,
    }
}

/// ```text
/// SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET, encapContentInfo SEQUENCE,
///   certificates [0] IMPLICIT SET OPTIONAL, crls [1] IMPLICIT SET OPTIONAL, signerInfos SET }
/// ```
fn split<'a>(sequence: &Element<'a>, problems: &mut Vec<ValueProblem>) -> SignedData<'a> {
    let mut data = SignedData::default();
    let mut sets = 0;
    for part in sequence.parts() {
        let part = match part {
            Ok(part) => part,
            Err(reason) => {
                problems.push(ValueProblem::MalformedSignedData(reason.reason().into()));
                break;
            }
        };
        match part.tag {
            SEQUENCE => data.content = encapsulated(&part),
            SET => {
                sets += 1;
                // The first set is that of the digest algorithms.
                data.signers = (sets > 1).then_some(part);
            }
            tag if tag == constructed(0) => data.certificates = Some(part),
            _ => {}
        }
    }
    data
}

/// The octets of `EncapsulatedContentInfo ::= SEQUENCE { OID, [0] EXPLICIT OCTET STRING OPTIONAL }`.
fn encapsulated<'a>(info: &Element<'a>) -> Cow<'a, [u8]> {
    let explicit = info.parts().map_while(Result::ok).find(|part| part.tag == constructed(0));
    explicit.and_then(|part| part.parts().next()?.ok()).map(|string| string.octets()).unwrap_or_default()
}

fn take_certificates(data: &SignedData<'_>, content: &mut ValueContent, budget: &mut ReadBudget) {
    for element in data.certificates.iter().flat_map(Element::parts) {
        match element {
            // Other tags are attribute certificates and the like (RFC 5652 §10.2.2).
            Ok(element) if element.tag == SEQUENCE => {
                content.take_certificate(&element, budget);
                if content.is_cut_short() {
                    return;
                }
            }
            Ok(_) => {}
            Err(reason) => content.problems.push(ValueProblem::MalformedSignedData(reason.reason().into())),
        }
    }
}

/// Whether a length down to the level of the certificates is indefinite.
fn has_indefinite(outer: &Element<'_>) -> bool {
    const LEVELS: usize = 4;
    fn within(element: &Element<'_>, levels: usize) -> bool {
        element.indefinite
            || levels > 0
                && element.has_parts()
                && element.parts().map_while(Result::ok).any(|part| within(&part, levels - 1))
    }
    within(outer, LEVELS)
}

/// Writes certificates (DER) as a certs-only SignedData (RFC 5652 §5.1, RFC 8551 §3.8): no content, no signer.
pub fn write_certs_only<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    // id-signedData and id-data (RFC 5652 §4 and §5).
    const SIGNED_DATA_OID: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
    const DATA_OID: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01";
    const VERSION_1: &[u8] = &[INTEGER, 1, 1];
    // DER sorts the elements of a SET OF (X.690 §11.6).
    let mut sorted: Vec<&[u8]> = certificates.into_iter().collect();
    sorted.sort_unstable();
    let empty_set = element(SET, &[]);
    let content = element(SEQUENCE, &[DATA_OID]);
    let certificates = element(constructed(0), &sorted);
    let signed = element(SEQUENCE, &[VERSION_1, &empty_set, &content, &certificates, &empty_set]);
    element(SEQUENCE, &[SIGNED_DATA_OID, &element(constructed(0), &[&signed])])
}

/// Whether the element is a ContentInfo: a sequence that begins with an OID.
pub(super) fn is_likely(outer: &Element<'_>) -> bool {
    outer.parts().next().and_then(Result::ok).is_some_and(|first| first.tag == OID)
}
