//! PKCS#7 and MS-OXOABK values for tests, made to order.

use base64::{Engine, engine::general_purpose::STANDARD};
use der::Encode;
use p256_of_lab::ecdsa::{Signature, signature::Signer};
use sha1::Digest as _;

use super::{Authority, ECDSA_SHA256, ec_spki, key_id, oid, seq, tlv};

/// Issuer and serial number of a certificate, as PKCS#7 names it.
pub fn issuer_and_serial(der: &[u8]) -> Vec<u8> {
    use der::Decode;
    let parsed = x509_cert::Certificate::from_der(der).unwrap().tbs_certificate;
    seq(&[&parsed.issuer.to_der().unwrap(), &parsed.serial_number.to_der().unwrap()])
}

/// A SignedData before it is put together.
#[derive(Clone, Default)]
pub struct SignedData<'a> {
    pub certificates: Vec<Vec<u8>>,
    pub signer: Option<&'a Authority>,
    /// The preferred encryption certificate in Outlook's attribute.
    pub microsoft_preference: Option<Vec<u8>>,
    /// The value of sMIMEEncryptionKeyPreference.
    pub preference: Option<Vec<u8>>,
    /// Names the signer by its key identifier.
    pub by_key_id: bool,
    /// Sends the signed attributes in another order than they are signed.
    pub unsorted: bool,
    pub corrupt: bool,
    pub crls: Vec<u8>,
    /// SHA-1, as old Outlook versions do; else SHA-256.
    pub sha1: bool,
}

impl SignedData<'_> {
    pub fn certs_only(certificates: &[&[u8]]) -> Vec<u8> {
        SignedData {
            certificates: certificates.iter().map(|der| der.to_vec()).collect(),
            ..Default::default()
        }
        .build()
    }

    pub fn build(&self) -> Vec<u8> {
        let digest = seq(&[&oid(if self.sha1 { "1.3.14.3.2.26" } else { "2.16.840.1.101.3.4.2.1" })]);
        let signer = self.signer.map(|signer| self.signer_info(signer, &digest)).unwrap_or_default();
        let digests = if self.signer.is_some() { digest } else { Vec::new() };
        let crls = if self.crls.is_empty() { Vec::new() } else { tlv(0xA1, &[&self.crls]) };
        let signed = seq(&[
            &[2, 1, if self.by_key_id { 3 } else { 1 }],
            &tlv(0x31, &[&digests]),
            &self.content(),
            &tlv(0xA0, &[&self.certificates.concat()]),
            &crls,
            &tlv(0x31, &[&signer]),
        ]);
        seq(&[&oid("1.2.840.113549.1.7.2"), &tlv(0xA0, &[&signed])])
    }

    /// Outlook writes the content `Empty Body`; without a signer there is none.
    fn content(&self) -> Vec<u8> {
        let content = tlv(0xA0, &[&tlv(4, &[b"Empty Body"])]);
        let data = oid("1.2.840.113549.1.7.1");
        if self.signer.is_some() { seq(&[&data, &content]) } else { seq(&[&data]) }
    }

    fn signer_info(&self, signer: &Authority, digest: &[u8]) -> Vec<u8> {
        let hash = if self.sha1 {
            sha1::Sha1::digest(b"Empty Body").to_vec()
        } else {
            sha2_of_lab::Sha256::digest(b"Empty Body").to_vec()
        };
        let attribute = |id: &str, value: &[u8]| seq(&[&oid(id), &tlv(0x31, &[value])]);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", &oid("1.2.840.113549.1.7.1")),
            attribute("1.2.840.113549.1.9.4", &tlv(4, &[&hash])),
        ];
        attributes.extend(self.microsoft_preference.iter().map(|v| attribute("1.3.6.1.4.1.311.16.4", v)));
        attributes.extend(self.preference.iter().map(|v| attribute("1.2.840.113549.1.9.16.2.11", v)));
        attributes.sort();
        let signature: Signature = signer.key.sign(&tlv(0x31, &[&attributes.concat()]));
        if self.unsorted {
            attributes.reverse();
        }
        let mut signature = signature.to_der().as_bytes().to_vec();
        if self.corrupt {
            *signature.last_mut().unwrap() ^= 1;
        }
        let id = if self.by_key_id {
            tlv(0x80, &[&key_id(&ec_spki(&signer.key))])
        } else {
            issuer_and_serial(&signer.der)
        };
        let version = [2, 1, if self.by_key_id { 3 } else { 1 }];
        let algorithm = seq(&[&oid(ECDSA_SHA256)]);
        seq(&[&version, &id, digest, &tlv(0xA0, &[&attributes.concat()]), &algorithm, &tlv(4, &[&signature])])
    }
}

/// One MS-OXOABK block.
pub fn block(tag: u16, data: &[u8]) -> Vec<u8> {
    let length = (data.len() + 4) as u16;
    [&tag.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

/// How long the header of the first element of `der` is, and how long its contents.
pub fn header(der: &[u8]) -> (usize, usize) {
    match der[1] {
        first @ 0..0x80 => (2, usize::from(first)),
        first => {
            let count = usize::from(first & 0x7F);
            (2 + count, der[2..2 + count].iter().fold(0, |n, octet| n << 8 | usize::from(*octet)))
        }
    }
}

/// A DER value with the lengths of its constructed elements made indefinite, down to `depth` levels.
pub fn indefinite(der: &[u8], depth: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = der;
    while let [tag, ..] = *rest {
        let (head, length) = header(rest);
        let contents = &rest[head..head + length];
        if depth > 0 && tag & 0x20 != 0 {
            out.extend([tag, 0x80]);
            out.extend(indefinite(contents, depth - 1));
            out.extend([0, 0]);
        } else {
            out.extend(&rest[..head + length]);
        }
        rest = &rest[head + length..];
    }
    out
}

/// A certificate as PEM.
pub fn pem_of(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}
