//! Name constraints (RFC 5280 §4.2.1.10) on mail addresses and subjects.

use x509_parser::{
    extensions::{GeneralName, GeneralSubtree, NameConstraints},
    prelude::FromDer,
};

use crate::certificate::{Certificate, Name};

/// Checks every certificate of `path` (the leaf first) against the constraints of the CAs above it.
/// Fails with the reason, as a phrase.
pub(super) fn check(path: &[&Certificate]) -> Result<(), String> {
    for (above, ca) in path.iter().enumerate().skip(1) {
        let Some(der) = &ca.name_constraints else { continue };
        let Ok((_, constraints)) = NameConstraints::from_der(der) else {
            return Err(format!("the name constraints of the CA {} can't be read", ca.subject));
        };
        for (below, certificate) in path.iter().take(above).enumerate() {
            // RFC 5280 §6.1.3 (b): self-issued CA certificates are exempt, the leaf never is.
            if below == 0 || !certificate.is_self_issued() {
                check_one(certificate, &constraints)
                    .map_err(|name| format!("the CA {} is not allowed to issue for {name}", ca.subject))?;
            }
        }
    }
    Ok(())
}

/// Hands back the first name that the constraints forbid.
fn check_one(certificate: &Certificate, constraints: &NameConstraints<'_>) -> Result<(), String> {
    let permitted = constraints.permitted_subtrees.as_deref().unwrap_or_default();
    let excluded = constraints.excluded_subtrees.as_deref().unwrap_or_default();
    for address in &certificate.addresses {
        // Also the user principal name, since it is taken as an address: stricter than the RFC, and safe.
        let within = |subtree: &GeneralSubtree<'_>| match &subtree.base {
            GeneralName::RFC822Name(base) => Some(address_within(&address.text, base)),
            _ => None,
        };
        check_name(permitted, excluded, within).map_err(|()| address.text.clone())?;
    }
    let within = |subtree: &GeneralSubtree<'_>| match &subtree.base {
        GeneralName::DirectoryName(base) => Some(certificate.subject.key.starts_with(&Name::key_of(base))),
        _ => None,
    };
    if certificate.subject.key.is_empty() {
        return Ok(());
    }
    check_name(permitted, excluded, within).map_err(|()| certificate.subject.to_string())
}

/// `within` says of a subtree whether the name lies in it, or `None` if it is about another kind of name.
fn check_name(
    permitted: &[GeneralSubtree<'_>],
    excluded: &[GeneralSubtree<'_>],
    within: impl Fn(&GeneralSubtree<'_>) -> Option<bool>,
) -> Result<(), ()> {
    let mut of_this_kind = permitted.iter().filter_map(&within).peekable();
    let is_permitted = of_this_kind.peek().is_none() || of_this_kind.any(|inside| inside);
    let is_excluded = excluded.iter().filter_map(&within).any(|inside| inside);
    if is_permitted && !is_excluded { Ok(()) } else { Err(()) }
}

/// A whole address, all addresses at a host, or with a leading dot all at the hosts below a domain.
fn address_within(address: &str, base: &str) -> bool {
    let (address, base) = (address.to_lowercase(), base.to_lowercase());
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if base.contains('@') {
        address == base
    } else if base.starts_with('.') {
        domain.ends_with(&base)
    } else {
        base.is_empty() || domain == base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_constraints_read_as_in_rfc_5280() {
        for (address, base, within) in [
            ("a@contoso.test", "a@contoso.test", true),
            ("b@contoso.test", "a@contoso.test", false),
            ("A@Contoso.test", "contoso.test", true),
            ("a@mail.contoso.test", "contoso.test", false),
            ("a@mail.contoso.test", ".contoso.test", true),
            ("a@contoso.test", ".contoso.test", false),
            ("a@contoso.test", "", true),
            ("no address", "contoso.test", false),
        ] {
            assert_eq!(address_within(address, base), within, "{address} in {base}");
        }
    }
}
