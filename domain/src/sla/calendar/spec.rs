//! Open time by example, and against a slow and obvious walk from minute to minute.

use std::cmp::Ordering;

use insta::assert_snapshot;
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::definition::ZoneOffsets;
use crate::instant::Instant;

mod never_open;

const MINUTE_MS: i64 = 60_000;

/// Warsaw in 2026: an hour ahead, two from the end of March to the end of October.
fn warsaw() -> ZoneOffsets {
    let at = |text: &str| text.parse::<Instant>().unwrap().0;
    let (spring, autumn) = (at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z"));
    let offsets = vec![(at("1990-01-01T00:00:00Z"), 3600), (spring, 7200), (autumn, 3600)];
    ZoneOffsets { tzdb: "2026a".into(), offsets }
}

fn calendar(weekly: Value, exceptions: Value) -> Calendar {
    let calendar = json!({
        "name": "Office", "zone": "Europe/Warsaw", "day": "PT8H",
        "weekly": weekly, "exceptions": exceptions,
    });
    serde_json::from_value(calendar).unwrap()
}

fn hours(weekly: Value, exceptions: Value) -> OpenHours {
    OpenHours::of(&calendar(weekly, exceptions), &warsaw()).unwrap()
}

fn weekdays() -> Value {
    let day = ["08:00-17:00"];
    json!({ "mon": day, "tue": day, "wed": day, "thu": day, "fri": day })
}

fn minutes(hours: &OpenHours, from: &str, to: &str) -> i64 {
    let open = hours.open_between(from.parse().unwrap(), to.parse().unwrap());
    assert_eq!(open % MINUTE_MS, 0, "{open} ms are no whole minutes");
    open / MINUTE_MS
}

fn due(hours: &OpenHours, start: &str, after: &str) -> String {
    let due = hours.after_open(start.parse().unwrap(), parse_millis(after).unwrap());
    due.map_or("never".into(), |due| due.to_string())
}

#[test]
fn the_document_of_the_api_is_read_and_written_as_it_is() {
    let document = json!({
        "name": "Office", "zone": "Europe/Warsaw", "day": "PT8H",
        "weekly": {
            "mon": ["08:00-12:00", "12:30-17:00"], "tue": ["08:00-17:00"], "fri": ["22:00-06:00"],
        },
        "exceptions": [
            { "date": "2026-12-24", "open": ["08:00-12:00"], "name": "Christmas Eve" },
            { "date": "--12-25", "open": [] },
        ],
    });
    let calendar: Calendar = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(calendar.errors(), Vec::new());
    assert_eq!(serde_json::to_value(calendar).unwrap(), document);
}

#[test]
fn everything_wrong_with_a_calendar_is_said_with_its_place() {
    let calendar = calendar(
        json!({
            "mon": ["8:00-17:00", "08:00-12:00", "11:00-13:00"],
            "tue": ["24:00-25:00", "08:60-09:00", "08:00"],
        }),
        json!([
            { "date": "2026-02-29", "open": [] },
            { "date": "--02-29", "open": ["noon"] },
            { "date": "2026-12-24", "open": [], "name": " " },
            { "date": "2026-12-24", "open": ["08:00-12:00"] },
        ]),
    );
    let calendar = Calendar { name: String::new(), day: "P2D".into(), ..calendar };
    let told: Vec<String> = calendar.errors().iter().map(ToString::to_string).collect();
    assert_snapshot!(told.join("\n"), @"
    /name: must not be blank
    /day: must last from PT0.001S to PT24H
    /weekly/mon/0: not opening hours such as 08:00-17:00
    /weekly/mon/2: overlaps with other hours of the day
    /weekly/tue/0: not opening hours such as 08:00-17:00
    /weekly/tue/1: not opening hours such as 08:00-17:00
    /weekly/tue/2: not opening hours such as 08:00-17:00
    /exceptions/0/date: not a date such as 2026-12-24, or --12-25 for every year
    /exceptions/1/open/0: not opening hours such as 08:00-17:00
    /exceptions/2/name: must not be blank
    /exceptions/3/date: is there already
    ");
}

#[test]
fn a_day_has_at_most_24_intervals_and_a_calendar_a_thousand_days_that_differ() {
    let minutes = |many: u32| {
        let at = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
        (0..many).map(|it| format!("{}-{}", at(2 * it), at(2 * it + 1))).collect::<Vec<_>>()
    };
    let day = json!({ "date": "--12-25", "open": minutes(25) });
    let crowded = calendar(json!({ "mon": minutes(24), "tue": minutes(25) }), json!([day]));
    let told: Vec<_> = crowded.errors().iter().map(ToString::to_string).collect();
    assert_snapshot!(told.join("\n"), @"
    /weekly/tue: must have at most 24 items
    /exceptions/0/open: must have at most 24 items
    ");
    let days = |many: i16| {
        let first = jiff::civil::date(2026, 1, 1);
        let days = first.series(jiff::Span::new().days(1)).take(many.unsigned_abs().into());
        days.map(|it| json!({ "date": it.to_string(), "open": [] })).collect::<Vec<_>>()
    };
    assert_eq!(calendar(weekdays(), json!(days(1_000))).errors(), Vec::new());
    let told = calendar(weekdays(), json!(days(1_001))).errors()[0].to_string();
    assert_snapshot!(told, @"/exceptions: must have at most 1000 items");
    // What was published under other rules is read all the same.
    assert!(OpenHours::of(&crowded, &warsaw()).is_ok());
}

#[test]
fn t1_a_ticket_of_the_last_millisecond_of_friday_has_that_millisecond() {
    let office = hours(weekdays(), json!([]));
    let last = "2026-01-09T15:59:59.999Z";
    assert_eq!(due(&office, last, "PT0.001S"), "2026-01-09T16:00:00.000Z", "a closing time");
    assert_eq!(due(&office, last, "PT0.002S"), "2026-01-12T07:00:00.001Z");
    assert_eq!(due(&office, last, "PT9H"), "2026-01-12T15:59:59.999Z");
    assert_eq!(minutes(&office, "2026-01-09T16:00:00Z", "2026-01-12T07:00:00Z"), 0);
}

#[test]
fn t2_a_gap_inside_the_hours_takes_its_hour() {
    let sunday = hours(json!({ "sun": ["00:00-24:00"] }), json!([]));
    assert_eq!(minutes(&sunday, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"), 23 * 60);
    // Opening at 02:30, which the gap skips, is opening at 03:30.
    let gap = hours(json!({ "sun": ["02:30-06:00"] }), json!([]));
    assert_eq!(due(&gap, "2026-03-28T12:00:00Z", "PT1M"), "2026-03-29T01:31:00.000Z");
    assert_eq!(minutes(&gap, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"), 150);
    // 02:30–03:15 would open after it closes: that day there is nothing of it.
    let swallowed = hours(json!({ "sun": ["02:30-03:15"] }), json!([]));
    assert_eq!(minutes(&swallowed, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"), 0);
}

#[test]
fn t3_an_overlap_in_a_night_shift_counts_real_time() {
    let night = hours(json!({ "sat": ["22:00-06:00"] }), json!([]));
    assert_eq!(minutes(&night, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"), 9 * 60);
    assert_eq!(due(&night, "2026-10-24T20:00:00Z", "PT9H"), "2026-10-25T05:00:00.000Z");
    // Of a time that comes twice it is the first that opens and closes.
    let early = hours(json!({ "sat": ["22:00-02:30"] }), json!([]));
    assert_eq!(due(&early, "2026-10-24T20:00:00Z", "PT4H30M"), "2026-10-25T00:30:00.000Z");
    assert_eq!(minutes(&early, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"), 270);
}

#[test]
fn t5_a_holiday_moves_what_is_due_after_it_and_nothing_before() {
    let before = hours(weekdays(), json!([]));
    let after = hours(weekdays(), json!([{ "date": "2026-01-06", "open": [] }]));
    let monday = "2026-01-05T07:00:00Z";
    assert_eq!(due(&before, monday, "PT10H"), "2026-01-06T08:00:00.000Z");
    assert_eq!(due(&after, monday, "PT10H"), "2026-01-07T08:00:00.000Z");
    assert_eq!(due(&after, monday, "PT9H"), due(&before, monday, "PT9H"));
}

#[test]
fn t6_half_days_and_lunch_breaks_are_hours_of_their_own() {
    let office = hours(
        json!({ "wed": ["08:00-12:00", "12:30-17:00"], "thu": ["08:00-12:00", "12:30-17:00"] }),
        json!([
            { "date": "2026-12-24", "open": ["08:00-12:00"], "name": "Christmas Eve" },
            { "date": "--12-31", "open": ["10:00-11:00"] },
        ]),
    );
    assert_eq!(minutes(&office, "2026-12-23T00:00:00Z", "2026-12-24T00:00:00Z"), 510);
    assert_eq!(minutes(&office, "2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z"), 240);
    assert_eq!(minutes(&office, "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"), 60);
    assert_eq!(due(&office, "2026-12-23T10:45:00Z", "PT30M"), "2026-12-23T11:45:00.000Z");
}

#[test]
fn t7_weekdays_left_out_are_closed() {
    let mondays = hours(json!({ "mon": ["08:00-17:00"] }), json!([]));
    assert_eq!(due(&mondays, "2026-01-06T07:00:00Z", "PT10H"), "2026-01-19T08:00:00.000Z");
}

#[test]
fn what_runs_over_from_the_evening_before_an_exception_stays() {
    let nights = hours(
        json!({ "fri": ["22:00-06:00"], "sat": ["12:00-14:00"] }),
        json!([{ "date": "2026-01-10", "open": [] }]),
    );
    assert_eq!(minutes(&nights, "2026-01-09T12:00:00Z", "2026-01-11T12:00:00Z"), 8 * 60);
}

#[test]
fn a_date_of_its_own_beats_that_day_of_every_year() {
    let office = hours(
        weekdays(),
        json!([{ "date": "--01-06", "open": [] }, { "date": "2026-01-06", "open": ["08:00-09:00"] }]),
    );
    assert_eq!(minutes(&office, "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"), 60);
    assert_eq!(minutes(&office, "2027-01-06T00:00:00Z", "2027-01-07T00:00:00Z"), 0);
}

#[test]
fn what_is_due_later_than_ten_years_is_never_due_to_the_millisecond() {
    let always = ["00:00-24:00"];
    let week = json!({ "mon": always, "tue": always, "wed": always, "thu": always,
        "fri": always, "sat": always, "sun": always });
    let hours = hours(week, json!([]));
    let start: Instant = "2026-03-02T09:00:00Z".parse().unwrap();
    let farthest = 3653 * DAY_MS;
    assert_eq!(hours.after_open(start, farthest), Some(start.plus_millis(farthest)));
    assert_eq!(hours.after_open(start, farthest + 1), None);
}

#[test]
fn always_open_is_one_interval() {
    let day = ["00:00-24:00"];
    let always = hours(
        json!({ "mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day }),
        json!([]),
    );
    let (from, to) = ("2026-03-01T00:00:00Z", "2026-11-01T00:00:00Z");
    assert_eq!(minutes(&always, from, to), 245 * 24 * 60);
    let stretches = always.stretches(from.parse().unwrap(), to.parse().unwrap());
    assert_eq!(stretches, [(to.parse().unwrap(), true)]);
}

#[test]
fn what_closes_at_the_end_of_a_gap_closes_when_the_clock_is_moved() {
    // At one in the morning, UTC, the wall shows three o'clock and not two.
    let night = hours(json!({ "sun": ["01:00-03:00"] }), json!([]));
    assert_eq!(minutes(&night, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), 60);
}

/// The intervals of a calendar, found by looking at every minute of the wall clock.
struct Oracle {
    shifts: Vec<(i64, i64)>,
}

impl Oracle {
    fn of(pattern: &Pattern, zone: &ZoneOffsets, first: Date, last: Date) -> Self {
        let days = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
        let epoch = jiff::civil::date(1970, 1, 1);
        let shifts = days.flat_map(|day| {
            let midnight = day.duration_since(epoch).as_hours() * 60 * MINUTE_MS;
            let at = move |local: i64| shown_first(midnight + local, zone);
            pattern.on(day).iter().map(move |it| (at(it.open_ms), at(it.close_ms)))
        });
        Self { shifts: shifts.collect() }
    }

    fn is_open(&self, at: i64) -> bool {
        self.shifts.iter().any(|(open, close)| (*open..*close).contains(&at))
    }

    /// Minute by minute, the first and the last perhaps not whole.
    fn open_between(&self, from: i64, to: i64) -> i64 {
        let mut open = 0;
        let mut at = from;
        while at < to {
            let next = (at - at.rem_euclid(MINUTE_MS) + MINUTE_MS).min(to);
            open += if self.is_open(at) { next - at } else { 0 };
            at = next;
        }
        open
    }
}

/// When a clock on the wall first shows `local`: looking minute by minute from a day before. Where it
/// jumps past it, a clock that nobody moved shows it.
fn shown_first(local: i64, zone: &ZoneOffsets) -> i64 {
    let shown = |at: i64| at + i64::from(zone.at(Instant(at))) * 1000;
    let mut before = local - 30 * 60 * MINUTE_MS;
    loop {
        let at = before + MINUTE_MS;
        match shown(at).cmp(&local) {
            Ordering::Less => {}
            // The end of a gap is a time like any other: the wall shows it.
            Ordering::Equal => return at,
            Ordering::Greater => return before + (local - shown(before)),
        }
        before = at;
    }
}

prop_compose! {
    /// Opening hours of a day: up to three intervals, on quarters of an hour, the last perhaps overnight.
    fn some_day()(mut quarters in prop::collection::btree_set(0_i64..140, 0..6)) -> Vec<String> {
        if quarters.len() % 2 == 1 {
            quarters.pop_first();
        }
        let quarters: Vec<i64> = quarters.into_iter().collect();
        let told = |quarter: i64| format!("{:02}:{:02}", quarter % 96 / 4, quarter % 4 * 15);
        let ends = quarters.chunks(2).filter(|it| it[0] < 96 && it[1] - it[0] < 96);
        ends.map(|it| format!("{}-{}", told(it[0]), told(it[1]))).collect()
    }
}

prop_compose! {
    /// A calendar with exceptions, and a zone whose clock is moved in the week it is asked about.
    fn some_calendar()(
        weekly in prop::array::uniform7(some_day()),
        exceptions in prop::collection::btree_map(2_i8..16, some_day(), 0..3),
        moves in prop::collection::vec((12 * 60_i64..4000, -8_i32..8), 0..4),
        offset in -48_i32..52,
    ) -> (Calendar, ZoneOffsets) {
        let mut from = MARCH - 24 * 60 * MINUTE_MS;
        let mut offsets = vec![(0, offset * 900)];
        for (minutes, quarters) in moves {
            from += minutes * MINUTE_MS;
            offsets.push((from, (offset + quarters) * 900));
        }
        let exceptions = exceptions.into_iter().enumerate().map(|(index, (day, open))| {
            let year = if index % 2 == 0 { "2026" } else { "-" };
            Exception { date: format!("{year}-03-{day:02}"), open, name: None }
        });
        let calendar = Calendar {
            name: "Some".into(),
            zone: "Some/Where".into(),
            day: "PT8H".into(),
            weekly: Weekday::ALL.into_iter().zip(weekly).collect(),
            exceptions: exceptions.collect(),
        };
        (calendar, ZoneOffsets { tzdb: "made up".into(), offsets })
    }
}

/// The beginning of the week that is asked about.
const MARCH: i64 = 1_772_409_600_000;

fn both((calendar, zone): &(Calendar, ZoneOffsets)) -> Option<(OpenHours, Oracle)> {
    let pattern = calendar.pattern().ok()?;
    let (first, last) = (jiff::civil::date(2026, 2, 26), jiff::civil::date(2026, 3, 16));
    let hours = OpenHours::between(&pattern, zone, first, last);
    Some((hours, Oracle::of(&pattern, zone, first, last)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn open_time_is_what_a_slow_walk_counts(
        made in some_calendar(),
        from in MARCH..MARCH + 4 * DAY_MS,
        lasting in 0..6 * DAY_MS,
    ) {
        let Some((hours, oracle)) = both(&made) else { return Ok(()) };
        let open = hours.open_between(Instant(from), Instant(from + lasting));
        prop_assert_eq!(open, oracle.open_between(from, from + lasting));
    }

    #[test]
    fn a_deadline_is_the_first_instant_at_which_the_target_has_elapsed(
        made in some_calendar(),
        from in MARCH..MARCH + 4 * DAY_MS,
        target in 1..20 * 60 * MINUTE_MS,
    ) {
        let Some((hours, oracle)) = both(&made) else { return Ok(()) };
        let Some(due) = hours.after_open(Instant(from), target) else { return Ok(()) };
        prop_assert_eq!(oracle.open_between(from, due.0), target);
        prop_assert_eq!(oracle.open_between(from, due.0 - 1), target - 1);
        prop_assert!(oracle.is_open(due.0 - 1));
    }

    #[test]
    fn open_time_adds_up_and_stretches_tell_it(
        made in some_calendar(),
        from in MARCH..MARCH + 4 * DAY_MS,
        first in 0..3 * DAY_MS,
        second in 0..3 * DAY_MS,
    ) {
        let Some((hours, _)) = both(&made) else { return Ok(()) };
        let (a, b, c) = (Instant(from), Instant(from + first), Instant(from + first + second));
        let whole = hours.open_between(a, c);
        prop_assert_eq!(hours.open_between(a, b) + hours.open_between(b, c), whole);
        let mut told = 0;
        let mut at = a;
        for (until, open) in hours.stretches(a, c) {
            prop_assert!(at < until);
            told += if open { until.0 - at.0 } else { 0 };
            prop_assert_eq!(open, hours.open_between(at, until) == until.0 - at.0);
            at = until;
        }
        prop_assert_eq!(at, c);
        prop_assert_eq!(told, whole);
    }
}
