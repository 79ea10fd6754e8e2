//! Settings: what is said of wrong ones, what a file keeps, and what callers are shown.

use std::fs;

use serde_json::{Value, json};
use smime_sync::{
    error::{Error, ErrorId, Result},
    event::{Event, ResultType},
    operation::{Engine, EngineConfig},
    profile::{Profile, Settings, all_settings},
};

use crate::common::events::context;

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The profile that a request ends with.
    fn ask(&self, request: Value) -> Result<Value> {
        let home = Some(self.0.path().display().to_string());
        let (context, recorder) = context();
        let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() })?;
        engine.run(serde_json::from_value(request).unwrap(), &context)?;
        let results = recorder.results().into_iter().filter(|(kind, _)| *kind == ResultType::Profile);
        let errors = recorder.events().into_iter().find_map(|event| match event {
            Event::Error { error } => Some(error.error),
            _ => None,
        });
        errors.map_or_else(|| Ok(results.map(|(_, profile)| profile).next_back().unwrap_or_default()), Err)
    }

    fn make(&self, profile: Value) -> Result<Value> {
        self.ask(json!({ "Operation": "NewProfile", "Profile": profile, "Force": true }))
    }

    fn get(&self) -> Result<Value> {
        self.ask(json!({ "Operation": "GetProfile", "Name": ["corp"] }))
    }

    fn set(&self, settings: Value) -> Result<Value> {
        self.ask(json!({ "Operation": "SetProfile", "Name": "corp", "Settings": settings }))
    }

    fn file(&self) -> Value {
        serde_json::from_slice(&fs::read(self.0.path().join("profiles/corp.json")).unwrap()).unwrap()
    }

    /// Writes the profile's file by hand.
    fn write(&self, profile: &Value) {
        if !self.0.path().join("profiles/corp.json").exists() {
            self.make(file_to_folder(json!({}))).unwrap();
        }
        fs::write(self.0.path().join("profiles/corp.json"), profile.to_string()).unwrap();
    }
}

fn merged(mut profile: Value, settings: Value) -> Value {
    profile.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    profile
}

/// A profile from a file to a folder.
fn file_to_folder(settings: Value) -> Value {
    let path = |name: &str| std::env::temp_dir().join(name);
    let least = json!({
        "Name": "corp", "Source": "Ldif", "Path": path("d.ldif"), "Target": "Folder", "OutputPath": path("out"),
    });
    merged(least, settings)
}

/// A profile from Active Directory to Exchange Online.
fn directory_to_cloud(settings: Value) -> Value {
    let least = json!({
        "Name": "corp", "Source": "ActiveDirectory", "Server": ["dc1.contoso.test"], "SearchBase": ["DC=contoso,DC=test"],
        "Target": "ExchangeOnline", "Organization": "contoso.test",
    });
    merged(least, settings)
}

fn typed(settings: Value) -> Result<Profile> {
    Profile::try_from(serde_json::from_value::<Settings>(settings).unwrap())
}

fn told(error: &Error) -> &str {
    assert_eq!((error.id, error.target.as_deref()), (ErrorId::ProfileInvalid, Some("corp")), "{error}");
    error.message.strip_prefix("Profile 'corp': ").unwrap()
}

#[test]
fn what_is_missing_is_told_at_once() {
    for (settings, message) in [
        (json!({}), "it needs -Source and -Target."),
        (
            json!({"Source": "Ldif", "Target": "Folder"}),
            "the source Ldif needs -Path. The target Folder needs -OutputPath.",
        ),
        (
            json!({"Source": "Directory", "Target": "ExchangeOnline", "SearchBase": [], "Organization": ""}),
            "the target ExchangeOnline needs -Organization. The source Directory needs -Server.",
        ),
        (
            json!({"Source": "ActiveDirectory", "Target": "ExchangeOnline"}),
            "the target ExchangeOnline needs -Organization.",
        ),
        (
            directory_to_cloud(json!({"CertificateThumbprint": "0".repeat(40)})),
            "the target ExchangeOnline needs -AppId beside the certificate.",
        ),
    ] {
        assert_eq!(told(&typed(merged(json!({"Name": "corp"}), settings)).unwrap_err()), message);
    }
}

