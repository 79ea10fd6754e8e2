//! Makes a directory of people with certificates of every sort, the anchors for them, and what SmimeSync should
//! make of each. The same settings give the same bytes, on every machine and at any time.
//!
//! The test programs `engine` and `lab` include it, too.

// Each of the programs that include it uses a part.
#![allow(dead_code)]

mod authority;
mod content;
mod keys;
mod person;
mod record;
mod value;

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    thread,
};

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2_of_lab::{Digest, Sha256};

pub use self::person::{Kind, Kinds, Person};
use self::{
    content::{Authorities, Content, content, device_certificate},
    keys::Keys,
    record::Records,
};

/// How many people a thread makes at a time.
const CHUNK: u64 = 256;

/// Each so manieth person has a computer.
const COMPUTER: u64 = 50;

/// What the LDIF is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As Active Directory exports it: to be read.
    Ldif,
    /// To be added to Samba or Active Directory: without what only the directory can write, and without what
    /// only Exchange's schema has.
    Samba,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many recipients, in revision 1.
    pub people: u64,
    /// 1, or 2 with ten people changed (see `person`; it takes 26 people to change all ten).
    pub revision: u8,
    pub format: Format,
    /// The DN of the domain.
    pub base: String,
    pub kinds: Kinds,
}

impl Default for Settings {
    fn default() -> Self {
        let base = "DC=contoso,DC=test".to_owned();
        Self { people: 1000, revision: 1, format: Format::Ldif, base, kinds: Kinds::Mixed }
    }
}

/// What SmimeSync should make of one object, under the policy Standard with the selection Best and the anchors
/// of the folder `anchors`, between 2026 and 2034. One line of `expected.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Expected {
    /// The person's number, or of a computer its owner's.
    pub number: u64,
    pub distinguished_name: String,
    /// objectGUID as text, where the format has it.
    pub anchor: Option<String>,
    /// The primary address; none for computers.
    pub address: Option<String>,
    /// The name of the [`Kind`], or `Computer`.
    pub kind: String,
    /// `User`, `SharedMailbox` or `Contact`; none for computers, which must never become recipients.
    pub recipient_kind: Option<String>,
    pub disabled: bool,
    /// How many values the object has in both attributes.
    pub values: usize,
    /// The SHA-256 of each certificate that should be chosen, best first, upper-case.
    pub chosen: Vec<String>,
    /// The SHA-1 of each, as Windows shows it.
    pub thumbprints: Vec<String>,
    /// The rules that must fire; any others that fire besides are notices.
    pub rules: Vec<String>,
}

/// Writes `directory.ldif`, `expected.json` (one object a line) and the folder `anchors` into `folder`. The
/// anchors are the root and the issuing CA, since `userCertificate` holds leaf certificates alone, and the
/// partner's CA.
pub fn generate(settings: &Settings, folder: &Path) -> io::Result<()> {
    let (authorities, keys) = (Authorities::new(), Keys::load());
    fs::create_dir_all(folder.join("anchors"))?;
    for (name, pem) in authorities.anchors() {
        fs::write(folder.join("anchors").join(name), pem)?;
    }
    let mut directory = BufWriter::new(File::create(folder.join("directory.ldif"))?);
    let mut expected = BufWriter::new(File::create(folder.join("expected.json"))?);
    let mut records = Records::new(&settings.base, settings.format);
    records.containers();
    write!(directory, "version: 1\n\n{}", records.text)?;
    let new = if settings.revision > 1 { 2 } else { 0 };
    let last = settings.people + new;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let starts: Vec<u64> = (1..=last).step_by(CHUNK as usize).collect();
    let mut separator = "[\n";
    for starts in starts.chunks(threads) {
        for chunk in in_parallel(starts, |start| {
            Chunk::of(start..=last.min(start + CHUNK - 1), settings, &authorities, &keys)
        }) {
            directory.write_all(chunk.ldif.as_bytes())?;
            for line in chunk.expected {
                write!(expected, "{separator}{line}")?;
                separator = ",\n";
            }
        }
    }
    expected.write_all(if last == 0 { b"[]\n" } else { b"\n]\n" })?;
    directory.flush()?;
    expected.flush()
}

/// Runs `work` for each of `starts` in a thread of its own; the results in their order.
fn in_parallel<T: Send>(starts: &[u64], work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = starts.iter().map(|start| scope.spawn(move || work(*start))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

/// Some people that follow each other.
struct Chunk {
    ldif: String,
    expected: Vec<String>,
}

impl Chunk {
    fn of(
        numbers: impl Iterator<Item = u64>,
        settings: &Settings,
        authorities: &Authorities,
        keys: &Keys,
    ) -> Self {
        let mut records = Records::new(&settings.base, settings.format);
        let mut expected = Vec::new();
        for number in numbers {
            let Some(person) = person::person(number, settings.people, settings.kinds, settings.revision)
            else {
                continue;
            };
            let content = content(&person, authorities, keys);
            let dn = records.person(&person, &content);
            expected.push(expected_of_person(&person, content, dn, settings.format));
            if number % COMPUTER == 0 {
                let name = format!("PC{number:06}");
                let certificate = device_certificate(number, &name, authorities, keys);
                let dn = records.computer(number, &name, &certificate);
                expected.push(expected_of_computer(number, dn, settings.format));
            }
        }
        let line = |expected: &Expected| serde_json::to_string(expected).expect("JSON");
        Self { ldif: records.text, expected: expected.iter().map(line).collect() }
    }
}

fn expected_of_person(person: &Person, content: Content, dn: String, format: Format) -> Expected {
    let recipient_kind = match person.kind {
        Kind::Contact => "Contact",
        // Only Exchange's schema tells a shared mailbox from a disabled account.
        Kind::SharedMailbox if format == Format::Ldif => "SharedMailbox",
        _ => "User",
    };
    Expected {
        number: person.number,
        distinguished_name: dn,
        anchor: anchor("person", person.number, format),
        address: Some(person.address()),
        kind: format!("{:?}", person.kind),
        recipient_kind: Some(recipient_kind.to_owned()),
        disabled: person.is_disabled(),
        values: content.user_certificate.len() + content.user_smime_certificate.len(),
        chosen: content.chosen.iter().map(|der| hex::encode_upper(Sha256::digest(der))).collect(),
        thumbprints: content.chosen.iter().map(|der| hex::encode_upper(Sha1::digest(der))).collect(),
        rules: content.rules.into_iter().map(str::to_owned).collect(),
    }
}

fn expected_of_computer(number: u64, dn: String, format: Format) -> Expected {
    Expected {
        number,
        distinguished_name: dn,
        anchor: anchor("computer", number, format),
        address: None,
        kind: "Computer".to_owned(),
        recipient_kind: None,
        disabled: false,
        values: 1,
        chosen: Vec::new(),
        thumbprints: Vec::new(),
        rules: Vec::new(),
    }
}

fn anchor(kind: &str, number: u64, format: Format) -> Option<String> {
    let guid = record::guid(kind, number);
    (format == Format::Ldif).then(|| uuid::Uuid::from_bytes_le(guid).to_string())
}
