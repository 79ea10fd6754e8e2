//! Values that were stored as text by mistake, and PEM files.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Padding may be missing: people cut text off.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What text holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The decoded blocks of PEM text (RFC 7468) that can hold certificates.
    Pem(Vec<Result<Vec<u8>, String>>),
    /// Decoded base64.
    Base64(Vec<u8>),
}

/// Reads `bytes` as text; `None` if they are none that could hold certificates.
pub(super) fn decode(bytes: &[u8]) -> Option<Text> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)).ok()?;
    if text.contains("-----BEGIN ") {
        return Some(Text::Pem(blocks(text)));
    }
    decode_base64(text).filter(|decoded| !decoded.is_empty()).map(Text::Base64)
}

/// What base64 (one block) or PEM text holds, each block by itself; `None` if `bytes` are no such text.
pub(crate) fn decode_blocks(bytes: &[u8]) -> Option<Vec<Result<Vec<u8>, String>>> {
    decode(bytes).map(|text| match text {
        Text::Pem(blocks) => blocks,
        Text::Base64(bytes) => vec![Ok(bytes)],
    })
}

fn blocks(text: &str) -> Vec<Result<Vec<u8>, String>> {
    let mut found = Vec::new();
    for part in text.split("-----BEGIN ").skip(1) {
        let Some((label, rest)) = part.split_once("-----") else { continue };
        if !["CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "CMS", "PKCS #7 SIGNED DATA"].contains(&label) {
            continue;
        }
        let block = match rest.split_once("-----END ") {
            None => Err(format!("the PEM block {label} has no end")),
            Some((body, _)) => {
                decode_base64(body).ok_or_else(|| format!("the PEM block {label} is not base64"))
            }
        };
        found.push(block);
    }
    found
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace() && *c != '\0').collect();
    BASE64.decode(compact).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_with_explanations_and_other_blocks_gives_the_certificates() {
        let pem = "Subject: CN=x\r\n-----BEGIN CERTIFICATE-----\r\nMAA=\r\n-----END CERTIFICATE-----\r\n\
                   -----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n\
                   -----BEGIN PKCS7-----\nMAEC\n-----END PKCS7-----\n-----BEGIN CERTIFICATE-----\nMA";
        let no_end = Err("the PEM block CERTIFICATE has no end".to_owned());
        assert_eq!(
            decode(pem.as_bytes()),
            Some(Text::Pem(vec![Ok(vec![0x30, 0]), Ok(vec![0x30, 1, 2]), no_end]))
        );
    }

    #[test]
    fn base64_reads_with_line_breaks_a_byte_order_mark_and_without_padding() {
        for text in ["MAA=", "MA\r\nA=\n", "\u{FEFF}MAA=", "MAA"] {
            assert_eq!(decode(text.as_bytes()), Some(Text::Base64(vec![0x30, 0])), "{text}");
        }
    }

    #[test]
    fn other_bytes_are_no_text() {
        for bytes in [&b"hello world!"[..], b"\xFF\xFE", b"", b"  \r\n"] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }
}
