//! The trust anchors as a file.

use std::{fs, sync::Arc};

use cms::{content_info::ContentInfo, signed_data::SignedData};
use der::{Decode as _, Encode as _};
use serde_json::{Value, json};
use smime_sync::{
    certificate::{SerializedStore, read_store},
    error::{ErrorId, Result},
};

use super::{
    home::{Home, ca, expired, expired_named, subjects},
    organisation::{Organisation, result_of},
};
use crate::common::{certificates::Authority, events::Recorder};

fn export(home: &Home, path: &std::path::Path, force: bool) -> (Result<()>, Arc<Recorder<Organisation>>) {
    let request =
        json!({ "Operation": "ExportTrustStore", "ProfileName": "corp", "Path": path, "Force": force });
    home.ask(Organisation::default(), request)
}

#[test]
fn the_anchors_are_written_in_both_forms_in_the_order_of_their_subjects() {
    let home =
        Home::new(&[&ca("Zulu"), &ca("alpha"), &ca("Mike Root")], json!({ "Target": "ExchangeSession" }));
    let expected = ["CN=alpha,O=Contoso", "CN=Mike Root,O=Contoso", "CN=Zulu,O=Contoso"];
    let (sst, p7b) = (home.path("cas.SST"), home.path("cas.p7b"));

    let (done, caller) = export(&home, &sst, false);
    assert_eq!(done, Ok(()));
    let bytes = fs::read(&sst).unwrap();
    let SerializedStore { certificates, lists } = read_store(&bytes).unwrap();
    assert_eq!((subjects(&certificates), lists), (expected.map(str::to_owned).to_vec(), 0));
    let result = result_of(&caller);
    assert_eq!(
        (&result["ProfileName"], &result["Path"], &result["Size"], &result["Published"]),
        (&json!("corp"), &json!(sst), &json!(bytes.len()), &json!(false))
    );
    let rows: Vec<_> = result["Certificate"].as_array().unwrap().iter().map(|row| &row["Subject"]).collect();
    assert_eq!(rows, expected);

    // Another implementation reads the PKCS#7, and writes the same.
    assert_eq!(export(&home, &p7b, false).0, Ok(()));
    let bytes = fs::read(&p7b).unwrap();
    let content = ContentInfo::from_der(&bytes).unwrap();
    let signed: SignedData = content.content.decode_as().unwrap();
    let set = signed.certificates.as_ref().unwrap().0.iter().map(|one| one.to_der().unwrap());
    let mut found = subjects(&set.collect::<Vec<_>>());
    found.sort_by_key(|subject| subject.to_lowercase());
    assert_eq!((found, signed.signer_infos.0.len()), (expected.map(str::to_owned).to_vec(), 0));
    assert_eq!(content.to_der().unwrap(), bytes);
    assert_eq!(caller.commands(), [""; 0]);
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    let home = Home::new(&[&ca("Root")], json!({}));
    let path = home.path("cas.sst");
    fs::write(&path, "old").unwrap();
    let error = export(&home, &path, false).0.unwrap_err();
    assert_eq!((error.id, error.target), (ErrorId::TargetNotWritable, Some(path.display().to_string())));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(export(&home, &path, true).0, Ok(()));
    assert_eq!(read_store(&fs::read(&path).unwrap()).unwrap().certificates.len(), 1);
}

#[test]
fn what_can_not_be_exported_says_why() {
    let old = expired("Old Root");
    let no_anchors = json!({ "TrustAnchorPath": [], "AllowUntrusted": true });
    for (anchors, settings, file, id, reason) in [
        (vec![ca("Root")], json!({}), "cas.txt", ErrorId::InvalidRequest, "ends neither in .sst nor in .p7b"),
        (vec![ca("Root")], json!({}), "none/cas.sst", ErrorId::TargetNotWritable, "Cannot write"),
        (vec![ca("Root")], no_anchors, "cas.sst", ErrorId::TrustAnchorMissing, "No trust anchors are given"),
        (
            vec![ca("Root"), old],
            json!({}),
            "cas.p7b",
            ErrorId::TrustStoreRefused,
            "CN=Old Root,O=Contoso (thumbprint ",
        ),
    ] {
        let home = Home::new(&anchors.iter().collect::<Vec<_>>(), settings);
        let error = export(&home, &home.path(file), false).0.unwrap_err();
        assert_eq!(error.id, id, "{error}");
        assert!(error.message.contains(reason), "{error}");
        assert!(!home.path(file).exists());
        if id == ErrorId::TrustStoreRefused {
            assert_eq!(error.target, Some(expired_named("Old Root")));
        }
    }
    let home = Home::new(&[&ca("Root")], json!({}));
    let unknown: Value = json!({ "Operation": "ExportTrustStore", "ProfileName": "other", "Path": "x.sst" });
    let (done, _) = home.ask(Organisation::default(), unknown);
    assert_eq!(done.unwrap_err().id, ErrorId::ProfileNotFound);
}

#[test]
fn a_store_that_exchange_would_refuse_for_its_size_is_written_with_a_warning() {
    let all: Vec<Authority> =
        (0..240).map(|n| Authority::root(&format!("CN=Issuing {n:03} {}", "x".repeat(60)), 7)).collect();
    let home = Home::new(&all.iter().collect::<Vec<_>>(), json!({}));
    // Other programs have no such limit.
    for (name, warns) in [("cas.sst", true), ("cas.p7b", false)] {
        let path = home.path(name);
        let (done, caller) = export(&home, &path, false);
        assert_eq!((done, path.exists()), (Ok(()), true), "{name}");
        let told: Vec<bool> = caller
            .warnings()
            .iter()
            .map(|text| text.contains("than the 70000 that Exchange takes."))
            .collect();
        assert_eq!(told, vec![true; usize::from(warns)], "{name}");
    }
}
