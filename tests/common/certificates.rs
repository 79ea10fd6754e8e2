//! Certificates and values for tests, made to order. Keys come from seeds, so every run sees the same bytes.

mod pkcs7;

use std::{str::FromStr, time::Duration};

use der::{Encode, asn1::ObjectIdentifier};
use p256_of_lab::{
    ecdsa::{Signature, SigningKey, signature::Signer},
    pkcs8::EncodePublicKey,
};
use sha1::Digest as _;
use smime_sync::model::{Attribute, Recipient, RecipientKind, Timestamp, Value};
use x509_cert::{
    name::Name,
    time::{Time, Validity},
};

pub use pkcs7::*;

/// The time at which tests take place: 2027-01-15T08:00:00Z.
pub const NOW: Timestamp = Timestamp(1_800_000_000);
pub const DAY: i64 = 24 * 3600;

pub const DIGITAL_SIGNATURE: u16 = 1;
pub const NON_REPUDIATION: u16 = 1 << 1;
pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
pub const KEY_AGREEMENT: u16 = 1 << 4;
pub const KEY_CERT_SIGN: u16 = 1 << 5;
pub const ENCIPHER_ONLY: u16 = 1 << 7;

pub const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";

pub const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
pub const ECDSA_SHA1: &str = "1.2.840.10045.4.1";

/// One DER element.
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let mut out = vec![tag];
    match contents.len() {
        length @ 0..0x80 => out.push(length as u8),
        length @ 0x80..0x100 => out.extend([0x81, length as u8]),
        length @ 0x100..0x1_0000 => out.extend([0x82, (length >> 8) as u8, length as u8]),
        length => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    out.extend(contents);
    out
}

pub fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

pub fn oid(dotted: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(dotted).to_der().unwrap()
}

/// A key on P-256, the same for the same seed.
pub fn ec_key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed.max(1); 32]).unwrap()
}

/// Its SubjectPublicKeyInfo.
pub fn ec_spki(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_public_key_der().unwrap().into_vec()
}

/// The SubjectPublicKeyInfo of a made-up RSA key: nobody has the private one, and nothing here needs it.
pub fn rsa_spki(bits: usize, seed: u8) -> Vec<u8> {
    rsa_spki_of(&rsa_modulus(bits, seed), &[1, 0, 1])
}

/// An odd number of so many bits without small prime factors.
pub fn rsa_modulus(bits: usize, seed: u8) -> Vec<u8> {
    let mut modulus: Vec<u8> =
        (0..bits / 8).map(|i| (i as u8).wrapping_mul(167).wrapping_add(seed)).collect();
    modulus[0] |= 0x80;
    let last = modulus.len() - 1;
    modulus[last] |= 1;
    let composite =
        |n: &[u8]| (3..752).step_by(2).any(|p| n.iter().fold(0, |r, b| (r * 256 + u32::from(*b)) % p) == 0);
    while composite(&modulus) {
        let carry = modulus[last].checked_add(2);
        modulus[last] = carry.unwrap_or(1);
        if carry.is_none() {
            modulus[last - 1] = modulus[last - 1].wrapping_add(1);
        }
    }
    modulus
}

pub fn rsa_spki_of(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let integer = |octets: &[u8]| {
        let sign: &[u8] = if octets[0] & 0x80 != 0 { &[0] } else { &[] };
        tlv(2, &[sign, octets])
    };
    let key = seq(&[&integer(modulus), &integer(exponent)]);
    spki(&seq(&[&oid("1.2.840.113549.1.1.1"), &[5, 0]]), &key)
}

/// A SubjectPublicKeyInfo of an algorithm without parameters.
pub fn other_spki(algorithm: &str, key: &[u8]) -> Vec<u8> {
    spki(&seq(&[&oid(algorithm)]), key)
}

pub fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    seq(&[algorithm, &tlv(3, &[&[0], key])])
}

/// A certificate before it is signed. Every part can be set, wrong ones too.
#[derive(Clone)]
pub struct Draft {
    pub subject: String,
    pub serial: Vec<u8>,
    pub version: u8,
    pub not_before: i64,
    pub not_after: i64,
    /// In the place of what these two make.
    pub validity: Option<Vec<u8>>,
    pub spki: Vec<u8>,
    pub signature_algorithm: String,
    pub inner_signature_algorithm: Option<String>,
    pub extensions: Vec<(String, bool, Vec<u8>)>,
    pub corrupt_signature: bool,
    /// Whether the identifiers of its key and of its issuer's are added.
    pub key_ids: bool,
}

