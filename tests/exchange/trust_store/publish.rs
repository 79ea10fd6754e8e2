//! The trust anchors uploaded through the caller's session.

use std::{fs, sync::Arc};

use serde_json::{Value, json};
use smime_sync::{
    certificate::{Certificate, read_store},
    error::{Error, ErrorId},
    event::ResultType,
};

use super::{
    home::{Home, ca, expired, expired_named, files, store, subjects},
    organisation::{Misbehaviour, Organisation, result_of},
};
use crate::common::{
    certificates::{Authority, Draft, tlv},
    events::Recorder,
};

fn publish(
    home: &Home,
    caller: Organisation,
    extra: Value,
) -> (Result<(), Error>, Arc<Recorder<Organisation>>) {
    let mut request = json!({ "Operation": "PublishTrustStore", "ProfileName": "corp" });
    request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    home.ask(caller, request)
}

/// The subjects in the organisation's store.
fn stored(caller: &Organisation) -> Vec<String> {
    subjects(&read_store(&caller.store().unwrap()).unwrap().certificates)
}

fn rows(result: &Value) -> Vec<(&str, bool)> {
    let all = result["Certificate"].as_array().unwrap().iter();
    all.map(|one| (one["Subject"].as_str().unwrap(), one["Present"].as_bool().unwrap())).collect()
}

#[test]
fn the_first_store_of_an_organisation_is_uploaded_and_the_second_run_uploads_nothing() {
    let home = Home::new(&[&ca("Root"), &ca("Issuing")], json!({}));
    let (done, caller) = publish(&home, Organisation::default(), json!({}));
    assert_eq!(done, Ok(()));
    assert_eq!(caller.commands(), ["Get-SmimeConfig", "Set-SmimeConfig", "Get-SmimeConfig"]);
    assert_eq!(stored(&caller), ["CN=Issuing,O=Contoso", "CN=Root,O=Contoso"]);
    let result = result_of(&caller);
    assert_eq!((&result["Published"], &result["Path"]), (&json!(true), &Value::Null));
    assert_eq!(result["Size"], json!(caller.store().unwrap().len()));
    assert_eq!(rows(&result), [("CN=Issuing,O=Contoso", false), ("CN=Root,O=Contoso", false)]);
    assert_eq!(caller.warnings(), ["It can take a while."]);

    let (done, again) = publish(&home, Organisation::with(caller.store().unwrap()), json!({}));
    assert_eq!((done, again.commands()), (Ok(()), vec!["Get-SmimeConfig".to_owned()]));
    let result = result_of(&again);
    assert_eq!((&result["Published"], &result["Path"]), (&json!(false), &Value::Null));
    assert_eq!(rows(&result), [("CN=Issuing,O=Contoso", true), ("CN=Root,O=Contoso", true)]);
    assert!(home.backups().is_empty());
}

#[test]
fn what_is_there_stays_and_is_saved_first() {
    let old = store(&[&ca("Theirs"), &ca("Root")]);
    let home = Home::new(&[&ca("Root"), &ca("Issuing")], json!({}));
    let (done, caller) = publish(&home, Organisation::with(old.clone()), json!({}));
    assert_eq!(done, Ok(()));
    assert_eq!(stored(&caller), ["CN=Issuing,O=Contoso", "CN=Root,O=Contoso", "CN=Theirs,O=Contoso"]);
    let [backup] = home.backups().try_into().expect("one file");
    let name = backup.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.starts_with("corp.trust-store-2") && name.ends_with("Z.sst"), "{name}");
    assert_eq!(fs::read(&backup).unwrap(), old);
    assert_eq!(result_of(&caller)["Path"], json!(backup));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(home.path("state")).unwrap().permissions().mode() & 0o777, 0o700);
    }

    let elsewhere = home.path("mine.sst");
    let extra = json!({ "BackupPath": elsewhere });
    let (done, _) = publish(&home, Organisation::with(old.clone()), extra.clone());
    assert_eq!((done, fs::read(&elsewhere).unwrap()), (Ok(()), old.clone()));

    // A backup is never written over another one; without it nothing is uploaded.
    let (done, caller) = publish(&home, Organisation::with(old.clone()), extra);
    assert_eq!(done.unwrap_err().id, ErrorId::PlaceNotWritable);
    assert_eq!((caller.commands().len(), caller.store().unwrap()), (1, old));
}

