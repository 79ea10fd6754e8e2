//! Reading recipients.

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use smime_sync::{
    directory::{Selection, Source, ldap::LdapSource},
    error::ErrorId,
    event::LogLevel,
    model::{Attribute, Recipient, RecipientKind, Timestamp},
};

use super::objects::{CHANGING, KINDS, LIMITED, MANY, MANY_COUNT, READER, lab, ldap};
use crate::common::{
    directory::{DOMAIN, read},
    events::context,
};

fn recipients(bases: &[&str], filter: Option<&str>) -> Vec<Recipient> {
    let lab = lab();
    let (context, _) = context();
    let mut settings = lab.settings(bases);
    settings.filter = filter.map(str::to_owned);
    let mut source = lab.connect(&settings, READER, &context).unwrap();
    read(&mut source, &Selection::All, &context).unwrap()
}

fn names(recipients: &[Recipient]) -> HashSet<&str> {
    recipients.iter().filter_map(|r| r.distinguished_name.split(",OU=").next()).collect()
}

#[test]
fn users_contacts_and_disabled_accounts_are_read_and_computers_never() {
    let found = recipients(&[KINDS], None);
    assert_eq!(
        names(&found),
        HashSet::from(["CN=Alice", "CN=Contact", "CN=Shared", "CN=Person", r"CN=Odd\, (Name)*"])
    );
    let one = |name: &str| found.iter().find(|r| r.distinguished_name.starts_with(name)).unwrap();
    assert_eq!(one("CN=Contact").kind, RecipientKind::Contact);
    assert!(one("CN=Shared").disabled && !one("CN=Alice").disabled);
}

#[test]
fn a_recipient_has_all_that_the_directory_says_of_it() {
    let found = recipients(&[KINDS], Some("(mail=alice@st.test)"));
    let [alice] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(alice.distinguished_name, format!("CN=Alice,{KINDS}"));
    assert_eq!(alice.display_name.as_deref(), Some("Alice Ä"));
    assert_eq!(alice.mail.as_deref(), Some("alice@st.test"));
    assert_eq!(alice.primary_smtp_address.as_deref(), Some("Alice@st.test"));
    assert_eq!(
        alice.proxy_addresses.iter().map(String::as_str).collect::<HashSet<_>>(),
        HashSet::from(["a.second@st.test", "Alice@st.test"])
    );
    assert_eq!(alice.user_principal_name.as_deref(), Some("st-alice@contoso.test"));
    assert_eq!(alice.sam_account_name.as_deref(), Some("st-alice"));
    assert!(alice.changed.unwrap() > Timestamp::now().plus(-3600));
    assert_eq!(alice.anchor.len(), 36);
}

#[test]
fn values_come_in_the_order_of_the_server() {
    let shown = ldap(
        &lab(),
        "ldapsearch",
        &["-LLL", "-b", KINDS, "(cn=Alice)", "userCertificate", "userSMIMECertificate"],
        "",
    );
    let shown = shown.unwrap();
    let shown: Vec<_> =
        shown.lines().filter_map(|line| line.split_once("Certificate:: ")).map(|(_, value)| value).collect();
    let found = recipients(&[KINDS], Some("(cn=Alice)"));
    let values: Vec<_> = found[0].values.iter().map(|value| STANDARD.encode(&value.bytes)).collect();
    assert_eq!((values.len(), values), (5, shown.iter().map(|s| s.to_string()).collect()));
    let attributes: Vec<_> = found[0].values.iter().map(|value| value.attribute).collect();
    assert_eq!(attributes.iter().filter(|a| **a == Attribute::UserCertificate).count(), 4);
}

#[test]
fn more_recipients_than_a_page_are_all_read_once() {
    let found = recipients(&[MANY], None);
    assert_eq!(found.len(), MANY_COUNT);
    assert_eq!(found.iter().map(|r| &r.anchor).collect::<HashSet<_>>().len(), MANY_COUNT);
}

#[test]
fn overlapping_search_bases_hand_no_recipient_over_twice() {
    let found = recipients(&[KINDS, "ou=source tests,dc=CONTOSO,dc=test", CHANGING], Some("(cn=Alice)"));
    assert_eq!(found.len(), 1);
    assert_eq!(recipients(&[KINDS, CHANGING], Some("(|(cn=Alice)(cn=st-changing3))")).len(), 2);
}

