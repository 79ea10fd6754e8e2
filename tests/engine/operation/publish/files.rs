//! Certificates out of files; and the operations from end to end, as far as they go without a directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain};
use p256_of_lab::pkcs8::EncodePrivateKey;
use smime_sync::{
    directory::certificate_file,
    error::{ErrorId, Result},
    operation::{Engine, EngineConfig, Request},
    profile::Profile,
};

use super::directory::*;
use crate::common::{
    certificates::*,
    events::{Declining, Recorder},
};

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// The certificates in a file, as DER.
fn read(path: &Path, password: Option<&str>) -> Result<Vec<Vec<u8>>> {
    let certificates = certificate_file::read(path, password.map(str::as_bytes))?;
    Ok(certificates.iter().map(|one| one.der().to_vec()).collect())
}

/// A PFX file with a person's certificate and key, and that of the CA.
fn pfx(algorithm: EncryptionAlgorithm, mac: MacAlgorithm) -> Vec<u8> {
    let person = root().person("alice@contoso.test", 5);
    let key = PrivateKey::from_der(person.key.to_pkcs8_der().unwrap().as_bytes()).unwrap();
    let certificates =
        [&person.der, &root().der].map(|der| p12_keystore::Certificate::from_der(der).unwrap());
    let mut store = KeyStore::new();
    let chain = PrivateKeyChain::new("alice", key, certificates);
    store.add_entry("alice", KeyStoreEntry::PrivateKeyChain(chain));
    let writer = store.writer("secret").encryption_algorithm(algorithm).mac_algorithm(mac);
    writer.encryption_iterations(2000).mac_iterations(2000).write().unwrap()
}

#[test]
fn every_usual_form_is_read_whatever_its_name() {
    let files = Files::new();
    let (alice, ca) = (good("alice"), root().der);
    let both = [pem_of(&alice), pem_of(&ca)].concat();
    let with_key =
        format!("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n{}", pem_of(&alice));
    let pkcs7 = SignedData::certs_only(&[&alice, &ca]);
    let pkcs7_text = format!("-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n", BASE64.encode(&pkcs7));
    for (name, bytes, due) in [
        ("der.cer", alice.clone(), vec![&alice]),
        ("base64.cer", BASE64.encode(&alice).into_bytes(), vec![&alice]),
        ("text.cer", pem_of(&alice).into_bytes(), vec![&alice]),
        ("both.pem", both.into_bytes(), vec![&alice, &ca]),
        ("key.pem", with_key.into_bytes(), vec![&alice]),
        ("binary.p7b", pkcs7, vec![&alice, &ca]),
        ("text.p7b", pkcs7_text.into_bytes(), vec![&alice, &ca]),
        ("no extension", alice.clone(), vec![&alice]),
    ] {
        let found = read(&files.with(name, &bytes), None).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), due, "{name}");
    }
}

#[test]
fn a_pfx_file_gives_its_certificates_to_who_has_the_password() {
    let files = Files::new();
    let due = [root().person("alice@contoso.test", 5).der, root().der];
    for (name, bytes) in [
        ("new.pfx", pfx(EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256)),
        ("old.p12", pfx(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1)),
    ] {
        let path = files.with(name, &bytes);
        assert_eq!(read(&path, Some("secret")).unwrap(), due, "{name}");
        for wrong in [Some("wrong"), Some(""), None] {
            let error = read(&path, wrong).unwrap_err();
            assert_eq!(error.id, ErrorId::CertificatePasswordWrong, "{name} {wrong:?}: {error}");
            assert_eq!(error.target.as_deref(), path.to_str());
        }
        let not_text = certificate_file::read(&path, Some(&[0xFF])).unwrap_err();
        assert_eq!(not_text.id, ErrorId::CertificatePasswordWrong);
    }
}