#[test]
fn expired_ones_that_are_there_are_left_out_with_a_warning_and_so_are_lists() {
    let mut old = store(&[&expired("Old Root"), &ca("Theirs")]);
    old.truncate(old.len() - 12);
    old.extend([0x21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x30, 0]);
    old.extend([0; 12]);
    let home = Home::new(&[&ca("Root")], json!({}));
    let (done, caller) = publish(&home, Organisation::with(old.clone()), json!({}));
    assert_eq!(
        (done, stored(&caller)),
        (Ok(()), vec!["CN=Root,O=Contoso".into(), "CN=Theirs,O=Contoso".into()])
    );
    let warnings = caller.warnings();
    assert_eq!(
        warnings[0],
        format!(
            "The CA certificate {} of the present trust store has expired and is skipped, since Exchange would \
             refuse it.",
            expired_named("Old Root")
        )
    );
    assert!(warnings[1].starts_with("The present trust store holds 1 list of revoked"), "{warnings:?}");

    // Where there is nothing to add, they stay: that is no reason to upload.
    let (done, caller) =
        publish(&home, Organisation::with(store(&[&expired("Old Root"), &ca("Root")])), json!({}));
    assert_eq!((done, caller.commands().len(), caller.warnings().len()), (Ok(()), 1, 0));
}

#[test]
fn a_preview_and_a_no_upload_nothing_and_save_nothing() {
    for (extra, refuses, asked) in [
        (json!({ "WhatIf": true }), false, 0),
        (json!({ "WhatIf": true, "Confirm": true }), false, 0),
        (json!({ "Confirm": true }), true, 1),
    ] {
        let home = Home::new(&[&ca("Root")], json!({}));
        let old = store(&[&ca("Theirs")]);
        let caller = Organisation { refuses_approval: refuses, ..Organisation::with(old.clone()) };
        let (done, caller) = publish(&home, caller, extra.clone());
        assert_eq!((done, caller.commands().len(), caller.store()), (Ok(()), 1, Some(old)), "{extra}");
        let result = result_of(&caller);
        assert_eq!((&result["Published"], &result["Path"]), (&json!(false), &Value::Null), "{extra}");
        assert_eq!(rows(&result), [("CN=Root,O=Contoso", false), ("CN=Theirs,O=Contoso", true)], "{extra}");
        assert!(files(&home.path("state")).is_empty());
        assert_eq!(caller.approvals.lock().unwrap().len(), asked, "{extra}");
    }
}

#[test]
fn a_yes_is_asked_for_in_words_and_uploads() {
    let home = Home::new(&[&ca("Root"), &ca("Theirs")], json!({}));
    let (done, caller) =
        publish(&home, Organisation::with(store(&[&ca("Theirs")])), json!({ "Confirm": true }));
    assert_eq!((done, &result_of(&caller)["Published"]), (Ok(()), &json!(true)));
    let action = "Upload a trust store of 2 CA certificates with Set-SmimeConfig; new: CN=Root,O=Contoso";
    assert_eq!(*caller.approvals.lock().unwrap(), [("the Exchange session".to_owned(), action.to_owned())]);
}

#[test]
fn an_expired_anchor_is_refused_before_exchange_is_asked() {
    let home = Home::new(&[&ca("Root"), &expired("Old Root"), &expired("Older Root")], json!({}));
    let (done, caller) = publish(&home, Organisation::default(), json!({}));
    let error = done.unwrap_err();
    assert_eq!(error.id, ErrorId::TrustStoreRefused);
    assert!(
        error.message.contains(&expired_named("Old Root"))
            && error.message.contains(&expired_named("Older Root")),
        "{error}"
    );
    assert!(!error.message.contains("CN=Root,"), "{error}");
    assert_eq!(*caller.commands.lock().unwrap(), [""; 0]);
}

