//! The application's certificate in files that OpenSSL made, and the assertions that are signed with it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::Value;
use smime_sync::{
    error::ErrorId,
    profile::{ExchangeOnlineSettings, FileSettings, Profile, Settings, Source, Target},
};

use super::surroundings::{APP_ID, PASSWORD, TENANT, World, openssl, settings, text};
use crate::server::{https, says};

/// A folder with keys, certificates and files of every kind.
pub fn workshop() -> &'static Path {
    static WORKSHOP: OnceLock<PathBuf> = OnceLock::new();
    WORKSHOP.get_or_init(|| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        let run = |arguments: &str| openssl(&folder, &arguments.split(' ').collect::<Vec<_>>());
        for (name, key, days) in [
            ("app", "rsa:2048", 30),
            ("other", "rsa:2048", 60),
            ("small", "rsa:1024", 30),
            ("ec", "ec -pkeyopt ec_paramgen_curve:P-256", 30),
        ] {
            run(&format!(
                "req -x509 -newkey {key} -nodes -keyout {name}.key -out {name}.crt -subj /CN={name} -days {days}"
            ));
        }
        run("x509 -in app.crt -noout -pubkey -out app.pub");
        run("req -new -key app.key -out app.csr -subj /CN=app");
        for (name, start, end) in
            [("expired", "20200101000000Z", "20210101000000Z"), ("future", "20400101000000Z", "20410101000000Z")]
        {
            fs::write(folder.join("index.txt"), "").unwrap();
            fs::write(folder.join("ca.cnf"), CA_CONFIG).unwrap();
            run(&format!(
                "ca -config ca.cnf -batch -selfsign -keyfile app.key -in app.csr -out {name}.crt -notext \
                 -rand_serial -startdate {start} -enddate {end}"
            ));
        }
        run("rsa -in app.key -traditional -out app.pkcs1.key");
        let pfx = |out: &str, of: &str, options: &str, password: &str| {
            let (input, key) = (format!("{of}.crt"), format!("{of}.key"));
            let password = format!("pass:{password}");
            let mut arguments = vec!["pkcs12", "-export", "-in", &input, "-inkey", &key, "-out", out];
            arguments.extend(["-passout", &password]);
            arguments.extend(options.split(' ').filter(|option| !option.is_empty()));
            openssl(&folder, &arguments);
        };
        pfx("modern.pfx", "app", "", PASSWORD);
        pfx("3des.pfx", "app", "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1", PASSWORD);
        pfx("legacy.pfx", "app", "-legacy", PASSWORD);
        pfx("chain.pfx", "app", "-certfile other.crt", PASSWORD);
        pfx("empty-password.pfx", "app", "", "");
        pfx("ec.pfx", "ec", "", PASSWORD);
        let join = |out: &str, parts: &[&str]| {
            let parts: Vec<_> = parts.iter().map(|part| fs::read_to_string(folder.join(part)).unwrap()).collect();
            fs::write(folder.join(out), parts.concat()).unwrap();
        };
        join("pkcs8.pem", &["app.key", "app.crt"]);
        join("pkcs1.pem", &["app.crt", "app.pkcs1.key"]);
        join("several.pem", &["other.crt", "ec.crt", "app.crt", "app.key"]);
        join("renewed.pem", &["expired.crt", "future.crt", "app.crt", "app.key"]);
        join("expired.pem", &["expired.crt", "app.key"]);
        join("future.pem", &["future.crt", "app.key"]);
        join("ec.pem", &["ec.crt", "ec.key"]);
        join("small.pem", &["small.crt", "small.key"]);
        join("stranger.pem", &["app.crt", "other.key"]);
        join("no-key.pem", &["app.crt"]);
        join("no-certificate.pem", &["app.key"]);
        let password = format!("pass:{PASSWORD}");
        openssl(&folder, &["pkcs8", "-topk8", "-in", "app.key", "-out", "encrypted.key", "-passout", &password]);
        join("encrypted.pem", &["app.crt", "encrypted.key"]);
        fs::write(folder.join("garbage.pem"), "no certificate at all").unwrap();
        fs::write(folder.join("cut.pfx"), &fs::read(folder.join("modern.pfx")).unwrap()[..1000]).unwrap();
        fs::write(folder.join("large.pfx"), vec![0x30; 1024 * 1024 + 1]).unwrap();
        folder
    })
}

const CA_CONFIG: &str = "[ca]\ndefault_ca=lab\n[lab]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n\
                         policy=any\nunique_subject=no\n[any]\ncommonName=supplied\n";

fn with_file(port: u16, file: &str) -> ExchangeOnlineSettings {
    let mut settings = settings(port);
    settings.certificate_file_path = Some(workshop().join(file));
    settings
}

fn world(password: Option<&str>) -> World {
    let mut world = World::new();
    if let Some(password) = password {
        world.secrets.insert("certificate_password", password.as_bytes().to_vec());
    }
    world
}