#[test]
fn what_can_not_be_read_is_named_with_the_reason() {
    let files = Files::new();
    let whole = pfx(EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256);
    let key_only = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    for (name, bytes, part) in [
        ("empty.cer", Vec::new(), "it is empty"),
        ("garbage.cer", b"garbage!".to_vec(), "neither a certificate nor PKCS#7"),
        ("cut.cer", good("alice")[..300].to_vec(), ""),
        ("half.p7b", SignedData::certs_only(&[&good("alice"), &[0x30, 0]]), "certificate 2"),
        ("key.pem", key_only.to_vec(), "no block with certificates"),
        ("cut.pfx", whole[..whole.len() / 2].to_vec(), "the PFX is damaged"),
        ("large.cer", vec![b'A'; (4 << 20) + 1], "more than 4194304 bytes"),
    ] {
        let error = read(&files.with(name, &bytes), Some("secret")).unwrap_err();
        assert_eq!(error.id, ErrorId::CertificateUnreadable, "{name}");
        assert!(error.message.contains(name) && error.message.contains(part), "{name}: {error}");
    }
    let missing = read(&files.0.path().join("missing.cer"), None).unwrap_err();
    assert_eq!(missing.id, ErrorId::CertificateUnreadable);
}

#[test]
fn base64_of_a_request_is_read_the_same_way() {
    let text = BASE64.encode(good("alice"));
    let found = certificate_file::read_base64("certificate 1", &format!(" {text}\r\n")).unwrap();
    assert_eq!(found[0].der(), good("alice"));
    for wrong in ["", "§", "AAAA", &text[..40]] {
        let error = certificate_file::read_base64("certificate 1", wrong).unwrap_err();
        assert_eq!(error.id, ErrorId::CertificateUnreadable, "{wrong}");
        assert!(error.message.contains("'certificate 1'"), "{error}");
    }
}

#[test]
fn unreadable_files_are_errors_of_their_own() {
    let world = World::new(vec![person("alice", &[])]);
    let files = Files::new();
    let unreadable = vec![read(&files.with("x.cer", b""), None).unwrap_err()];
    let certificates = vec![certificate(&good("alice"))];
    let outcome = world.publish(smime_sync::sync::request::Publication {
        certificates,
        unreadable,
        ..Default::default()
    });
    assert_eq!(outcome.told.error_ids(), [ErrorId::CertificateUnreadable]);
    assert_eq!(world.values("id-alice"), [(USER, good("alice"))]);
}

#[test]
fn only_a_profile_that_reads_from_active_directory_will_do() {
    let home = tempfile::tempdir().unwrap();
    let config = EngineConfig { home: home.path().to_str().map(str::to_owned), ..EngineConfig::default() };
    let engine = Engine::new(config).unwrap();
    let context = Recorder::new(Declining::default()).context();
    let profile: Profile = serde_json::from_value(serde_json::json!({
        "Name": "corp", "Source": "Ldif", "Path": home.path().join("x.ldif"), "Target": "Folder",
        "OutputPath": home.path().join("out"), "AllowUntrusted": true,
    }))
    .unwrap();
    let ask = |request: serde_json::Value| {
        let request: Request = serde_json::from_value(request).unwrap();
        engine.run(request, &context)
    };
    ask(serde_json::json!({"Operation": "NewProfile", "Profile": profile})).unwrap();
    for (request, id, part) in [
        (
            serde_json::json!({"Operation": "Publish", "ProfileName": "corp"}),
            ErrorId::ProfileInvalid,
            "reads from Ldif",
        ),
        (
            serde_json::json!({"Operation": "Unpublish", "ProfileName": "corp", "State": ["Expired"]}),
            ErrorId::ProfileInvalid,
            "Unpublish-SmimeCertificate writes to Active Directory",
        ),
        (
            serde_json::json!({"Operation": "Unpublish", "ProfileName": "corp"}),
            ErrorId::InvalidRequest,
            "Neither",
        ),
    ] {
        let error = ask(request).unwrap_err();
        assert_eq!(error.id, id);
        assert!(error.message.contains(part), "{error}");
    }
    assert!(!home.path().join("out").exists());
}
