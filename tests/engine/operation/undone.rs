//! A first run whose anchors lack the CA that issued everything: `tests/data/cases/run-success-without-trust`.

use std::path::Path;

use serde_json::json;
use smime_sync::{
    event::ResultType,
    model::{Run, RunResult},
    operation::{Engine, EngineConfig, Request},
};

use crate::common::events::{Declining, Recorder};

#[test]
fn a_first_run_without_the_issuing_ca_names_it_and_says_that_nobody_has_a_usable_certificate() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases/run-success-without-trust");
    let home = tempfile::tempdir().unwrap();
    let config = EngineConfig { home: Some(home.path().to_str().unwrap().into()), ..EngineConfig::default() };
    let engine = Engine::new(config).unwrap();
    let ask = |request: serde_json::Value| {
        let told = Recorder::new(Declining::default());
        let request: Request = serde_json::from_value(request).unwrap();
        engine.run(request, &told.context()).unwrap();
        told
    };
    ask(json!({"Operation": "NewProfile", "Profile": {
        "Name": "case", "Source": "Ldif", "Path": case.join("directory.ldif"),
        "TrustAnchorPath": [case.join("anchors")], "Target": "Folder", "OutputPath": home.path().join("out"),
    }}));
    let told = ask(json!({"Operation": "Sync", "ProfileName": "case"}));
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
