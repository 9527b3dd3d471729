//! Calendars: when a desk is open, on the wall clock of its zone (S-29, S-60).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::hours::OpenHours;
use self::shift::Shift;
use crate::definition::{FieldError, Problem};
use crate::duration::parse_millis;
use crate::limits::{self, LimitError};

mod hours;
mod opening;
mod shift;
#[cfg(test)]
mod spec;

/// A day of 24 hours, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The most intervals of one day, and the most days that differ: open hours are reckoned for seventy
/// years at once, and kept in memory.
const MOST_HOURS: usize = 24;
const MOST_EXCEPTIONS: usize = 1_000;

/// Opening hours, as administrators write them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// The name people see.
    pub name: String,
    /// The IANA zone whose wall clock the hours are told by.
    pub zone: String,
    /// What `P1D` means in open time: ISO 8601, up to 24 hours.
    pub day: String,
    /// The hours of each day of the week, such as `08:00-17:00`; days left out are closed.
    #[serde(default)]
    pub weekly: BTreeMap<Weekday, Vec<String>>,
    /// Days that are not as their weekday is.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// All seven, from Monday on.
    pub const ALL: [Self; 7] =
        [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// Its key in a calendar.
    pub fn key(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }
}

/// A day with hours of its own, in place of its weekday's: a holiday, a half day, an extra opening.
/// What runs over from the evening before stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Which day: `2026-12-24`, or `--12-25` for every year.
    pub date: String,
    /// Its hours; none means closed.
    pub open: Vec<String>,
    /// What day it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A calendar, understood: for each date its hours.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pattern {
    day_ms: i64,
    weekly: [Vec<Shift>; 7],
    dated: BTreeMap<Date, Vec<Shift>>,
    yearly: BTreeMap<(i8, i8), Vec<Shift>>,
}

impl Pattern {
    /// The hours that begin on a date: those of the date itself, else of that day of every year,
    /// else of its weekday.
    fn on(&self, date: Date) -> &[Shift] {
        let of_date = self.dated.get(&date);
        let of_year = || self.yearly.get(&(date.month(), date.day()));
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        of_date.or_else(of_year).unwrap_or(&self.weekly[weekday])
    }
}

impl Calendar {
    /// What is wrong with it, each with its place; its zone is checked by whoever resolves it.
    pub(crate) fn errors(&self) -> Vec<FieldError> {
        let excess = self.excess();
        if !excess.is_empty() {
            return excess;
        }
        match self.pattern() {
            Ok(pattern) if hours::last_day(&pattern).is_none() => {
                vec![FieldError::at("", Problem::NeverOpen)]
            }
            Ok(_) => Vec::new(),
            Err(errors) => errors,
        }
    }

    /// What may not be meant, each with its place: that it opens for the last time, and what is due after that
    /// has no deadline (T8). No reason to refuse it, but to be told.
    pub fn doubts(&self) -> Vec<FieldError> {
        let last = self.pattern().ok().and_then(|pattern| hours::last_day(&pattern));
        let ends = last.filter(|last| !hours::goes_on_after(*last));
        let told =
            |last: Date| FieldError::at("/exceptions", Problem::LastOpening(last.to_string()));
        ends.map(told).into_iter().collect()
    }

    /// Where there is more than a version may have. One that was published stays readable whatever it
    /// has, so that is asked only of new ones.
    fn excess(&self) -> Vec<FieldError> {
        let weekly = self.weekly.iter();
        let weekly = weekly.map(|(day, hours)| (format!("/weekly/{}", day.key()), hours));
        let exceptions = self.exceptions.iter().enumerate();
        let exceptions = exceptions.map(|(at, it)| (format!("/exceptions/{at}/open"), &it.open));
        let excess = |pointer: &str, most| {
            FieldError::at(pointer, Problem::Limit(LimitError::TooMany { most }))
        };
        if self.exceptions.len() > MOST_EXCEPTIONS {
            return vec![excess("/exceptions", MOST_EXCEPTIONS)];
        }
        let days = weekly.chain(exceptions).filter(|(_, hours)| hours.len() > MOST_HOURS);
        days.map(|(pointer, _)| excess(&pointer, MOST_HOURS)).collect()
    }

    fn pattern(&self) -> Result<Pattern, Vec<FieldError>> {
        let mut reading = Reading::default();
        if let Err(error) = limits::name(&self.name) {
            reading.wrong("/name", error.into());
        }
        reading.day(&self.day);
        for (day, hours) in &self.weekly {
            let shifts = reading.shifts(&format!("/weekly/{}", day.key()), hours);
            reading.pattern.weekly[*day as usize] = shifts;
        }
        for (index, exception) in self.exceptions.iter().enumerate() {
            reading.exception(&format!("/exceptions/{index}"), exception);
        }
        if reading.errors.is_empty() { Ok(reading.pattern) } else { Err(reading.errors) }
    }
}

/// A calendar being read: what is understood, and what is wrong.
#[derive(Default)]
struct Reading {
    pattern: Pattern,
    errors: Vec<FieldError>,
}

impl Reading {
    fn day(&mut self, day: &str) {
        match parse_millis(day) {
            Ok(millis) if (1..=DAY_MS).contains(&millis) => self.pattern.day_ms = millis,
            Ok(_) => self.wrong("/day", Problem::Range { least: "PT0.001S", most: "PT24H" }),
            Err(error) => self.wrong("/day", error.into()),
        }
    }

    /// The hours of one day, one after the other.
    fn shifts(&mut self, pointer: &str, hours: &[String]) -> Vec<Shift> {
        let mut shifts: Vec<Shift> = Vec::with_capacity(hours.len());
        for (index, text) in hours.iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            match Shift::parse(text) {
                Some(shift) if shifts.iter().any(|other| other.overlaps(shift)) => {
                    self.wrong(&pointer, Problem::OverlappingHours);
                }
                Some(shift) => shifts.push(shift),
                None => self.wrong(&pointer, Problem::Hours),
            }
        }
        shifts
    }

    fn exception(&mut self, pointer: &str, exception: &Exception) {
        let shifts = self.shifts(&format!("{pointer}/open"), &exception.open);
        if let Some(name) = &exception.name
            && let Err(error) = limits::name(name)
        {
            self.wrong(&format!("{pointer}/name"), error.into());
        }
        let date = format!("{pointer}/date");
        let again = match Day::parse(&exception.date) {
            Some(Day::Of(day)) => self.pattern.dated.insert(day, shifts).is_some(),
            Some(Day::Yearly(month, day)) => {
                self.pattern.yearly.insert((month, day), shifts).is_some()
            }
            None => return self.wrong(&date, Problem::Date),
        };
        if again {
            self.wrong(&date, Problem::Repeated);
        }
    }

    fn wrong(&mut self, pointer: &str, problem: Problem) {
        self.errors.push(FieldError { pointer: pointer.into(), problem });
    }
}

/// Which day an exception is about.
enum Day {
    Of(Date),
    Yearly(i8, i8),
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        let date = |text: &str| {
            let plain =
                text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
            plain.then(|| text.parse::<Date>().ok()).flatten()
        };
        match text.strip_prefix("--") {
            // A leap year, so that the 29th of February is a day.
            Some(day) => date(&format!("2000-{day}")).map(|it| Self::Yearly(it.month(), it.day())),
            None => date(text).map(Self::Of),
        }
    }
}
