//! Telling the colours of a row: the instants at which they change are written in it.

use docket_domain::instant::Instant;

use crate::indicator::Indicator;
use crate::ticket_document::TicketDocument;

/// What stands before the indicator, which is the last thing of a document. Text holds no quotation
/// mark that is not escaped, so the last of these is no text.
const BEFORE: &str = r#","indicator":"#;

/// Colours a document as of `now`. Only its end is looked at; where that is not as this release writes
/// it, the document is read as a whole.
pub(super) fn tell(document: &mut String, now: Instant) {
    if told_at_the_end(document, now).is_some() {
        return;
    }
    if let Ok(mut whole) = serde_json::from_str::<TicketDocument>(document) {
        whole.indicator = whole.indicator.at(now);
        // A document that was read can be written.
        *document = serde_json::to_string(&whole).unwrap_or_default();
    }
}

fn told_at_the_end(document: &mut String, now: Instant) -> Option<()> {
    let begins = document.rfind(BEFORE)? + BEFORE.len();
    let end = document.get(begins..)?;
    let mut values = serde_json::Deserializer::from_str(end).into_iter::<Indicator>();
    let indicator = values.next()?.ok()?.at(now);
    let ends = begins + values.byte_offset();
    let told = serde_json::to_string(&indicator).ok()?;
    document.replace_range(begins..ends, &told);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = Instant(1_772_452_800_000);

    fn told(document: &str) -> String {
        let mut document = document.to_owned();
        tell(&mut document, NOON);
        document
    }

    #[test]
    fn colours_are_told_where_they_stand_and_what_follows_stays() {
        let row = r#"{"subject":"\",\"indicator\":{}","indicator":{"message":"blue","ticket":"none","green_at":"2026-03-02T11:59:59.999Z","orange_at":"2026-03-02T12:00:00.000Z","red_at":"2026-03-02T12:00:00.001Z"},"stale":true}"#;
        insta::assert_snapshot!(told(row), @r#"{"subject":"\",\"indicator\":{}","indicator":{"message":"green","ticket":"orange","green_at":"2026-03-02T11:59:59.999Z","orange_at":"2026-03-02T12:00:00.000Z","red_at":"2026-03-02T12:00:00.001Z"},"stale":true}"#);
    }

    #[test]
    fn at_the_deadline_itself_the_icon_is_late() {
        let row = r#"{"a":1,"indicator":{"message":"blue","ticket":"none","green_at":"2026-03-02T12:00:00.000Z","orange_at":null,"red_at":"2026-03-02T12:00:00.000Z"}}"#;
        insta::assert_snapshot!(told(row), @r#"{"a":1,"indicator":{"message":"green","ticket":"red","green_at":"2026-03-02T12:00:00.000Z","orange_at":null,"red_at":"2026-03-02T12:00:00.000Z"}}"#);
    }
}
