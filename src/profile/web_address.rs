//! Addresses of services that a profile names itself: `ConnectionUri` and its like.

use reqwest::Url;

/// Scheme, host and port of an address, with `/` as its path.
///
/// Only they count, since the addresses that `Connect-ExchangeOnline` documents end in paths of other interfaces
/// (`/powershell-liveid`, `/common`).
///
/// Fails with what is wrong, as the end of a sentence that begins with the setting's name. It shows no password.
pub fn origin(given: &str) -> Result<Url, String> {
    // What may hold a password is not shown.
    if given.contains('@') {
        return Err("names a user, and no profile holds a secret; give scheme, host and port alone".into());
    }
    let mut url = Url::parse(given).map_err(|e| format!("'{given}' is no address: {e}"))?;
    if url.scheme() != "https" {
        return Err(format!("'{given}' does not begin with 'https://'"));
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}
