//! One interval of opening hours on the wall clock: `08:00-17:00`.

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;

/// From when until when on the wall clock, in milliseconds after midnight of the day it begins on;
/// the end is beyond 24 hours where it runs past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) open_ms: i64,
    pub(super) close_ms: i64,
}

impl Shift {
    /// Reads `HH:MM-HH:MM`. An end that is not after the start is on the next day; `24:00` is the end
    /// of the day.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (open, close) = text.split_once('-')?;
        let (open, close) = (minutes(open)?, minutes(close)?);
        if open == DAY_MINUTES {
            return None;
        }
        let close = if close > open { close } else { close + DAY_MINUTES };
        Some(Self { open_ms: open * MINUTE_MS, close_ms: close * MINUTE_MS })
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.open_ms < other.close_ms && other.open_ms < self.close_ms
    }
}

/// Minutes after midnight.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|it| it.is_ascii_digit());
        two.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= DAY_MINUTES).then_some(total)
}