#[test]
fn a_store_that_can_not_be_read_is_not_replaced() {
    let mut cut = store(&[&ca("Theirs")]);
    cut.truncate(100);
    let broken = smime_sync::certificate::write_store([b"\x30\x01\x00".as_slice()]).unwrap();
    for (caller, reason) in [
        (Organisation::with(b"PFX".to_vec()), "it is no serialized certificate store"),
        (Organisation::with(cut), "it is cut off"),
        (Organisation::with(broken), "its certificate number 1: "),
        (
            Organisation { property: Some(json!(["a"])), ..Organisation::default() },
            "it is not a sequence of bytes",
        ),
        (
            Organisation { property: Some(json!("#")), ..Organisation::default() },
            "it is not a sequence of bytes",
        ),
    ] {
        let home = Home::new(&[&ca("Root")], json!({}));
        let (done, caller) = publish(&home, caller, json!({}));
        let error = done.unwrap_err();
        assert_eq!(error.id, ErrorId::TrustStoreUnreadable, "{error}");
        let begin = "The S/MIME trust store of the Exchange session can't be read: ";
        assert!(error.message.starts_with(begin) && error.message.contains(reason), "{error}");
        assert_eq!(caller.commands(), ["Get-SmimeConfig"]);
    }
}

#[test]
fn what_was_uploaded_is_read_back() {
    let theirs = store(&[&ca("Theirs")]);
    let other = store(&[&ca("Other")]);
    for (misbehaviour, expected, text) in [
        (Misbehaviour::Stale, ErrorId::VerifyFailed, "still shows the older trust store"),
        (
            Misbehaviour::Garbles(other),
            ErrorId::VerifyFailed,
            "neither the one that was uploaded nor the older",
        ),
        (Misbehaviour::Garbles(b"?".to_vec()), ErrorId::TrustStoreUnreadable, "can't be read"),
        (Misbehaviour::Refuses, ErrorId::ExchangeRefused, ""),
    ] {
        let home = Home::new(&[&ca("Root")], json!({}));
        let caller =
            Organisation { misbehaviour: misbehaviour.clone(), ..Organisation::with(theirs.clone()) };
        let (done, caller) = publish(&home, caller, json!({}));
        let error = done.unwrap_err();
        assert!(error.id == expected && error.message.contains(text), "{misbehaviour:?}: {error}");
        let told = caller.results_of(ResultType::TrustStore);
        assert!(told.iter().all(|result| result["Published"] == json!(false)), "{misbehaviour:?}: {told:?}");
        assert_eq!(
            told.len(),
            usize::from(!matches!(misbehaviour, Misbehaviour::Refuses)),
            "{misbehaviour:?}"
        );
        assert_eq!(home.backups().len(), 1, "the older store is saved");
    }
}

#[test]
fn only_exchange_has_a_trust_store() {
    for target in ["Folder", "ActiveDirectory"] {
        let home = tempfile::tempdir().unwrap();
        let settings = json!({
            "Target": target, "Source": "ActiveDirectory", "Path": null, "Server": "dc1", "SearchBase": ["DC=x"],
            "OutputPath": (target == "Folder").then(|| home.path().join("out")),
        });
        let home = Home::new(&[&ca("Root")], settings);
        let (done, caller) = publish(&home, Organisation::default(), json!({}));
        let error = done.unwrap_err();
        assert_eq!(error.id, ErrorId::ProfileInvalid);
        assert!(error.message.contains(target), "{error}");
        assert_eq!(caller.commands(), [""; 0]);
    }
}

