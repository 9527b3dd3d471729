//! How long what people send may be: parse functions for the edge, so that inside nothing is too
//! long. Lengths are counted in characters (Unicode scalar values), not bytes.

/// The most tags that a ticket has.
pub const MOST_TAGS: usize = 50;

/// The longest subject.
pub const LONGEST_SUBJECT: usize = 500;

/// The longest text of a message, a note, a reason.
pub const LONGEST_TEXT: usize = 200_000;

/// The longest tag.
pub const LONGEST_TAG: usize = 64;

/// The longest name of a definition, a customer, an agent, a token, a custom field; and of whatever
/// else is one short line.
pub const LONGEST_NAME: usize = 200;

/// The longest value of a custom field.
pub const LONGEST_VALUE: usize = 2_000;

/// The most custom fields that a ticket has.
pub const MOST_FIELDS: usize = 100;

/// Something is too long, too short, or too many; the sentence says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Nothing but white space.
    #[error("must not be blank")]
    Blank,
    /// More characters than allowed.
    #[error("must have at most {most} characters")]
    TooLong {
        /// The most that are allowed.
        most: usize,
    },
    /// More items than allowed, counted as they were given, before repetitions are dropped.
    #[error("must have at most {most} items")]
    TooMany {
        /// The most that are allowed.
        most: usize,
    },
    /// A character that has no place there.
    #[error("must not contain control characters")]
    Control,
}

/// A subject: one line of 1–500 characters after trimming.
pub fn subject(text: &str) -> Result<String, LimitError> {
    line(text, LONGEST_SUBJECT)
}

/// A text: 1–200,000 characters, kept as it was written; one of white space alone says nothing.
pub fn text(text: &str) -> Result<&str, LimitError> {
    some(text, LONGEST_TEXT)
}

/// A value of a custom field: 1–2,000 characters, kept as it was written.
pub fn value(text: &str) -> Result<&str, LimitError> {
    some(text, LONGEST_VALUE)
}

/// A name: one line of 1–200 characters after trimming.
pub fn name(text: &str) -> Result<String, LimitError> {
    line(text, LONGEST_NAME)
}

/// A tag: one line of 1–64 characters after trimming.
pub fn tag(text: &str) -> Result<String, LimitError> {
    line(text, LONGEST_TAG)
}

/// Skills, of agents or needed: as tags.
pub fn skills(skills: &[String]) -> Result<Vec<String>, (Option<usize>, LimitError)> {
    tags(skills)
}

/// Tags: at most 50 as they were given; repetitions are dropped afterwards, the first stays. An
/// error says which tag it is about, or none when it is about their number.
pub fn tags(tags: &[String]) -> Result<Vec<String>, (Option<usize>, LimitError)> {
    if tags.len() > MOST_TAGS {
        return Err((None, LimitError::TooMany { most: MOST_TAGS }));
    }
    let mut distinct = Vec::with_capacity(tags.len());
    for (index, text) in tags.iter().enumerate() {
        let tag = tag(text).map_err(|error| (Some(index), error))?;
        if !distinct.contains(&tag) {
            distinct.push(tag);
        }
    }
    Ok(distinct)
}

fn some(text: &str, most: usize) -> Result<&str, LimitError> {
    if is_blank(text) {
        return Err(LimitError::Blank);
    }
    at_most(text, most)?;
    Ok(text)
}

fn line(text: &str, most: usize) -> Result<String, LimitError> {
    let text = text.trim();
    if is_blank(text) {
        return Err(LimitError::Blank);
    }
    at_most(text, most)?;
    if text.chars().any(char::is_control) {
        return Err(LimitError::Control);
    }
    Ok(text.to_owned())
}

/// Whether there is nothing to be seen: blanks, and what takes no room (soft hyphens, joiners, marks of
/// direction and of byte order).
fn is_blank(text: &str) -> bool {
    let is_unseen = |it| {
        matches!(it, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}')
            || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().all(|it| it.is_whitespace() || is_unseen(it))
}

fn at_most(text: &str, most: usize) -> Result<(), LimitError> {
    // Bytes are counted first: a text that has few enough needs no walk over its characters.
    if text.len() > most && text.chars().nth(most).is_some() {
        return Err(LimitError::TooLong { most });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_trimmed_and_then_counted_in_characters() {
        assert_eq!(subject("  Parcel lost \n"), Ok("Parcel lost".into()));
        assert_eq!(subject(&"ł".repeat(500)), Ok("ł".repeat(500)));
        assert_eq!(subject(&"ł".repeat(501)), Err(LimitError::TooLong { most: 500 }));
        assert_eq!(subject(" \t "), Err(LimitError::Blank));
        assert_eq!(subject("\u{200b}"), Err(LimitError::Blank));
        assert_eq!(subject("\u{feff} \u{2060}\u{ad}"), Err(LimitError::Blank));
        assert_eq!(subject("a\u{200d}b"), Ok("a\u{200d}b".into()));
        assert_eq!(subject("two\nlines"), Err(LimitError::Control));
    }

    #[test]
    fn a_text_is_kept_as_it_was_written() {
        assert_eq!(text(" line\n"), Ok(" line\n"));
        assert_eq!(text("  \n"), Err(LimitError::Blank));
        assert_eq!(text("\n\u{200b}"), Err(LimitError::Blank));
        assert!(text(&"ż".repeat(200_000)).is_ok());
        assert_eq!(text(&"ż".repeat(200_001)), Err(LimitError::TooLong { most: 200_000 }));
        assert_eq!(value(&"ż".repeat(2_001)), Err(LimitError::TooLong { most: 2_000 }));
    }

    #[test]
    fn tags_are_counted_before_repetitions_are_dropped() {
        let same = |count| vec!["courier".to_owned(); count];
        assert_eq!(tags(&same(50)), Ok(vec!["courier".into()]));
        assert_eq!(tags(&same(51)), Err((None, LimitError::TooMany { most: 50 })));
        let long = ["ok".to_owned(), "x".repeat(65)];
        assert_eq!(tags(&long), Err((Some(1), LimitError::TooLong { most: 64 })));
    }
}
