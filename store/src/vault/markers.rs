//! Finding personal fields: as markers in a payload to be sealed, and as commitments in its text.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::Value;

const PERSONAL: &str = "$personal";
const OF: &str = "of";
const SEALED: &str = "$sealed";

/// How a commitment stands in a payload's text. JSON escapes quotes within texts, so this cannot
/// occur inside one; and sealing refuses payloads that bring the name along.
const BEGIN: &str = r#"{"$sealed":""#;
const END: &str = r#""}"#;

/// Looks for the beginning of a commitment: in every payload that is read.
static BEGINS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(BEGIN));

/// A payload's text taken apart at its commitments, which stand between the other pieces.
pub(super) struct Pieces<'t> {
    pub between: Vec<&'t str>,
    pub commitments: Vec<&'t str>,
}

/// Takes a payload's text apart; `None` when a commitment has no end.
pub(super) fn pieces(text: &str) -> Option<Pieces<'_>> {
    let mut pieces = Pieces { between: Vec::new(), commitments: Vec::new() };
    let mut rest = text;
    while let Some(begin) = BEGINS.find(rest.as_bytes()) {
        let (before, sealed) = rest.split_at(begin);
        let (commitment, after) = sealed.split_at(BEGIN.len()).1.split_once(END)?;
        pieces.between.push(before);
        pieces.commitments.push(commitment);
        rest = after;
    }
    pieces.between.push(rest);
    Some(pieces)
}

/// The payload with `null` in place of every personal value, for readers that need no text. Opens
/// nothing, needs no keys, and copies only where there is something to replace.
pub fn close(payload: &str) -> Cow<'_, str> {
    match pieces(payload) {
        Some(pieces) if !pieces.commitments.is_empty() => Cow::Owned(pieces.between.join("null")),
        _ => Cow::Borrowed(payload),
    }
}

/// A personal value found in a payload.
pub(super) struct Marker<'v> {
    /// Where, as a JSON pointer.
    pub path: String,
    /// The value.
    pub value: &'v mut Value,
    /// Whose it is, where it is one person's.
    pub of: Option<String>,
}

/// All markers of a payload, in the order in which they are written out.
pub(super) fn markers(payload: &mut Value) -> Result<Vec<Marker<'_>>, String> {
    let mut found = Vec::new();
    visit(payload, &mut String::new(), &mut found)?;
    Ok(found)
}

fn visit<'v>(
    value: &'v mut Value,
    path: &mut String,
    found: &mut Vec<Marker<'v>>,
) -> Result<(), String> {
    if value.get(PERSONAL).is_some() {
        let of = owner(value).map_err(|why| format!("the marker at {path:?} {why}"))?;
        found.push(Marker { path: path.clone(), value, of });
        return Ok(());
    }
    let length = path.len();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == SEALED {
                    return Err(format!(
                        "{path:?} has a member {SEALED}, which only sealing may write"
                    ));
                }
                path.push('/');
                path.push_str(&name.replace('~', "~0").replace('/', "~1"));
                visit(member, path, found)?;
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push_str(&format!("/{index}"));
                visit(item, path, found)?;
                path.truncate(length);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whose value a marker holds, if the marker is well formed.
fn owner(marker: &Value) -> Result<Option<String>, &'static str> {
    let members = marker.as_object().map_or(0, serde_json::Map::len);
    match marker.get(OF) {
        None if members == 1 => Ok(None),
        Some(Value::String(subject)) if members == 2 => Ok(Some(subject.clone())),
        Some(_) if members == 2 => Err("names no subject"),
        _ => Err("has other members beside the value"),
    }
}

impl Marker<'_> {
    /// The value's JSON text: what is sealed.
    pub fn text(&self) -> String {
        self.value.get(PERSONAL).map(Value::to_string).unwrap_or_default()
    }

    /// Puts the commitment in the value's place, and answers where that was.
    pub fn replace(self, commitment: String) -> String {
        let sealed = (SEALED.to_owned(), Value::String(commitment));
        *self.value = Value::Object(serde_json::Map::from_iter([sealed]));
        self.path
    }
}