impl Draft {
    /// A good dual-use certificate for `address`, valid from 30 days ago for a year.
    pub fn person(address: &str) -> Self {
        Self::bare(&format!("CN={}", address.split('@').next().unwrap()))
            .usage(DIGITAL_SIGNATURE | KEY_ENCIPHERMENT)
            .purposes(&[EMAIL_PROTECTION])
            .addresses(&[address])
    }

    /// Without any extension but the key identifiers that signing adds.
    pub fn bare(subject: &str) -> Self {
        let seed = subject.bytes().fold(7u8, |hash, octet| hash.wrapping_mul(31).wrapping_add(octet));
        Self {
            subject: subject.to_owned(),
            serial: vec![0x11, seed],
            version: 3,
            not_before: NOW.0 - 30 * DAY,
            not_after: NOW.0 + 335 * DAY,
            validity: None,
            spki: rsa_spki(3072, seed),
            signature_algorithm: ECDSA_SHA256.into(),
            inner_signature_algorithm: None,
            extensions: Vec::new(),
            corrupt_signature: false,
            key_ids: true,
        }
    }

    pub fn valid(mut self, from_days: i64, to_days: i64) -> Self {
        (self.not_before, self.not_after) = (NOW.0 + from_days * DAY, NOW.0 + to_days * DAY);
        self
    }

    /// Valid at the time of tests and by the host's clock, for parties that look at their own.
    pub fn valid_today(self) -> Self {
        let today = (Timestamp::now().0 - NOW.0) / DAY;
        self.valid(today.min(0) - 30, today.max(0) + 335)
    }

    pub fn key(mut self, spki: Vec<u8>) -> Self {
        self.spki = spki;
        self
    }

    pub fn serial(mut self, octets: &[u8]) -> Self {
        self.serial = octets.to_vec();
        self
    }

    /// Adds an extension; one of the same OID goes.
    pub fn extension(mut self, id: &str, critical: bool, value: Vec<u8>) -> Self {
        self.extensions.retain(|(other, ..)| other != id);
        self.extensions.push((id.to_owned(), critical, value));
        self
    }

    pub fn without(mut self, id: &str) -> Self {
        self.extensions.retain(|(other, ..)| other != id);
        self
    }

    pub fn usage(self, bits: u16) -> Self {
        let reversed = bits.reverse_bits().to_be_bytes();
        let (used, unused) = (16 - bits.leading_zeros(), bits.leading_zeros() % 8);
        let octets = &reversed[..used.div_ceil(8) as usize];
        self.extension("2.5.29.15", true, tlv(3, &[&[unused as u8], octets]))
    }

    pub fn purposes(self, oids: &[&str]) -> Self {
        let all: Vec<u8> = oids.iter().flat_map(|id| oid(id)).collect();
        self.extension("2.5.29.37", false, seq(&[&all]))
    }

    pub fn addresses(self, addresses: &[&str]) -> Self {
        let all: Vec<u8> = addresses.iter().flat_map(|text| tlv(0x81, &[text.as_bytes()])).collect();
        self.extension("2.5.29.17", false, seq(&[&all]))
    }

    /// An otherName in the subject alternative name: a UPN, an SmtpUTF8Mailbox.
    pub fn other_name(self, id: &str, text: &str) -> Self {
        let name = tlv(0xA0, &[&oid(id), &tlv(0xA0, &[&tlv(0x0C, &[text.as_bytes()])])]);
        self.extension("2.5.29.17", false, seq(&[&name]))
    }

    pub fn ca(self, path_length: Option<u8>) -> Self {
        let length = path_length.map(|n| tlv(2, &[&[n]])).unwrap_or_default();
        self.extension("2.5.29.19", true, seq(&[&[1, 1, 0xFF], &length])).usage(KEY_CERT_SIGN)
    }

