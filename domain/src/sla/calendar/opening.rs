//! When a desk that is closed opens again.

use jiff::civil::{Date, date};

use super::hours::{self, Opening};
use super::{Calendar, OpenHours};
use crate::definition::ZoneOffsets;
use crate::instant::Instant;

/// How many days are looked at, one after the other: most desks open within a week, all but a few within
/// a year, and hours of seventy years are a hundred times as dear as those of three weeks.
const AHEAD_DAYS: [i64; 3] = [21, 400, 40_000];

/// A shift that began on the day before lasts until the end of this one at the latest, wherever the zone
/// lies.
const BEHIND_DAYS: i64 = 2;

impl Calendar {
    /// When it opens, for whom it is closed at `at`; none while it is open, and where it opens no more.
    pub fn next_opening(&self, zone: &ZoneOffsets, at: Instant) -> Option<Instant> {
        let pattern = self.pattern().ok()?;
        let today = day_of(at)?;
        let first = today.saturating_sub(jiff::Span::new().days(BEHIND_DAYS)).max(hours::FIRST);
        for ahead in AHEAD_DAYS {
            let last = today.saturating_add(jiff::Span::new().days(ahead)).min(hours::LAST);
            match OpenHours::between(&pattern, zone, first, last).opening(at) {
                Opening::Open => return None,
                Opening::At(opening) => return Some(opening),
                Opening::Unknown => {}
            }
        }
        None
    }
}

impl Calendar {
    /// Whether it is open at an instant.
    pub fn is_open(&self, zone: &ZoneOffsets, at: Instant) -> bool {
        let (Ok(pattern), Some(today)) = (self.pattern(), day_of(at)) else { return false };
        let days = jiff::Span::new().days(BEHIND_DAYS);
        let first = today.saturating_sub(days).max(hours::FIRST);
        let last = today.saturating_add(days).min(hours::LAST);
        matches!(OpenHours::between(&pattern, zone, first, last).opening(at), Opening::Open)
    }
}

/// The day in UTC, which is that of the zone or one beside it.
fn day_of(at: Instant) -> Option<Date> {
    let days = at.millis().div_euclid(super::DAY_MS);
    date(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn utc() -> ZoneOffsets {
        ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(0, 0)] }
    }

    /// Weekdays with a lunch break, a night shift on Fridays, closed over Christmas.
    static OFFICE: LazyLock<Calendar> = LazyLock::new(|| {
        let day = ["08:00-12:00", "12:30-17:00"];
        let calendar = json!({
            "name": "Office", "zone": "UTC", "day": "PT8H",
            "weekly": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": ["22:00-06:00"] },
            "exceptions": [{ "date": "2026-12-24", "open": [] }, { "date": "--12-25", "open": [] }],
        });
        serde_json::from_value(calendar).unwrap()
    });

    fn opens(calendar: &Calendar, at: &str) -> Option<String> {
        calendar.next_opening(&utc(), at.parse().unwrap()).map(|opening| opening.to_string())
    }

    #[test]
    fn who_comes_when_it_is_closed_is_told_when_it_opens() {
        let office = |at| opens(&OFFICE, at);
        assert_eq!(office("2026-03-02T07:59:59.999Z").unwrap(), "2026-03-02T08:00:00.000Z");
        assert_eq!(office("2026-03-02T08:00:00Z"), None, "open from that millisecond on");
        assert_eq!(office("2026-03-02T12:00:00Z").unwrap(), "2026-03-02T12:30:00.000Z", "lunch");
        assert_eq!(office("2026-03-07T05:59:59Z"), None, "the shift of Friday night");
        assert_eq!(office("2026-03-07T06:00:00Z").unwrap(), "2026-03-09T08:00:00.000Z", "weekend");
        assert_eq!(office("2026-12-23T18:00:00Z").unwrap(), "2026-12-28T08:00:00.000Z", "holidays");
    }

    #[test]
    fn what_opens_in_three_years_or_never_again_is_found_too() {
        let once = json!({
            "name": "Fair", "zone": "UTC", "day": "PT8H",
            "exceptions": [{ "date": "2029-05-01", "open": ["09:00-18:00"] }],
        });
        let fair: Calendar = serde_json::from_value(once).unwrap();
        assert_eq!(opens(&fair, "2026-03-02T09:00:00Z").unwrap(), "2029-05-01T09:00:00.000Z");
        assert_eq!(opens(&fair, "2029-05-01T18:00:00Z"), None);
        assert_eq!(opens(&fair, "1971-05-01T18:00:00Z").unwrap(), "2029-05-01T09:00:00.000Z");
        assert_eq!(opens(&fair, "9999-12-30T12:00:00Z"), None);
        let open = |at: &str| fair.is_open(&utc(), at.parse().unwrap());
        assert!(open("2029-05-01T17:59:59.999Z"));
        assert!(!open("2029-05-01T18:00:00Z"), "though it opens no more");
    }

    /// Offsets from UTC in hours: of Pago Pago, of Kiritimati, of Warsaw, whose clocks change on the last
    /// Sundays of March and October 2026.
    fn zones() -> [ZoneOffsets; 3] {
        let at = |text: &str| text.parse::<Instant>().unwrap().millis();
        let (spring, autumn) = (at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z"));
        let zone = |offsets| ZoneOffsets { tzdb: "2026a".into(), offsets };
        [
            zone(vec![(0, -11 * 3600)]),
            zone(vec![(0, 14 * 3600)]),
            zone(vec![(0, 3600), (spring, 7200), (autumn, 3600)]),
        ]
    }

    /// The office, one that is open by night nearly around the clock and opens inside the hour that is left
    /// out in spring, and one that never closes.
    fn calendars() -> [Calendar; 3] {
        let of = |hours: &str| {
            let days =
                ["mon", "wed", "thu", "sat", "sun"].map(|day| (day.to_owned(), json!([hours])));
            let weekly: serde_json::Map<String, serde_json::Value> = days.into_iter().collect();
            let calendar = json!({ "name": "C", "zone": "UTC", "day": "PT8H", "weekly": weekly });
            serde_json::from_value(calendar).unwrap()
        };
        [OFFICE.clone(), of("22:00-18:00"), of("02:30-24:00")]
    }

    proptest! {
        #[test]
        fn it_is_the_end_of_the_first_stretch_that_is_closed(
            zone in 0_usize..3,
            calendar in 0_usize..3,
            minute in prop_oneof![0_i64..525_600, 125_000_i64..127_000, 427_000_i64..430_000],
        ) {
            static HOURS: LazyLock<Vec<OpenHours>> = LazyLock::new(|| {
                let both = zones().into_iter().flat_map(|zone| {
                    calendars().map(|calendar| OpenHours::of(&calendar, &zone).unwrap())
                });
                both.collect()
            });
            let at: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
            let at = at.plus_millis(minute * 60_000);
            let year = HOURS[zone * 3 + calendar].stretches(at, at.plus_millis(366 * super::super::DAY_MS));
            let opening = year.first().and_then(|(end, open)| (!open).then_some(*end));
            prop_assert_eq!(calendars()[calendar].next_opening(&zones()[zone], at), opening);
            let open = year.first().is_some_and(|(_, open)| *open);
            prop_assert_eq!(calendars()[calendar].is_open(&zones()[zone], at), open);
        }
    }
}
