//! What stands in a person's two attributes, and what SmimeSync should make of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use x509_cert::Certificate;

use super::{
    authority::{Authority, Leaf, Use, Years},
    keys::{Keys, PublicKey, RsaKey},
    person::{Kind, Person},
    value::{certificates_only, der, published_by_outlook, tagged_blocks},
};

/// Valid for as long as the tests may run.
const VALID: Years = (2025, 2035);
/// Newer than that.
const NEWER: Years = (2026, 2036);
const EXPIRED: Years = (2020, 2023);
const FUTURE: Years = (2040, 2045);

/// The CAs of the lab.
pub struct Authorities {
    pub root: Authority,
    /// Issues what Contoso's people have.
    pub issuing: Authority,
    /// The partner's CA; an anchor, too.
    pub partner: Authority,
    /// Nobody vouches for this one.
    pub stranger: Authority,
}

impl Authorities {
    pub fn new() -> Self {
        let root = Authority::root("CN=Contoso Root CA,O=Contoso", 1);
        Self {
            issuing: root.intermediate("CN=Contoso Issuing CA,O=Contoso", 2),
            root,
            partner: Authority::root("CN=Fabrikam CA,O=Fabrikam", 3),
            stranger: Authority::root("CN=Mallory CA,O=Mallory", 4),
        }
    }

    /// The anchors folder: file names and PEM.
    pub fn anchors(&self) -> [(&'static str, String); 3] {
        [
            ("contoso-root.pem", self.root.pem()),
            ("contoso-issuing.pem", self.issuing.pem()),
            ("fabrikam-root.pem", self.partner.pem()),
        ]
    }
}

/// A person's values, and what is expected under the policy Standard with the selection Best.
#[derive(Debug, Default)]
pub struct Content {
    pub user_certificate: Vec<Vec<u8>>,
    pub user_smime_certificate: Vec<Vec<u8>>,
    /// The DER of the certificates that should be chosen, best first.
    pub chosen: Vec<Vec<u8>>,
    /// The rules that must fire. Others that fire besides are notices.
    pub rules: Vec<&'static str>,
}

impl Content {
    /// Single certificates, of which one is chosen.
    fn certificates(all: &[&Certificate], chosen: &Certificate, rules: &[&'static str]) -> Self {
        Self {
            user_certificate: all.iter().map(|certificate| der(certificate)).collect(),
            chosen: vec![der(chosen)],
            rules: rules.to_vec(),
            ..Self::default()
        }
    }

    /// A value of userSMIMECertificate, of which certificates are chosen.
    fn smime(value: Vec<u8>, chosen: &[&Certificate]) -> Self {
        let chosen = chosen.iter().map(|certificate| der(certificate)).collect();
        Self { user_smime_certificate: vec![value], chosen, ..Self::default() }
    }

    /// One value of userCertificate of no use.
    fn useless(value: Vec<u8>, rule: &'static str) -> Self {
        let rules = vec![rule, "no-encryption-certificate"];
        Self { user_certificate: vec![value], rules, ..Self::default() }
    }
}

/// Makes a person's certificates; the same number gives the same ones.
struct Maker<'a> {
    authorities: &'a Authorities,
    keys: &'a Keys,
    person: &'a Person,
    address: String,
    random: ChaCha8Rng,
    issued: u64,
}

/// What `person` has.
pub fn content(person: &Person, authorities: &Authorities, keys: &Keys) -> Content {
    let random = ChaCha8Rng::seed_from_u64(person.number);
    let mut make = Maker { authorities, keys, person, address: person.address(), random, issued: 0 };
    match person.kind {
        Kind::Good | Kind::SharedMailbox | Kind::Disabled => make.one(VALID),
        Kind::Contact => {
            let certificate = make.by(&authorities.partner, VALID);
            Content::certificates(&[&certificate], &certificate, &[])
        }
        Kind::GoodCurve => {
            let curve = &keys.curves[(person.number % keys.curves.len() as u64) as usize];
            let certificate = make.with_key(curve);
            Content::certificates(&[&certificate], &certificate, &[])
        }
        Kind::Renewed => {
            let (old, new) = (make.certificate(EXPIRED), make.certificate(VALID));
            Content::certificates(&[&old, &new], &new, &["expired"])
        }
        Kind::Replaced => {
            let (old, new) = (make.certificate(VALID), make.certificate(NEWER));
            Content::certificates(&[&old, &new], &new, &[])
        }
        Kind::Expired => Content::useless(der(&make.certificate(EXPIRED)), "expired"),
        Kind::NotYetValid => Content::useless(der(&make.certificate(FUTURE)), "not-yet-valid"),
        Kind::WrongPurpose => {
            Content::useless(der(&make.certificate_for(Use::Logon)), "wrong-extended-key-usage")
        }
        Kind::WeakKey => Content::useless(der(&make.with_key(&keys.weak)), "weak-key"),
        Kind::WrongAddress => {
            make.address = person.foreign_address();
            Content::useless(der(&make.certificate(VALID)), "address-mismatch")
        }
        Kind::Untrusted => Content::useless(der(&make.by(&authorities.stranger, VALID)), "untrusted-issuer"),
        Kind::Garbage => {
            let mut bytes = vec![0xFF; 100];
            make.random.fill_bytes(&mut bytes[1..]);
            Content::useless(bytes, "unreadable-value")
        }
        Kind::NoValues => Content::default(),
        Kind::SixteenValues => make.sixteen(),
        Kind::Duplicate | Kind::Base64 | Kind::StaleSmime => make.misplaced(),
        Kind::SignedData | Kind::CertificatesOnly | Kind::TaggedBlocks | Kind::Pair => make.composed(),
    }
}

impl<'a> Maker<'a> {
    fn one(&mut self, years: Years) -> Content {
        let certificate = self.certificate(years);
        Content::certificates(&[&certificate], &certificate, &[])
    }

