//! The CAs of the lab, and what they issue.

use std::str::FromStr;

use const_oid::AssociatedOid;
use der::{
    DateTime, Encode, EncodePem,
    asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString, UtcTime},
    pem::LineEnding,
};
use p256_of_lab::ecdsa::{DerSignature, SigningKey, signature::Signer};
use spki::AlgorithmIdentifierOwned;
use x509_cert::{
    Certificate, TbsCertificate, Version,
    ext::{
        AsExtension, Extension,
        pkix::{
            AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
            SubjectKeyIdentifier,
            name::{GeneralName, OtherName},
        },
    },
    name::Name,
    serial_number::SerialNumber,
    time::{Time, Validity},
};

use super::keys::{PublicKey, authority_key};

const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const CLIENT_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const SMART_CARD_LOGON: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.2");
const USER_PRINCIPAL_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");

/// First and last year: from 1 January to 1 January, midnight.
pub type Years = (u16, u16);

/// What a leaf certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Encrypting and signing mail.
    Mail,
    Encryption,
    Signing,
    /// Smart-card logon, and nothing about mail.
    Logon,
    /// A computer's certificate for itself.
    Device,
}

/// A certificate that is to be issued.
pub struct Leaf<'a> {
    /// RFC 4514 text.
    pub subject: &'a str,
    /// The mail address that it names; for a logon certificate the user principal name.
    pub address: &'a str,
    pub purpose: Use,
    pub years: Years,
    pub key: &'a PublicKey,
    /// Made from the person's random numbers.
    pub serial: [u8; 16],
}

/// A CA.
pub struct Authority {
    pub name: Name,
    pub certificate: Certificate,
    key: SigningKey,
    public: PublicKey,
}

impl Authority {
    /// A CA that has issued its own certificate.
    pub fn root(name: &str, seed: u64) -> Self {
        Self::new(name, seed, None)
    }

    /// A CA below this one.
    pub fn intermediate(&self, name: &str, seed: u64) -> Self {
        Self::new(name, seed, Some(self))
    }

    fn new(name: &str, seed: u64, above: Option<&Authority>) -> Self {
        let (key, public) = authority_key(seed);
        let name = Name::from_str(name).expect("a name");
        let (issuer, issuer_key, issuer_public) = match above {
            Some(above) => (&above.name, &above.key, &above.public),
            None => (&name, &key, &public),
        };
        let constraints = BasicConstraints { ca: true, path_len_constraint: above.map(|_| 0) };
        let mut extensions = Vec::new();
        add(&mut extensions, &name, &constraints);
        add(&mut extensions, &name, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign));
        add_identifiers(&mut extensions, &name, &public, issuer_public);
        let serial = u128::from(seed).to_be_bytes();
        let serial = serial.map(|byte| byte | 0x40);
        let tbs = body(serial, issuer, (2020, 2045), name.clone(), &public, extensions);
        let certificate = sign(tbs, issuer_key);
        Self { name, certificate, key, public }
    }

    /// Issues a certificate.
    pub fn issue(&self, leaf: &Leaf) -> Certificate {
        let subject = Name::from_str(leaf.subject).expect("a name");
        let mut extensions = Vec::new();
        add(&mut extensions, &subject, &key_usage(leaf.purpose, leaf.key.curve));
        let purposes = match leaf.purpose {
            Use::Mail | Use::Encryption | Use::Signing => vec![EMAIL_PROTECTION],
            Use::Logon => vec![SMART_CARD_LOGON, CLIENT_AUTHENTICATION],
            Use::Device => vec![CLIENT_AUTHENTICATION],
        };
        add(&mut extensions, &subject, &ExtendedKeyUsage(purposes));
        let address = match leaf.purpose {
            Use::Logon => GeneralName::OtherName(OtherName {
                type_id: USER_PRINCIPAL_NAME,
                value: Any::new(der::Tag::Utf8String, leaf.address.as_bytes()).expect("text"),
            }),
            Use::Device => GeneralName::DnsName(Ia5String::new(leaf.address).expect("ASCII")),
            _ => GeneralName::Rfc822Name(Ia5String::new(leaf.address).expect("ASCII")),
        };
        add(&mut extensions, &subject, &SubjectAltName(vec![address]));
        add_identifiers(&mut extensions, &subject, leaf.key, &self.public);
        sign(body(leaf.serial, &self.name, leaf.years, subject, leaf.key, extensions), &self.key)
    }

    /// The CA's certificate as a PEM file.
    pub fn pem(&self) -> String {
        self.certificate.to_pem(LineEnding::LF).expect("PEM")
    }
}

fn key_usage(purpose: Use, curve: bool) -> KeyUsage {
    let encryption = if curve { KeyUsages::KeyAgreement } else { KeyUsages::KeyEncipherment };
    match purpose {
        Use::Mail => KeyUsage(KeyUsages::DigitalSignature | encryption),
        Use::Encryption => KeyUsage(encryption.into()),
        Use::Signing | Use::Logon | Use::Device => KeyUsage(KeyUsages::DigitalSignature.into()),
    }
}

fn add(extensions: &mut Vec<Extension>, subject: &Name, extension: &impl AsExtension) {
    let mut extension = extension.to_extension(subject, extensions).expect("an extension");
    // Active Directory's CA does not mark the extended key usage as critical.
    extension.critical &= extension.extn_id != ExtendedKeyUsage::OID;
    extensions.push(extension);
}

fn add_identifiers(extensions: &mut Vec<Extension>, subject: &Name, own: &PublicKey, issuer: &PublicKey) {
    let octets = |key: &PublicKey| OctetString::new(key.identifier.as_slice()).expect("an identifier");
    add(extensions, subject, &SubjectKeyIdentifier(octets(own)));
    let authority = AuthorityKeyIdentifier { key_identifier: Some(octets(issuer)), ..Default::default() };
    add(extensions, subject, &authority);
}

fn body(
    serial: [u8; 16],
    issuer: &Name,
    (from, to): Years,
    subject: Name,
    key: &PublicKey,
    extensions: Vec<Extension>,
) -> TbsCertificate {
    let midnight = |year| {
        let time = DateTime::new(year, 1, 1, 0, 0, 0).expect("a date");
        Time::UtcTime(UtcTime::from_date_time(time).expect("a date before 2050"))
    };
    TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial).expect("a serial number"),
        signature: algorithm(),
        issuer: issuer.clone(),
        validity: Validity { not_before: midnight(from), not_after: midnight(to) },
        subject,
        subject_public_key_info: key.info.clone(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    }
}

fn sign(tbs_certificate: TbsCertificate, key: &SigningKey) -> Certificate {
    // RFC 6979: the same certificate has the same signature everywhere.
    let signature: DerSignature = key.sign(&tbs_certificate.to_der().expect("DER"));
    Certificate {
        tbs_certificate,
        signature_algorithm: algorithm(),
        signature: BitString::from_bytes(signature.as_bytes()).expect("a signature"),
    }
}

fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: ECDSA_SHA256, parameters: None }
}
