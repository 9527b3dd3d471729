//! By what a customer is found again.

use serde::{Deserialize, Serialize};

use crate::limits::{self, LimitError};
use crate::personal::Personal;

/// The longest e-mail address that can be delivered to.
const LONGEST_EMAIL: usize = 254;

/// From short numbers to the longest international ones.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

/// An address by which a customer is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// What kind of address.
    pub kind: AddressKind,
    /// The address as given.
    pub value: Personal<String>,
}

/// What kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A name on a social network or messenger.
    Handle,
}

/// The text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no e-mail address.
    #[error("not an e-mail address such as jan@example.com")]
    NotAnEmail,
    /// It is no phone number.
    #[error("not a phone number of 3 to 15 digits such as +48 22 123 45 67")]
    NotAPhone,
    /// It is no name on a network.
    #[error("the handle {0}")]
    NotAHandle(LimitError),
}

impl Address {
    /// An address as somebody gave it, trimmed.
    pub fn parse(kind: AddressKind, text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        match kind {
            AddressKind::Email if !is_email(text) => return Err(AddressError::NotAnEmail),
            AddressKind::Phone if phone(text).is_none() => return Err(AddressError::NotAPhone),
            AddressKind::Handle => {
                limits::name(handle(text)).map_err(AddressError::NotAHandle)?;
            }
            AddressKind::Email | AddressKind::Phone => {}
        }
        Ok(Self { kind, value: Personal::text(text) })
    }

    /// The form under which the address is found again however it is written: its kind, then an
    /// e-mail address or a handle in lower case, or a phone number as digits with its `+`. None
    /// once it is erased.
    pub fn normalised(&self) -> Option<String> {
        let text = self.value.known()?.trim();
        match self.kind {
            AddressKind::Email => Some(format!("email:{}", text.to_lowercase())),
            AddressKind::Phone => phone(text).map(|number| format!("phone:{number}")),
            AddressKind::Handle => Some(format!("handle:{}", handle(text).to_lowercase())),
        }
    }

    pub(super) fn is_known_as(&self, normalised: &str) -> bool {
        self.normalised().is_some_and(|it| it == normalised)
    }
}

/// Mail systems alone know which addresses are theirs, so only the shape is checked.
fn is_email(text: &str) -> bool {
    let ill = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>');
    let (local, domain) = text.rsplit_once('@').unwrap_or_default();
    let labels = domain.split('.').all(|label| !label.is_empty());
    !local.is_empty() && labels && text.len() <= LONGEST_EMAIL && !text.contains(ill)
}

/// A handle is the same with the `@` in front and without.
fn handle(text: &str) -> &str {
    text.strip_prefix('@').unwrap_or(text).trim()
}

/// The digits of a phone number, with `+` where it is an international one.
fn phone(text: &str) -> Option<String> {
    let (plus, rest) = match text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
        Some(rest) => ("+", rest),
        None => ("", text),
    };
    let known = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')');
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let shaped = rest.chars().all(known) && PHONE_DIGITS.contains(&digits.len());
    shaped.then(|| format!("{plus}{digits}"))
}