    fn sixteen(&mut self) -> Content {
        let old: Vec<_> = (0..15).map(|_| self.certificate(EXPIRED)).collect();
        let good = self.certificate(VALID);
        let all: Vec<_> = old.iter().chain([&good]).collect();
        Content::certificates(&all, &good, &["expired", "too-many-values"])
    }

    /// Good certificates that stand where, or as, they should not.
    fn misplaced(&mut self) -> Content {
        let certificate = self.certificate(VALID);
        match self.person.kind {
            Kind::Base64 => {
                let text = STANDARD.encode(der(&certificate)).into_bytes();
                let rules = vec!["text-encoded"];
                Content {
                    user_certificate: vec![text],
                    chosen: vec![der(&certificate)],
                    rules,
                    ..Content::default()
                }
            }
            Kind::StaleSmime => {
                let stale = certificates_only(&[&self.certificate(EXPIRED)]);
                let rules = ["expired", "stale-smime-value"];
                let content = Content::certificates(&[&certificate], &certificate, &rules);
                Content { user_smime_certificate: vec![stale], ..content }
            }
            _ => {
                let rules = ["duplicate-certificate", "wrong-attribute"];
                let content = Content::certificates(&[&certificate], &certificate, &rules);
                Content { user_smime_certificate: content.user_certificate.clone(), ..content }
            }
        }
    }

    /// Values and people with several certificates that belong together.
    fn composed(&mut self) -> Content {
        let authority = &self.authorities.issuing.certificate;
        match self.person.kind {
            Kind::CertificatesOnly => {
                let certificate = self.certificate(VALID);
                Content::smime(certificates_only(&[&certificate, authority]), &[&certificate])
            }
            Kind::TaggedBlocks => {
                let certificate = self.certificate(VALID);
                let value = tagged_blocks(&certificate, authority, &self.person.display_name());
                Content::smime(value, &[&certificate])
            }
            kind => {
                let signer = self.rsa_key();
                let (signing, encryption) =
                    (self.certificate_for(Use::Signing), self.certificate_for(Use::Encryption));
                if kind == Kind::Pair {
                    let content = Content::certificates(&[&signing, &encryption], &encryption, &[]);
                    return Content { chosen: vec![der(&encryption), der(&signing)], ..content };
                }
                let value = published_by_outlook(&signing, signer, &encryption, authority);
                Content::smime(value, &[&encryption, &signing])
            }
        }
    }

    /// The key of the next certificate.
    fn rsa_key(&self) -> &'a RsaKey {
        let index = (self.person.number + self.issued) % self.keys.rsa.len() as u64;
        &self.keys.rsa[index as usize]
    }

    fn certificate(&mut self, years: Years) -> Certificate {
        self.by(&self.authorities.issuing, years)
    }

    fn by(&mut self, authority: &Authority, years: Years) -> Certificate {
        let key = &self.rsa_key().public;
        self.issue(authority, Use::Mail, years, key)
    }

    fn certificate_for(&mut self, purpose: Use) -> Certificate {
        let key = &self.rsa_key().public;
        self.issue(&self.authorities.issuing, purpose, VALID, key)
    }

    fn with_key(&mut self, key: &PublicKey) -> Certificate {
        self.issue(&self.authorities.issuing, Use::Mail, VALID, key)
    }

    fn issue(&mut self, authority: &Authority, purpose: Use, years: Years, key: &PublicKey) -> Certificate {
        let organization = if self.person.is_contact() { "Fabrikam" } else { "Contoso" };
        let subject = format!("CN={},O={organization}", self.person.display_name());
        self.issued += 1;
        let serial = serial_number(&mut self.random);
        authority.issue(&Leaf { subject: &subject, address: &self.address, purpose, years, key, serial })
    }
}

/// The certificate that Windows gives a computer: no recipient's.
pub fn device_certificate(number: u64, name: &str, authorities: &Authorities, keys: &Keys) -> Vec<u8> {
    let serial = serial_number(&mut ChaCha8Rng::seed_from_u64(number.wrapping_neg()));
    let key = &keys.rsa[0].public;
    let (subject, address) = (format!("CN={name}"), format!("{name}.contoso.test"));
    let leaf = Leaf { subject: &subject, address: &address, purpose: Use::Device, years: VALID, key, serial };
    der(&authorities.issuing.issue(&leaf))
}

/// 16 random bytes that are positive and have no zeros in front.
fn serial_number(random: &mut ChaCha8Rng) -> [u8; 16] {
    let mut serial = [0; 16];
    random.fill_bytes(&mut serial);
    serial[0] = serial[0] & 0x3F | 0x40;
    serial
}
