//! The limits of what may be said, checked at the edge: all faults of a body at once.

use docket_domain::customer::{Address, AddressKind};
use docket_domain::limits::{self, LimitError, MOST_TAGS};
use docket_domain::personal::Personal;

use crate::problem::{Fault, Problem};

/// How many files something said may have.
const ATTACHMENTS: usize = 100;

/// Collects what is wrong with a body.
#[derive(Default)]
#[must_use]
pub struct Check(Vec<Fault>);

impl Check {
    /// A subject: one line of 1 to 500 characters after trimming.
    pub fn subject(self, pointer: &str, subject: &str) -> Self {
        self.limit(pointer, limits::subject(subject))
    }

    /// A text: 1 to 200,000 characters, not blank.
    pub fn text(self, pointer: &str, text: &str) -> Self {
        self.limit(pointer, limits::text(text))
    }

    /// A text that may be absent.
    pub fn maybe_text(self, pointer: &str, text: Option<&String>) -> Self {
        match text {
            Some(text) => self.text(pointer, text),
            None => self,
        }
    }

    /// A name, or something else that is one short line: 1 to 200 characters after trimming.
    pub fn name(self, pointer: &str, name: &str) -> Self {
        self.limit(pointer, limits::name(name))
    }

    /// A name that may be absent.
    pub fn maybe_name(self, pointer: &str, name: Option<&String>) -> Self {
        match name {
            Some(name) => self.name(pointer, name),
            None => self,
        }
    }

    /// A custom field's value that may be absent: 1 to 2,000 characters.
    pub fn maybe_value(self, pointer: &str, value: Option<&String>) -> Self {
        match value {
            Some(value) => self.limit(pointer, limits::value(value)),
            None => self,
        }
    }

    /// An address that may be absent.
    pub fn maybe_address(
        mut self,
        pointer: &str,
        kind: AddressKind,
        address: Option<&String>,
    ) -> Self {
        if let Some(Err(error)) = address.map(|text| Address::parse(kind, text)) {
            self.fault(pointer, "invalid_address", error.to_string());
        }
        self
    }

    /// At most 50 tags of at most 64 characters, counted as they were given.
    pub fn tags(mut self, pointer: &str, tags: &[String]) -> Self {
        if tags.len() > MOST_TAGS {
            self.fault(pointer, "too_many_tags", format!("at most {MOST_TAGS} tags"));
        }
        for (index, tag) in tags.iter().enumerate() {
            if let Err(error) = limits::tag(tag) {
                self.fault(&format!("{pointer}/{index}"), "invalid_tag", error.to_string());
            }
        }
        self
    }

    /// At most 100 files.
    pub fn attachments(self, ids: &[uuid::Uuid]) -> Self {
        let detail = format!("at most {ATTACHMENTS} attachments");
        self.that(ids.len() <= ATTACHMENTS, "/attachments", "too_many_attachments", detail)
    }

    /// Anything else that must hold.
    pub fn that(
        mut self,
        holds: bool,
        pointer: &str,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        if !holds {
            self.fault(pointer, code, detail.into());
        }
        self
    }

    /// Passes when nothing was wrong.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }

    fn limit<T>(mut self, pointer: &str, parsed: Result<T, LimitError>) -> Self {
        if let Err(error) = parsed {
            let code = match error {
                LimitError::Blank => "too_short",
                LimitError::TooLong { .. } => "too_long",
                LimitError::TooMany { .. } => "too_many",
                LimitError::Control => "control_character",
            };
            self.fault(pointer, code, error.to_string());
        }
        self
    }

    fn fault(&mut self, pointer: &str, code: &'static str, detail: String) {
        self.0.push(Fault { pointer: pointer.to_owned(), code: code.into(), detail });
    }
}

/// A short line that may be absent, as it is kept once it was checked.
pub fn trimmed(line: Option<String>) -> Option<String> {
    line.map(|line| line.trim().to_owned())
}

/// The addresses that a caller gave for a customer.
pub fn addresses(
    email: Option<&String>,
    phone: Option<&String>,
    handle: Option<&String>,
) -> Vec<Address> {
    let given =
        [(AddressKind::Email, email), (AddressKind::Phone, phone), (AddressKind::Handle, handle)];
    let given = given.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
    given.map(|(kind, value)| Address { kind, value: Personal::text(value.trim()) }).collect()
}
