//! Whether the profile's recipients can be written at all, found out without writing.

use crate::{
    directory::{entry::Entry, ldap::LdapSource},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, Named, counted},
};

/// `LDAP_CAP_ACTIVE_DIRECTORY_OID`, [MS-ADTS] 3.1.1.3.4.3.1.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
/// `LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID`, [MS-ADTS] 3.1.1.3.4.3.5: a read-only domain controller.
const PARTIAL_SECRETS: &str = "1.2.840.113556.1.4.1920";
/// The attributes of an object that the signed-in account may write, [MS-ADTS] 3.1.1.4.5.7.
const WRITABLE_ATTRIBUTES: &str = "allowedAttributesEffective";

/// Fails with `DirectoryNotWritable` where the server is no writable domain controller, or its schema lacks an
/// attribute; with `DirectoryRefused` where the account lacks the right to write both attributes.
pub(in crate::targets) fn check(directory: &mut LdapSource, user: &str, context: &Context) -> Result<()> {
    let attributes = ["supportedCapabilities", "dsServiceName", "schemaNamingContext"];
    let root = directory.object("", &attributes, context)?.unwrap_or_default();
    let server = directory.server();
    let not_writable = |what: &str| {
        Err(Error::new(ErrorId::DirectoryNotWritable, format!("The server '{server}' {what}."))
            .target(&server))
    };
    if !has(&root, "supportedCapabilities", ACTIVE_DIRECTORY) {
        return not_writable("is no domain controller of Active Directory");
    }
    if has(&root, "supportedCapabilities", PARTIAL_SECRETS) || says_read_only(directory, &root, context)? {
        return not_writable("is a read-only domain controller");
    }
    for (attribute, name) in [
        (Attribute::UserCertificate, "X509-Cert"),
        (Attribute::UserSmimeCertificate, "User-SMIME-Certificate"),
    ] {
        // [MS-ADA3] 2.327 and 2.332.
        let dn = format!("CN={name},{}", text(&root, "schemaNamingContext"));
        if directory.object(&dn, &["lDAPDisplayName"], context)?.is_none() {
            return not_writable(&format!("has no attribute {attribute} in its schema"));
        }
    }
    let bases = directory.search_bases(context)?;
    let mut looked_at = vec![(0, false); bases.len()];
    directory.samples(&[WRITABLE_ATTRIBUTES], context, &mut |base, object| {
        if let Some((count, writable)) = looked_at.get_mut(base) {
            *count += 1;
            *writable |= may_write(&object);
        }
    })?;
    for (base, (count, writable)) in bases.iter().zip(looked_at) {
        // Not the first alone: members of protected groups do not inherit what was delegated.
        if count > 0 && !writable {
            return Err(no_right(user, base, count));
        }
    }
    Ok(())
}

/// Whether a directory is an Active Directory, by what it says of itself.
pub(in crate::targets) fn is_one(directory: &mut LdapSource, context: &Context) -> Result<bool> {
    let root = directory.object("", &["supportedCapabilities"], context)?.unwrap_or_default();
    Ok(has(&root, "supportedCapabilities", ACTIVE_DIRECTORY))
}

fn says_read_only(directory: &mut LdapSource, root: &Entry, context: &Context) -> Result<bool> {
    let settings = directory.object(&text(root, "dsServiceName"), &["msDS-isRODC"], context)?;
    Ok(settings.is_some_and(|settings| has(&settings, "msDS-isRODC", "TRUE")))
}

fn may_write(object: &Entry) -> bool {
    Attribute::all().all(|attribute| has(object, WRITABLE_ATTRIBUTES, attribute.name()))
}

fn has(entry: &Entry, attribute: &str, value: &str) -> bool {
    entry.values(attribute).any(|found| found.eq_ignore_ascii_case(value.as_bytes()))
}

fn text(entry: &Entry, attribute: &str) -> String {
    String::from_utf8_lossy(entry.values(attribute).next().unwrap_or_default()).into_owned()
}

fn no_right(user: &str, base: &str, count: usize) -> Error {
    let message = format!(
        "'{user}' may not write userCertificate and userSMIMECertificate below '{base}': {} looked at.",
        counted(count, "recipient was", "recipients were")
    );
    Error::new(ErrorId::DirectoryRefused, message).target(base).advice(format!(
        "Give the account the right, such as: dsacls \"{base}\" /I:S /G \"ACCOUNT:RPWP;userCertificate;user\" \
         \"ACCOUNT:RPWP;userSMIMECertificate;user\""
    ))
}
