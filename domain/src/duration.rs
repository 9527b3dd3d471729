//! Lengths of time as people write them: ISO 8601, `PT3H` or `P14D`. A day is 24 hours here and a
//! week seven days; months and years have no fixed length and are refused.

use jiff::Span;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT3H or P14D"
)]
pub struct NotADuration;

/// The length in milliseconds; never negative. What is shorter than a millisecond is cut off.
pub fn parse_millis(text: &str) -> Result<i64, NotADuration> {
    let length = parse(text)?;
    let days = length.weeks.checked_mul(7).and_then(|it| it.checked_add(length.days));
    let days = days.and_then(|it| it.checked_mul(DAY_MS));
    days.and_then(|it| it.checked_add(length.millis)).ok_or(NotADuration)
}

/// A length in the parts whose meaning depends on who asks: a day of a desk is not 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Whole weeks.
    pub weeks: i64,
    /// Whole days beside them.
    pub days: i64,
    /// What is shorter, in milliseconds.
    pub millis: i64,
}

/// The length in its parts; none is ever negative. What is shorter than a millisecond is cut off.
pub fn parse(text: &str) -> Result<Length, NotADuration> {
    // The parser knows a friendlier form and a sign too, which are not part of the contract.
    if !text.starts_with(['P', 'p']) {
        return Err(NotADuration);
    }
    let span: Span = text.parse().map_err(|_| NotADuration)?;
    if span.get_years() != 0 || span.get_months() != 0 || span.is_negative() {
        return Err(NotADuration);
    }
    let minutes = i64::from(span.get_hours()) * 60;
    let parts = [
        minutes.checked_add(span.get_minutes()).and_then(|it| it.checked_mul(60_000)),
        span.get_seconds().checked_mul(1000),
        Some(span.get_milliseconds()),
        Some(span.get_microseconds() / 1000),
        Some(span.get_nanoseconds() / 1_000_000),
    ];
    let millis = parts.into_iter().try_fold(0_i64, |sum, part| sum.checked_add(part?));
    let (weeks, days) = (i64::from(span.get_weeks()), i64::from(span.get_days()));
    Ok(Length { weeks, days, millis: millis.ok_or(NotADuration)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_in_units_of_fixed_length_only() {
        assert_eq!(parse_millis("PT3H"), Ok(3 * 3_600_000));
        assert_eq!(parse_millis("P14D"), Ok(14 * 86_400_000));
        assert_eq!(parse_millis("P1W2DT1M0.5S"), Ok(9 * 86_400_000 + 60_500));
        assert_eq!(parse_millis("PT0S"), Ok(0));
        for wrong in ["", "P", "PT", "3h", "3 hours", "-PT3H", "+PT3H", "PT-3H", "P1M", "P1Y", "14"]
        {
            assert_eq!(parse_millis(wrong), Err(NotADuration), "{wrong:?}");
        }
    }
}