#[test]
fn what_of_a_sign_in_cannot_be_together_is_told() {
    let root = if cfg!(windows) { "C:" } else { "" };
    let file = format!("{root}/client.pfx");
    for (settings, message) in [
        (
            json!({"Authentication": "Certificate"}),
            "-Authentication Certificate needs -ClientCertificateFilePath or -ClientCertificateThumbprint.",
        ),
        (
            json!({"Authentication": "Password", "Encryption": "Kerberos"}),
            "-Encryption Kerberos needs -Authentication Kerberos; a password or a certificate goes only inside TLS.",
        ),
    ] {
        let settings = merged(directory_to_cloud(settings), json!({"Name": "corp"}));
        assert_eq!(told(&typed(settings).unwrap_err()), message);
    }
    for fine in [
        json!({"Authentication": "Kerberos", "Encryption": "Ldaps", "KeytabPath": file, "KeytabPrincipal": "sync"}),
        json!({"ClientCertificateFilePath": file, "Encryption": "StartTls"}),
        json!({"Encryption": "Kerberos"}),
    ] {
        typed(merged(directory_to_cloud(fine), json!({"Name": "corp"}))).unwrap();
    }
}

#[test]
fn an_additional_source_is_kept_as_it_was_given_and_a_wrong_one_is_told() {
    let home = Home::new();
    let with = |source: Value| {
        merged(directory_to_cloud(json!({"AdditionalSource": [source]})), json!({"Name": "corp"}))
    };
    let given = json!({
        "Source": "directory", "Server": "ldap.fabrikam.test", "SearchBase": ["dc=fabrikam"], "Timeout": 20,
        "SkipCertificateCheck": false,
    });
    let kept = json!([{
        "Source": "Directory", "Server": ["ldap.fabrikam.test"], "SearchBase": ["dc=fabrikam"], "Timeout": 20,
    }]);
    assert_eq!(home.make(with(given)).unwrap()["AdditionalSource"], kept);
    assert_eq!(home.file()["AdditionalSource"], kept);
    assert_eq!(home.get().unwrap()["AdditionalSource"], kept);
    assert_eq!(home.set(json!({"AdditionalSource": null})).unwrap()["AdditionalSource"], Value::Null);
    for (source, message) in [
        (json!({"Server": "a"}), "can't be read: an additional source needs -Source."),
        (
            json!({"Source": "Csv"}),
            "can't be read: an additional source is ActiveDirectory or Directory, not Csv.",
        ),
        (
            json!({"Source": "ActiveDirectory"}),
            "can't be read: the additional source ActiveDirectory needs -Server.",
        ),
        (
            json!({"Source": "Directory", "Server": "a", "QuietPeriod": 5, "Target": "Folder", "AdditionalSource": [{"Source": "Directory", "Server": "b"}]}),
            "can't be read: -Target is no setting of an additional source. -AdditionalSource is no setting of an additional \
             source. -QuietPeriod is no setting of an additional source.",
        ),
        (
            json!({"Source": "Directory", "Server": "a", "Port": 0, "Authentication": "Certificate"}),
            "can't be read: -Port is 0; give 1 to 65535.",
        ),
        (
            json!("ldap.fabrikam.test"),
            "is 'ldap.fabrikam.test'; give a hashtable with the settings of a directory.",
        ),
    ] {
        let error = typed(with(source.clone())).unwrap_err();
        assert_eq!(told(&error), format!("-AdditionalSource {message}"), "{source}");
    }
    let other = json!({"Source": "Directory", "Server": "a"});
    for target in ["ActiveDirectory", "Ldif"] {
        let curated = json!({
            "Name": "corp", "Source": "ActiveDirectory", "Target": target, "AdditionalSource": [other],
            "OutputPath": std::env::temp_dir().join("changes.ldif"),
        });
        let settings: Settings = serde_json::from_value(curated).unwrap();
        let error = Profile::from_settings(&settings, &|name| name == "AdditionalSource").unwrap_err();
        let due = format!(
            "-AdditionalSource can't be with the target {target}, which is about one directory; make a profile for each."
        );
        assert_eq!(told(&error), due);
    }
}