#[test]
fn a_session_of_another_organisation_is_refused_before_its_store_is_read() {
    let home = Home::new(&[&ca("Root")], json!({}));
    let other = || Organisation { guid: "11111111-2222-3333-4444-555555555555", ..Organisation::default() };
    // What only looks is not remembered.
    assert_eq!(publish(&home, other(), json!({ "WhatIf": true })).0, Ok(()));
    assert!(files(&home.path("state")).is_empty());
    assert_eq!(publish(&home, Organisation::default(), json!({})).0, Ok(()));
    assert_eq!(publish(&home, Organisation::default(), json!({})).0, Ok(()));
    for extra in [json!({}), json!({ "WhatIf": true })] {
        let (done, caller) = publish(&home, other(), extra);
        let error = done.unwrap_err();
        assert_eq!((error.id, caller.commands()), (ErrorId::OtherOrganization, vec![]));
        assert_eq!(
            error.message,
            "The Exchange session is connected to 'contoso.onmicrosoft.com' (organisation \
             11111111-2222-3333-4444-555555555555), but profile 'corp' works with 'contoso.onmicrosoft.com' (organisation \
             6f0a8f0e-0000-4000-8000-0000000000c0); nothing was done."
        );
    }
    // A session that does not say whose it is could be anybody's.
    let (done, caller) = publish(&home, Organisation { guid: "", ..Organisation::default() }, json!({}));
    assert_eq!((done.unwrap_err().id, caller.commands()), (ErrorId::ExchangeProtocol, vec![]));
}

/// Many CAs with long names, about half a KiB each.
fn many(number: usize) -> Vec<Authority> {
    (0..number).map(|n| Authority::root(&format!("CN=Issuing {n:03} {}", "x".repeat(60)), 7)).collect()
}

#[test]
fn a_store_that_exchange_would_refuse_for_its_size_is_not_sent() {
    let all = many(240);
    let size = |number: usize| store(&all.iter().take(number).collect::<Vec<_>>()).len();
    let most = (1..all.len()).take_while(|number| size(*number) <= 70_000).last().unwrap();
    assert!(most < all.len() - 1, "{most}");
    for (number, fits) in [(most, true), (most + 1, false)] {
        // All but one of them are there already.
        let home = Home::new(&[&all[number - 1]], json!({}));
        let there = store(&all.iter().take(number - 1).collect::<Vec<_>>());
        for extra in [json!({ "WhatIf": true }), json!({})] {
            let (done, caller) = publish(&home, Organisation::with(there.clone()), extra);
            if fits {
                assert_eq!(done, Ok(()));
                continue;
            }
            let error = done.unwrap_err();
            assert_eq!(
                (error.id, caller.commands()),
                (ErrorId::TrustStoreRefused, vec!["Get-SmimeConfig".into()])
            );
            let over = size(number) - 70_000;
            assert_eq!(
                error.message,
                format!(
                    "The trust store has {} bytes, {over} more than the 70000 that Exchange takes. Nothing was uploaded.",
                    size(number)
                )
            );
            assert!(error.advice.contains("no trust anchor of this profile"), "{}", error.advice);
            assert!(error.advice.contains(&format!("CN=Issuing {:03}", number - 1)), "{}", error.advice);
            assert!(error.advice.contains("Set-SmimeConfig tries it"), "{}", error.advice);
        }
    }
}

#[test]
fn of_a_store_that_is_too_large_a_renewed_ca_is_named_first() {
    let with_key = |draft: Draft| draft.extension("2.5.29.14", false, tlv(0x04, &[&[7; 20]]));
    let older = Authority::root_of("CN=Renewed", 7, |draft| with_key(draft.valid(-2000, 900)));
    let newer = Authority::root_of("CN=Renewed", 7, |draft| with_key(draft.valid(-20, 3000)));
    let all = many(240);
    let home = Home::new(&all.iter().chain([&older, &newer]).collect::<Vec<_>>(), json!({}));
    let (done, _) = publish(&home, Organisation::default(), json!({}));
    let advice = done.unwrap_err().advice;
    let thumbprint = |of: &Authority| hex::encode_upper(Certificate::from_der(&of.der).unwrap().thumbprint);
    let begin = "Leave out, of CAs that have a newer certificate with the same key, the older one: CN=Renewed (thumbprint ";
    assert!(advice.starts_with(&format!("{begin}{}", thumbprint(&older))), "{advice}");
    assert!(!advice.contains(&thumbprint(&newer)), "{advice}");
    assert!(advice.contains("Leave out of -TrustAnchorPath"), "{advice}");
    assert!(advice.contains(", and 236 others."), "{advice}");
    assert!(!advice.contains("no trust anchor of this profile"), "{advice}");
}
