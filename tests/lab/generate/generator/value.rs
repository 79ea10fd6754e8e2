//! The forms in which certificates stand in a directory (docs/design/certificates.md §1: RFC 2798 2.8, [MS-OXOABK]
//! 2.2.4.36).

use cms::{
    builder::{SignedDataBuilder, SignerInfoBuilder},
    cert::{CertificateChoices, IssuerAndSerialNumber},
    content_info::{CmsVersion, ContentInfo},
    signed_data::{CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfos},
};
use der::{
    Encode, TagMode, TagNumber,
    asn1::{Any, ContextSpecific, ObjectIdentifier, OctetString, SetOfVec},
};
use rsa_of_lab::pkcs1v15;
use sha1::{Digest, Sha1};
use spki::AlgorithmIdentifierOwned;
use x509_cert::{Certificate, attr::Attribute};

use super::keys::RsaKey;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const ENCRYPTION_KEY_PREFERENCE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.11");
const MICROSOFT_ENCRYPTION_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.16.4");

pub fn der(certificate: &Certificate) -> Vec<u8> {
    certificate.to_der().expect("DER")
}

/// PKCS#7 without a signer, as CAs and `openssl crl2pkcs7 -nocrl` hand out certificates.
pub fn certificates_only(certificates: &[&Certificate]) -> Vec<u8> {
    let choices = certificates.iter().map(|c| CertificateChoices::Certificate((*c).clone()));
    let set = SetOfVec::try_from(choices.collect::<Vec<_>>()).expect("a set");
    let content = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::new(),
        encap_content_info: EncapsulatedContentInfo { econtent_type: DATA, econtent: None },
        certificates: Some(CertificateSet(set)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::new()),
    };
    let content = Any::encode_from(&content).expect("DER");
    ContentInfo { content_type: SIGNED_DATA, content }.to_der().expect("DER")
}

/// What Outlook publishes: PKCS#7 signed by its owner, who says which certificate to encrypt to.
pub fn published_by_outlook(
    signing: &Certificate,
    key: &RsaKey,
    encryption: &Certificate,
    authority: &Certificate,
) -> Vec<u8> {
    let digest = AlgorithmIdentifierOwned { oid: SHA256, parameters: None };
    // Outlook's content is this text, where RFC 2798 would have none.
    let econtent = Any::encode_from(&OctetString::new(*b"Empty Body").expect("text")).expect("DER");
    let content = EncapsulatedContentInfo { econtent_type: DATA, econtent: Some(econtent) };
    let signer = SignerIdentifier::IssuerAndSerialNumber(reference(signing));
    let mut info =
        SignerInfoBuilder::new(&key.signer, signer, digest.clone(), &content, None).expect("a signer");
    let preferred = Any::encode_from(&reference(encryption)).expect("DER");
    let choice = ContextSpecific {
        tag_number: TagNumber::new(0),
        tag_mode: TagMode::Implicit,
        value: reference(encryption),
    };
    let choice = Any::encode_from(&choice).expect("DER");
    for (oid, value) in [(MICROSOFT_ENCRYPTION_CERTIFICATE, preferred), (ENCRYPTION_KEY_PREFERENCE, choice)] {
        let values = SetOfVec::try_from(vec![value]).expect("a set");
        info.add_signed_attribute(Attribute { oid, values }).expect("an attribute");
    }
    let mut builder = SignedDataBuilder::new(&content);
    builder.add_digest_algorithm(digest).expect("a digest");
    for certificate in [signing, encryption, authority] {
        let certificate = CertificateChoices::Certificate(certificate.clone());
        builder.add_certificate(certificate).expect("a certificate");
    }
    builder
        .add_signer_info::<pkcs1v15::SigningKey<sha2_of_lab::Sha256>, pkcs1v15::Signature>(info)
        .expect("a signature");
    builder.build().expect("SignedData").to_der().expect("DER")
}

fn reference(certificate: &Certificate) -> IssuerAndSerialNumber {
    let body = &certificate.tbs_certificate;
    IssuerAndSerialNumber { issuer: body.issuer.clone(), serial_number: body.serial_number.clone() }
}

/// The tagged blocks of [MS-OXOABK] 2.2.4.36: tag and length (header included), both little-endian, then data.
pub fn tagged_blocks(encryption: &Certificate, authority: &Certificate, name: &str) -> Vec<u8> {
    let encryption = der(encryption);
    let thumbprint = Sha1::digest(&encryption);
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let one = 1_u32.to_le_bytes();
    let mut blocks = Vec::new();
    for (tag, data) in [
        (0x0001_u16, one.as_slice()),
        (0x0003, &encryption),
        (0x0004, &der(authority)),
        (0x0006, &one),
        (0x0009, &thumbprint),
        (0x0020, &7_u32.to_le_bytes()),
        (0x0022, &thumbprint),
        (0x0051, &name),
    ] {
        let length = u16::try_from(data.len() + 4).expect("a short block");
        blocks.extend_from_slice(&tag.to_le_bytes());
        blocks.extend_from_slice(&length.to_le_bytes());
        blocks.extend_from_slice(data);
    }
    blocks
}
