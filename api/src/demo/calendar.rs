//! When things happen at the desk: seasons, weekdays, hours.

use docket_domain::instant::Instant;
use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::Offset;

use crate::demo::dice::Dice;

/// A minute in milliseconds.
pub const MINUTE: i64 = 60_000;
/// An hour in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// How busy the months are: quiet in summer, loud before Christmas and after it.
const MONTHS: [usize; 12] = [118, 96, 95, 92, 90, 82, 74, 72, 94, 102, 128, 157];

/// How busy the days are, from Monday.
const WEEKDAYS: [usize; 7] = [130, 118, 110, 106, 98, 46, 34];

/// How busy the hours of a day are.
const HOURS: [usize; 24] =
    [4, 2, 1, 1, 1, 3, 9, 24, 62, 94, 100, 92, 78, 74, 80, 76, 64, 46, 34, 30, 32, 28, 18, 9];

/// The hours in which agents work, from Monday to Friday; somebody is there on Saturday mornings.
const OPENS: i64 = 8;
const CLOSES: i64 = 17;

/// The times at which `count` tickets come in during the year before `until`, in order.
pub fn arrivals(dice: &mut Dice, count: usize, until: Instant) -> Vec<Instant> {
    let mut arrivals = Vec::with_capacity(count);
    let heaviest = 157 * 130;
    while arrivals.len() < count {
        let day = until.plus_millis(-DAY * (1 + dice.below(365) as i64));
        let local = civil(day);
        let weight = MONTHS[(local.month() - 1) as usize] * weekday(local).1;
        if dice.below(heaviest) >= weight {
            continue;
        }
        let midnight = day.millis() - day.millis().rem_euclid(DAY);
        let hour = dice.weighted(&HOURS) as i64;
        let at = Instant(midnight + hour * HOUR + dice.between(0, HOUR - 1));
        if at < until {
            arrivals.push(at);
        }
    }
    arrivals.sort_unstable();
    arrivals
}

/// The first moment from `at` on at which an agent can be at work.
pub fn at_work(dice: &mut Dice, at: Instant) -> Instant {
    let mut at = at;
    loop {
        let local = civil(at);
        let midnight = at.millis() - at.millis().rem_euclid(DAY);
        let closes = match weekday(local).0 {
            Weekday::Sunday => 0,
            Weekday::Saturday => 12,
            _ => CLOSES,
        };
        let (opens, closes) = (midnight + OPENS * HOUR, midnight + closes * HOUR);
        if at.millis() < opens && opens < closes {
            return Instant(opens + dice.between(0, 50 * MINUTE));
        }
        if at.millis() < closes {
            return at;
        }
        at = Instant(midnight + DAY);
    }
}

/// The date for people: `12 March`.
pub fn date(at: Instant) -> String {
    let local = civil(at);
    let names = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    format!("{} {}", local.day(), names[(local.month() - 1) as usize])
}

fn civil(at: Instant) -> DateTime {
    let timestamp = Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    Offset::UTC.to_datetime(timestamp)
}

fn weekday(local: DateTime) -> (Weekday, usize) {
    let weekday = local.weekday();
    (weekday, WEEKDAYS[weekday.to_monday_zero_offset() as usize])
}
