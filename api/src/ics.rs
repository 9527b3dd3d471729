//! Holidays from an iCalendar file (RFC 5545), as public offices and calendar programs give them out.
//!
//! Only what a holiday is made of is read: whole days, with a name, once or every year. Anything else
//! that would change which days these are is refused with its line, rather than understood by half.

use docket_domain::sla::calendar::Exception;
use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// How long one event may be, in days.
const LONGEST: i64 = 366;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {field}: {reason}")]
pub struct IcsError {
    /// The line, from 1.
    pub line: usize,
    /// The property, such as `DTSTART`.
    pub field: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A property with its line: `DTSTART;VALUE=DATE:20261224`.
struct Property {
    line: usize,
    name: String,
    parameters: String,
    value: String,
}

/// An event, as far as it was read.
#[derive(Default)]
struct Event {
    line: usize,
    start: Option<Date>,
    end: Option<Date>,
    name: Option<String>,
    yearly: bool,
    cancelled: bool,
}

/// The days that a file names, each once, by date: closed, under the names of their events.
///
/// # Errors
/// The first thing that is wrong.
pub fn holidays(text: &str) -> Result<Vec<Exception>, IcsError> {
    let mut days: Vec<Exception> = Vec::new();
    let mut event: Option<Event> = None;
    // Alarms and the like, inside of an event: none of their properties are the event's.
    let mut inner = 0_usize;
    for property in properties(text)? {
        match (property.name.as_str(), property.value.as_str()) {
            ("BEGIN", "VEVENT") if event.is_none() => {
                event = Some(Event { line: property.line, ..Event::default() });
            }
            ("BEGIN", _) if event.is_some() => inner += 1,
            ("END", "VEVENT") if inner == 0 => {
                let ended =
                    event.take().ok_or_else(|| property.wrong("ends what has not begun"))?;
                days.extend(ended.days()?);
            }
            ("END", _) => inner = inner.saturating_sub(1),
            _ => {
                if let Some(event) = event.as_mut().filter(|_| inner == 0) {
                    event.take(&property)?;
                }
            }
        }
    }
    if let Some(event) = event {
        let field = "BEGIN".to_owned();
        return Err(IcsError { line: event.line, field, reason: "the event does not end" });
    }
    days.sort_by(|one, other| one.date.cmp(&other.date));
    days.dedup_by(|again, first| again.date == first.date);
    Ok(days)
}

impl Event {
    fn take(&mut self, property: &Property) -> Result<(), IcsError> {
        match property.name.as_str() {
            "DTSTART" => self.start = Some(property.date()?),
            "DTEND" => self.end = Some(property.date()?),
            "DURATION" => return Err(property.wrong("not read: say DTEND")),
            "SUMMARY" => self.name = Some(property.text()),
            "RRULE" => self.yearly = property.is_yearly()?,
            "RDATE" | "EXDATE" | "EXRULE" | "RECURRENCE-ID" => {
                return Err(property.wrong("not read: write the days out as events"));
            }
            "STATUS" => self.cancelled = property.value == "CANCELLED",
            _ => {}
        }
        Ok(())
    }

    /// Its days; the end is the day after the last.
    fn days(self) -> Result<Vec<Exception>, IcsError> {
        let wrong = |field: &str, reason| IcsError { line: self.line, field: field.into(), reason };
        let start = self.start.ok_or_else(|| wrong("DTSTART", "the event has none"))?;
        let after = start.checked_add(1.day()).map_err(|_| wrong("DTSTART", "too late"))?;
        let end = self.end.unwrap_or(after).max(after);
        if end.duration_since(start).as_hours() / 24 > LONGEST {
            return Err(wrong("DTEND", "longer than a year"));
        }
        if self.cancelled {
            return Ok(Vec::new());
        }
        let days = start.series(Span::new().days(1)).take_while(|day| *day < end);
        Ok(days
            .map(|day| Exception {
                date: if self.yearly {
                    format!("--{:02}-{:02}", day.month(), day.day())
                } else {
                    day.to_string()
                },
                open: Vec::new(),
                name: self.name.clone().filter(|name| !name.is_empty()),
            })
            .collect())
    }
}

impl Property {
    fn wrong(&self, reason: &'static str) -> IcsError {
        IcsError { line: self.line, field: self.name.clone(), reason }
    }

    /// A whole day: `20261224`. A moment within a day is no holiday.
    fn date(&self) -> Result<Date, IcsError> {
        let digits = self.value.len() == 8 && self.value.bytes().all(|it| it.is_ascii_digit());
        if !digits {
            let reason = if self.parameters.contains("VALUE=DATE") {
                "not a date such as 20261224"
            } else {
                "not a whole day such as ;VALUE=DATE:20261224"
            };
            return Err(self.wrong(reason));
        }
        let (year, rest) = self.value.split_at(4);
        let (month, day) = rest.split_at(2);
        let date = format!("{year}-{month}-{day}").parse();
        date.map_err(|_| self.wrong("there is no such day"))
    }

