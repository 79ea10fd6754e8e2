//! The signer of a SignedData, and the encryption certificate that its signed attributes prefer.

use super::{
    Certificate,
    budget::SignatureBudget,
    content::{ValueContent, ValueProblem},
    signature::{Digest, Scheme, SignatureFailure, digest_name, verify},
};
use crate::{
    ber::{
        Element, element,
        tag::{INTEGER, OCTET_STRING, SEQUENCE, SET, constructed, context},
    },
    model::Fingerprint,
};

const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
/// RFC 8551 §2.5.3.
const ENCRYPTION_KEY_PREFERENCE: &str = "1.2.840.113549.1.9.16.2.11";
/// The same by Outlook: IssuerAndSerialNumber of the default encryption certificate ([MS-OXOABK] 4.2).
const MICROSOFT_ENCRYPTION_CERTIFICATE: &str = "1.3.6.1.4.1.311.16.4";

/// More signers than this are not looked at; one is due.
const MAX_SIGNERS: usize = 4;

/// One SignerInfo (RFC 5652 §5.3).
#[derive(Debug)]
struct Signer<'a> {
    id: Element<'a>,
    digest_algorithm: String,
    attributes: Option<Element<'a>>,
    signature_algorithm: Element<'a>,
    signature: Element<'a>,
}

/// Checks the signers of `set` over `signed` and notes in `content` what they prefer, or why they prove nothing.
pub(super) fn read(
    set: &Element<'_>,
    signed: &[u8],
    content: &mut ValueContent,
    budget: &mut SignatureBudget,
) {
    for part in set.parts().take(MAX_SIGNERS) {
        let signer = match part {
            Ok(part) => Signer::of(&part).ok_or_else(|| unverified("the signer's part is damaged")),
            Err(flaw) => Err(unverified(flaw.reason())),
        };
        if let Err(problem) = signer.and_then(|signer| signer.judge(signed, content, budget)) {
            content.problems.push(problem);
        }
    }
}

impl<'a> Signer<'a> {
    fn of(element: &Element<'a>) -> Option<Self> {
        let mut parts = element.parts().map_while(Result::ok);
        parts.next().filter(|version| version.tag == INTEGER)?;
        let id = parts.next()?;
        let digest_algorithm = parts.next()?.parts().next()?.ok()?.oid()?;
        let mut next = parts.next()?;
        let attributes = (next.tag == constructed(0)).then_some(next);
        if attributes.is_some() {
            next = parts.next()?;
        }
        let signature_algorithm = Some(next).filter(|part| part.tag == SEQUENCE)?;
        let signature = parts.next()?;
        Some(Self { id, digest_algorithm, attributes, signature_algorithm, signature })
    }

    /// Fails with the reason why nothing is proved.
    fn judge(
        &self,
        signed: &[u8],
        content: &mut ValueContent,
        budget: &mut SignatureBudget,
    ) -> Result<(), ValueProblem> {
        if let Some(weak @ ("SHA-1" | "MD5")) = digest_name(&self.digest_algorithm) {
            content.problems.push(ValueProblem::WeakDigest(weak));
        }
        let signer = find(&self.id, &content.certificates)
            .ok_or_else(|| unverified("the signer's certificate is not in the value"))?;
        self.verify(signer, signed, budget)?;
        let Some(wanted) = self.preference() else { return Ok(()) };
        match find(&wanted, &content.certificates).map(Certificate::fingerprint_of) {
            Some(preferred) if content.preferred_encryption.is_none() => {
                content.preference_signer = Some(signer.fingerprint);
                content.preferred_encryption = Some(preferred);
            }
            Some(_) => {}
            None => content.problems.push(ValueProblem::UnknownPreference),
        }
        Ok(())
    }

