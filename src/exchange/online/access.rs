//! Whether the service takes our tokens. One that worked before has run out or was withdrawn, and a new one helps;
//! one that never worked means that the application has no right (docs/design/exchange-online.md §1.6, "Status": 401
//! without the app role).

use crate::{
    error::{Error, Result},
    exchange::sign_in::AccessToken,
};

/// Fresh tokens refused one after another that end a call, before anything worked.
const MOST_REFUSED_AT_FIRST: u32 = 2;
/// The same once something has worked.
const MOST_REFUSED: u32 = 3;

/// What became of the tokens.
#[derive(Default)]
pub struct Access {
    working: Option<AccessToken>,
    refused: Option<AccessToken>,
    strikes: u32,
    worked: bool,
}

impl Access {
    /// Whether any token ever worked.
    pub fn worked(&self) -> bool {
        self.worked
    }

    /// Whether this token was refused by itself already.
    pub fn has_refused(&self, token: &AccessToken) -> bool {
        is(&self.refused, token)
    }

    /// Takes note of a token that was accepted.
    pub fn succeeded(&mut self, token: &AccessToken) {
        self.worked = true;
        self.strikes = 0;
        if !is(&self.working, token) {
            self.working = Some(token.clone());
        }
    }

    /// Takes note of a token that was not accepted. Fails with that error when a new one won't be either.
    pub fn refused(&mut self, token: &AccessToken, error: &Error) -> Result<()> {
        if is(&self.working, token) || is(&self.refused, token) {
            return Ok(());
        }
        self.refused = Some(token.clone());
        self.strikes += 1;
        let most = if self.worked { MOST_REFUSED } else { MOST_REFUSED_AT_FIRST };
        if self.strikes >= most { Err(error.clone()) } else { Ok(()) }
    }
}

fn is(known: &Option<AccessToken>, token: &AccessToken) -> bool {
    known.as_ref().is_some_and(|known| known.is(token))
}
