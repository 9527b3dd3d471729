//! The limits of what may be said, checked at the edge: all faults of a body at once.

use docket_domain::customer::{Address, AddressKind};
use docket_domain::limits::{LONGEST_SUBJECT, LONGEST_TAG, LONGEST_TEXT, MOST_TAGS};
use docket_domain::personal::Personal;

use crate::problem::{Fault, Problem};

/// The longest name, key or address; names of what is defined are shorter, and what they name knows.
const LABEL: usize = 500;
/// How many files something said may have.
const ATTACHMENTS: usize = 100;

/// Collects what is wrong with a body.
#[derive(Default)]
#[must_use]
pub struct Check(Vec<Fault>);

impl Check {
    /// A subject: 1 to 500 characters after trimming.
    pub fn subject(self, pointer: &str, subject: &str) -> Self {
        self.length(pointer, subject.trim(), LONGEST_SUBJECT)
    }

    /// A text: 1 to 200,000 characters.
    pub fn text(self, pointer: &str, text: &str) -> Self {
        self.length(pointer, text, LONGEST_TEXT)
    }

    /// A text that may be absent.
    pub fn maybe_text(self, pointer: &str, text: Option<&String>) -> Self {
        match text {
            Some(text) => self.text(pointer, text),
            None => self,
        }
    }

    /// A name, key or address: 1 to 500 characters after trimming.
    pub fn label(self, pointer: &str, label: &str) -> Self {
        self.length(pointer, label.trim(), LABEL)
    }

    /// A name, key or address that may be absent.
    pub fn maybe_label(self, pointer: &str, label: Option<&String>) -> Self {
        match label {
            Some(label) => self.label(pointer, label),
            None => self,
        }
    }

    /// At most 50 tags of at most 64 characters, counted as they were given.
    pub fn tags(mut self, pointer: &str, tags: &[String]) -> Self {
        if tags.len() > MOST_TAGS {
            self.fault(pointer, "too_many_tags", format!("at most {MOST_TAGS} tags"));
        }
        for (index, tag) in tags.iter().enumerate() {
            let length = tag.trim().chars().count();
            if length == 0 || length > LONGEST_TAG {
                let detail = format!("a tag has 1 to {LONGEST_TAG} characters");
                self.fault(&format!("{pointer}/{index}"), "invalid_tag", detail);
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

    fn length(mut self, pointer: &str, text: &str, limit: usize) -> Self {
        // Most texts are so short that their bytes alone settle it.
        let too_long = text.len() > limit && text.chars().count() > limit;
        if text.is_empty() {
            self.fault(pointer, "too_short", "must not be empty".into());
        } else if too_long {
            self.fault(pointer, "too_long", format!("at most {limit} characters"));
        }
        self
    }

    fn fault(&mut self, pointer: &str, code: &'static str, detail: String) {
        self.0.push(Fault { pointer: pointer.to_owned(), code: code.into(), detail });
    }
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
