//! What a server holds, so that no other server is taken for it that holds something else.

use percent_encoding::percent_decode_str;

use super::{connection::Connection, search::read_object};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
};

/// What a server says of itself in its root DSE (RFC 4512, 5.1).
#[derive(Debug, Clone)]
pub(super) struct Domain {
    server: String,
    /// The domain that a domain controller holds; else all that a server holds.
    pub naming_contexts: Vec<String>,
}

/// Asks the server at the other end.
pub(super) fn of(connection: &mut Connection, context: &Context) -> Result<Domain> {
    let root = read_object(connection, "", &["defaultNamingContext", "namingContexts"], context)?
        .unwrap_or_default();
    let names = |attribute: &str| -> Vec<String> {
        root.values(attribute).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    };
    let default = names("defaultNamingContext");
    let naming_contexts = if default.is_empty() { names("namingContexts") } else { default };
    Ok(Domain { server: connection.server().to_owned(), naming_contexts })
}

impl Domain {
    /// Whether `other` holds the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let sorted = |domain: &Self| {
            let mut names: Vec<String> =
                domain.naming_contexts.iter().map(|name| name.to_lowercase()).collect();
            names.sort();
            names
        };
        sorted(self) == sorted(other)
    }

    /// The error of `server`, which holds something else.
    pub fn foreign(&self, server: &str, other: &Self) -> Error {
        let shown = |domain: &Self| domain.naming_contexts.join(", ");
        let message = format!(
            "The server '{server}' holds '{}', and not '{}' as '{}' does.",
            shown(other),
            shown(self),
            self.server
        );
        Error::new(ErrorId::DirectoryForeign, message).target(server)
    }
}

/// The domain that a reference to another server leads to, by its DNS name; `None` for the other parts of a forest, which
/// hold nobody (Configuration, the zones of DNS).
pub(super) fn referred(reference: &str) -> Option<String> {
    let (_, rest) = reference.split_once("://")?;
    let (_, dn) = rest.split_once('/')?;
    // RFC 3986, 2.1.
    let dn = percent_decode_str(dn.split('?').next().unwrap_or_default()).decode_utf8_lossy();
    let label = |part: &str| {
        let (name, value) = part.split_once('=')?;
        (name.trim().eq_ignore_ascii_case("DC") && !value.trim().is_empty()).then(|| value.trim().to_owned())
    };
    let labels: Vec<String> = dn.split(',').map(label).collect::<Option<_>>()?;
    let first = labels.first()?.to_lowercase();
    (!["domaindnszones", "forestdnszones"].contains(&first.as_str())).then(|| labels.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_to_a_domain_or_to_another_part_of_the_forest() {
        for (reference, domain) in [
            ("ldap://eu.contoso.test/DC=eu,DC=contoso,DC=test", Some("eu.contoso.test")),
            ("ldaps://eu.contoso.test/dc=eu,dc=contoso,dc=test??base", Some("eu.contoso.test")),
            ("ldap://x/DC%3Deu%2CDC=contoso%2cdc=test", Some("eu.contoso.test")),
            ("ldap://contoso.test/CN=Configuration,DC=contoso,DC=test", None),
            ("ldap://DomainDnsZones.contoso.test/DC=DomainDnsZones,DC=contoso,DC=test", None),
            ("ldap://ForestDnsZones.contoso.test/DC=ForestDnsZones,DC=contoso,DC=test", None),
            ("ldap://ldap2.partner.test/ou=people,dc=partner,dc=test", None),
            ("ldap://ldap2.partner.test/", None),
            ("ldap://ldap2.partner.test", None),
            ("%%%", None),
        ] {
            assert_eq!(referred(reference).as_deref(), domain, "{reference}");
        }
    }
}
