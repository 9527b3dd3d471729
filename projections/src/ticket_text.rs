//! Which tickets say something? The words of subjects, messages and notes (S-22: `q`).
//!
//! One row for each text, so that a new message adds only its own words. A ticket is found when each
//! of the words asked for stands in one of its texts; the last may be the beginning of a word. Words
//! are ours alone: whatever a query holds besides letters, digits and pictographs only separates them.

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

/// What stands between words.
const PARTED: char = ' ';

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
    const VERSION: u32 = 3;
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
        texts.push((key.to_owned(), Text { kind, words: words(text) }));
    }
}

/// The words of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Reads a query: any text at all.
    pub fn of(query: &str) -> Self {
        let words = words(query);
        Self(
            words
                .split(PARTED)
                .take(MOST_WORDS)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Whether it holds no word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each of them stands in one of these texts, as the index finds them.
    pub(crate) fn are_in<'t>(&self, texts: impl Iterator<Item = &'t str>) -> bool {
        let said: Vec<String> = texts.map(words).collect();
        let said: Vec<&str> = said.iter().flat_map(|text| text.split(' ')).collect();
        let (last, others) = match self.0.split_last() {
            Some((last, others)) => (last.as_str(), others),
            None => return false,
        };
        let begun = said.iter().any(|word| word.starts_with(last));
        begun && others.iter().all(|word| said.contains(&word.as_str()))
    }

    /// The words to look up: the last may be the beginning of one.
    pub(crate) fn matches(self) -> impl Iterator<Item = Word> {
        let last = self.0.len().saturating_sub(1);
        let word = move |(place, text)| Word { text, begins: place == last };
        self.0.into_iter().enumerate().map(word)
    }
}

/// The words of a text as both are searched, text and query: in small letters, without accents,
/// holding letters and digits only, and parted by single blanks. Neither database has a say in it.
fn words(text: &str) -> String {
    let mut words = Joined { text: String::with_capacity(text.len()), letters: 0 };
    let mut rest = text;
    while !rest.is_empty() {
        // Most of a text needs no table of letters. An accent may belong to the letter before it.
        let marked = rest.bytes().position(|byte| !byte.is_ascii());
        let (ascii, next) = rest.split_at(marked.map_or(rest.len(), |at| at.saturating_sub(1)));
        ascii.bytes().for_each(|letter| words.put(letter.to_ascii_lowercase().into()));
        let ascii = next.char_indices().skip(1).find(|(_, letter)| letter.is_ascii());
        let (marked, after) = next.split_at(ascii.map_or(next.len(), |(at, _)| at));
        fold(marked, &mut words);
        rest = after;
    }
    words.text
}

/// Folds letters that may have accents, or be made of several.
fn fold(text: &str, words: &mut Joined) {
    let accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    let plain = text.nfd().filter(|letter| !accent(letter)).nfc();
    for letter in plain.flat_map(char::to_lowercase) {
        match letter {
            'ł' => words.put('l'),
            'đ' | 'ð' => words.put('d'),
            'ø' => words.put('o'),
            'ı' => words.put('i'),
            'ß' => "ss".chars().for_each(|letter| words.put(letter)),
            'æ' => "ae".chars().for_each(|letter| words.put(letter)),
            'œ' => "oe".chars().for_each(|letter| words.put(letter)),
            'þ' => "th".chars().for_each(|letter| words.put(letter)),
            letter => words.put(letter),
        }
    }
}

/// Words as they are put together, letter by letter.
struct Joined {
    text: String,
    /// How many the last word has.
    letters: usize,
}

impl Joined {
    fn put(&mut self, letter: char) {
        if stands_alone(letter) {
            self.letters = 0;
            self.join(letter);
            self.letters = 0;
            return;
        }
        let belongs = match letter {
            '\0'..='\x7f' => letter.is_ascii_alphanumeric(),
            _ => letter.is_alphanumeric() || is_combining_mark(letter),
        };
        if !belongs {
            self.letters = 0;
        } else if self.letters < LONGEST_WORD {
            self.join(letter);
        }
    }

    fn join(&mut self, letter: char) {
        if self.letters == 0 && !self.text.is_empty() {
            self.text.push(PARTED);
        }
        self.text.push(letter);
        self.letters += 1;
    }
}

/// Whether it is a word of its own: a pictograph, and a letter of a script that puts no blanks between
/// words, where a part of a run is asked for as often as all of it.
fn stands_alone(letter: char) -> bool {
    matches!(letter,
        '\u{2600}'..='\u{27bf}' | '\u{1f1e6}'..='\u{1faff}'
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        assert_eq!(matches("東京タワー 🚚 late"), ["東", "京", "タ", "ワ", "ー", "🚚", "late*"]);
        assert_eq!(matches(&"ab".repeat(100)), [format!("{}*", "ab".repeat(32))]);
    }

    /// The same, slowly: the whole text at once, then its words.
    fn slowly(text: &str) -> String {
        let accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
        let plain: String = text
            .nfd()
            .filter(|letter| !accent(letter))
            .nfc()
            .flat_map(char::to_lowercase)
            .collect();
        let plain = [("ł", "l"), ("đ", "d"), ("ð", "d"), ("ø", "o"), ("ı", "i"), ("ß", "ss")]
            .into_iter()
            .chain([("æ", "ae"), ("œ", "oe"), ("þ", "th")])
            .fold(plain, |plain, (from, to)| plain.replace(from, to));
        let alone =
            |letter: char| if stands_alone(letter) { format!(" {letter} ") } else { letter.into() };
        let plain: String = plain.chars().map(alone).collect();
        let parted = |letter: char| {
            !letter.is_alphanumeric() && !is_combining_mark(letter) && !stands_alone(letter)
        };
        let words = plain.split(parted).filter(|word| !word.is_empty());
        let words = words.map(|word| word.chars().take(LONGEST_WORD).collect());
        words.collect::<Vec<String>>().join(" ")
    }

    proptest! {
        #[test]
        fn a_text_has_the_words_that_it_has_as_a_whole(
            text in "([a-cAZ0 .]{0,70}|[éłŁßæÆİıﬁ\u{300}\u{323}\u{345}\u{3099}]{1,3}|[各가ㄱӓЙ]|[タ🚚ー東]{1,3}|\\PC{0,4}){0,12}",
        ) {
            prop_assert_eq!(words(&text), slowly(&text));
        }
    }

    #[test]
    fn a_hostile_query_is_just_words() {
        assert_eq!(matches("\"a\" OR b* NEAR(c)"), ["a", "or", "b", "near", "c*"]);
        assert_eq!(matches("'; DROP TABLE tickets; --"), ["drop", "table", "tickets*"]);
        assert_eq!(matches("a:*|!(b & 'c')\\\0d"), ["a", "b", "c", "d*"]);
        assert!(Words::of("\"*():^-+").is_empty());
    }
}
