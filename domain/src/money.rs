//! Amounts of money, exact: decimal digits in, the same digits out, and never a floating-point number
//! between.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many parts one unit of a currency has here: more than any currency has.
const PARTS: i64 = 10_000;

/// The most digits before the point: twelve of them in parts still fit.
const WHOLE_DIGITS: usize = 12;

/// The most digits behind the point.
const FRACTION_DIGITS: usize = 4;

/// An amount in one currency, never negative. As JSON `{"value": "25.00", "currency": "EUR"}`: two digits
/// behind the point at least, since most currencies have two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Money {
    parts: i64,
    currency: String,
}

/// The text is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    /// The value.
    #[error("a value is 1 to 12 digits and up to 4 behind a point, such as 25.00")]
    Value,
    /// The currency.
    #[error("a currency is three capital letters of ISO 4217, such as EUR")]
    Currency,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    value: String,
    currency: String,
}

impl Money {
    /// The amount that two texts say.
    ///
    /// # Errors
    /// Says which of the two is wrong.
    pub fn parse(value: &str, currency: &str) -> Result<Self, NotMoney> {
        let parts = parts(value).ok_or(NotMoney::Value)?;
        if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_uppercase()) {
            return Err(NotMoney::Currency);
        }
        Ok(Self { parts, currency: currency.to_owned() })
    }

    /// Whether it is at most the limit, and so in its currency.
    pub fn is_within(&self, limit: &Self) -> bool {
        self.currency == limit.currency && self.parts <= limit.parts
    }

    /// Its digits, as they are written.
    fn value(&self) -> String {
        let (whole, fraction) = (self.parts / PARTS, self.parts % PARTS);
        let digits = format!("{whole}.{fraction:04}");
        let zeros = digits.len() - digits.trim_end_matches('0').len();
        digits[..digits.len() - zeros.min(FRACTION_DIGITS - 2)].to_owned()
    }
}

/// How many parts a text of digits is.
fn parts(value: &str) -> Option<i64> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let digits = |text: &str, most| {
        (1..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
    };
    if !digits(whole, WHOLE_DIGITS) || !digits(fraction, FRACTION_DIGITS) {
        return None;
    }
    format!("{whole}{fraction:0<4}").parse().ok()
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value(), self.currency)
    }
}

impl From<Money> for Written {
    fn from(money: Money) -> Self {
        Self { value: money.value(), currency: money.currency }
    }
}

impl TryFrom<Written> for Money {
    type Error = NotMoney;

    fn try_from(written: Written) -> Result<Self, NotMoney> {
        Self::parse(&written.value, &written.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_digits_and_a_currency() {
        let told = |value| Money::parse(value, "EUR").map(|money| money.to_string());
        assert_eq!(told("25"), Ok("25.00 EUR".to_owned()));
        assert_eq!(told("0.5"), Ok("0.50 EUR".to_owned()));
        assert_eq!(told("007.1250"), Ok("7.125 EUR".to_owned()));
        assert_eq!(told("999999999999.9999"), Ok("999999999999.9999 EUR".to_owned()));
        for wrong in
            ["", ".", "5.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1.00000", "٣", "1000000000000"]
        {
            assert_eq!(told(wrong), Err(NotMoney::Value), "{wrong:?}");
        }
        for wrong in ["", "eur", "EURO", "E1R", "€€€"] {
            assert_eq!(Money::parse("1", wrong), Err(NotMoney::Currency), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_amount(parts in 0_i64..=9_999_999_999_999_999) {
            let money = Money { parts, currency: "EUR".into() };
            let text = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), money);
        }

        #[test]
        fn a_limit_compares_amounts_of_its_own_currency(a in 0_i64..100_000, b in 0_i64..100_000) {
            let of = |parts, currency: &str| Money { parts, currency: currency.into() };
            prop_assert_eq!(of(a, "EUR").is_within(&of(b, "EUR")), a <= b);
            prop_assert!(!of(a, "EUR").is_within(&of(b, "USD")));
        }
    }
}