/// The parts of an assertion: header, claims, what is signed, the signature.
pub fn parts(assertion: &str) -> (Value, Value, String, Vec<u8>) {
    let parts: Vec<_> = assertion.split('.').collect();
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    let json = |part: &str| serde_json::from_slice(&decode(part)).unwrap();
    assert_eq!(parts.len(), 3);
    (json(parts[0]), json(parts[1]), format!("{}.{}", parts[0], parts[1]), decode(parts[2]))
}

/// Whether OpenSSL finds that the application's key made this signature.
pub fn openssl_verifies(signed: &str, signature: &[u8], pss: bool) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("signed"), signed).unwrap();
    fs::write(folder.path().join("signature"), signature).unwrap();
    let key = workshop().join("app.pub");
    let mut arguments = vec!["dgst", "-sha256", "-verify", key.to_str().unwrap(), "-signature", "signature"];
    if pss {
        arguments.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    arguments.push("signed");
    assert_eq!(openssl(folder.path(), &arguments), b"Verified OK\n");
}

/// The fingerprint that OpenSSL finds, as JWTs carry it.
fn fingerprint(digest: &str) -> String {
    let arguments = ["x509", "-in", "app.crt", "-noout", "-fingerprint", digest];
    let text = String::from_utf8(openssl(workshop(), &arguments)).unwrap();
    let digits = text.trim().split_once('=').unwrap().1.replace(':', "");
    BASE64_URL_SAFE_NO_PAD.encode(hex::decode(digits).unwrap())
}

