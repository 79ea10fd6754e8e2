//! Entries as LDIF (RFC 2849): as Active Directory exports them, or as `ldapadd` adds them to one.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2_of_lab::{Digest, Sha256};

use super::{
    Format,
    content::Content,
    person::{Kind, Person},
};

/// How long a line may be, as ldapsearch writes them.
const WIDTH: usize = 76;

/// Where the records go, and what they have in common.
pub struct Records<'a> {
    pub base: &'a str,
    pub format: Format,
    pub text: String,
}

impl<'a> Records<'a> {
    pub fn new(base: &'a str, format: Format) -> Self {
        Self { base, format, text: String::new() }
    }

    /// The organizational units, which `ldapadd` must find before their people, and a group.
    pub fn containers(&mut self) {
        for unit in ["People", "Partners", "Devices"] {
            let dn = format!("OU={unit},{}", self.base);
            self.begin(&dn, &["top", "organizationalUnit"], "Organizational-Unit");
            self.add("ou", unit.as_bytes());
            self.text.push('\n');
        }
        let dn = format!("CN=All Staff,OU=People,{}", self.base);
        self.begin(&dn, &["top", "group"], "Group");
        self.add("cn", b"All Staff");
        self.add("sAMAccountName", b"All Staff");
        self.add("mail", b"all@contoso.test");
        self.exported("group", 0, false);
        self.text.push('\n');
    }

    /// A person with their values; returns the DN.
    pub fn person(&mut self, person: &Person, content: &Content) -> String {
        let name = person.display_name();
        let (unit, class) = if person.is_contact() { ("Partners", "contact") } else { ("People", "user") };
        let dn = format!("CN={name},OU={unit},{}", self.base);
        self.begin(&dn, &["top", "person", "organizationalPerson", class], "Person");
        let address = person.address();
        self.add("cn", name.as_bytes());
        self.add("displayName", name.as_bytes());
        self.add("mail", address.as_bytes());
        self.add("proxyAddresses", format!("SMTP:{address}").as_bytes());
        if let Some(alias) = person.alias() {
            self.add("proxyAddresses", format!("smtp:{alias}").as_bytes());
        }
        if !person.is_contact() {
            self.account(person, &address);
        }
        if self.format == Format::Ldif {
            let details = match person.kind {
                Kind::SharedMailbox => "4",
                Kind::Contact => "64",
                _ => "1",
            };
            self.add("msExchRecipientTypeDetails", details.as_bytes());
        }
        self.exported("person", person.number, person.revised);
        for value in &content.user_certificate {
            self.add("userCertificate", value);
        }
        for value in &content.user_smime_certificate {
            self.add("userSMIMECertificate", value);
        }
        self.text.push('\n');
        dn
    }

    fn account(&mut self, person: &Person, address: &str) {
        self.add("sAMAccountName", person.account().as_bytes());
        self.add("userPrincipalName", address.as_bytes());
        self.control(512, person.is_disabled());
    }

    /// A computer, which Active Directory counts among the users; returns the DN.
    pub fn computer(&mut self, number: u64, name: &str, certificate: &[u8]) -> String {
        let dn = format!("CN={name},OU=Devices,{}", self.base);
        self.begin(&dn, &["top", "person", "organizationalPerson", "user", "computer"], "Computer");
        self.add("cn", name.as_bytes());
        self.add("sAMAccountName", format!("{name}$").as_bytes());
        self.control(4096, false);
        self.exported("computer", number, false);
        self.add("userCertificate", certificate);
        self.text.push('\n');
        dn
    }

    /// `userAccountControl`, [MS-ADTS] 2.2.16. What `ldapadd` adds has no password, so it must need none.
    fn control(&mut self, kind: u32, disabled: bool) {
        let no_password = if self.format == Format::Samba { 32 } else { 0 };
        let value = kind | no_password | if disabled { 2 } else { 0 };
        self.add("userAccountControl", value.to_string().as_bytes());
    }

    fn begin(&mut self, dn: &str, classes: &[&str], category: &str) {
        self.add("dn", dn.as_bytes());
        for class in classes {
            self.add("objectClass", class.as_bytes());
        }
        if self.format == Format::Ldif {
            let category = format!("CN={category},CN=Schema,CN=Configuration,{}", self.base);
            self.add("objectCategory", category.as_bytes());
        }
    }

    /// What only the directory itself can write.
    fn exported(&mut self, kind: &str, number: u64, revised: bool) {
        if self.format == Format::Ldif {
            self.add("objectGUID", &guid(kind, number));
            let changed = if revised { "20260601080000.0Z" } else { "20260105080000.0Z" };
            self.add("whenChanged", changed.as_bytes());
        }
    }

    fn add(&mut self, name: &str, value: &[u8]) {
        let safe = value.iter().all(|byte| (b' '..=b'~').contains(byte))
            && !value.first().is_some_and(|byte| b" :<".contains(byte))
            && value.last() != Some(&b' ');
        let line = match std::str::from_utf8(value) {
            Ok(text) if safe => format!("{name}: {text}"),
            _ => format!("{name}:: {}", STANDARD.encode(value)),
        };
        // Only ASCII is left, so that a line can be cut anywhere.
        let (mut rest, mut width) = (line.as_str(), WIDTH);
        while rest.len() > width {
            let (piece, tail) = rest.split_at(width);
            self.text.push_str(piece);
            self.text.push_str("\n ");
            (rest, width) = (tail, WIDTH - 1);
        }
        self.text.push_str(rest);
        self.text.push('\n');
    }
}

/// The objectGUID of an object: 16 bytes that look random and are the same each time.
pub fn guid(kind: &str, number: u64) -> [u8; 16] {
    let hash = Sha256::digest(format!("{kind} {number}"));
    let mut guid: [u8; 16] = std::array::from_fn(|i| hash[i]);
    // Version 4, variant 1; the version is in the last byte of a little-endian field.
    guid[7] = guid[7] & 0x0F | 0x40;
    guid[8] = guid[8] & 0x3F | 0x80;
    guid
}
