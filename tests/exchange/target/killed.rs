//! A host process that is killed in the middle of a batch: the next run reads back what was in flight and ends where it should.
//!
//! `SMIME_SYNC_KILLS` says how often; 10 by default.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use smime_sync::{
    model::{ChangeState, Timestamp},
    operation::{Engine, EngineConfig, Request},
    state::State,
};

use super::{
    engine::{Office, Way},
    organisation::*,
};
use crate::common::{
    events::context,
    exchange::values,
    process::{again, disturbing},
};

/// Where the home of a host process is; without it, the host makes one of its own.
const HOME: &str = "SMIME_SYNC_KILLED_HOME";
const PEOPLE: usize = 150;

fn ask(home: &Path, request: Value) {
    let home = Some(home.to_str().unwrap().to_owned());
    let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() }).unwrap();
    let request: Request = serde_json::from_value(request).unwrap();
    engine.run(request, &context().0).unwrap_or_else(|error| panic!("{error:?}"));
}

fn synchronise(home: &Path) {
    ask(home, json!({ "Operation": "Sync", "ProfileName": "corp" }));
}

/// An organisation, and the home of a profile that publishes to it what `directory.ldif` holds.
struct Scene {
    office: Office,
    home: tempfile::TempDir,
    names: Vec<String>,
}

impl Scene {
    fn new(people: usize) -> Self {
        let names: Vec<String> = (0..people).map(|number| format!("person{number}")).collect();
        let foreign = |(number, name): (usize, &String)| match number % 3 {
            0 => recipient(name, "UserMailbox", json!({ "UserCertificate": [base64(&foreign_value(name))] })),
            _ => mailbox(name),
        };
        let office = Office::new(Vec::new(), names.iter().enumerate().map(foreign).collect());
        let home = tempfile::tempdir().unwrap();
        let mut profile = serde_json::to_value(office.profile(Way::Online)).unwrap();
        profile["Path"] = json!(home.path().join("directory.ldif"));
        let scene = Self { office, home, names };
        scene.write_source(1);
        ask(scene.home.path(), json!({ "Operation": "NewProfile", "Profile": profile }));
        scene
    }

    /// Everybody's certificate with that serial number is in the source.
    fn write_source(&self, serial: u8) {
        let mut ldif = String::new();
        for name in &self.names {
            let value = base64(&certificate(&address(name), serial));
            let class = "objectClass: top\nobjectClass: person\nobjectClass: user";
            writeln!(ldif, "dn: CN={name},DC=contoso,DC=test\n{class}\nmail: {}", address(name)).unwrap();
            writeln!(ldif, "userPrincipalName: {}\nuserCertificate:: {value}\n", address(name)).unwrap();
        }
        std::fs::write(self.home.path().join("directory.ldif"), ldif).unwrap();
    }

    /// How many have exactly the value with that serial number, besides the foreign one.
    fn arrived(&self, serial: u8) -> usize {
        let all = self.office.stand_in.ask("GET", "/recipients", &Value::Null);
        let is_right = |recipient: &&Value| {
            let name = recipient["Name"].as_str().unwrap();
            let number: usize = name["person".len()..].parse().unwrap();
            let mut wanted = vec![certificate(&address(name), serial)];
            wanted.extend(number.is_multiple_of(3).then(|| foreign_value(name)));
            values(&recipient["UserCertificate"]) == wanted
        };
        all.as_array().unwrap().iter().filter(is_right).count()
    }

    fn in_flight(&self) -> usize {
        // Not opened to be read: what a killed process left half written has to be taken back first.
        let state = State::open(&find(self.home.path(), "corp.db").unwrap(), Timestamp::now()).unwrap();
        let changes = state.changes_in(ChangeState::InFlight, None, 0, 10_000).unwrap();
        state.close().unwrap();
        changes.len()
    }

    /// Starts the host as a process of its own, and kills it when the stand-in has run so many commands for single
    /// mailboxes; whether it was still at work.
    fn kill_host_after(&self, commands: u64) -> bool {
        self.office.stand_in.ask("DELETE", "/requests", &Value::Null);
        let mut host = again(module_path!(), "a_host_publishes_what_its_profile_says")
            .env(HOME, self.home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let count = || self.office.count("Get-Mailbox") + self.office.count("Set-Mailbox");
        while host.try_wait().unwrap().is_none() && count() < commands {}
        let at_work = host.try_wait().unwrap().is_none();
        host.kill().unwrap();
        host.wait().unwrap();
        // Requests that are on their way are still carried out.
        std::thread::sleep(Duration::from_millis(200));
        at_work
    }
}

fn address(name: &str) -> String {
    format!("{name}@contoso.test")
}

fn foreign_value(name: &str) -> Vec<u8> {
    certificate(&address(name), 99)
}

/// The file of that name below a folder.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { find(&path, name) } else { Some(path).filter(|path| path.ends_with(name)) }
    })
}

#[test]
fn a_host_publishes_what_its_profile_says() {
    if let Some(home) = std::env::var_os(HOME) {
        return synchronise(Path::new(&home));
    }
    let scene = Scene::new(5);
    synchronise(scene.home.path());
    assert_eq!(scene.arrived(1), 5);
}

#[test]
fn killed_in_the_middle_of_a_batch_the_next_run_reads_back_and_ends_where_it_should() {
    let _disturbing = disturbing();
    let kills: usize = std::env::var("SMIME_SYNC_KILLS").map_or(10, |text| text.parse().unwrap());
    let scene = Scene::new(PEOPLE);
    synchronise(scene.home.path());
    assert_eq!(scene.arrived(1), PEOPLE);
    let mut chance = ChaCha8Rng::seed_from_u64(6);
    let (mut killed, mut rounds) = (0, 0);
    while killed < kills {
        rounds += 1;
        assert!(rounds <= 4 * kills, "hardly any kill came in the middle of a batch: {killed} of {rounds}");
        let serial = 1 + (rounds % 2) as u8;
        scene.write_source(serial);
        // A read and a write each.
        let at_work = scene.kill_host_after(chance.gen_range(1..2 * PEOPLE as u64));
        let (in_flight, arrived) = (scene.in_flight(), scene.arrived(serial));
        killed += usize::from(at_work && in_flight > 0);
        scene.office.stand_in.ask("DELETE", "/requests", &Value::Null);
        synchronise(scene.home.path());
        assert_eq!(scene.arrived(serial), PEOPLE, "round {rounds}");
        assert_eq!(scene.in_flight(), 0, "round {rounds}");
        let (reads, writes) = (scene.office.count("Get-Mailbox"), scene.office.count("Set-Mailbox"));
        assert!(reads >= in_flight as u64, "round {rounds}: what was in flight is read back");
        assert_eq!(writes as usize, PEOPLE - arrived, "round {rounds}: what arrived is not written again");
        synchronise(scene.home.path());
        assert_eq!(scene.office.count("Set-Mailbox"), writes, "round {rounds}: nothing is left to do");
    }
    println!("{killed} kills in the middle of a batch, in {rounds} rounds");
}
