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
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| NotAnInstant)?;
        let instant = Self(timestamp.as_millisecond());
        // The parser takes a second more than the calendar writes.
        if instant <= Self::LATEST { Ok(instant) } else { Err(NotAnInstant) }
    }
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
        assert_eq!("yesterday".parse::<Instant>(), Err(NotAnInstant));
    }
}