#[test]
fn referrals_to_other_servers_are_told_but_not_followed() {
    let lab = lab();
    let (context, events) = context();
    let mut settings = lab.settings(&[DOMAIN]);
    settings.filter = Some("(cn=Alice)".into());
    let mut source = lab.connect(&settings, READER, &context).unwrap();
    assert_eq!(read(&mut source, &Selection::All, &context).unwrap().len(), 1);
    let logged = events.logged(LogLevel::Verbose);
    assert!(logged.iter().any(|m| m.contains("refers to other servers") && m.contains("ldap")), "{logged:?}");
}

#[test]
fn each_kind_of_identity_finds_its_recipient_within_the_scope_only() {
    let lab = lab();
    let (context, _) = context();
    let mut source = lab.connect(&lab.settings(&[KINDS]), READER, &context).unwrap();
    let anchor = recipients(&[KINDS], Some("(cn=Alice)"))[0].anchor.clone();
    let dn = format!("CN=Alice,{KINDS}");
    let by = |source: &mut LdapSource, identities: &[&str]| {
        let identities = identities.iter().map(|i| i.to_string()).collect();
        read(source, &Selection::Identities(identities), &context).unwrap()
    };
    for identity in [
        "ALICE@st.test",
        "a.second@ST.test",
        "st-alice@contoso.test",
        "ST-Alice",
        &dn,
        &anchor,
        &anchor.to_uppercase(),
    ] {
        assert_eq!(names(&by(&mut source, &[identity])), HashSet::from(["CN=Alice"]), "{identity}");
    }
    let odd = format!(r"CN=Odd\, (Name)*,{KINDS}");
    for identity in ["o'dd+(x)*@st.test", &odd] {
        assert_eq!(names(&by(&mut source, &[identity])), HashSet::from([r"CN=Odd\, (Name)*"]), "{identity}");
    }
    for identity in ["nobody@st.test", "st-many1@st.test", "*", "ST-PC$", "pc@st.test", "alice@st.test)(cn=*"]
    {
        assert!(by(&mut source, &[identity]).is_empty(), "{identity}");
    }
    // Each once, however many identities name it and however many batches they need.
    let mut many: Vec<String> = (0..120).map(|n| format!("nobody{n}@st.test")).collect();
    many.splice(0..0, ["alice@st.test".into(), "partner@fabrikam.test".into()]);
    many.push(anchor);
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let found = by(&mut source, &many);
    assert_eq!((found.len(), names(&found)), (2, HashSet::from(["CN=Alice", "CN=Contact"])));
}

#[test]
fn without_the_right_to_read_them_values_are_absent_and_nothing_is_said() {
    let lab = lab();
    let (context, _) = context();
    let settings = lab.settings(&["OU=Restricted,DC=contoso,DC=test"]);
    for (user, values) in [(READER, 2), (LIMITED, 0)] {
        let mut source = lab.connect(&settings, user, &context).unwrap();
        let found = read(&mut source, &Selection::All, &context).unwrap();
        assert_eq!(found.iter().map(|r| r.values.len()).collect::<Vec<_>>(), vec![values; 3], "{user}");
    }
}

#[test]
fn the_clock_is_that_of_the_server() {
    let lab = lab();
    let (context, _) = context();
    let mut source = lab.connect(&lab.settings(&[KINDS]), READER, &context).unwrap();
    let clock = source.clock(&context).unwrap().unwrap();
    assert!((clock.0 - Timestamp::now().0).abs() < 60, "{clock}");
}

#[test]
fn a_canceled_read_ends_at_once() {
    let lab = lab();
    let (context, _) = context();
    let mut source = lab.connect(&lab.settings(&[MANY]), READER, &context).unwrap();
    let mut count = 0;
    let ended = source.read(&Selection::All, &context, &mut |_| {
        count += 1;
        if count == 10 {
            context.cancel.cancel();
        }
        Ok(())
    });
    assert_eq!(ended.unwrap_err().id, ErrorId::Canceled);
    assert_eq!(count, 10);
}
