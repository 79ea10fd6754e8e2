//! How long any one answer may take.

use std::time::Duration;

use super::ConnectionSettings;

/// Seconds for an answer where the profile gives none.
const ANSWER: u32 = 60;
/// The same for a page of a list of Exchange Online: it takes longest (docs/design/exchange-online.md §1.6, "Time
/// limits").
const LIST: u32 = 300;

impl ConnectionSettings {
    /// For any one answer but a list's.
    pub fn time_limit(&self) -> Duration {
        Duration::from_secs(self.timeout.unwrap_or(ANSWER).into())
    }

    /// For a page of a list. What the profile gives holds for all.
    pub fn list_time_limit(&self) -> Duration {
        Duration::from_secs(self.timeout.unwrap_or(LIST).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_holds_for_all_even_where_it_is_what_stands_for_nothing_given() {
        for (timeout, answer, list) in
            [(None, 60, 300), (Some(60), 60, 60), (Some(5), 5, 5), (Some(900), 900, 900)]
        {
            let settings = ConnectionSettings { timeout, ..ConnectionSettings::unset() };
            assert_eq!(settings.time_limit().as_secs(), answer, "{timeout:?}");
            assert_eq!(settings.list_time_limit().as_secs(), list, "{timeout:?}");
        }
    }
}
