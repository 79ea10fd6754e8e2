//! Where tickets come from.

use std::path::PathBuf;

use crate::{
    error::{Error, ErrorId, Result},
    regular_file,
};

/// Where the tickets of whoever signs in with Kerberos come from; with nothing in it, from where the operating system has
/// them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketSource {
    /// A credential cache, as `KRB5CCNAME` names it.
    pub credential_cache: Option<String>,
    /// The keytab with which the library gets tickets by itself, as `KRB5_CLIENT_KTNAME` names it.
    pub client_keytab: Option<String>,
    /// A keytab of the profile's. Its tickets are kept in memory; whatever else there is does not count then.
    pub keytab: Option<PathBuf>,
    /// Whose key in that keytab is used; else that of its first.
    pub principal: Option<String>,
}

impl TicketSource {
    /// Fails with `KerberosTicketMissing` where the profile's keytab can't be read: the library would say only that it
    /// gives no ticket.
    pub fn check(&self) -> Result<()> {
        let Some(keytab) = &self.keytab else { return Ok(()) };
        regular_file::open(keytab).map(drop).map_err(|e| {
            let error = Error::io(ErrorId::KerberosTicketMissing, "Cannot read the keytab", keytab, &e);
            error.advice("Correct -KeytabPath, or give the account that runs it the right to read the file.")
        })
    }

    /// Whether they are made with a key that somebody named.
    #[cfg(unix)]
    pub(super) fn has_keytab(&self) -> bool {
        self.keytab.is_some() || self.client_keytab.is_some()
    }

    /// The same as what MIT's library calls a credential store: names and values.
    #[cfg(unix)]
    pub(super) fn store(&self) -> Vec<(&'static str, String)> {
        if let Some(keytab) = &self.keytab {
            let keytab = keytab.display();
            let principal = self.principal.as_deref().unwrap_or_default();
            // The same cache for every connection, so that a run asks for its tickets once.
            let cache = format!("MEMORY:smime-sync {principal} {keytab}");
            return vec![("client_keytab", format!("FILE:{keytab}")), ("ccache", cache)];
        }
        let given = [("ccache", &self.credential_cache), ("client_keytab", &self.client_keytab)];
        given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}
