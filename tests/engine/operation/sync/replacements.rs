//! The case `run-updates-without-address`: newer certificates without any address, and addresses that move by a row.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use smime_sync::model::Timestamp;

use super::*;
use crate::common::certificates::*;

const PEOPLE: usize = 40;

/// Publishes a CSV file whose row `n` has `certificate(n)`; the run.
fn publish(home: &Home, certificate: &dyn Fn(usize) -> Vec<u8>) -> Value {
    let row = |n| format!("p{n}@contoso.test,P,{}\n", STANDARD.encode(certificate(n)));
    let rows: String = (0..PEOPLE).map(row).collect();
    fs::write(home.path("people.csv"), format!("EmailAddress,DisplayName,Certificate\n{rows}")).unwrap();
    home.results(ResultType::Run, sync(json!({}))).remove(0)
}

fn home() -> Home {
    let home = Home::new();
    fs::create_dir(home.path("anchors")).unwrap();
    fs::write(home.path("anchors").join("root.cer"), root().der).unwrap();
    fs::write(home.path("anchors").join("new.cer"), new_root().der).unwrap();
    home.results(
        ResultType::Profile,
        home.profile(json!({"Source": "Csv", "Path": home.path("people.csv")})),
    );
    home
}

fn new_root() -> Authority {
    Authority::root("CN=New Root,O=Contoso", 2)
}

/// Valid since so many days ago.
fn since(draft: Draft, days: i64) -> Draft {
    let mut draft = draft.valid_today();
    draft.not_before = Timestamp::now().0 - days * DAY;
    draft
}

fn nameless(n: usize, days: i64) -> Vec<u8> {
    since(Draft::bare(&format!("CN=p{n}")), days).sign(&root())
}

fn own(n: usize, days: i64, issuer: &Authority) -> Vec<u8> {
    since(Draft::person(&format!("p{n}@contoso.test")), days).sign(issuer)
}

#[test]
fn many_certificates_that_name_nobody_or_are_older_are_held_and_renewals_by_another_ca_are_not() {
    type Of<'a> = &'a dyn Fn(usize) -> Vec<u8>;
    let cases: [(&str, Of<'_>, Of<'_>, bool); 5] = [
        ("nameless ones that move by a row", &|n| nameless(n, 20), &|n| nameless((n + 1) % PEOPLE, 20), true),
        ("Wi-Fi ones instead of own ones", &|n| own(n, 20, &root()), &|n| nameless(n, 1), true),
        ("older ones", &|n| own(n, 20, &root()), &|n| own(n, 25, &root()), true),
        ("renewals", &|n| own(n, 20, &root()), &|n| own(n, 1, &root()), false),
        ("renewals by another CA", &|n| own(n, 20, &root()), &|n| own(n, 1, &new_root()), false),
    ];
    for (what, before, after, is_held) in cases {
        let home = home();
        assert_eq!(publish(&home, before)["Add"], PEOPLE, "{what}");
        let there = published(&home);
        let run = publish(&home, after);
        assert_eq!(run["Update"], PEOPLE, "{what}: {run}");
        let (result, reasons) =
            if is_held { ("Held", json!(["Replacements"])) } else { ("Success", json!([])) };
        assert_eq!((&run["Result"], &run["HoldReasons"]), (&json!(result), &reasons), "{what}: {run}");
        assert_eq!(published(&home) == there, is_held, "{what}");
    }
}

#[test]
fn an_allowance_of_the_request_lets_them_through() {
    let home = home();
    publish(&home, &|n| own(n, 20, &root()));
    assert_eq!(publish(&home, &|n| nameless(n, 1))["Result"], "Held");
    let run = home.results(ResultType::Run, sync(json!({"AllowReplacement": PEOPLE}))).remove(0);
    assert_eq!((&run["Result"], &run["Replacements"]), (&json!("Success"), &json!(PEOPLE)));
}
