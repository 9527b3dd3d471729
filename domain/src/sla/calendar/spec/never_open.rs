//! What a calendar without an opening, or with a last one, means for deadlines (T8).

use jiff::civil::date;

use super::*;

#[test]
fn t8_a_calendar_that_is_never_open_is_refused_with_the_reason() {
    let closed = calendar(json!({ "mon": [] }), json!([{ "date": "--12-25", "open": [] }]));
    assert_snapshot!(closed.errors()[0], @": never open: no day from 1990 to 2059 has hours");
    let once = calendar(json!({}), json!([{ "date": "2026-12-25", "open": ["08:00-09:00"] }]));
    assert_eq!(once.errors(), Vec::new());
    let days = date(2000, 1, 1).series(jiff::Span::new().days(1)).take(366);
    let closed = days.map(|day| json!({ "date": day.strftime("--%m-%d").to_string(), "open": [] }));
    let closed = calendar(weekdays(), json!(closed.collect::<Vec<_>>()));
    assert_eq!(closed.errors()[0].problem, Problem::NeverOpen, "an exception for every day");
    assert!(OpenHours::of(&closed, &warsaw()).is_ok(), "what was published is read all the same");
    let past = calendar(json!({}), json!([{ "date": "1970-01-01", "open": ["08:00-09:00"] }]));
    assert_eq!(past.errors()[0].problem, Problem::NeverOpen, "before all that is reckoned");
}

#[test]
fn t8_whoever_publishes_a_calendar_that_ends_is_told() {
    let exceptions = json!([
        { "date": "2017-01-01", "open": ["08:00-09:00"] },
        { "date": "2018-01-01", "open": [] },
    ]);
    let ends = calendar(json!({}), exceptions);
    let told: Vec<_> = ends.doubts().iter().map(ToString::to_string).collect();
    assert_snapshot!(told.join("\n"), @"/exceptions: opens on 2017-01-01 for the last time: what is due after that has no deadline");
    assert_eq!(calendar(weekdays(), json!([])).doubts(), Vec::new());
    let leap = json!([{ "date": "--02-29", "open": ["08:00-09:00"] }]);
    assert_eq!(calendar(json!({}), leap).doubts(), Vec::new(), "it comes again");
}

#[test]
fn t8_where_ten_years_leave_no_opening_there_is_no_deadline() {
    let once = hours(json!({}), json!([{ "date": "2026-12-25", "open": ["08:00-09:00"] }]));
    assert_eq!(due(&once, "2026-12-24T12:00:00Z", "PT1H"), "2026-12-25T08:00:00.000Z");
    assert_eq!(due(&once, "2026-12-24T12:00:00Z", "PT1H0.001S"), "never");
    assert_eq!(due(&once, "2016-12-01T12:00:00Z", "PT1H"), "never");
    assert_eq!(due(&once, "2027-01-01T00:00:00Z", "PT1H"), "never");
}
