//! The sections of PEM files (RFC 7468).

use rustls::pki_types::pem::{Error, PemObject, SectionKind};
use zeroize::Zeroizing;

/// Kind and DER of each section, zeroed when dropped, since it may be a key; kinds that rustls does not know are
/// left out. What fails is told in a few words that fit behind a colon.
pub(crate) fn sections(
    bytes: &[u8],
) -> impl Iterator<Item = Result<(SectionKind, Zeroizing<Vec<u8>>), String>> {
    <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes)
        .map(|section| section.map(|(kind, der)| (kind, Zeroizing::new(der))).map_err(|e| reason(&e)))
}

/// rustls shows the lines in question as lists of bytes.
fn reason(error: &Error) -> String {
    match error {
        Error::MissingSectionEnd { end_marker } => {
            format!("section end {:?} missing", String::from_utf8_lossy(end_marker))
        }
        Error::IllegalSectionStart { line } => {
            format!("illegal section start: {:?}", String::from_utf8_lossy(line))
        }
        Error::Base64Decode(reason) => reason.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_sections_are_told_as_text() {
        let cases = [
            ("-----BEGIN CERTIFICATE-----\nMAA=\n", "section end \"CERTIFICATE\" missing"),
            ("-----BEGIN CERTIFICATE---\n", "illegal section start: \"-----BEGIN CERTIFICATE---\""),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "InvalidCharacter(33)"),
        ];
        for (pem, expected) in cases {
            let found: Result<Vec<_>, _> = sections(pem.as_bytes()).collect();
            assert_eq!(found.unwrap_err(), expected, "{pem}");
        }
    }

    #[test]
    fn known_sections_are_read_and_others_left_out() {
        let pem = "text\r\n-----BEGIN CERTIFICATE-----\r\nMAA=\r\n-----END CERTIFICATE-----\r\n\
                   -----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n\
                   -----BEGIN PRIVATE KEY-----\nMAEA\n-----END PRIVATE KEY-----";
        let found: Result<Vec<_>, _> = sections(pem.as_bytes()).collect();
        let expected = [
            (SectionKind::Certificate, Zeroizing::new(vec![0x30, 0])),
            (SectionKind::PrivateKey, Zeroizing::new(vec![0x30, 1, 0])),
        ];
        assert_eq!(found.unwrap(), expected);
    }
}
