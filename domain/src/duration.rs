//! Lengths of time as people write them: ISO 8601, `PT3H` or `P14D`. A day is 24 hours here and a
//! week seven days; months and years have no fixed length and are refused.

use jiff::Span;

/// The text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT3H or P14D"
)]
pub struct NotADuration;

/// The length in milliseconds; never negative. What is shorter than a millisecond is cut off.
pub fn parse_millis(text: &str) -> Result<i64, NotADuration> {
    // The parser knows a friendlier form and a sign too, which are not part of the contract.
    if !text.starts_with(['P', 'p']) {
        return Err(NotADuration);
    }
    let span: Span = text.parse().map_err(|_| NotADuration)?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(NotADuration);
    }
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let minutes = (days * 24 + i64::from(span.get_hours())) * 60;
    let parts = [
        minutes.checked_add(span.get_minutes()).and_then(|it| it.checked_mul(60_000)),
        span.get_seconds().checked_mul(1000),
        Some(span.get_milliseconds()),
        Some(span.get_microseconds() / 1000),
        Some(span.get_nanoseconds() / 1_000_000),
    ];
    let total = parts.into_iter().try_fold(0_i64, |sum, part| sum.checked_add(part?));
    total.filter(|millis| *millis >= 0).ok_or(NotADuration)
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
