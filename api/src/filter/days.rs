//! Where days begin that a list is asked for.

use docket_domain::definition::ZoneOffsets;
use docket_domain::instant::Instant;

use crate::docket::Docket;

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// The beginning of the day in the desk's zone, some days ago. A cursor remembers its question, so
/// pages of one list must be asked for within one day.
pub fn midnight(docket: &Docket, days_ago: i64) -> Instant {
    let catalogue = docket.desk.catalogue();
    beginning_of_day(docket.now(), days_ago, catalogue.zone_offsets.as_ref())
}

/// When the wall clock showed midnight, some days before `now`: with the offset that held then, which
/// need not be the one that holds now. Without a zone's offsets it is midnight UTC.
fn beginning_of_day(now: Instant, days_ago: i64, zone: Option<&ZoneOffsets>) -> Instant {
    let local = now.0 + zone.map_or(0, |zone| i64::from(zone.at(now)) * 1_000);
    let midnight = local - local.rem_euclid(DAY) - days_ago * DAY;
    zone.map_or(Instant(midnight), |zone| zone.instant_of(midnight))
}

#[cfg(test)]
mod tests {
    use docket_commands::zones;

    use super::*;

    /// Midnight in Warsaw, some days before the moment.
    fn midnight(now: &str, days_ago: i64) -> String {
        let warsaw = zones::resolve("Europe/Warsaw").unwrap();
        beginning_of_day(now.parse().unwrap(), days_ago, Some(&warsaw)).to_string()
    }

    #[test]
    fn today_begins_at_local_midnight() {
        assert_eq!(midnight("2026-03-02T09:00:00Z", 0), "2026-03-01T23:00:00.000Z");
        assert_eq!(midnight("2026-07-02T22:00:00Z", 0), "2026-07-02T22:00:00.000Z");
        assert_eq!(midnight("2026-07-02T21:59:59.999Z", 0), "2026-07-01T22:00:00.000Z");
    }

    #[test]
    fn on_the_days_when_the_clock_is_moved_today_begins_with_the_offset_of_its_midnight() {
        // In spring at 01:00 UTC, in autumn at 01:00 UTC: before and after.
        assert_eq!(midnight("2026-03-29T00:30:00Z", 0), "2026-03-28T23:00:00.000Z");
        assert_eq!(midnight("2026-03-29T10:00:00Z", 0), "2026-03-28T23:00:00.000Z");
        assert_eq!(midnight("2026-10-25T00:30:00Z", 0), "2026-10-24T22:00:00.000Z");
        assert_eq!(midnight("2026-10-25T10:00:00Z", 0), "2026-10-24T22:00:00.000Z");
    }

    #[test]
    fn a_month_ago_begins_with_the_offset_that_held_then() {
        assert_eq!(midnight("2026-04-10T10:00:00Z", 30), "2026-03-10T23:00:00.000Z");
        assert_eq!(midnight("2026-11-10T10:00:00Z", 30), "2026-10-10T22:00:00.000Z");
    }

    #[test]
    fn without_a_zone_days_begin_at_midnight_utc() {
        let now = "2026-03-29T10:00:00Z".parse().unwrap();
        assert_eq!(beginning_of_day(now, 0, None).to_string(), "2026-03-29T00:00:00.000Z");
    }
}
