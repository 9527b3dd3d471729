//! Which tickets say something? The words of subjects, messages and notes (S-22: `q`).
//!
//! One row for each text, so that a new message adds only its own words. A ticket is found when each
//! of the words asked for stands in one of its texts; the last may be the beginning of a word. Words
//! are ours alone: whatever a query holds besides letters and digits only separates them.

use docket_domain::codec::Event;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{Message, TicketEvent};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::documents::Word;
use crate::recorded::Recorded;
use crate::view::{Key, Schema, View};

/// The most words that a query is made of; the rest is left out.
const MOST_WORDS: usize = 16;

/// The letters of a word that count, when it is longer.
const LONGEST_WORD: usize = 64;

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
    const VERSION: u32 = 2;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = true;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0004_ticket_text.sql"),
        postgres: include_str!("../../migrations/views/postgres/0004_ticket_text.sql"),
    };
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

    /// The words to look up: the last may be the beginning of one.
    pub(crate) fn matches(self) -> impl Iterator<Item = Word> {
        let last = self.0.len().saturating_sub(1);
        let word = move |(place, text)| Word { text, begins: place == last };
        self.0.into_iter().enumerate().map(word)
    }
}

/// The words of a text as both are searched, text and query: in small letters, without accents, and
/// holding letters and digits only. Neither database has a say in it.
fn words(text: &str) -> Vec<String> {
    let accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    let plain = text.nfd().filter(|letter| !accent(letter)).nfc();
    let mut folded = String::with_capacity(text.len());
    for letter in plain.flat_map(char::to_lowercase) {
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
    folded
        .split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST_WORD).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(query: &str) -> Vec<String> {
        let star = |word: Word| if word.begins { word.text + "*" } else { word.text };
        Words::of(query).matches().map(star).collect()
    }

    #[test]
    fn words_are_folded_and_the_last_is_a_beginning() {
        assert_eq!(matches("Łódź PACZ"), ["lodz", "pacz*"]);
        assert_eq!(matches("Straße"), ["strasse*"]);
        assert_eq!(
            matches("İstanbul Ångström e\u{301}te\u{301}"),
            ["istanbul", "angstrom", "ete*"]
        );
        assert_eq!(matches("किताब が 한국어"), ["किताब", "が", "한국어*"]);
        assert_eq!(matches(&"ab".repeat(100)), [format!("{}*", "ab".repeat(32))]);
    }

    #[test]
    fn a_hostile_query_is_just_words() {
        assert_eq!(matches("\"a\" OR b* NEAR(c)"), ["a", "or", "b", "near", "c*"]);
        assert_eq!(matches("'; DROP TABLE tickets; --"), ["drop", "table", "tickets*"]);
        assert_eq!(matches("a:*|!(b & 'c')\\\0d"), ["a", "b", "c", "d*"]);
        assert!(Words::of("\"*():^-+").is_empty());
    }
}