    fn verify(
        &self,
        signer: &Certificate,
        signed: &[u8],
        budget: &mut SignatureBudget,
    ) -> Result<(), ValueProblem> {
        let scheme = Scheme::of_signer(&self.signature_algorithm.definite(), &self.digest_algorithm);
        let scheme = scheme.map_err(|name| problem(SignatureFailure::Unsupported(name)))?;
        let signature = self.signature.octets();
        let mut check = |data: &[u8]| verify(signer.public_key_info(), scheme, &signature, data, budget);
        let Some(attributes) = &self.attributes else { return check(signed).map_err(problem) };
        let there = self.attribute(MESSAGE_DIGEST);
        let there = there.ok_or_else(|| unverified("the signed attributes lack the message digest"))?;
        let digest = Digest::of_oid(&self.digest_algorithm).ok_or_else(|| {
            problem(SignatureFailure::Unsupported(format!("with the digest {}", self.digest_algorithm)))
        })?;
        if there.octets() != digest.of(signed) {
            return Err(unverified("the message digest does not belong to the content"));
        }
        match check(&element(SET, &[attributes.contents])) {
            // RFC 5652 §5.4 signs the DER; some writers send another order than they signed.
            Err(SignatureFailure::Wrong) => check(&sorted_set(attributes)).map_err(problem),
            other => other.map_err(problem),
        }
    }

    /// The first value of the signed attribute `oid`.
    fn attribute(&self, oid: &str) -> Option<Element<'a>> {
        let all = self.attributes?.parts().map_while(Result::ok);
        all.filter_map(|attribute| {
            let mut parts = attribute.parts().map_while(Result::ok);
            let values = (parts.next()?.oid()? == oid).then(|| parts.next())??;
            values.parts().next()?.ok()
        })
        .next()
    }

    /// How the preferred encryption certificate is named; Outlook's own attribute first.
    fn preference(&self) -> Option<Element<'a>> {
        self.attribute(MICROSOFT_ENCRYPTION_CERTIFICATE).or_else(|| self.attribute(ENCRYPTION_KEY_PREFERENCE))
    }
}

fn unverified(reason: impl Into<String>) -> ValueProblem {
    ValueProblem::UnverifiedSignature(reason.into())
}

/// What was not checked, or can't be, is not wrong.
fn problem(failure: SignatureFailure) -> ValueProblem {
    match failure {
        SignatureFailure::NotChecked => ValueProblem::UncheckedSignature,
        SignatureFailure::Unsupported(_) => ValueProblem::UnsupportedSignature(failure.to_string()),
        other => unverified(other.to_string()),
    }
}

/// The certificate that an identifier names: IssuerAndSerialNumber (also as `[0]`), a SubjectKeyIdentifier as `[0]`
/// or `[2]`, a RecipientKeyIdentifier as `[1]`.
fn find<'a>(id: &Element<'_>, certificates: &'a [Certificate]) -> Option<&'a Certificate> {
    let mut parts = id.parts().map_while(Result::ok);
    let key_id = match id.tag {
        tag if tag == context(0) || tag == context(2) => id.contents,
        tag if tag == constructed(1) => parts.next().filter(|part| part.tag == OCTET_STRING)?.contents,
        _ => {
            let (issuer, serial) = (parts.next()?, parts.next().filter(|part| part.tag == INTEGER)?);
            let issuer = issuer.definite();
            return certificates.iter().find(|c| c.issuer.der == issuer && c.serial == serial.contents);
        }
    };
    certificates.iter().find(|certificate| certificate.subject_key_id.as_deref() == Some(key_id))
}

/// Whether DER's order of a SET OF is kept is of no matter to reading; signed attributes are signed in that order,
/// though (RFC 5652 §5.4): their parts, sorted, as a SET.
fn sorted_set(contents: &Element<'_>) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> =
        contents.parts().map_while(Result::ok).map(|part| part.definite()).collect();
    parts.sort();
    element(SET, &[&parts.concat()])
}

impl Certificate {
    /// The fingerprint, as a function.
    pub(super) fn fingerprint_of(&self) -> Fingerprint {
        self.fingerprint
    }
}