    /// `FREQ=YEARLY` on the day it starts on; every other rule is refused.
    fn is_yearly(&self) -> Result<bool, IcsError> {
        let plain = |part: &str| {
            matches!(part, "FREQ=YEARLY" | "INTERVAL=1")
                || part.starts_with("BYMONTH=")
                || part.starts_with("BYMONTHDAY=")
                || part.starts_with("WKST=")
        };
        let parts: Vec<&str> = self.value.split(';').collect();
        if parts.contains(&"FREQ=YEARLY") && parts.iter().all(|part| plain(part)) {
            return Ok(true);
        }
        Err(self.wrong("only FREQ=YEARLY without end is read: write the days out as events"))
    }

    /// A text, its escapes undone.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut letters = self.value.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => match letters.next() {
                    Some('n' | 'N') => text.push(' '),
                    escaped => text.extend(escaped),
                },
                _ => text.push(letter),
            }
        }
        text.trim().to_owned()
    }
}

/// The properties of a file: long ones are folded over several lines, which begin with a space or a tab.
fn properties(text: &str) -> Result<Vec<Property>, IcsError> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(rest), Some((_, begun))) => begun.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => whole.push((number, line.trim_start_matches('\u{feff}').to_owned())),
        }
    }
    if whole.first().is_none_or(|(_, first)| first != "BEGIN:VCALENDAR") {
        let line = whole.first().map_or(1, |(line, _)| *line);
        let reason = "not an iCalendar file: it does not begin with BEGIN:VCALENDAR";
        return Err(IcsError { line, field: "BEGIN".into(), reason });
    }
    whole.into_iter().map(|(line, text)| property(line, &text)).collect()
}

fn property(line: usize, text: &str) -> Result<Property, IcsError> {
    // A colon may stand in a quoted parameter.
    let mut quoted = false;
    let colon = text.char_indices().find(|(_, letter)| {
        quoted ^= *letter == '"';
        *letter == ':' && !quoted
    });
    let Some((colon, _)) = colon else {
        let field = text.chars().take(20).collect();
        return Err(IcsError { line, field, reason: "not a property: there is no colon" });
    };
    let (head, value) = text.split_at(colon);
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    Ok(Property {
        line,
        name: name.to_ascii_uppercase(),
        parameters: parameters.to_ascii_uppercase(),
        value: value.strip_prefix(':').unwrap_or(value).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(events: &str) -> String {
        let file = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
        match holidays(&file) {
            Ok(days) => {
                let name = |day: &Exception| day.name.clone().unwrap_or_default();
                let told = days.iter().map(|day| format!("{} {}", day.date, name(day)));
                told.collect::<Vec<_>>().join("\n")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn whole_days_once_and_every_year_with_their_names() {
        let days = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n\
            SUMMARY:Christmas\\, the\r\n  long one\r\nBEGIN:VALARM\r\nDURATION:PT1H\r\nEND:VALARM\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260503\r\nRRULE:FREQ=YEARLY;BYMONTH=5\r\nSUMMARY:3rd of May\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260101\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n";
        insta::assert_snapshot!(told(days), @"
        --05-03 3rd of May
        2026-12-24 Christmas, the long one
        2026-12-25 Christmas, the long one
        2026-12-26 Christmas, the long one
        ");
    }

    #[test]
    fn what_is_not_understood_is_said_with_line_and_field() {
        let event = |properties: &str| told(&format!("BEGIN:VEVENT\n{properties}\nEND:VEVENT\n"));
        let all = [
            event("DTSTART:20261224T100000Z"),
            event("DTSTART;VALUE=DATE:20260230"),
            event("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;COUNT=3"),
            event("DTSTART;VALUE=DATE:20261224\nEXDATE;VALUE=DATE:20271224"),
            event("SUMMARY:nothing"),
            event("DTSTART;VALUE=DATE:20261224\nnonsense"),
            told("BEGIN:VEVENT\n"),
            holidays("<html>").unwrap_err().to_string(),
        ];
        insta::assert_snapshot!(all.join("\n"), @"
        line 4, DTSTART: not a whole day such as ;VALUE=DATE:20261224
        line 4, DTSTART: there is no such day
        line 5, RRULE: only FREQ=YEARLY without end is read: write the days out as events
        line 5, EXDATE: not read: write the days out as events
        line 3, DTSTART: the event has none
        line 5, nonsense: not a property: there is no colon
        line 3, BEGIN: the event does not end
        line 1, BEGIN: not an iCalendar file: it does not begin with BEGIN:VCALENDAR
        ");
    }
}
