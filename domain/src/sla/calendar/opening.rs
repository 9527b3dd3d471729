//! When a desk that is closed opens again.

use jiff::civil::{Date, date};

use super::{Calendar, OpenHours, hours};
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
        let first = today.saturating_sub(jiff::Span::new().days(BEHIND_DAYS));
        for ahead in AHEAD_DAYS {
            let last = today.saturating_add(jiff::Span::new().days(ahead)).min(hours::LAST);
            let nearby = OpenHours::between(&pattern, zone, first, last);
            if let Some(found) = nearby.opening_after(at) {
                return found;
            }
        }
        None
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
        assert_eq!(opens(&fair, "9999-12-30T12:00:00Z"), None);
    }

    proptest! {
        #[test]
        fn it_is_the_end_of_the_first_stretch_that_is_closed(minute in 0_i64..525_600) {
            static HOURS: LazyLock<OpenHours> =
                LazyLock::new(|| OpenHours::of(&OFFICE, &utc()).unwrap());
            let at: Instant = "2026-06-01T00:00:00Z".parse().unwrap();
            let at = at.plus_millis(minute * 60_000);
            let year = HOURS.stretches(at, at.plus_millis(366 * super::super::DAY_MS));
            let opening = year.first().and_then(|(end, open)| (!open).then_some(*end));
            prop_assert_eq!(OFFICE.next_opening(&utc(), at), opening);
        }
    }
}
