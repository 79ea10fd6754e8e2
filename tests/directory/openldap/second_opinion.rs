//! What another LDAP client reads of the same server: `ldap3`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use ldap3::{
    LdapConnAsync, LdapConnSettings, Scope, SearchEntry,
    adapters::{Adapter, EntriesOnly, PagedResults},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use smime_sync::{
    directory::Selection,
    model::{Attribute, Named},
};

use super::objects::{MANY, MANY_COUNT, PEOPLE, PORT, SUFFIX, Server, account, certificate, signed_data};
use crate::common::{directory::read, events::context};

/// Addresses and values of an object. A set: `ldap3` loses the order of binary values.
type Read = (BTreeSet<String>, BTreeSet<(&'static str, Vec<u8>)>);

const ATTRIBUTES: [&str; 5] =
    ["entryUUID", "mail", "userCertificate", "userCertificate;binary", "userSMIMECertificate"];

/// What `ldap3` reads below `base`, by `entryUUID`.
fn by_ldap3(server: &Server, base: &str) -> BTreeMap<String, Read> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let address = format!("ldaps://localhost:{PORT}");
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings(server), &address).await.unwrap();
        tokio::spawn(connection.drive());
        ldap.simple_bind(&account("reader"), &server.password).await.unwrap().success().unwrap();
        let adapters: Vec<Box<dyn Adapter<_, _>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(400))];
        let people = "(|(objectClass=person)(objectClass=inetOrgPerson))";
        let mut search =
            ldap.streaming_search_with(adapters, base, Scope::Subtree, people, &ATTRIBUTES).await.unwrap();
        let mut found = BTreeMap::new();
        while let Some(entry) = search.next().await.unwrap() {
            let (uuid, read) = as_read(SearchEntry::construct(entry));
            assert_eq!(found.insert(uuid, read), None, "an object came twice");
        }
        search.finish().await.success().unwrap();
        ldap.unbind().await.unwrap();
        found
    })
}

fn settings(server: &Server) -> LdapConnSettings {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.ca()).unwrap()).unwrap();
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    LdapConnSettings::new().set_config(Arc::new(tls)).set_conn_timeout(Duration::from_secs(20))
}

fn as_read(entry: SearchEntry) -> (String, Read) {
    let uuid = entry.attrs["entryUUID"][0].clone();
    let mail = entry.attrs.get("mail").into_iter().flatten().cloned().collect();
    let text = entry
        .attrs
        .into_iter()
        .map(|(name, values)| (name, values.into_iter().map(String::into_bytes).collect()));
    let values = text
        .chain(entry.bin_attrs)
        .filter_map(|(name, values): (String, Vec<Vec<u8>>)| {
            let attribute = Attribute::from_name(name.trim_end_matches(";binary"))?;
            Some(values.into_iter().map(move |value| (attribute.name(), value)))
        })
        .flatten()
        .collect();
    (uuid, (mail, values))
}

/// What we read, in the same form.
fn by_us(server: &Server, base: &str) -> BTreeMap<String, Read> {
    let context = context().0;
    let mut source = server.connect(&server.settings(&[base]), "reader", &context).unwrap();
    let recipients = read(&mut source, &Selection::All, &context).unwrap();
    let told = |one: smime_sync::model::Recipient| {
        let mail = one.mail.into_iter().chain(one.proxy_addresses).collect();
        let values = one.values.iter().map(|value| (value.attribute.name(), value.bytes.to_vec()));
        (one.anchor, (mail, values.collect()))
    };
    recipients.into_iter().map(told).collect()
}

#[test]
fn another_client_reads_what_we_read() {
    let server = Server::get();
    for (base, most) in [(PEOPLE, 2), (MANY, MANY_COUNT), (SUFFIX, usize::MAX)] {
        let (theirs, ours) = (by_ldap3(&server, base), by_us(&server, base));
        assert!(theirs == ours, "{base}: {} and {} objects", theirs.len(), ours.len());
        assert!(ours.len() == most || base == SUFFIX, "{base}: {}", ours.len());
    }
}

#[test]
fn another_client_reads_what_was_written() {
    let alice = |(mail, _): &Read| mail.contains("Alice@partner.test");
    let found = by_ldap3(&Server::get(), PEOPLE).into_values().find(alice).unwrap();
    let written = BTreeSet::from([
        ("userCertificate", certificate("alice@partner.test")),
        ("userCertificate", certificate("a.second@partner.test")),
        ("userSMIMECertificate", signed_data("alice@partner.test")),
    ]);
    assert_eq!(found.1, written);
}
