//! Points in time, to the second, in UTC.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Seconds since 1970-01-01T00:00:00Z. In JSON: RFC 3339 with `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, JsonSchema)]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Timestamp(pub i64);

/// The first and the last second that RFC 3339 has a text for, in the years 1 and 9999.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

impl Timestamp {
    /// The host's clock. Only the outermost layer calls this; everything else takes the time as a parameter.
    pub fn now() -> Self {
        Self(OffsetDateTime::now_utc().unix_timestamp())
    }

    /// This time, `seconds` later (or earlier, if negative), saturating.
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// A time that RFC 3339 has a text for; `None` if it is outside its years.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        (FIRST..=LAST).contains(&seconds).then_some(Self(seconds))
    }

    /// Reads RFC 3339 text; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(|t| Self(t.unix_timestamp()))
    }
}

impl Timestamp {
    /// As text for machines: files, requests and the database. RFC 3339 with `Z`.
    pub fn rfc3339(self) -> String {
        self.date_time().format(&Rfc3339).unwrap_or_default()
    }

    /// A date beyond year 9999 cannot be written in RFC 3339; certificates can't hold one either.
    fn date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.clamp(FIRST, LAST)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// As text for people, to the minute: `2023-01-01 00:00 UTC`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.date_time();
        let (month, day) = (u8::from(t.month()), t.day());
        write!(f, "{:04}-{month:02}-{day:02} {:02}:{:02} UTC", t.year(), t.hour(), t.minute())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_rfc_3339_in_utc_and_reads_back() {
        for (seconds, text) in [(0, "1970-01-01T00:00:00Z"), (1_795_602_360, "2026-11-25T10:26:00Z")] {
            assert_eq!(Timestamp(seconds).rfc3339(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp(seconds)));
            assert_eq!(serde_json::to_value(Timestamp(seconds)).unwrap(), text);
        }
        assert_eq!(Timestamp::parse("2026-11-25T11:26:00+01:00"), Some(Timestamp(1_795_602_360)));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn times_beyond_rfc_3339_are_shown_as_its_last() {
        assert_eq!(Timestamp(i64::MAX).rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp(i64::MIN).rfc3339(), "0001-01-01T00:00:00Z");
        assert_eq!(Timestamp(i64::MAX).to_string(), "9999-12-31 23:59 UTC");
    }

    #[test]
    fn times_from_outside_are_within_the_years_of_rfc_3339() {
        for (seconds, within) in [
            (0, true),
            (-62_135_596_801, false),
            (-62_135_596_800, true),
            (253_402_300_799, true),
            (253_402_300_800, false),
        ] {
            assert_eq!(Timestamp::from_seconds(seconds), within.then_some(Timestamp(seconds)), "{seconds}");
        }
    }

    #[test]
    fn people_read_day_and_minute_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (1_795_602_419, "2026-11-25 10:26 UTC"),
            (-1, "1969-12-31 23:59 UTC"),
        ] {
            assert_eq!(Timestamp(seconds).to_string(), text);
        }
    }
}