#[test]
fn a_wrong_value_is_told_with_what_to_give() {
    for (settings, message) in [
        (json!({"Port": 70000}), "-Port is 70000; give 1 to 65535."),
        (json!({"Port": "636"}), "-Port is '636'; give 1 to 65535."),
        (
            json!({"Port": 0, "Timeout": -1}),
            "-Port is 0; give 1 to 65535. -Timeout is -1; give 1 to 86400 whole seconds.",
        ),
        (json!({"Timeout": 3_000_000_000_u32}), "-Timeout is 3000000000; give 1 to 86400 whole seconds."),
        (json!({"RemovalPercent": 101}), "-RemovalPercent is 101; give 0 to 100."),
        (json!({"Retention": 1.5}), "-Retention is 1.5; give 0 to 36500."),
        (json!({"SkipCertificateCheck": "yes"}), "-SkipCertificateCheck is 'yes'; give true or false."),
        (json!({"RemovalLimit": -1}), "-RemovalLimit is -1; give 0 or more."),
        (json!({"Policy": "lax"}), "-Policy is 'lax'; give Standard, Strict or Lenient."),
        (json!({"TrustAnchorPath": ["ca"]}), "-TrustAnchorPath is 'ca'; give an absolute path."),
        (json!({"SearchBase": {"DC": "x"}}), "-SearchBase is {\"DC\":\"x\"}; give a list of texts."),
        (json!({"SearchBase": [7]}), "-SearchBase is 7; give a text."),
        (
            json!({"SearchBase": ["OU=People", "DC=contoso", "DC=test"]}),
            "-SearchBase is a list of 3 names, which look like the parts of one; put it into quotes: -SearchBase \
             'OU=People,DC=contoso,DC=test'.",
        ),
        (json!({"AppId": "my app"}), "-AppId is 'my app'; give a GUID."),
        (
            json!({"CertificateThumbprint": "ABC"}),
            "-CertificateThumbprint is 'ABC'; give the 40 hexadecimal digits of a SHA-1.",
        ),
        (json!({"Source": "LDAP"}), "-Source is 'LDAP'; give ActiveDirectory, Directory, Ldif or Csv."),
        (json!({"Filter": 7}), "-Filter is 7; give a text."),
        (
            json!({"Source": "Directory", "AttributeMap": {"phone": "x"}}),
            "-AttributeMap names 'phone', which is none of entryUUID, displayName, mail, proxyAddresses, userPrincipalName, \
             sAMAccountName, userCertificate and userSMIMECertificate.",
        ),
        (
            json!({"Source": "Directory", "AttributeMap": "mail"}),
            "-AttributeMap is 'mail'; give names of attributes by name, such as @{ mail = 'rfc822Mailbox' }.",
        ),
    ] {
        assert_eq!(told(&typed(directory_to_cloud(settings)).unwrap_err()), message);
    }
}

#[test]
fn names_of_values_are_taken_in_any_case_and_kept_in_theirs() {
    let home = Home::new();
    let given = json!({"Source": "activedirectory", "Policy": "STRICT", "Target": "ActiveDIRECTORY",
        "Organization": null, "RemoveValue": ["weak", "Displaced"]});
    home.make(directory_to_cloud(given)).unwrap();
    let kept = json!({"Target": "ActiveDirectory", "Organization": null, "Policy": "Strict",
        "RemoveValue": ["Weak", "Displaced"]});
    let mut kept = directory_to_cloud(kept);
    kept.as_object_mut().unwrap().remove("Organization");
    assert_eq!(home.file(), kept);
}

#[test]
fn a_file_of_an_earlier_version_keeps_values_that_nobody_is_offered_now() {
    let home = Home::new();
    let old =
        directory_to_cloud(json!({"Timeout": 100_000, "Retention": 4_000_000_000_u32, "AppId": "my app",
        "CertificateThumbprint": "ABC"}));
    // Servers were one text.
    home.write(&merged(old.clone(), json!({"Server": "dc1.contoso.test"})));
    assert_eq!(home.get().unwrap()["Retention"], 4_000_000_000_u32);
    home.set(json!({"RemovalLimit": 7})).unwrap();
    assert_eq!(home.file(), merged(old, json!({"RemovalLimit": 7})));
    assert_eq!(
        told(&home.set(json!({"Timeout": 100_000})).unwrap_err()),
        "-Timeout is 100000; give 1 to 86400 whole seconds."
    );
    home.write(&directory_to_cloud(json!({"Timeout": 0})));
    assert_eq!(told(&home.get().unwrap_err()), "-Timeout is 0; give 1 to 86400 whole seconds.");
}

