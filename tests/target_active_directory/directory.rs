//! Objects of a test's own in the container `Writable`, and how others write them.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use smime_sync::{
    directory::Selection,
    error::Result,
    event::Context,
    profile::Profile,
    recipient::{Attribute, Recipient, Value},
    state::import::RecipientRecord,
    target::{
        Match, Target, TargetQuery, TargetRecipient, TargetWrite, active_directory::ActiveDirectoryTarget,
    },
};

use crate::support::{ADMINISTRATOR, DOMAIN, Lab, Recorder, context, read};

pub const WRITER: &str = "writer@contoso.test";

/// A server that others and we write to.
pub struct Server {
    pub host: String,
    pub ca: PathBuf,
    pub password: String,
}

impl Server {
    pub fn of_lab(lab: &Lab) -> Self {
        Self {
            host: "127.0.0.1".into(),
            ca: lab.directory.join("tls/ca.pem"),
            password: lab.password(ADMINISTRATOR).to_owned(),
        }
    }

    /// Starts one of OpenLDAP's tools as the administrator; it reads LDIF from its standard input and goes on after
    /// errors.
    pub fn tool(&self, tool: &str) -> Child {
        Command::new(tool)
            .env("LDAPTLS_CACERT", &self.ca)
            .args([
                "-c",
                "-H",
                &format!("ldaps://{}", self.host),
                "-x",
                "-D",
                ADMINISTRATOR,
                "-w",
                &self.password,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Carries LDIF out; errors of single records are as good as not written.
    pub fn run(&self, tool: &str, ldif: &str) {
        let mut child = self.tool(tool);
        child.stdin.take().unwrap().write_all(ldif.as_bytes()).unwrap();
        child.wait().unwrap();
    }
}

pub fn unit(name: &str) -> String {
    format!("OU={name},OU=Writable,{DOMAIN}")
}

/// Makes a unit with contacts that have these values of `userCertificate`.
pub fn make(server: &Server, name: &str, people: &[(String, Vec<Vec<u8>>)]) {
    let unit = unit(name);
    let old: String = people.iter().map(|(cn, _)| format!("CN={cn},{unit}\n")).collect();
    server.run("ldapdelete", &format!("{old}{unit}\n"));
    let mut ldif = format!("dn: {unit}\nobjectClass: organizationalUnit\n\n");
    for (cn, values) in people {
        ldif += &format!("dn: CN={cn},{unit}\nobjectClass: contact\nmail: {cn}@contoso.test\n");
        ldif += &values
            .iter()
            .map(|value| format!("userCertificate:: {}\n", BASE64.encode(value)))
            .collect::<String>();
        ldif.push('\n');
    }
    server.run("ldapadd", &ldif);
}

/// One modification by somebody else.
pub fn modification(dn: &str, what: &str, value: &[u8]) -> String {
    let value = BASE64.encode(value);
    format!("dn: {dn}\nchangetype: modify\n{what}: userCertificate\nuserCertificate:: {value}\n-\n\n")
}

/// A target on a unit, signed in, and the unit's recipients.
pub struct Unit {
    pub target: ActiveDirectoryTarget,
    pub recipients: Vec<(Recipient, RecipientRecord)>,
    pub context: Context,
    pub recorder: Arc<Recorder>,
}

impl Unit {
    pub fn open(profile: &Profile, user: &str, password: &str) -> Self {
        let (context, recorder) = context();
        let mut target =
            ActiveDirectoryTarget::connect(profile, Some(user), Some(password.as_bytes()), &context).unwrap();
        let mut source = smime_sync::directory::ldap::ActiveDirectorySource::connect(
            profile,
            Some(user),
            Some(password.as_bytes()),
            &context,
        )
        .unwrap();
        let recipients = read(&mut source, &Selection::All, &context).unwrap();
        target.check_writable(&context).unwrap();
        let recipients =
            recipients.into_iter().map(|one| (record(&one), one)).map(|(r, one)| (one, r)).collect();
        Self { target, recipients, context, recorder }
    }

    /// What is there now, recipient by recipient.
    pub fn look(&mut self) -> Vec<Match> {
        let queries = queries(&self.recipients);
        let mut found = Vec::new();
        for batch in queries.chunks(self.target.batch_size()) {
            found.extend(self.target.read(batch, &self.context).unwrap().into_iter().map(Result::unwrap));
        }
        found
    }

    /// Takes away what `goes` says from what `found` shows; how each write went.
    pub fn take_away(&mut self, found: &[Match], goes: impl Fn(&Value) -> bool) -> Vec<Result<String>> {
        let queries = queries(&self.recipients);
        let writes: Vec<TargetWrite<'_>> = queries
            .into_iter()
            .zip(found)
            .filter_map(|(query, found)| {
                let Match::One(current) = found else { return None };
                let values: Vec<Value> =
                    current.values.iter().filter(|value| !goes(value)).cloned().collect();
                Some(TargetWrite { query, current: Some(current.clone()), values })
            })
            .collect();
        self.target.write(&writes, &self.context).unwrap()
    }
}

fn queries(recipients: &[(Recipient, RecipientRecord)]) -> Vec<TargetQuery<'_>> {
    recipients.iter().map(|(recipient, record)| query(recipient, record)).collect()
}

fn query<'a>(recipient: &'a Recipient, record: &'a RecipientRecord) -> TargetQuery<'a> {
    TargetQuery { anchor: &recipient.anchor, recipient: record, link: None, thorough: false, fresh: true }
}

fn record(recipient: &Recipient) -> RecipientRecord {
    RecipientRecord {
        label: recipient.label().to_owned(),
        display_name: recipient.display_name.clone(),
        address: recipient.mail.clone(),
        user_principal_name: None,
        distinguished_name: recipient.distinguished_name.clone(),
        kind: recipient.kind,
        disabled: false,
        values: Vec::new(),
    }
}

/// The values as words, sorted.
pub fn words(found: &Match) -> Vec<String> {
    let values = match found {
        Match::One(TargetRecipient { values, .. }) => values,
        Match::Excluded(_, Some(found)) => &found.values,
        other => panic!("nothing to be seen: {other:?}"),
    };
    let mut words: Vec<String> = values
        .iter()
        .filter(|value| value.attribute == Attribute::UserCertificate)
        .map(|value| String::from_utf8_lossy(&value.bytes).into_owned())
        .collect();
    words.sort();
    words
}
