//! Which tickets say something? The words of subjects, messages and notes (S-22: `q`).
//!
//! One row for each text, so that a new message adds only its own words. A ticket is found when each
//! of the words asked for stands in one of its texts; the last may be the beginning of a word. Words
//! are ours alone: whatever a query holds besides letters and digits only separates them.

use docket_domain::codec::Event;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{Message, TicketEvent};
use serde::{Deserialize, Serialize};

use crate::recorded::Recorded;
use crate::view::{Key, View};

/// The most words that a query is made of; the rest is left out.
const MOST_WORDS: usize = 16;

/// The view.
pub struct TicketText;

/// A text of a ticket, ready to be searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// What it is. Notes are marked, so that they can be kept from customers.
    pub kind: Kind,
    /// Its words, folded.
    pub words: String,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The ticket's subject.
    Subject,
    /// What the customer or the desk said to the other.
    Message,
    /// What is internal.
    Note,
}

impl View for TicketText {
    const NAME: &'static str = "ticket_text";
    const VERSION: u32 = 1;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = true;
    const SCHEMA: &'static str = include_str!("../../migrations/views/sqlite/0004_ticket_text.sql");
    type State = Vec<(Key, Text)>;
    type Row = Text;

    fn evolve(texts: &mut Self::State, event: &Recorded) {
        let Event::Ticket(event) = &event.event else { return };
        match event {
            TicketEvent::TicketCreated(created) => {
                put(texts, "subject", Kind::Subject, &created.subject);
                created.message.iter().for_each(|message| say(texts, Kind::Message, message));
            }
            TicketEvent::MessageReceived { message, .. }
            | TicketEvent::TicketReplied { message, .. } => say(texts, Kind::Message, message),
            TicketEvent::NoteAdded { message, .. } => say(texts, Kind::Note, message),
            _ => {}
        }
    }

    fn rows(texts: &Self::State) -> Vec<(Key, Text)> {
        texts.clone()
    }
}

fn say(texts: &mut Vec<(Key, Text)>, kind: Kind, message: &Message) {
    put(texts, &message.number, kind, &message.body);
}

fn put(texts: &mut Vec<(Key, Text)>, key: &str, kind: Kind, text: &Personal<String>) {
    if let Some(text) = text.known() {
        texts.push((key.to_owned(), Text { kind, words: words(text).join(" ") }));
    }
}

/// The words of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Reads a query: any text at all.
    pub fn of(query: &str) -> Self {
        let mut words = words(query);
        words.truncate(MOST_WORDS);
        Self(words)
    }

    /// Whether it holds no word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One expression for each word, as the index understands it.
    pub(crate) fn matches(&self) -> impl Iterator<Item = String> {
        let last = self.0.len().saturating_sub(1);
        // A word holds letters and digits only, so it can be quoted as it is.
        let expression = move |(place, word): (usize, &String)| {
            if place == last { format!("\"{word}\"*") } else { format!("\"{word}\"") }
        };
        self.0.iter().enumerate().map(expression)
    }
}

/// The words of a text: in small letters, without what the index's own folding would leave on them.
fn words(text: &str) -> Vec<String> {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ø' => folded.push('o'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            letter => folded.push(letter),
        }
    }
    let is_mark = |letter: char| ('\u{300}'..='\u{36f}').contains(&letter);
    folded
        .split(|letter: char| !letter.is_alphanumeric() && !is_mark(letter))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(query: &str) -> Vec<String> {
        Words::of(query).matches().collect()
    }

    #[test]
    fn words_are_folded_and_the_last_is_a_beginning() {
        assert_eq!(matches("Łódź PACZ"), ["\"lódź\"", "\"pacz\"*"]);
        assert_eq!(matches("Straße"), ["\"strasse\"*"]);
    }

    #[test]
    fn a_hostile_query_is_just_words() {
        assert_eq!(
            matches("\"a\" OR b* NEAR(c)"),
            ["\"a\"", "\"or\"", "\"b\"", "\"near\"", "\"c\"*"]
        );
        assert_eq!(matches("'; DROP TABLE tickets; --"), ["\"drop\"", "\"table\"", "\"tickets\"*"]);
        assert!(Words::of("\"*():^-+").is_empty());
    }
}
