//! How clients show what agents write (S-57).

use serde::{Deserialize, Serialize};

use crate::definition::{FieldError, Problem};
use crate::limits;

/// The sizes of a font, in points.
const SIZES: std::ops::RangeInclusive<u8> = 6..=72;

/// What the editors of clients begin with. Docket keeps it and gives it out; each client reads it as far as it
/// can, and has defaults of its own for what is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editor {
    /// The font's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub font: Option<String>,
    /// The font's size, in points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u8>,
    /// The colour of the text: `#` and six hexadecimal digits, red, green and blue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
}

impl Editor {
    /// What is wrong with it, each with its place in the settings.
    pub(super) fn errors(&self) -> Vec<FieldError> {
        let font = self.font.as_deref().and_then(|font| limits::name(font).err());
        let font = font.map(|error| FieldError::at("/editor/font", error.into()));
        let size = self.size.filter(|size| !SIZES.contains(size));
        let size = size.map(|_| FieldError::at("/editor/size", Problem::FontSize));
        let colour = self.colour.as_deref().filter(|colour| !is_colour(colour));
        let colour = colour.map(|_| FieldError::at("/editor/colour", Problem::Colour));
        font.into_iter().chain(size).chain(colour).collect()
    }
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|it| it.is_ascii_hexdigit())
}
