//! What a run says of certificates that can't be used; among them a first run whose anchors lack the CA that issued
//! everything: `tests/data/cases/run-success-without-trust`.

use std::{path::Path, sync::Arc};

use serde_json::json;
use smime_sync::{
    event::ResultType,
    model::{Run, RunResult},
    operation::{Engine, EngineConfig, Request},
};

use crate::common::events::{Declining, Recorder};

fn ask(home: &Path, request: serde_json::Value) -> Arc<Recorder<Declining>> {
    let config = EngineConfig { home: Some(home.to_str().unwrap().into()), ..EngineConfig::default() };
    let told = Recorder::new(Declining::default());
    let request: Request = serde_json::from_value(request).unwrap();
    Engine::new(config).unwrap().run(request, &told.context()).unwrap();
    told
}

/// One user's garbage must not spoil every run of a company for ever.
#[test]
fn a_certificate_that_cannot_be_read_is_a_finding_of_its_recipient_and_no_error_of_the_run() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("directory.ldif");
    std::fs::write(
        &source,
        "dn: CN=alice,DC=contoso,DC=test\nobjectClass: user\nobjectGUID:: uZDvwrwCU12TzZJlK24bQQ==\n\
         mail: alice@contoso.test\nuserCertificate:: Z2FyYmFnZQ==\n\n",
    )
    .unwrap();
    ask(
        home.path(),
        json!({"Operation": "NewProfile", "Profile": {
            "Name": "case", "Source": "Ldif", "Path": source, "AllowUntrusted": true,
            "Target": "Folder", "OutputPath": home.path().join("out"),
        }}),
    );
    let told = ask(home.path(), json!({"Operation": "Sync", "ProfileName": "case"}));
    assert_eq!(told.errors_of(), []);
    assert_eq!(told.warnings().len(), 1);
    assert!(
        told.warnings()[0].starts_with("No recipient that was read has a usable certificate: 1 recipient")
    );
    let run: Run = serde_json::from_value(told.results_of(ResultType::Run).remove(0)).unwrap();
    assert_eq!((run.result, run.numbers.without_usable), (RunResult::Success, 1));
}

#[test]
fn a_first_run_without_the_issuing_ca_names_it_and_says_that_nobody_has_a_usable_certificate() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases/run-success-without-trust");
    let home = tempfile::tempdir().unwrap();
    ask(
        home.path(),
        json!({"Operation": "NewProfile", "Profile": {
            "Name": "case", "Source": "Ldif", "Path": case.join("directory.ldif"),
            "TrustAnchorPath": [case.join("anchors")], "Target": "Folder", "OutputPath": home.path().join("out"),
        }}),
    );
    let told = ask(home.path(), json!({"Operation": "Sync", "ProfileName": "case"}));
    assert_eq!(
        told.warnings(),
        [
            "The issuer CN=Reports Mail CA,O=Contoso,C=DE is missing among the trust anchors, so 1 certificate of it \
             can't be used. Add its certificate to -TrustAnchorPath if the profile shall trust it.",
            "No recipient that was read has a usable certificate: 1 recipient has certificates, but none that can be \
             used to encrypt mail. 'Get-SmimeCertificate case' shows what is wrong with them; -Verbose names the \
             recipients.",
        ]
    );
    let run: Run = serde_json::from_value(told.results_of(ResultType::Run).remove(0)).unwrap();
    assert_eq!((run.result, run.numbers.without_usable), (RunResult::Success, 1));
}
