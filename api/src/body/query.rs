//! Query strings; and what parsers say, in words for callers.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::body::{escape, fault};
use crate::problem::Problem;

/// A parsed query string.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(query(request.query_string()).map(Self))
    }
}

/// Refuses what is no text once its percent-escapes are resolved: the parser would put something else in
/// its place, and answer what nobody asked.
pub fn check_escapes(query: &str) -> Result<(), Problem> {
    let mut bytes = query.bytes();
    let mut text = Vec::with_capacity(query.len());
    let hex = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            text.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (hex(bytes.next()), hex(bytes.next())) else {
            return Err(malformed_query(
                "a % in the query is not followed by two hexadecimal digits",
            ));
        };
        text.extend(u8::try_from(high * 16 + low));
    }
    match std::str::from_utf8(&text) {
        Ok(_) => Ok(()),
        Err(_) => Err(malformed_query("the query is no UTF-8")),
    }
}

fn malformed_query(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed_query", detail)
}

/// Parses a query string. Each parameter stands for itself, so the one that is wrong on its own is
/// the one that is pointed at.
fn query<T: DeserializeOwned>(said: &str) -> Result<T, Problem> {
    let read = |said: &str| {
        web::Query::<T>::from_query(said).map(web::Query::into_inner).map_err(|error| {
            let text = error.to_string();
            text.strip_prefix("Query deserialize error: ").unwrap_or(&text).to_owned()
        })
    };
    read(said).map_err(|text| {
        let wrong = said.split('&').find(|parameter| read(parameter).err().as_ref() == Some(&text));
        let name = wrong.and_then(|parameter| parameter.split('=').next()).unwrap_or_default();
        let pointer = if name.is_empty() { String::new() } else { format!("/{}", escape(name)) };
        Problem::invalid(vec![fault(pointer, &text)])
    })
}

/// What a parser said, in words for those who do not know how this program is made.
pub fn plain(text: &str) -> String {
    const NUMBER: [&str; 4] =
        ["digit found in string", "integer from empty", "too large to", "too small to"];
    if NUMBER.iter().any(|said| text.contains(said)) {
        return "not a whole number in range".to_owned();
    }
    let Some((found, expected)) = text.rsplit_once(", expected ") else { return text.to_owned() };
    let expected = match expected.split(' ').next().unwrap_or_default() {
        "struct" | "map" => "an object",
        "sequence" => "a list",
        "enum" | "string" => "a text",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number in range",
        _ => expected,
    };
    let expected = expected.replace("a sequence", "a list").replace("a map", "an object");
    format!("{found}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Way {
        Out,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[expect(dead_code, reason = "only its parsing matters")]
        limit: Option<u8>,
        #[expect(dead_code, reason = "only its parsing matters")]
        way: Option<Way>,
    }

    #[test]
    fn a_query_error_names_its_parameter() {
        let complaint = |said: &str| query::<Asked>(said).unwrap_err().first_fault();
        assert_eq!(complaint("way=out&limit=x"), "/limit invalid_value");
        assert_eq!(complaint("limit=300"), "/limit invalid_value");
        assert_eq!(complaint("limit=1&way=in"), "/way invalid_value");
        assert_eq!(complaint("limit=1&colour=red"), "/colour unknown_field");
        assert_eq!(complaint("limit=1&limit=1"), "/limit duplicate_field");
    }

    #[test]
    fn escapes_that_are_no_text_are_refused() {
        for fine in ["", "q=50%25", "q=%C5%BC%c3%b3", "q=a+b&tag=%20"] {
            assert!(check_escapes(fine).is_ok(), "{fine}");
        }
        for broken in ["q=%", "q=%4", "q=%zz", "%+1=a", "q=%ff", "q=%C5&tag=%BC"] {
            let refused = check_escapes(broken).unwrap_err();
            assert_eq!(
                (refused.status(), refused.code()),
                (StatusCode::BAD_REQUEST, "malformed_query")
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_words_of_the_program() {
        assert_eq!(plain("invalid digit found in string"), "not a whole number in range");
        assert_eq!(
            plain("invalid type: integer `3`, expected struct Contact"),
            "invalid type: integer `3`, expected an object"
        );
        assert_eq!(
            plain("invalid value: integer `300`, expected u8"),
            "invalid value: integer `300`, expected a whole number in range"
        );
    }
}