#[test]
fn a_setting_of_another_source_or_target_is_told_with_whose_it_is() {
    for (settings, message) in [
        (
            json!({"AttributeMap": {"mail": "m"}}),
            "-AttributeMap has no effect with the source Ldif and the target Folder; it belongs to the source Directory.",
        ),
        (
            json!({"Prefix": "Cloud"}),
            "-Prefix has no effect with the source Ldif and the target Folder; it belongs to the target ExchangeSession.",
        ),
        (
            json!({"Server": "dc1", "Timeout": 5}),
            "-Server has no effect with the source Ldif and the target Folder; it belongs to the sources ActiveDirectory \
             and Directory. -Timeout has no effect with the source Ldif and the target Folder; it belongs to the sources \
             ActiveDirectory and Directory and the target ExchangeOnline.",
        ),
    ] {
        assert_eq!(told(&typed(file_to_folder(settings)).unwrap_err()), message);
    }
    // What says what is so anyway does no harm.
    typed(file_to_folder(json!({"SkipCertificateCheck": false, "QuietPeriod": 86_400, "Prefix": ""})))
        .unwrap();
}

#[test]
fn a_file_keeps_what_differs_from_the_defaults_and_callers_are_shown_everything() {
    let home = Home::new();
    let least = file_to_folder(json!({}));
    let shown = home.make(merged(least.clone(), json!({"Policy": "Standard", "RemovalLimit": 500}))).unwrap();
    assert_eq!(home.file(), least);
    let defaults =
        all_settings().filter_map(|setting| Some((setting.name.to_owned(), setting.default_value()?)));
    let defaults = Value::Object(defaults.collect());
    assert_eq!((&defaults["QuietPeriod"], &defaults["Policy"]), (&json!(86_400), &json!("Standard")));
    assert_eq!(shown, merged(defaults, least));
    assert_eq!(home.get().unwrap(), shown);
    // What was shown can be given back.
    assert_eq!(home.make(shown.clone()).unwrap(), shown);
}

#[test]
fn a_file_with_settings_of_another_source_opens_and_loses_them_when_it_is_saved() {
    let home = Home::new();
    let left = json!({"Server": "dc1.contoso.test", "Port": 3269, "WriteServer": "dc2", "Prefix": "Cloud"});
    home.write(&file_to_folder(left));
    let shown = home.get().unwrap();
    assert_eq!(
        (&shown["Source"], &shown["Port"], &shown["Server"]),
        (&json!("Ldif"), &Value::Null, &Value::Null)
    );
    home.set(json!({"RemovalLimit": 7})).unwrap();
    assert_eq!(home.file(), file_to_folder(json!({"RemovalLimit": 7})));
}

#[test]
fn another_source_takes_the_settings_of_the_old_one_along_and_refuses_to_be_given_them() {
    let home = Home::new();
    home.make(directory_to_cloud(json!({"Filter": "(mail=*)", "Timeout": 5}))).unwrap();
    let path = std::env::temp_dir().join("p.csv");
    let error = home.set(json!({"Source": "Csv", "Path": path, "Filter": "(a=b)"})).unwrap_err();
    assert!(told(&error).starts_with("-Filter has no effect with the source Csv"), "{error}");
    home.set(json!({"Source": "Csv", "Path": path, "Filter": null})).unwrap();
    let kept = json!({
        "Name": "corp", "Source": "Csv", "Path": path, "Target": "ExchangeOnline", "Organization": "contoso.test",
        "Timeout": 5,
    });
    assert_eq!(home.file(), kept, "the target has a time limit, too");
}

#[test]
fn a_wrong_file_is_told_in_the_same_words_and_can_be_put_right_or_replaced() {
    let home = Home::new();
    home.write(&file_to_folder(json!({"RemovalPercent": "ten"})));
    assert_eq!(told(&home.get().unwrap_err()), "-RemovalPercent is 'ten'; give 0 to 100.");
    assert_eq!(home.set(json!({"RemovalPercent": 20})).unwrap()["RemovalPercent"], 20);
    home.write(&json!({"Name": "corp", "Source": "Ldif"}));
    let again = json!({ "Operation": "NewProfile", "Profile": file_to_folder(json!({})), "Force": false });
    assert_eq!(home.ask(again).unwrap_err().id, ErrorId::ProfileExists);
    home.make(file_to_folder(json!({}))).unwrap();
    assert_eq!(
        home.set(json!({"Sauce": 1})).unwrap_err().message,
        "Profile 'corp': there is no setting -Sauce."
    );
}

