//! The objects that these tests are about.

use std::{fmt::Write as _, sync::OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::common::directory::{Lab, populate};

pub use crate::common::directory::ldap;

pub const READER: &str = "reader@contoso.test";
pub const LIMITED: &str = "limited@contoso.test";
pub const ROOT: &str = "OU=Source Tests,DC=contoso,DC=test";
pub const KINDS: &str = "OU=Kinds,OU=Source Tests,DC=contoso,DC=test";
pub const MANY: &str = "OU=Source Tests Many,DC=contoso,DC=test";
pub const CHANGING: &str = "OU=Changing,OU=Source Tests,DC=contoso,DC=test";
pub const ELSEWHERE: &str = "OU=Elsewhere,OU=Source Tests,DC=contoso,DC=test";
/// More than two of our pages, and more than a server hands over at once (MaxPageSize is 1,000).
pub const MANY_COUNT: usize = 1_100;

/// The lab with the objects that these tests are about, made anew once a run (the many only once a lab).
pub fn lab() -> Lab {
    static FILLED: OnceLock<()> = OnceLock::new();
    let lab = Lab::get();
    FILLED.get_or_init(|| {
        let many = ldap(&lab, "ldapsearch", &["-b", MANY, "-s", "base", "dn"], "").is_err();
        populate(&lab, ROOT, &objects(many));
    });
    lab
}

fn objects(many: bool) -> String {
    let mut ldif = String::new();
    for unit in [ROOT, KINDS, CHANGING, ELSEWHERE].into_iter().chain(many.then_some(MANY)) {
        writeln!(ldif, "dn: {unit}\nobjectClass: organizationalUnit\n").unwrap();
    }
    let value = |bytes: &[u8]| STANDARD.encode(bytes);
    let mut object = |dn: &str, lines: &[&str]| writeln!(ldif, "dn: {dn}\n{}\n", lines.join("\n")).unwrap();
    let certificates: Vec<_> =
        [9u8, 1, 200, 5].iter().map(|n| format!("userCertificate:: {}", value(&[0x30, 0x82, *n]))).collect();
    let signed = format!("userSMIMECertificate:: {}", value(&[0x30, 0x80, 0xff]));
    let mut lines = vec![
        "objectClass: user",
        "sAMAccountName: st-alice",
        "userAccountControl: 512",
        "displayName: Alice Ä",
        "mail: alice@st.test",
        "userPrincipalName: st-alice@contoso.test",
        "proxyAddresses: smtp:a.second@st.test",
        "proxyAddresses: SMTP:Alice@st.test",
        "proxyAddresses: X500:/o=Contoso/cn=alice",
    ];
    lines.extend(certificates.iter().map(String::as_str));
    lines.push(&signed);
    object(&format!("CN=Alice,{KINDS}"), &lines);
    let certificate = format!("userCertificate:: {}", value(&[0x30, 0x01, 0x07]));
    for (name, lines) in [
        ("Contact", &["objectClass: contact", "mail: partner@fabrikam.test", &certificate][..]),
        (
            "Shared",
            &[
                "objectClass: user",
                "sAMAccountName: st-shared",
                "userAccountControl: 514",
                "mail: shared@st.test",
            ],
        ),
        (
            "Person",
            &[
                "objectClass: inetOrgPerson",
                "sAMAccountName: st-person",
                "userAccountControl: 512",
                "mail: person@st.test",
            ],
        ),
        (
            "Computer",
            &[
                "objectClass: computer",
                "sAMAccountName: ST-PC$",
                "userAccountControl: 4096",
                "mail: pc@st.test",
                &certificate,
            ],
        ),
        ("Group", &["objectClass: group", "sAMAccountName: st-group", "mail: group@st.test"]),
        (
            r"Odd\, (Name)*",
            &[
                "objectClass: user",
                "sAMAccountName: st-odd",
                "userAccountControl: 512",
                "mail: o'dd+(x)*@st.test",
            ],
        ),
    ] {
        object(&format!("CN={name},{KINDS}"), lines);
    }
    let many_count = if many { MANY_COUNT } else { 0 };
    for (count, unit, prefix) in [(many_count, MANY, "st-many"), (4, CHANGING, "st-changing")] {
        for number in 0..count {
            let (name, mail) =
                (format!("sAMAccountName: {prefix}{number}"), format!("mail: {prefix}{number}@st.test"));
            let lines = ["objectClass: user", &name, "userAccountControl: 512", &mail, &certificate];
            object(&format!("CN={prefix}{number},{unit}"), &lines);
        }
    }
    ldif
}
