//! What tests of directories share: settings, and the Samba domain controller of `tests/lab/samba.sh`.

use std::{fs, path::PathBuf, process::Command};

use smime_sync::{
    directory::{
        Selection, Source, SourceItem,
        ldap::{Account, LdapSource},
    },
    error::{Error, Result},
    event::Context,
    model::Recipient,
    profile::DirectorySettings,
};

/// The settings of the directory at `server`; certificates come from the CA in `ca`.
pub fn settings(server: &str, port: u16, ca: Option<PathBuf>, bases: &[&str]) -> DirectorySettings {
    let bases = bases.iter().map(|base| (*base).to_owned()).collect();
    let mut settings = DirectorySettings { port: Some(port), ..DirectorySettings::new(server, bases) };
    settings.connection.timeout = Some(20);
    settings.connection.server_certificate_path.extend(ca);
    settings
}

/// Somebody with a password.
pub fn account(user: &str, password: &str) -> Account {
    Account::with_password(user, password.as_bytes()).unwrap()
}

/// The error of a connection that must not come about.
pub fn refusal(connected: Result<LdapSource>) -> Error {
    match connected {
        Ok(_) => panic!("the connection was made"),
        Err(error) => error,
    }
}

/// The source, once it has signed in.
pub fn signed_in(source: Result<LdapSource>, context: &Context) -> Result<LdapSource> {
    let mut source = source?;
    source.sign_in(context)?;
    Ok(source)
}

/// All that a source hands over.
pub fn read(source: &mut dyn Source, selection: &Selection, context: &Context) -> Result<Vec<Recipient>> {
    let mut recipients = Vec::new();
    source.read(selection, context, &mut |item| {
        match item {
            SourceItem::Recipient(recipient) => recipients.push(recipient),
            SourceItem::Invalid(error) => panic!("{error}"),
        }
        Ok(())
    })?;
    Ok(recipients)
}

/// The Samba domain controller of `tests/lab/samba.sh`.
pub struct Lab {
    pub directory: PathBuf,
    admin_password: String,
    user_password: String,
}

pub const ADMINISTRATOR: &str = "administrator@contoso.test";
pub const DOMAIN: &str = "DC=contoso,DC=test";

impl Lab {
    /// The lab that `SMIME_SYNC_LAB` names. Without one these tests can't tell anything, so they fail.
    pub fn get() -> Self {
        let directory = PathBuf::from(
            std::env::var_os("SMIME_SYNC_LAB")
                .expect("SMIME_SYNC_LAB must name the folder of a lab that tests/lab/samba.sh started"),
        );
        Self::at(directory)
    }

    /// The lab in this folder.
    pub fn at(directory: PathBuf) -> Self {
        let settings = fs::read_to_string(directory.join("env")).expect("the lab has a file 'env'");
        let setting = |name: &str| {
            let line = settings.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_else(|| panic!("{name} in the lab's env")).trim_matches('\'').to_owned()
        };
        Self {
            admin_password: setting("LAB_ADMIN_PASSWORD"),
            user_password: setting("LAB_USER_PASSWORD"),
            directory,
        }
    }

    pub fn password(&self, user: &str) -> &str {
        if user == ADMINISTRATOR { &self.admin_password } else { &self.user_password }
    }

    /// `user` with the right password.
    pub fn account(&self, user: &str) -> Account {
        account(user, self.password(user))
    }

    /// Its settings.
    pub fn settings(&self, bases: &[&str]) -> DirectorySettings {
        settings("localhost", 636, Some(self.directory.join("tls/ca.pem")), bases)
    }

    /// Signs `user` in with the right password.
    pub fn connect(&self, settings: &DirectorySettings, user: &str, context: &Context) -> Result<LdapSource> {
        signed_in(LdapSource::active_directory(settings, self.account(user), context), context)
    }
}

/// Makes the container `root` of this lab anew, from LDIF.
pub fn populate(lab: &Lab, root: &str, ldif: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), ldif).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/populate.sh");
    let status = Command::new("sh")
        .arg(script)
        .arg(&lab.directory)
        .args(["--remove", root])
        .arg(file.path())
        .status()
        .unwrap();
    assert!(status.success(), "the lab was not filled");
}

/// Runs one of OpenLDAP's tools as administrator.
pub fn ldap(lab: &Lab, tool: &str, arguments: &[&str], input: &str) -> std::result::Result<String, String> {
    ldap_at(lab, "127.0.0.1", tool, arguments, input)
}

/// The same, at the domain controller with this address.
pub fn ldap_at(
    lab: &Lab,
    address: &str,
    tool: &str,
    arguments: &[&str],
    input: &str,
) -> std::result::Result<String, String> {
    let url = format!("ldaps://{address}");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), input).unwrap();
    let output = Command::new(tool)
        .env("LDAPTLS_CACERT", lab.directory.join("tls/ca.pem"))
        .args(["-H", &url, "-x", "-D", ADMINISTRATOR, "-w", lab.password(ADMINISTRATOR)])
        .args(arguments)
        .stdin(fs::File::open(file.path()).unwrap())
        .output()
        .expect("ldap-utils are installed");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