#[test]
fn every_kind_of_file_signs_in_with_an_assertion_that_openssl_verifies() {
    let (port, requests) = https(|number, _| {
        says(
            "200 OK",
            "",
            &format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"t{number}"}}"#),
        )
    });
    let files = [
        ("modern.pfx", Some(PASSWORD)),
        ("3des.pfx", Some(PASSWORD)),
        ("legacy.pfx", Some(PASSWORD)),
        ("chain.pfx", Some(PASSWORD)),
        ("empty-password.pfx", None),
        ("empty-password.pfx", Some("")),
        ("pkcs8.pem", None),
        ("pkcs1.pem", None),
        ("several.pem", None),
        ("renewed.pem", None),
        ("pkcs8.pem", Some("not needed")),
    ];
    let mut ids = Vec::new();
    for (number, (file, password)) in files.into_iter().enumerate() {
        let world = world(password);
        let token = world.sign_in(&with_file(port, file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(text(&token), format!("Bearer t{}", number + 1), "{file}");
        let now = world.clock.timestamp().0;
        let request = requests.lock().unwrap()[number].clone();
        assert_eq!(request.line, format!("POST /{TENANT}/oauth2/v2.0/token HTTP/1.1"));
        assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
        let form = request.fields();
        assert_eq!(form["grant_type"], "client_credentials");
        assert_eq!(form["client_id"], APP_ID);
        assert_eq!(form["scope"], "https://outlook.office365.com/.default");
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let (header, claims, signed, signature) = parts(&form["client_assertion"]);
        let expected = serde_json::json!({
            "alg": "PS256", "typ": "JWT", "x5t": fingerprint("-sha1"), "x5t#S256": fingerprint("-sha256"),
        });
        assert_eq!(header, expected, "{file}");
        assert_eq!(claims["aud"], format!("https://localhost:{port}/{TENANT}/oauth2/v2.0/token"));
        assert_eq!((&claims["iss"], &claims["sub"]), (&APP_ID.into(), &APP_ID.into()));
        let [start, issued, end] = ["nbf", "iat", "exp"].map(|name| claims[name].as_i64().unwrap());
        assert_eq!((issued - start, end - start), (0, 600));
        assert!((0..=300).contains(&(now - start)), "{now} {start}");
        openssl_verifies(&signed, &signature, true);
        ids.push(claims["jti"].as_str().unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), files.len(), "an id was used twice");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_its_name_and_the_reason() {
    use ErrorId::{CertificatePasswordWrong as Password, SignInCertificateUnusable as Unusable};
    for (file, password, id, reason) in [
        ("modern.pfx", Some("wrong-4712"), Password, "is not opened by the password that was given"),
        ("legacy.pfx", Some("wrong-4712"), Password, "is not opened by the password that was given"),
        ("modern.pfx", None, Password, "needs a password"),
        ("ec.pfx", Some(PASSWORD), Unusable, "'CN=ec' with a key of the kind EC P-256; Entra takes RSA"),
        ("ec.pem", None, Unusable, "'CN=ec' with a key of the kind EC P-256; Entra takes RSA"),
        ("small.pem", None, Unusable, "'CN=small' and a key that can't be used: TooSmall"),
        ("stranger.pem", None, Unusable, "'CN=app' and a key that does not belong to it"),
        ("no-key.pem", None, Unusable, "holds no private key"),
        ("no-certificate.pem", None, Unusable, "holds no certificate"),
        ("encrypted.pem", None, Unusable, "holds an encrypted key"),
        ("expired.pem", None, Unusable, "'CN=app' expired at 2021-01-01 00:00 UTC"),
        ("future.pem", None, Unusable, "'CN=app' is not valid before 2040-01-01 00:00 UTC"),
        ("garbage.pem", None, Unusable, "holds no certificate"),
        ("cut.pfx", Some(PASSWORD), Unusable, "can't be read as PFX"),
        ("large.pfx", Some(PASSWORD), Unusable, "has 1048577 bytes"),
        ("missing.pfx", Some(PASSWORD), Unusable, "Cannot read"),
    ] {
        // Nothing is sent: nobody listens at port 1.
        let error = world(password).sign_in(&with_file(1, file)).unwrap_err();
        assert_eq!(error.id, id, "{file}: {error}");
        assert!(error.message.contains(reason), "{file}: {error}");
        let dated = matches!(file, "expired.pem" | "future.pem");
        assert!(dated || error.message.contains(file), "{file}: {error}");
        let shown = format!("{error:?}");
        assert!(!shown.contains("wrong-4712") && !shown.contains(PASSWORD), "{shown}");
    }
}

#[test]
fn an_encrypted_pem_key_is_refused_with_what_to_do() {
    let error = world(Some(PASSWORD)).sign_in(&with_file(1, "encrypted.pem")).unwrap_err();
    assert!(error.advice.contains("openssl pkcs12 -export"), "{}", error.advice);
}

#[test]
fn a_certificate_needs_the_application_s_id_and_a_profile_something_to_sign_in_with() {
    let source = Source::Ldif(FileSettings::new("/nowhere.ldif"));
    let nameless = ExchangeOnlineSettings { app_id: None, ..with_file(1, "pkcs8.pem") };
    let nameless = Settings::from(Profile::new("online", source, Target::ExchangeOnline(nameless)));
    for (error, id, text) in [
        (Profile::try_from(nameless).unwrap_err(), ErrorId::ProfileInvalid, "-AppId"),
        (
            World::new().sign_in(&settings(1)).unwrap_err(),
            ErrorId::CredentialMissing,
            "has nothing to sign in to Exchange Online with",
        ),
    ] {
        assert_eq!(error.id, id, "{error}");
        assert!(error.message.contains(text), "{error}");
    }
}

#[test]
fn neither_key_nor_password_nor_token_nor_assertion_is_said_anywhere() {
    let (port, requests) = https(|number, received| match number {
        1 => says("200 OK", "", r#"{"expires_in":3599,"access_token":"secret-token-1"}"#),
        2 => says("200 OK", "", r#"{"expires_in":"x","access_token":"secret-token-2"}"#),
        3 => says("200 OK", "", r#"{"access_token":"secret-token-3"#),
        _ => {
            let echo = format!("AADSTS50027: JWT {} is malformed.", received.fields()["client_assertion"]);
            let body = serde_json::json!({ "error": "invalid_request", "error_description": echo });
            says("400 Bad Request", "", &body.to_string())
        }
    });
    let (world, settings) = (world(Some(PASSWORD)), with_file(port, "modern.pfx"));
    let source = world.source(&settings).unwrap();
    let token = world.context.block_on(source.token()).unwrap().unwrap();
    let mut said = format!("{token:?} {:?}", token.authorization());
    for _ in 0..3 {
        let error = world.sign_in(&settings).unwrap_err();
        said += &format!("{error} {error:?} {}", serde_json::to_string(&error).unwrap());
    }
    said += &world.said();
    for part in ["valid until", "JWT … is malformed"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let key = fs::read_to_string(workshop().join("app.key")).unwrap();
    let mut secrets =
        vec!["secret-token".to_owned(), PASSWORD.to_owned(), key.lines().nth(1).unwrap().to_owned()];
    for request in requests.lock().unwrap().iter() {
        let assertion = request.fields()["client_assertion"].clone();
        secrets.extend(assertion.split('.').map(str::to_owned));
    }
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret} is in {said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_file_is_refused_or_still_right_and_never_a_crash(
        pfx in any::<bool>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let name = if pfx { "modern.pfx" } else { "pkcs8.pem" };
        let mut bytes = fs::read(workshop().join(name)).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(if cut { place } else { usize::MAX });
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("damaged"), bytes).unwrap();
        let mut settings = settings(1);
        settings.certificate_file_path = Some(folder.path().join("damaged"));
        if let Err(error) = world(Some(PASSWORD)).source(&settings) {
            let known = [ErrorId::SignInCertificateUnusable, ErrorId::CertificatePasswordWrong];
            prop_assert!(known.contains(&error.id), "{:?}", error);
        }
    }
}