    /// The DER, signed by `issuer`.
    pub fn sign(&self, issuer: &Authority) -> Vec<u8> {
        let outer = seq(&[&oid(&self.signature_algorithm)]);
        let inner = self.inner_signature_algorithm.as_ref().map_or(outer.clone(), |id| seq(&[&oid(id)]));
        let time = |seconds: i64| {
            let duration = Duration::from_secs(seconds as u64);
            Time::try_from(std::time::UNIX_EPOCH + duration).unwrap()
        };
        let validity = Validity { not_before: time(self.not_before), not_after: time(self.not_after) };
        let validity = self.validity.clone().unwrap_or_else(|| validity.to_der().unwrap());
        let version: Vec<u8> =
            if self.version == 1 { vec![] } else { tlv(0xA0, &[&[2, 1, self.version - 1]]) };
        let extensions = self.encode_extensions(issuer);
        let tbs = seq(&[
            &version,
            &tlv(2, &[&self.serial]),
            &inner,
            &name(&issuer.name),
            &validity,
            &name(&self.subject),
            &self.spki,
            &extensions,
        ]);
        let signature: Signature = issuer.key.sign(&tbs);
        let mut signature = signature.to_der().as_bytes().to_vec();
        if self.corrupt_signature {
            *signature.last_mut().unwrap() ^= 1;
        }
        seq(&[&tbs, &outer, &tlv(3, &[&[0], &signature])])
    }

    fn encode_extensions(&self, issuer: &Authority) -> Vec<u8> {
        if self.version < 3 {
            return Vec::new();
        }
        let authority =
            ("2.5.29.35".to_owned(), false, seq(&[&tlv(0x80, &[&key_id(&ec_spki(&issuer.key))])]));
        let subject = ("2.5.29.14".to_owned(), false, tlv(4, &[&key_id(&self.spki)]));
        let ids = [&authority, &subject].into_iter().filter(|_| self.key_ids);
        let all = self.extensions.iter().chain(ids);
        let encoded: Vec<u8> = all
            .flat_map(|(id, critical, value)| {
                let critical: &[u8] = if *critical { &[1, 1, 0xFF] } else { &[] };
                seq(&[&oid(id), critical, &tlv(4, &[value])])
            })
            .collect();
        tlv(0xA3, &[&seq(&[&encoded])])
    }
}

pub fn name(text: &str) -> Vec<u8> {
    Name::from_str(text).unwrap().to_der().unwrap()
}

pub fn key_id(spki: &[u8]) -> Vec<u8> {
    sha1::Sha1::digest(spki).to_vec()
}

/// Somebody who signs: a CA, or a person who signs a PKCS#7 value.
#[derive(Clone)]
pub struct Authority {
    pub name: String,
    pub key: SigningKey,
    pub der: Vec<u8>,
}

impl Authority {
    /// A self-signed CA.
    pub fn root(name: &str, seed: u8) -> Self {
        Self::root_of(name, seed, |draft| draft)
    }

    /// A self-signed CA with a certificate to order.
    pub fn root_of(name: &str, seed: u8, change: impl Fn(Draft) -> Draft) -> Self {
        let mut root = Self { name: name.to_owned(), key: ec_key(seed), der: Vec::new() };
        let draft = Draft::bare(name).valid(-1000, 3000).ca(None).key(ec_spki(&root.key));
        root.der = change(draft).sign(&root);
        root
    }

    /// A CA below this one.
    pub fn below(&self, name: &str, seed: u8, change: impl Fn(Draft) -> Draft) -> Self {
        let key = ec_key(seed);
        let draft = Draft::bare(name).valid(-500, 2000).ca(None).key(ec_spki(&key));
        Self { name: name.to_owned(), der: change(draft).sign(self), key }
    }

    /// A person with a private key, who can sign values.
    pub fn person(&self, address: &str, seed: u8) -> Self {
        let key = ec_key(seed);
        let draft = Draft::person(address).usage(DIGITAL_SIGNATURE | KEY_AGREEMENT).key(ec_spki(&key));
        Self { name: draft.subject.clone(), der: draft.sign(self), key }
    }
}

/// The root that tests trust.
pub fn root() -> Authority {
    Authority::root("CN=Lab Root,O=Contoso", 1)
}

/// Alice, with all kinds of addresses and without values.
pub fn alice() -> Recipient {
    Recipient {
        display_name: Some("Alice".into()),
        mail: Some("alice@contoso.test".into()),
        proxy_addresses: vec!["alice@contoso.test".into(), "a.smith@contoso.test".into()],
        primary_smtp_address: Some("alice@contoso.test".into()),
        user_principal_name: Some("alice@corp.contoso.test".into()),
        sam_account_name: Some("alice".into()),
        ..Recipient::new(
            "11111111-2222-3333-4444-555555555555",
            "CN=Alice,DC=contoso,DC=test",
            RecipientKind::User,
        )
    }
}

/// Alice with these values.
pub fn alice_with(values: &[(Attribute, Vec<u8>)]) -> Recipient {
    let values = values.iter().map(|(attribute, bytes)| Value::new(*attribute, bytes.clone())).collect();
    Recipient { values, ..alice() }
}
