//! The objects that these tests are about, and what is done with them.
#![allow(dead_code)]

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use smime_sync::{
    directory::Selection,
    error::Result,
    event::Context,
    model::{Attribute, Recipient, RecipientRecord, Value},
    profile::{ActiveDirectorySettings, DirectorySettings},
    targets::{
        Match, Target, TargetQuery, TargetRecipient, TargetWrite, active_directory::ActiveDirectoryTarget,
    },
};

use crate::common::directory::{self, Lab, populate};

/// May write the two attributes of everything below `OU=Writable`, and nothing else.
pub const WRITER: &str = "writer@contoso.test";
pub const READER: &str = "reader@contoso.test";

pub fn certificate(bytes: &[u8]) -> Value {
    Value::new(Attribute::UserCertificate, bytes)
}

pub fn smime(bytes: &[u8]) -> Value {
    Value::new(Attribute::UserSmimeCertificate, bytes)
}

/// A container of a test's own with people `0`, `1`, …, and the settings of it.
pub struct Unit {
    pub lab: Lab,
    address: &'static str,
    pub dn: String,
    pub settings: ActiveDirectorySettings,
    prefix: &'static str,
}

impl Unit {
    /// `prefix` is the container's name and begins the names of its people, who have these values.
    pub fn new(prefix: &'static str, people: &[Vec<Value>]) -> Self {
        Self::of(Lab::get(), "127.0.0.1", prefix, people)
    }

    /// The same in this lab, whose domain controller has this address.
    pub fn of(lab: Lab, address: &'static str, prefix: &'static str, people: &[Vec<Value>]) -> Self {
        let dn = format!("OU=Target {prefix},OU=Writable,{}", directory::DOMAIN);
        let mut ldif = format!("dn: {dn}\nobjectClass: organizationalUnit\n\n");
        for (number, values) in people.iter().enumerate() {
            let name = format!("{prefix}{number}");
            writeln!(
                ldif,
                "dn: CN={name},{dn}\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: 512\nmail: {name}@tt.test"
            )
            .unwrap();
            for value in values {
                writeln!(ldif, "{}:: {}", value.attribute, STANDARD.encode(&value.bytes)).unwrap();
            }
            ldif.push('\n');
        }
        populate(&lab, &dn, &ldif);
        let settings = without_quiet_period(lab.settings(&[&dn]));
        Self { lab, address, dn, settings, prefix }
    }

    /// The target as an account that may write here, without a quiet period.
    pub fn target(&self, context: &Context) -> ActiveDirectoryTarget {
        connect(&self.lab, &self.settings, WRITER, context).unwrap()
    }

    /// The target with a quiet period of so many seconds.
    pub fn quiet_target(&self, quiet_period: u32, context: &Context) -> ActiveDirectoryTarget {
        connect(
            &self.lab,
            &ActiveDirectorySettings { quiet_period, ..self.settings.clone() },
            WRITER,
            context,
        )
        .unwrap()
    }

    pub fn person_dn(&self, number: usize) -> String {
        format!("CN={}{number},{}", self.prefix, self.dn)
    }

    /// The people, in the order of their numbers.
    pub fn people(&self, context: &Context) -> Vec<Person> {
        let mut source = self.lab.connect(&self.settings.directory, READER, context).unwrap();
        let mut found = directory::read(&mut source, &Selection::All, context).unwrap();
        let number = |recipient: &Recipient| -> usize {
            let name = recipient.sam_account_name.as_deref().unwrap_or_default();
            name.trim_start_matches(self.prefix).parse().unwrap()
        };
        found.sort_by_key(number);
        found.iter().map(Person::new).collect()
    }

    /// Changes a person as the administrator does, with an LDIF change record's lines.
    pub fn modify(&self, number: usize, lines: &str) {
        self.modify_at(self.address, number, lines);
    }

    /// The same at the domain controller with this address.
    pub fn modify_at(&self, address: &str, number: usize, lines: &str) {
        let record = format!("dn: {}\nchangetype: {lines}\n", self.person_dn(number));
        directory::ldap_at(&self.lab, address, "ldapmodify", &[], &record).unwrap();
    }

    /// The administrator adds or deletes (`what`) a value.
    pub fn change(&self, number: usize, what: &str, value: &Value) {
        self.modify(number, &change(what, value));
    }
}

/// The lines of an LDIF change record that adds or deletes (`what`) a value.
pub fn change(what: &str, value: &Value) -> String {
    let (name, bytes) = (value.attribute, STANDARD.encode(&value.bytes));
    format!("modify\n{what}: {name}\n{name}:: {bytes}")
}

/// An Active Directory whose recipients can be written at once.
pub fn without_quiet_period(directory: DirectorySettings) -> ActiveDirectorySettings {
    ActiveDirectorySettings { quiet_period: 0, ..ActiveDirectorySettings::of(directory) }
}

pub fn connect(
    lab: &Lab,
    settings: &ActiveDirectorySettings,
    user: &str,
    context: &Context,
) -> Result<ActiveDirectoryTarget> {
    ActiveDirectoryTarget::new(settings, lab.account(user), context)
}

/// A recipient as the sync engine knows it.
#[derive(Clone)]
pub struct Person {
    pub anchor: String,
    pub record: RecipientRecord,
}

impl Person {
    pub fn new(recipient: &Recipient) -> Self {
        let record = RecipientRecord {
            label: recipient.label().to_owned(),
            display_name: None,
            address: recipient.mail.clone(),
            user_principal_name: None,
            distinguished_name: recipient.distinguished_name.clone(),
            kind: recipient.kind,
            disabled: false,
            values: Vec::new(),
        };
        Self { anchor: recipient.anchor.clone(), record }
    }

    pub fn query(&self) -> TargetQuery<'_> {
        TargetQuery {
            anchor: &self.anchor,
            recipient: &self.record,
            link: None,
            former: &[],
            thorough: false,
            fresh: true,
        }
    }

    pub fn read(&self, target: &mut dyn Target, context: &Context) -> Match {
        target.read(&[self.query()], context).unwrap().remove(0).unwrap()
    }

    /// The values that are there now.
    pub fn found(&self, target: &mut dyn Target, context: &Context) -> TargetRecipient {
        match self.read(target, context) {
            Match::One(found) => found,
            other => panic!("{other:?}"),
        }
    }

    /// Writes this list where `current` was there a moment ago.
    pub fn write(
        &self,
        target: &mut dyn Target,
        current: &TargetRecipient,
        values: &[Value],
        context: &Context,
    ) -> Result<String> {
        let write = TargetWrite {
            query: self.query(),
            current: Some(current.clone()),
            values: values.to_vec(),
            unseen: Vec::new(),
        };
        target.write(&[write], context).unwrap().remove(0)
    }
}

/// Values without regard to their order, of which Active Directory keeps none.
pub fn set(values: &[Value]) -> Vec<(Attribute, Vec<u8>)> {
    let mut set: Vec<_> = values.iter().map(|value| (value.attribute, value.bytes.to_vec())).collect();
    set.sort();
    set
}
