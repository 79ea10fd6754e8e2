//! Every kind of signature, made by OpenSSL: right ones hold, with one bit changed they are wrong, and what can't be
//! checked is told as that. ML-DSA, which OpenSSL 3.0 lacks, is in `tests/data/signatures`.

use std::path::Path;

use smime_sync::{
    certificate::{Certificate, MAX_SIGNATURES, SignatureBudget, SignatureFailure, ValueProblem, read_value},
    model::Attribute,
};

use super::openssl::openssl;

/// A key by the arguments of `openssl genpkey`, and one way of signing with it.
const KINDS: [(&str, &str, &str); 20] = [
    ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", "-sha224"),
    ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", "-sha256"),
    ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", "-sha384"),
    ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", "-sha512"),
    ("rsa", "", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:0"),
    ("rsa", "", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20"),
    ("rsa", "", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"),
    ("rsa", "", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max"),
    ("p256", "EC -pkeyopt ec_paramgen_curve:P-256", "-sha256"),
    ("p256", "", "-sha384"),
    ("p256", "", "-sha512"),
    ("p384", "EC -pkeyopt ec_paramgen_curve:P-384", "-sha256"),
    ("p384", "", "-sha384"),
    ("p384", "", "-sha512"),
    ("p521", "EC -pkeyopt ec_paramgen_curve:P-521", "-sha256"),
    ("p521", "", "-sha384"),
    ("p521", "", "-sha512"),
    ("bp256", "EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", "-sha256"),
    ("bp384", "EC -pkeyopt ec_paramgen_curve:brainpoolP384r1", "-sha384"),
    ("ed25519", "ED25519", ""),
];

/// The same, beyond those that are named in the plan.
const MORE: [(&str, &str, &str); 16] = [
    ("rsa", "", "-sha3-256"),
    ("rsa", "", "-sha1"),
    ("rsa", "", "-sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max"),
    ("rsa", "", "-sha224 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:28"),
    ("rsa1024", "RSA -pkeyopt rsa_keygen_bits:1024", "-sha256"),
    ("rsa2056", "RSA -pkeyopt rsa_keygen_bits:2056", "-sha256"),
    ("rsa2049", "RSA -pkeyopt rsa_keygen_bits:2049", "-sha256"),
    ("rsa2049", "", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max"),
    ("pss", "RSA-PSS -pkeyopt rsa_keygen_bits:2048", "-sha384"),
    ("p256", "", "-sha224"),
    ("p521", "", "-sha224"),
    ("p521", "", "-sha3-512"),
    ("p384", "", "-sha1"),
    ("bp256", "", "-sha512"),
    ("bp256t", "EC -pkeyopt ec_paramgen_curve:brainpoolP256t1", "-sha256"),
    ("bp384t", "EC -pkeyopt ec_paramgen_curve:brainpoolP384t1", "-sha512"),
];

/// What nobody here can check, with the words for it.
const UNSUPPORTED: [(&str, &str, &str, &str); 5] = [
    (
        "secp256k1",
        "EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-sha256",
        "ECDSA with SHA-256 on the curve secp256k1",
    ),
    ("bp512", "EC -pkeyopt ec_paramgen_curve:brainpoolP512r1", "-sha512", "on the curve brainpoolP512r1"),
    (
        "explicit",
        "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
        "-sha256",
        "(explicit parameters)",
    ),
    ("ed448", "ED448", "", "Ed448"),
    (
        "rsa",
        "",
        "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha1",
        "RSASSA-PSS with SHA-256 and a mask of SHA-1",
    ),
];

struct Workshop(tempfile::TempDir);

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("body.txt"), "Empty Body").unwrap();
        Self(folder)
    }

    fn key(&self, name: &str, how: &str) {
        if !self.0.path().join(format!("{name}.key")).exists() {
            openssl(self.0.path(), &format!("genpkey -algorithm {how} -out {name}.key"));
        }
    }

    /// A self-signed CA that is signed like that.
    fn ca(&self, name: &str, how: &str) -> Certificate {
        let space = if how.is_empty() { "" } else { " " };
        openssl(
            self.0.path(),
            &format!("req -x509 -new -key {name}.key -subj /CN=Lab -days 30 -out ca.pem{space}{how}"),
        );
        let text = std::fs::read(self.0.path().join("ca.pem")).unwrap();
        read_value(Attribute::UserCertificate, &text).certificates.remove(0)
    }
}

fn check(certificate: &Certificate) -> Result<(), SignatureFailure> {
    certificate.verify_signed_by(certificate, &mut SignatureBudget::new(MAX_SIGNATURES))
}

/// The certificate with one bit of what is signed changed (in the subject's CN), and of the signature.
fn changed(certificate: &Certificate) -> Vec<Certificate> {
    let der = certificate.der();
    let name = der.windows(3).rposition(|part| part == b"Lab").unwrap_or_default();
    let change = |at: usize| {
        let mut der = der.to_vec();
        der[at] ^= 1;
        Certificate::from_der(&der).unwrap()
    };
    vec![change(name + 1), change(der.len() - 1), change(der.len() - 9)]
}

#[test]
fn every_kind_of_signature_is_checked_and_with_one_bit_changed_it_is_wrong() {
    let workshop = Workshop::new();
    for (key, generate, sign) in KINDS.into_iter().chain(MORE) {
        workshop.key(key, generate);
        let ca = workshop.ca(key, sign);
        assert_eq!(check(&ca), Ok(()), "{key} {sign}");
        for other in changed(&ca) {
            let checked = other.verify_signed_by(&ca, &mut SignatureBudget::new(MAX_SIGNATURES));
            assert_eq!(checked, Err(SignatureFailure::Wrong), "{key} {sign}");
        }
    }
}

#[test]
fn what_cannot_be_checked_is_told_by_its_name_and_is_not_wrong() {
    let workshop = Workshop::new();
    workshop.key("rsa", "RSA -pkeyopt rsa_keygen_bits:2048");
    for (key, generate, sign, name) in UNSUPPORTED {
        workshop.key(key, generate);
        match check(&workshop.ca(key, sign)) {
            Err(SignatureFailure::Unsupported(found)) => assert!(found.ends_with(name), "{found}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn ml_dsa_is_checked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/signatures");
    for name in ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] {
        let der = std::fs::read(folder.join(format!("{name}.cer"))).unwrap();
        let ca = Certificate::from_der(&der).unwrap();
        assert_eq!(check(&ca), Ok(()), "{name}");
        for at in [der.len() - 1, der.len() - 2000, 60] {
            let mut der = der.clone();
            der[at] ^= 1;
            let Ok(other) = Certificate::from_der(&der) else { continue };
            let checked = other.verify_signed_by(&ca, &mut SignatureBudget::new(MAX_SIGNATURES));
            assert_eq!(checked, Err(SignatureFailure::Wrong), "{name} at {at}");
        }
    }
}

#[test]
fn signers_of_values_are_checked_whatever_they_sign_with() {
    let workshop = Workshop::new();
    let at = workshop.0.path();
    for (key, generate, how) in [
        ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", "-md sha512"),
        ("rsa", "", "-md sha224"),
        ("rsa", "", "-md sha256 -keyopt rsa_padding_mode:pss"),
        ("rsa", "", "-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:0"),
        ("p256", "EC -pkeyopt ec_paramgen_curve:P-256", "-md sha512"),
        ("p384", "EC -pkeyopt ec_paramgen_curve:P-384", "-md sha512"),
        ("p521", "EC -pkeyopt ec_paramgen_curve:P-521", "-md sha512"),
        ("bp256", "EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", "-md sha256"),
        ("k1", "EC -pkeyopt ec_paramgen_curve:secp256k1", "-md sha256"),
    ] {
        workshop.key(key, generate);
        workshop.ca(key, "");
        let sign = format!(
            "cms -sign -binary -nodetach -in body.txt -signer ca.pem -inkey {key}.key -outform DER -out value.p7b {how}"
        );
        openssl(at, &sign);
        let good = std::fs::read(at.join("value.p7b")).unwrap();
        let problems = |value: &[u8]| read_value(Attribute::UserSmimeCertificate, value).problems;
        if key == "k1" {
            let reason = "signatures of the type ECDSA with SHA-256 on the curve secp256k1 can't be checked";
            assert_eq!(problems(&good), [ValueProblem::UnsupportedSignature(reason.into())]);
            continue;
        }
        assert_eq!(problems(&good), [], "{key} {how}");
        let mut wrong = good.clone();
        *wrong.last_mut().unwrap() ^= 1;
        let reason = "the signature is wrong";
        assert_eq!(problems(&wrong), [ValueProblem::UnverifiedSignature(reason.into())], "{key} {how}");
    }
}
