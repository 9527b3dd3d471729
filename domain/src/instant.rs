//! A moment in time: integer milliseconds UTC, written as RFC 3339 with exactly three fraction
//! digits and `Z`, so that its text sorts as it does.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// The text is no RFC 3339 instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 instant such as 2026-03-01T12:00:00Z, at the latest 9999-12-30T22:00:00Z")]
pub struct NotAnInstant;

impl Instant {
    /// The earliest that is read and written, long before the common era.
    pub const EARLIEST: Self = Self(-377_705_023_201_000);

    /// The latest that is read and written, 9999-12-30T22:00:00Z.
    pub const LATEST: Self = Self(253_402_207_200_000);

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// This moment, `millis` later (earlier, if negative).
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(self.0) else {
            return f.write_str("out-of-range");
        };
        write!(f, "{timestamp:.3}")
    }
}

impl FromStr for Instant {
    type Err = NotAnInstant;

    fn from_str(text: &str) -> Result<Self, NotAnInstant> {
        if !is_rfc_3339(text) {
            return Err(NotAnInstant);
        }
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| NotAnInstant)?;
        let instant = Self(timestamp.as_millisecond());
        // The parser takes a second more than the calendar writes.
        if instant <= Self::LATEST { Ok(instant) } else { Err(NotAnInstant) }
    }
}

/// Whether the form is that of RFC 3339, 5.6; the parser takes more than that. What is before the common
/// era has a year of six digits, as it is written here.
fn is_rfc_3339(text: &str) -> bool {
    let of_six = text.strip_prefix('-').and_then(|year| year.get(2..));
    let Some((date_time, rest)) = of_six.unwrap_or(text).split_at_checked(SECONDS.len()) else {
        return false;
    };
    let fraction =
        rest.strip_prefix('.').map(|it| it.trim_start_matches(|c: char| c.is_ascii_digit()));
    let has_digits = fraction.is_none_or(|zone| rest.len() - zone.len() > 1);
    let zone = fraction.unwrap_or(rest);
    let zone_fits =
        matches!(zone, "Z" | "z") || has_form(zone, "+00:00") || has_form(zone, "-00:00");
    let begins = has_form(date_time, SECONDS) || has_form(date_time, "0000-00-00t00:00:00");
    begins && has_digits && zone_fits
}

/// The form of a date and a time: a digit stands for any.
const SECONDS: &str = "0000-00-00T00:00:00";

fn has_form(text: &str, form: &str) -> bool {
    let fits = |(it, form): (u8, u8)| if form == b'0' { it.is_ascii_digit() } else { it == form };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // What could not be read back must not be written: an event would be lost with it.
        let timestamp = jiff::Timestamp::from_millisecond(self.0).map_err(S::Error::custom)?;
        serializer.collect_str(&format_args!("{timestamp:.3}"))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_back_is_not_written() {
        let json = serde_json::to_string(&Instant::LATEST).unwrap();
        assert_eq!(json, r#""9999-12-30T22:00:00.000Z""#);
        assert_eq!(serde_json::from_str::<Instant>(&json).unwrap(), Instant::LATEST);
        let json = serde_json::to_string(&Instant::EARLIEST).unwrap();
        assert_eq!(serde_json::from_str::<Instant>(&json).unwrap(), Instant::EARLIEST);
        for beyond in [Instant::LATEST.plus_millis(1), Instant::EARLIEST.plus_millis(-1)] {
            assert!(serde_json::to_string(&beyond).is_err(), "{beyond}");
        }
        for beyond in ["9999-12-30T22:00:00.001Z", "9999-12-30T22:00:01Z"] {
            assert_eq!(beyond.parse::<Instant>(), Err(NotAnInstant));
        }
    }

    #[test]
    fn an_instant_is_written_with_three_digits_and_read_back() {
        for millis in [0, 1, -1, 999, 1_767_225_600_000, 1_767_225_600_120] {
            let text = Instant(millis).to_string();
            assert_eq!(text.len(), "2026-01-01T00:00:00.000Z".len(), "{text}");
            assert_eq!(text.parse(), Ok(Instant(millis)));
        }
        assert_eq!("2026-01-01T01:00:00+01:00".parse(), Ok(Instant(1_767_225_600_000)));
    }

    #[test]
    fn only_rfc_3339_is_read() {
        for same in [
            "2026-01-01T00:00:00Z",
            "2026-01-01t00:00:00.0z",
            "2026-01-01T00:00:00.000000000Z",
            "2026-01-01T01:00:00+01:00",
            "2025-12-31T23:30:00.000-00:30",
            "2026-01-01T00:00:00-00:00",
        ] {
            assert_eq!(same.parse(), Ok(Instant(1_767_225_600_000)), "{same}");
        }
        for other in [
            "yesterday",
            "",
            "2026-01-01",
            "2026-01-01T00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "20260101T000000Z",
            "2026-01-01T00:00:00+01",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+01:00:30",
            "2026-01-01T00:00:00,5Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Z[UTC]",
            "2026-01-01T00:00:00+01:00[Europe/Warsaw]",
            " 2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z ",
            "2026-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "1767225600000",
        ] {
            assert_eq!(other.parse::<Instant>(), Err(NotAnInstant), "{other}");
        }
    }
}
