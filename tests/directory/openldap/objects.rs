//! The server and the objects that these tests are about.

use std::{fmt::Write as _, fs, path::PathBuf, process::Command, sync::OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use smime_sync::{directory::ldap::LdapSource, error::Result, event::Context, profile::DirectorySettings};

use crate::common::directory::{self, settings};

pub use crate::common::certificates::{Draft, SignedData, root};

pub const SUFFIX: &str = "dc=partner,dc=test";
pub const PEOPLE: &str = "ou=people,dc=partner,dc=test";
pub const MANY: &str = "ou=many,dc=partner,dc=test";
pub const CHANGING: &str = "ou=changing,dc=partner,dc=test";
pub const ELSEWHERE: &str = "ou=elsewhere,dc=partner,dc=test";
/// More than two of our pages, and more than the 500 entries that the server gives to an account without other limits.
pub const MANY_COUNT: usize = 1_200;
pub const PORT: u16 = 1636;
pub const CLEAR_PORT: u16 = 1389;

/// The OpenLDAP server.
pub struct Server {
    pub directory: PathBuf,
    pub password: String,
}

impl Server {
    /// The server that `SMIME_SYNC_OPENLDAP` names, filled anew once a run. Without one these tests can't tell
    /// anything, so they fail.
    pub fn get() -> Self {
        static FILLED: OnceLock<()> = OnceLock::new();
        let directory = PathBuf::from(std::env::var_os("SMIME_SYNC_OPENLDAP").expect(
            "SMIME_SYNC_OPENLDAP must name the folder of a server that tests/lab/openldap.sh started",
        ));
        let settings = fs::read_to_string(directory.join("env")).expect("the server has a file 'env'");
        let password =
            settings.trim().strip_prefix("LAB_LDAP_PASSWORD=").expect("a password").trim_matches('\'');
        let server = Self { password: password.to_owned(), directory };
        FILLED.get_or_init(|| {
            for unit in [PEOPLE, MANY, CHANGING, ELSEWHERE] {
                // What is not there yet can't be deleted, and that is as well.
                let _ = server.tool("ldapdelete", &["-r", unit], "");
            }
            server.tool("ldapadd", &[], &objects()).expect("the server was filled");
        });
        server
    }

    /// Runs one of OpenLDAP's tools as administrator.
    pub fn tool(&self, tool: &str, arguments: &[&str], input: &str) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), input).expect("written");
        let address = format!("ldaps://127.0.0.1:{PORT}");
        let output = Command::new(tool)
            .env("LDAPTLS_CACERT", self.ca())
            .args(["-H", &address, "-x", "-D", &account("admin"), "-w", &self.password])
            .args(arguments)
            .stdin(fs::File::open(file.path()).expect("opened"))
            .output()
            .expect("ldap-utils are installed");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    pub fn ca(&self) -> PathBuf {
        self.directory.join("tls/ca.pem")
    }

    /// Its settings.
    pub fn settings(&self, bases: &[&str]) -> DirectorySettings {
        settings("localhost", PORT, Some(self.ca()), bases)
    }

    /// Signs an account in, by the name of it alone.
    pub fn connect(&self, settings: &DirectorySettings, name: &str, context: &Context) -> Result<LdapSource> {
        let account = directory::account(&account(name), &self.password);
        directory::signed_in(LdapSource::directory(settings, account, context), context)
    }
}

/// The DN of an account.
pub fn account(name: &str) -> String {
    format!("cn={name},{SUFFIX}")
}

pub fn certificate(address: &str) -> Vec<u8> {
    Draft::person(address).sign(&root())
}

pub fn signed_data(address: &str) -> Vec<u8> {
    SignedData::certs_only(&[&certificate(address)])
}

fn objects() -> String {
    let mut ldif = String::new();
    for unit in [PEOPLE, MANY, CHANGING, ELSEWHERE] {
        writeln!(ldif, "dn: {unit}\nobjectClass: organizationalUnit\n").unwrap();
    }
    let mut object = |dn: &str, lines: &[&str]| writeln!(ldif, "dn: {dn}\n{}\n", lines.join("\n")).unwrap();
    let certificate =
        |address: &str| format!("userCertificate;binary:: {}", STANDARD.encode(certificate(address)));
    let signed = format!("userSMIMECertificate:: {}", STANDARD.encode(signed_data("alice@partner.test")));
    object(
        &format!("cn=Alice,{PEOPLE}"),
        &[
            "objectClass: inetOrgPerson",
            "sn: Alice",
            "displayName: Alice Ä",
            "mail: Alice@partner.test",
            "mail: a.second@partner.test",
            &certificate("alice@partner.test"),
            &certificate("a.second@partner.test"),
            &signed,
        ],
    );
    object(&format!(r"cn=Person\, (Odd)*,{PEOPLE}"), &["objectClass: person", "sn: Odd"]);
    object(&format!("cn=Role,{PEOPLE}"), &["objectClass: organizationalRole"]);
    for (count, unit) in [(MANY_COUNT, MANY), (4, CHANGING)] {
        for number in 0..count {
            let mail = format!("p{number}@{}.test", &unit[3..7]);
            object(
                &format!("cn=p{number},{unit}"),
                &[
                    "objectClass: inetOrgPerson",
                    "sn: p",
                    &format!("mail: {mail}"),
                    &certificate("many@partner.test"),
                ],
            );
        }
    }
    ldif
}
