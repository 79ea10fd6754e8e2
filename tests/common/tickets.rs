//! Tickets of Kerberos, of the realms of the labs.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use smime_sync::directory::ldap::{Account, TicketSource};

/// The labs' realms. The library reads its name from the environment, as every program does.
pub const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/krb5.conf");

/// A ticket of `principal` in a file of `folder`. Fails the test where the realms are not known to this process.
pub fn ticket(folder: &Path, principal: &str, password: &str) -> TicketSource {
    assert_eq!(
        std::env::var("KRB5_CONFIG").as_deref(),
        Ok(CONFIGURATION),
        "these tests run with KRB5_CONFIG={CONFIGURATION}"
    );
    let cache = format!("FILE:{}", folder.join("tickets").display());
    let mut kinit = Command::new("kinit")
        .args(["-c", &cache, principal])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("krb5-user is installed");
    writeln!(kinit.stdin.take().unwrap(), "{password}").unwrap();
    assert!(kinit.wait().unwrap().success(), "no ticket for {principal}");
    TicketSource { credential_cache: Some(cache), ..TicketSource::default() }
}

/// Whoever has such a ticket.
pub fn holder(tickets: &TicketSource) -> Account {
    Account::Kerberos(tickets.clone())
}

/// Whoever has a key in this keytab, and no ticket of anybody's.
pub fn keytab(path: &Path, principal: Option<&str>) -> TicketSource {
    TicketSource {
        keytab: Some(path.to_owned()),
        principal: principal.map(str::to_owned),
        ..TicketSource::default()
    }
}
