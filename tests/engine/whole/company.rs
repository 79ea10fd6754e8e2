//! A company on paper: who works there, under which address, with which certificates, and so what has to be published.
//! It is the second opinion on the engine, and knows nothing of it.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::{LazyLock, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::common::certificates::{DAY, Draft, NOW, root};

/// All certificates live so long, so that the newest is also the one that lasts longest.
const LIFETIME: i64 = 300 * DAY;

/// A certificate that the company's CA issued.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// The addresses that it names, if any.
    pub names: Vec<String>,
    /// Seconds since 1970; it ends 300 days later.
    pub from: i64,
    pub der: Vec<u8>,
}

impl Issued {
    fn new(whose: &str, names: Vec<String>, from: i64) -> Self {
        // Signing is slow, and the same few come again in every history.
        static SIGNED: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);
        let draft = Draft::person("nobody@contoso.test");
        let addresses: Vec<&str> = names.iter().map(String::as_str).collect();
        let draft = if names.is_empty() { draft.without("2.5.29.17") } else { draft.addresses(&addresses) };
        let key = format!("{whose} {names:?} {from}");
        let sign = || {
            let mut draft = draft;
            draft.subject = format!("CN={whose}");
            (draft.not_before, draft.not_after) = (from, from + LIFETIME);
            draft.serial = from.to_be_bytes()[3..].to_vec();
            draft.serial[0] = 0x11;
            draft.sign(&root())
        };
        let der = SIGNED.lock().unwrap().entry(key).or_insert_with(sign).clone();
        Self { names, from, der }
    }

    /// One that names somebody else alone is nobody's.
    fn is_usable(&self, address: &str, now: i64) -> bool {
        self.from <= now
            && now < self.from + LIFETIME
            && (self.names.is_empty() || self.names.iter().any(|one| one == address))
    }
}

#[derive(Debug, Clone)]
pub struct Person {
    pub present: bool,
    pub address: String,
    pub certificates: Vec<Issued>,
    changed: i64,
}

/// Who works there; everybody has a number.
#[derive(Debug, Clone)]
pub struct Company {
    pub people: Vec<Person>,
    /// How often all objects got new ids, as when a directory is migrated.
    generation: u8,
    pub now: i64,
}

pub fn address(number: usize) -> String {
    format!("a{number}@contoso.test")
}

/// The address with the next number.
fn next(address: &str) -> String {
    let number =
        address.trim_start_matches('a').split('@').next().and_then(|text| text.parse::<usize>().ok());
    self::address(number.unwrap() + 1)
}

impl Company {
    /// `count` people with a certificate each.
    pub fn new(count: usize) -> Self {
        let mut company = Self { people: Vec::new(), generation: 0, now: NOW.0 };
        for number in 0..count {
            company.people.push(Person {
                present: true,
                address: address(number),
                certificates: Vec::new(),
                changed: NOW.0,
            });
            company.issue(number, true, NOW.0 - 30 * DAY - number as i64);
        }
        company
    }

    /// A certificate more, valid from then on.
    pub fn issue(&mut self, number: usize, named: bool, from: i64) {
        let whose = format!("p{number}");
        let now = self.now;
        let person = &mut self.people[number];
        // It also names the address that moves on to the person when all move by one.
        let names = if named { vec![person.address.clone(), next(&person.address)] } else { Vec::new() };
        let one = Issued::new(&whose, names, from);
        if !person.certificates.iter().any(|other| other.from == from) {
            person.certificates.push(one);
        }
        person.changed = now;
    }

    /// Nothing but a certificate that ends in so many days.
    pub fn only_until(&mut self, number: usize, days: i64) {
        self.people[number].certificates.clear();
        self.issue(number, true, self.now + days * DAY - LIFETIME + number as i64);
    }

    pub fn clear(&mut self, number: usize) {
        self.people[number].certificates.clear();
        self.people[number].changed = self.now;
    }

    pub fn leave(&mut self, number: usize) {
        self.people[number].present = false;
    }

    /// Comes (back), under the first address that nobody has.
    pub fn join(&mut self, number: usize) {
        if self.people[number].present {
            return;
        }
        let taken = |one: &str| self.people.iter().any(|person| person.present && person.address == one);
        let free = (0..).map(address).find(|one| !taken(one)).unwrap();
        let now = self.now;
        let person = &mut self.people[number];
        (person.present, person.address, person.changed) = (true, free, now);
    }

    /// The addresses of all who are there move on by one.
    pub fn rotate(&mut self) {
        let there: Vec<usize> = (0..self.people.len()).filter(|one| self.people[*one].present).collect();
        let addresses: Vec<String> = there.iter().map(|one| self.people[*one].address.clone()).collect();
        for (place, one) in there.iter().enumerate() {
            self.people[*one].address = addresses[(place + 1) % there.len()].clone();
            self.people[*one].changed = self.now;
        }
    }

    pub fn swap(&mut self, one: usize, other: usize) {
        if one != other && self.people[one].present && self.people[other].present {
            let address = self.people[one].address.clone();
            self.people[one].address = std::mem::replace(&mut self.people[other].address, address);
            (self.people[one].changed, self.people[other].changed) = (self.now, self.now);
        }
    }

    /// All objects get new ids; everything else stays.
    pub fn migrate(&mut self) {
        self.generation += 1;
    }

    /// What has to be published, by address: the newest that is valid, of those that name the address if any does.
    pub fn wanted(&self, now: i64) -> BTreeMap<String, Vec<u8>> {
        let best = |person: &Person| {
            let usable = person.certificates.iter().filter(|one| one.is_usable(&person.address, now));
            let best = usable.max_by_key(|one| (!one.names.is_empty(), one.from))?;
            Some((person.address.clone(), best.der.clone()))
        };
        self.people.iter().filter(|person| person.present).filter_map(best).collect()
    }

    /// The directory as an LDIF export shows it: the first `records` people, with or without their certificates.
    pub fn ldif(&self, records: usize, with_certificates: bool) -> String {
        let mut text = String::from("version: 1\n");
        let there = self.people.iter().enumerate().filter(|(_, person)| person.present);
        for (number, person) in there.take(records) {
            let mut guid = [0x42; 16];
            (guid[0], guid[1]) = (number as u8, self.generation);
            let changed = time::OffsetDateTime::from_unix_timestamp(person.changed).unwrap();
            let changed = changed
                .format(time::macros::format_description!("[year][month][day][hour][minute][second].0Z"))
                .unwrap();
            let address = &person.address;
            let _ = write!(
                text,
                "\ndn: CN=p{number},OU=People,DC=contoso,DC=test\nobjectClass: top\nobjectClass: person\n\
                 objectClass: organizationalPerson\nobjectClass: user\n\
                 objectCategory: CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=test\ncn: p{number}\n\
                 displayName: Person {number}\nmail: {address}\nuserPrincipalName: p{number}@corp.contoso.test\n\
                 userAccountControl: 512\nwhenChanged: {changed}\nobjectGUID:: {}\n",
                BASE64.encode(guid)
            );
            for one in person.certificates.iter().filter(|_| with_certificates) {
                let _ = writeln!(text, "userCertificate:: {}", BASE64.encode(&one.der));
            }
        }
        text
    }
}
