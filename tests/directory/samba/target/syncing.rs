//! The main job in place.

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value as Json, json};
use smime_sync::{
    event::ResultType,
    model::Value,
    operation::{Engine, EngineConfig},
    profile::{ActiveDirectorySettings, InPlaceSettings, Profile, Source, Target},
};

use crate::{
    common::{directory::Lab, events::context},
    people::{Unit, WRITER, certificate, set, smime},
};

/// Syncs the unit; the run.
fn sync(unit: &Unit, home: &std::path::Path, quiet_period: u32) -> Json {
    let engine =
        Engine::new(EngineConfig { home: Some(home.display().to_string()), ..EngineConfig::default() })
            .unwrap();
    engine.set_secret("password", unit.lab.password(WRITER).as_bytes());
    let settings = ActiveDirectorySettings { quiet_period, ..unit.settings.clone() };
    let target = Target::ActiveDirectory(InPlaceSettings::default());
    let mut profile = Profile::new("corp", Source::ActiveDirectory(settings), target);
    profile.trust.allow_untrusted = true;
    let (context, recorder) = context();
    let credential = json!({ "UserName": WRITER });
    for request in [
        json!({ "Operation": "NewProfile", "Profile": profile, "Force": true }),
        json!({ "Operation": "Sync", "ProfileName": "corp", "Credential": credential, "AllowRemoval": 10 }),
    ] {
        engine.run(serde_json::from_value(request).unwrap(), &context).unwrap();
    }
    assert_eq!(recorder.error_ids(), []);
    let run = recorder.results().into_iter().rfind(|(kind, _)| *kind == ResultType::Run);
    run.unwrap().1
}

/// A certificate of another purpose, which always stays: the lab's own server certificate.
fn server_certificate() -> Value {
    let pem = std::fs::read(Lab::get().directory.join("tls/server.pem")).unwrap();
    let der = CertificateDer::from_pem_slice(&pem).unwrap();
    certificate(&der)
}

#[test]
fn values_that_nobody_can_read_go_and_the_quiet_period_holds_that_until_it_ends() {
    let unreadable = [certificate(&[0x30, 0x01, 0x07]), smime(&[0x30, 0x01, 0x07])];
    let kept = server_certificate();
    let unit = Unit::new("tts", &[[&unreadable[..], std::slice::from_ref(&kept)].concat(), vec![]]);
    let (context, _) = context();
    let (home, people) = (tempfile::tempdir().unwrap(), unit.people(&context));
    let mut target = unit.target(&context);
    let before = people[0].found(&mut target, &context);

    let run = sync(&unit, home.path(), 24 * 3600);
    assert_eq!(run["Exclusions"][0]["Reason"], json!("QuietPeriod"), "{run}");
    assert_eq!(set(&people[0].found(&mut target, &context).values), set(&before.values));

    for exported in [1, 0] {
        let run = sync(&unit, home.path(), 0);
        assert_eq!((&run["Result"], &run["Exported"]), (&json!("Success"), &json!(exported)), "{run}");
        assert_eq!(people[0].found(&mut target, &context).values, std::slice::from_ref(&kept));
    }
}
