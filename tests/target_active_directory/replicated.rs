//! Somebody writes at another domain controller: the pair of `tests/lab/samba-pair.sh`.

use std::{path::PathBuf, process::Command};

use smime_sync::target::{Exclusion, Match};

use crate::{
    directory::{Server, Unit, make, modification, unit, words},
    support::{ADMINISTRATOR, profile},
};

/// Runs a command of samba-pair.sh.
fn pair(command: &str, directory: &std::path::Path) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/samba-pair.sh");
    let output = Command::new("sh").args([script, command]).arg(directory).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

struct Pair(PathBuf);

impl Drop for Pair {
    fn drop(&mut self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/samba-pair.sh");
        let _ = Command::new("sh").args([script, "stop"]).arg(&self.0).status();
    }
}

#[test]
fn a_change_at_the_other_domain_controller_holds_the_write_here() {
    let directory = PathBuf::from(std::env::var_os("SMIME_SYNC_LAB").unwrap()).with_file_name("lab-pair");
    let pair_of = Pair(directory.clone());
    pair("start", &directory);
    let env = std::fs::read_to_string(directory.join("dc1/env")).unwrap();
    let password = env.lines().find_map(|line| line.strip_prefix("LAB_ADMIN_PASSWORD='")).unwrap();
    let password = password.trim_end_matches('\'').to_owned();
    let ca = directory.join("dc1/tls/ca.pem");
    let at = |host: &str| Server { host: host.into(), ca: ca.clone(), password: password.clone() };
    let (first, second) = (at("10.79.36.1"), at("10.79.36.2"));
    make(&first, "Pair", &[("ann".into(), vec![b"old".to_vec()]), ("ben".into(), vec![b"old".to_vec()])]);
    // Long enough that what was written here just now is over, short enough for a test.
    std::thread::sleep(std::time::Duration::from_secs(12));
    let dn = format!("CN=ann,{}", unit("Pair"));
    let mut tries = 0;
    let opened = |quiet_period: u32| {
        let mut settings = profile("10.79.36.1", 636, Some(ca.clone()), &[&unit("Pair")]);
        settings.quiet_period = quiet_period;
        Unit::open(&settings, ADMINISTRATOR, &password)
    };
    let mut here = opened(10);
    assert!(here.look().iter().all(|one| matches!(one, Match::One(_))), "nobody changed within ten seconds");
    loop {
        second.run("ldapmodify", &modification(&dn, "add", b"theirs"));
        pair("replicate", &directory);
        let seen = opened(0).look().iter().any(|one| words(one).contains(&"theirs".into()));
        tries += 1;
        if seen {
            break;
        }
        assert!(tries < 30, "the change never came over");
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    let found = here.look();
    for ((recipient, _), found) in here.recipients.iter().zip(&found) {
        let held = matches!(found, Match::Excluded(Exclusion::QuietPeriod, Some(_)));
        assert_eq!(held, recipient.mail.as_deref() == Some("ann@contoso.test"), "{found:?}");
    }
    here.take_away(&found, |value| value.bytes.starts_with(b"old"));
    let left: Vec<Vec<String>> = opened(0).look().iter().map(words).collect();
    assert!(left.contains(&vec!["old".into(), "theirs".into()]), "ann is as others left her: {left:?}");
    assert!(left.contains(&vec![]), "ben was written: {left:?}");
    drop(pair_of);
}
