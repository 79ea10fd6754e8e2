//! Whether the service takes our tokens. One that worked before has run out or was withdrawn, and a new one helps;
//! one that never worked means that the application has no right (docs/design/exchange-online.md §1.6, "Status": 401
//! without the app role).

use std::collections::VecDeque;

use crate::{
    error::{Error, Result},
    exchange::sign_in::AccessToken,
};

/// Fresh tokens refused one after another that end a call, before anything worked.
const MOST_REFUSED_AT_FIRST: u32 = 2;
/// The same once something has worked.
const MOST_REFUSED: u32 = 3;

/// Tokens that are remembered: more are never on their way at a time.
const MOST_KNOWN: usize = 16;

/// What became of the tokens.
#[derive(Default)]
pub struct Access {
    /// Those that worked once, and those that were refused; the newest ones. Answers to old ones come late, and say
    /// nothing new.
    accepted: VecDeque<AccessToken>,
    refused: VecDeque<AccessToken>,
    strikes: u32,
    worked: bool,
}

impl Access {
    /// Whether any token ever worked.
    pub fn worked(&self) -> bool {
        self.worked
    }

    /// Whether this token has worked.
    pub fn has_accepted(&self, token: &AccessToken) -> bool {
        is_among(&self.accepted, token)
    }

    /// Whether this token was refused by itself already.
    pub fn has_refused(&self, token: &AccessToken) -> bool {
        is_among(&self.refused, token)
    }

    /// Takes note of a token that was accepted.
    pub fn succeeded(&mut self, token: &AccessToken) {
        self.worked = true;
        self.strikes = 0;
        remember(&mut self.accepted, token);
    }

    /// Takes note of a token that was not accepted. Fails with that error when a new one won't be either.
    pub fn refused(&mut self, token: &AccessToken, error: &Error) -> Result<()> {
        let is_known = self.has_accepted(token) || self.has_refused(token);
        remember(&mut self.refused, token);
        if is_known {
            return Ok(());
        }
        self.strikes += 1;
        let most = if self.worked { MOST_REFUSED } else { MOST_REFUSED_AT_FIRST };
        if self.strikes >= most { Err(error.clone()) } else { Ok(()) }
    }
}

fn is_among(known: &VecDeque<AccessToken>, token: &AccessToken) -> bool {
    known.iter().any(|known| known.is(token))
}

fn remember(known: &mut VecDeque<AccessToken>, token: &AccessToken) {
    if is_among(known, token) {
        return;
    }
    if known.len() == MOST_KNOWN {
        known.pop_front();
    }
    known.push_back(token.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::ErrorId, model::Timestamp};

    fn token(text: &str) -> AccessToken {
        AccessToken::new(zeroize::Zeroizing::new(text.into()), Timestamp(0), Timestamp(3600)).unwrap()
    }

    #[test]
    fn late_answers_to_old_tokens_do_not_count_and_new_tokens_that_are_refused_do() {
        let error = Error::new(ErrorId::ExchangeAccessDenied, "401");
        let tokens: Vec<AccessToken> = (0..5).map(|n| token(&format!("token-{n}"))).collect();
        let mut access = Access::default();
        access.succeeded(&tokens[0]);
        for late in 0..5 {
            assert_eq!(access.refused(&tokens[0], &error), Ok(()), "{late}");
        }
        access.succeeded(&tokens[1]);
        for (token, ends) in
            [(2, false), (0, false), (1, false), (3, false), (2, false), (3, false), (4, true)]
        {
            assert_eq!(access.refused(&tokens[token], &error).is_err(), ends, "{token}");
        }
        assert!(access.has_refused(&tokens[2]));
    }

    #[test]
    fn before_anything_worked_the_second_token_that_is_refused_ends_it() {
        let error = Error::new(ErrorId::ExchangeAccessDenied, "401");
        let mut access = Access::default();
        assert_eq!(access.refused(&token("one"), &error), Ok(()));
        assert_eq!(access.refused(&token("one"), &error), Ok(()));
        assert!(access.refused(&token("two"), &error).is_err());
    }
}