#[test]
fn a_file_whose_name_is_missing_or_another_one_is_told_so() {
    let home = Home::new();
    for (name, why) in [
        (None, "its Name is missing."),
        (Some(""), "its Name is missing."),
        (Some("other"), "its Name is 'other'."),
    ] {
        let mut profile = file_to_folder(json!({}));
        match name {
            Some(name) => profile["Name"] = name.into(),
            None => drop(profile.as_object_mut().unwrap().remove("Name")),
        }
        home.write(&profile);
        let error = home.get().unwrap_err();
        assert_eq!(error.id, ErrorId::ProfileUnreadable);
        assert!(error.message.ends_with(&format!("can't be read: {why}")), "{error}");
    }
}

#[test]
fn a_name_has_letters_of_ascii_only_is_no_device_and_messages_say_so() {
    let home = Home::new();
    for name in ["müller", "Ωmega", "-corp", "", "a b", "con", "NUL.profile", "Com1"] {
        let error = home.make(merged(file_to_folder(json!({})), json!({ "Name": name }))).unwrap_err();
        assert_eq!(error.id, ErrorId::ProfileInvalid, "{name}");
        assert!(error.message.contains("1 to 64 letters (a to z, A to Z), digits, "), "{error}");
    }
}

#[test]
fn a_target_is_told_apart_by_its_place() {
    let folder = file_to_folder(json!({}));
    let text = format!("Folder {}", folder["OutputPath"].as_str().unwrap());
    let session = json!({"Target": "ExchangeSession", "Organization": null});
    let in_place = json!({"Target": "ActiveDirectory", "Organization": null});
    let copies = |map: Value| {
        json!({"Target": "Directory", "Organization": null, "TargetServer": "ldap1", "TargetSearchBase": ["O=x"],
            "TargetAttributeMap": map})
    };
    // Where certificates are is another place; the names of people are not.
    let elsewhere = json!({"userCertificate": "certificate", "mail": "m"});
    for (profile, text) in [
        (directory_to_cloud(copies(json!({"mail": "m"}))), "Directory ldap1"),
        (directory_to_cloud(copies(elsewhere)), "Directory(userCertificate=certificate) ldap1"),
        (folder, text.as_str()),
        (directory_to_cloud(json!({})), "ExchangeOnline contoso.test"),
        (directory_to_cloud(session), "ExchangeSession"),
        (directory_to_cloud(in_place), "ActiveDirectory dc1.contoso.test"),
    ] {
        assert_eq!(typed(profile).unwrap().target_text(), text);
    }
}

#[test]
fn a_profile_goes_through_json_unchanged() {
    for profile in [
        file_to_folder(json!({"Ownership": "Authoritative", "MissingPeriod": 0})),
        directory_to_cloud(
            json!({"WriteServer": "dc2", "QuietPeriod": 0, "CreateContact": true, "Timeout": 5}),
        ),
        directory_to_cloud(
            json!({"Source": "Directory", "AttributeMap": {"MAIL": "m", "displayName": "cn"}}),
        ),
        directory_to_cloud(json!({
            "Target": "ActiveDirectory", "Organization": null, "RemoveValue": ["Weak", "Displaced"],
        })),
    ] {
        let profile = typed(profile).unwrap();
        let json = serde_json::to_value(&profile).unwrap();
        assert_eq!(serde_json::from_value::<Profile>(json).unwrap(), profile);
        assert_eq!(Profile::try_from(profile.kept()).unwrap(), profile);
    }
}

#[test]
fn a_setting_of_an_earlier_version_is_read_over_and_dropped_by_the_next_save() {
    let home = Home::new();
    home.write(&directory_to_cloud(json!({ "ByteEncoding": "Integers", "Timeout": 90 })));
    let shown = home.get().unwrap();
    assert_eq!((&shown["ByteEncoding"], &shown["Timeout"]), (&Value::Null, &json!(90)));
    assert_eq!(home.file()["ByteEncoding"], "Integers", "reading changes nothing");
    home.set(json!({ "Timeout": 91 })).unwrap();
    assert_eq!((home.file().get("ByteEncoding"), &home.file()["Timeout"]), (None, &json!(91)));
    let asked = home.set(json!({ "ByteEncoding": "Base64" })).unwrap_err();
    assert_eq!(asked.id, ErrorId::ProfileInvalid, "{asked}");
    assert!(asked.message.contains("-ByteEncoding"), "{asked}");
}
