//! Whether the service would store a certificate value or a certificate store.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use x509_parser::der_parser::ber::{BerObjectContent, parse_ber};

use super::failure::Failure;

/// 1.2.840.113549.1.7.2, signedData.
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

fn decode(base64: &str) -> Result<Vec<u8>, Failure> {
    STANDARD.decode(base64).map_err(|_| Failure::validation("The value isn't a byte array.".into()))
}

/// A value of UserCertificate is a DER X.509 certificate (docs/design/exchange-online.md §2.1), and nothing behind it.
pub fn check_certificate(base64: &str) -> Result<(), Failure> {
    match x509_parser::parse_x509_certificate(&decode(base64)?) {
        Ok(([], _)) => Ok(()),
        _ => Err(Failure::validation(
            "The value of property 'UserCertificate' isn't a DER-encoded X.509 certificate.".into(),
        )),
    }
}

/// A value of UserSMimeCertificate is SignedData or the tagged form of [MS-OXOABK] 2.2.4.36
/// (docs/design/exchange-online.md §2.1).
pub fn check_smime(base64: &str, accept_certificate: bool) -> Result<(), Failure> {
    let value = decode(base64)?;
    let good = match value.first() {
        Some(0x30) => is_signed_data(&value) || (accept_certificate && check_certificate(base64).is_ok()),
        Some(_) => is_tagged(&value),
        None => false,
    };
    good.then_some(()).ok_or_else(|| {
        Failure::validation(
            "The value of property 'UserSMimeCertificate' isn't a PKCS #7 SignedData structure.".into(),
        )
    })
}

fn is_signed_data(value: &[u8]) -> bool {
    let Ok(([], object)) = parse_ber(value) else { return false };
    let BerObjectContent::Sequence(parts) = object.content else { return false };
    parts.first().and_then(|part| part.as_oid().ok()).is_some_and(|oid| oid.to_id_string() == SIGNED_DATA)
}

/// Blocks of a tag and a length that includes both (docs/design/certificates.md §1.3).
fn is_tagged(mut rest: &[u8]) -> bool {
    while let Some([_, _, low, high]) = rest.first_chunk() {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        match rest.get(length..) {
            Some(next) if length >= 4 => rest = next,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// docs/design/exchange-online.md §3: "Each certificate is checked, and if any certificates are expired, the operation
/// will fail."
pub fn check_store(base64: &str, now: f64, largest: usize) -> Result<(), Failure> {
    let store = decode(base64)?;
    if store.len() > largest {
        // §7.2 f: the limit on-premises; what the cloud's is, and its text, is open.
        return Err(Failure::validation(format!(
            "The value of parameter SMIMECertificateIssuingCA has {} bytes. The maximum is {largest}.",
            store.len()
        )));
    }
    let certificates = read_store(&store).ok_or_else(|| {
        Failure::validation(
            "The value of parameter SMIMECertificateIssuingCA isn't a certificate store.".into(),
        )
    })?;
    for der in certificates {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).map_err(|_| {
            Failure::validation("A certificate in SMIMECertificateIssuingCA can't be read.".into())
        })?;
        if (certificate.validity().not_after.timestamp() as f64) < now {
            let subject = certificate.subject().to_string();
            return Err(Failure::validation(format!(
                "The certificate '{subject}' in SMIMECertificateIssuingCA has expired."
            )));
        }
    }
    Ok(())
}

/// The certificates of a serialised store ([MS-OSHARED] 2.3.9.1; docs/design/certificates.md §3).
fn read_store(store: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = store.strip_prefix(b"\0\0\0\0CERT")?;
    let mut certificates = Vec::new();
    loop {
        let (header, body) = rest.split_at_checked(12)?;
        let word = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
        let (id, encoding, length) = (word(0)?, word(4)?, word(8)? as usize);
        if id == 0 {
            return (encoding == 0 && length == 0 && body.is_empty()).then_some(certificates);
        }
        let (value, next) = body.split_at_checked(length)?;
        if id == 0x20 {
            certificates.push(value);
        }
        rest = next;
    }
}
