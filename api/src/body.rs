//! JSON bodies and query strings: read within limits, parsed into what a handler asks for, refused
//! with a pointer to what is wrong.

mod cells;
mod members;
mod query;
mod strict;

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

pub use self::members::split_off;
pub use self::query::{Params, check_escapes, plain};
use crate::problem::{Fault, Problem};

/// The largest body of a command, in bytes.
pub const LIMIT: usize = 1024 * 1024;

/// A parsed JSON body, and the bytes it was parsed from. An empty body reads as `{}`.
pub struct Body<T> {
    /// What it says.
    pub asked: T,
    /// As it came in.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_headers(request);
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            checked?;
            let payload = payload.await.map_err(|_| broken_off())?;
            let bytes = read(payload).await?;
            let asked = parse(if bytes.is_empty() { b"{}" } else { &bytes })?;
            Ok(Self { asked, bytes })
        })
    }
}

/// Parses a JSON document. Malformed JSON is 400, and so is what is no UTF-8; a document of the wrong shape is 422, with the
/// pointer of the first thing wrong. An object is an object at every depth, never a list of its
/// members' values.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let detail = "a body is an object".to_owned();
        let code = "invalid_type".into();
        return Err(Problem::invalid(vec![Fault { pointer: String::new(), code, detail }]));
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let detail = format!("not UTF-8 from byte {} on", error.valid_up_to() + 1);
        return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail));
    }
    match serde_json::from_slice(bytes) {
        Ok(asked) => strict::check::<T>(bytes).map(|()| asked),
        Err(error) if error.is_data() || is_json(bytes) => Err(locate::<T>(bytes)),
        Err(error) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            format!("not JSON at line {} column {}", error.line(), error.column()),
        )),
    }
}

/// Whether it is JSON at all: where one of some texts is awaited, the parser takes any other kind of
/// value for a slip of the pen.
fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// Finds where a well-formed document has the wrong shape: parsed again, since only the bad way
/// should pay for keeping track of the path.
fn locate<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    if let Err(list_for_object) = strict::check::<T>(bytes) {
        return list_for_object;
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut json) else {
        return Problem::internal();
    };
    let pointer = cells::pointer(error.path().iter());
    if !error.inner().is_data() {
        return Problem::invalid(vec![fault(pointer, "invalid type: expected a text")]);
    }
    let pointer = cells::named::<T>(bytes, error.path()).unwrap_or(pointer);
    let text = error.inner().to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    Problem::invalid(vec![fault(pointer, text)])
}

/// What serde said, with a stable code and the pointer completed by the field that it names.
fn fault(parent: String, text: &str) -> Fault {
    let named = text.split('`').nth(1).unwrap_or_default();
    let child = |parent: String| {
        let last = format!("/{}", escape(named));
        if parent.ends_with(&last) { parent } else { parent + &last }
    };
    let (code, pointer) = match text.split_once(' ').unwrap_or((text, "")) {
        ("unknown", rest) if rest.starts_with("field") => ("unknown_field", child(parent)),
        ("missing", rest) if rest.starts_with("field") => ("missing_field", child(parent)),
        ("duplicate", rest) if rest.starts_with("field") => ("duplicate_field", child(parent)),
        ("invalid", rest) if rest.starts_with("type") => ("invalid_type", parent),
        _ => ("invalid_value", parent),
    };
    Fault { pointer, code: code.into(), detail: plain(text) }
}

/// A member that may be left out; `null` says as little.
pub fn or_default<'de, D, T>(value: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// A member that may be left out, but is not `null`: what is not given stays as it is, and `null`
/// would look as if it took something away.
pub fn given<'de, D, T>(value: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(value).map(Some)
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Refuses a compressed body: what is small on the wire may be endless unpacked.
pub fn refuse_encoding(headers: &header::HeaderMap) -> Result<(), Problem> {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    let detail = "compressed requests are not taken; send the body as it is";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", detail))
}

/// A command's body is JSON as it is: no other type, no compression.
fn check_headers(request: &HttpRequest) -> Result<(), Problem> {
    let headers = request.headers();
    refuse_encoding(headers)?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length: Option<usize> = length.and_then(|text| text.parse().ok());
    if length.is_some_and(|length| length > LIMIT) {
        return Err(too_large());
    }
    let has_body =
        length != Some(0) && (length.is_some() || headers.contains_key(header::TRANSFER_ENCODING));
    if has_body && !request.content_type().eq_ignore_ascii_case("application/json") {
        let detail = "send JSON with Content-Type: application/json";
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        ));
    }
    Ok(())
}

async fn read(mut payload: web::Payload) -> Result<Bytes, Problem> {
    // Most bodies arrive in one piece, which is then passed on without a copy.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        if first.len().max(all.len()) + chunk.len() > LIMIT {
            return Err(too_large());
        }
        if first.is_empty() {
            first = chunk;
            continue;
        }
        if all.is_empty() {
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&chunk);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn too_large() -> Problem {
    let detail = format!("a body has at most {LIMIT} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", "the body broke off")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its parsing matters")]
        name: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only its parsing matters")]
        inner: BTreeMap<String, Vec<Inner>>,
        #[serde(default, deserialize_with = "given")]
        #[expect(dead_code, reason = "only its parsing matters")]
        way: Option<Way>,
        #[serde(default)]
        #[expect(dead_code, reason = "only its parsing matters")]
        ways: BTreeMap<Way, Vec<String>>,
    }

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Way {
        Out,
        Back,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its parsing matters")]
        size: u8,
    }

    fn complaint(json: &str) -> String {
        let problem = parse::<Outer>(json.as_bytes()).unwrap_err();
        let body = problem.response("t").into_body();
        let body = actix_web::body::MessageBody::try_into_bytes(body).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let error = &body["errors"][0];
        let code = error["code"].as_str().unwrap_or(body["code"].as_str().unwrap());
        format!("{} {code} {}", body["status"], error["pointer"].as_str().unwrap_or("-"))
    }

    #[test]
    fn what_is_wrong_in_a_map_is_pointed_at_by_its_key() {
        for (ways, at) in [
            (r#"{"out":[],"back":"home"}"#, "invalid_type /ways/back"),
            (r#"{"out":[],"sideways":[]}"#, "invalid_value /ways/sideways"),
            (r#"{"out":["a"],"back":["b",3]}"#, "invalid_type /ways/back/1"),
            (r#"{"out":[3]}"#, "invalid_type /ways/out/0"),
            ("3", "invalid_type /ways"),
        ] {
            let json = format!(r#"{{"name":"n","ways":{ways}}}"#);
            assert_eq!(complaint(&json), format!("422 {at}"), "{ways}");
        }
    }

    #[test]
    fn what_is_wrong_is_pointed_at_at_every_depth() {
        assert_eq!(complaint("{"), "400 malformed_json -");
        assert_eq!(complaint("{}"), "422 missing_field /name");
        assert_eq!(complaint(r#"{"name":"n","colour":1}"#), "422 unknown_field /colour");
        assert_eq!(complaint(r#"{"name":1}"#), "422 invalid_type /name");
        assert_eq!(
            complaint(r#"{"name":"n","inner":{"a/b":[{"size":1},{"size":1,"weight":2}]}}"#),
            "422 unknown_field /inner/a~1b/1/weight"
        );
        assert_eq!(
            complaint(r#"{"name":"n","inner":{"a":[{"size":300}]}}"#),
            "422 invalid_value /inner/a/0/size"
        );
        assert_eq!(
            complaint(r#"{"name":"n","inner":{"a":[{}]}}"#),
            "422 missing_field /inner/a/0/size"
        );
        assert_eq!(complaint(r#"{"name":"n","name":"m"}"#), "422 duplicate_field /name");
        assert_eq!(complaint(r#"["n",{}]"#), "422 invalid_type ");
        assert_eq!(
            complaint(r#"{"name":"n","inner":{"a":[{"size":1},[1]]}}"#),
            "422 invalid_type /inner/a/1"
        );
        for wrong in ["3", "true", "null", "{}", "[\"out\"]", "1.5"] {
            let json = format!(r#"{{"name":"n","way":{wrong}}}"#);
            assert_eq!(complaint(&json), "422 invalid_type /way", "{wrong}");
        }
        assert_eq!(complaint(r#"{"name":"n","way":"in"}"#), "422 invalid_value /way");
        assert_eq!(complaint(r#"{"name":"n","way":3"#), "400 malformed_json -");
        assert!(parse::<Outer>(br#"{"name":"n","way":"out"}"#).is_ok());
        assert!(parse::<Outer>(br#"{"name":"[","inner":{"a":[{"size":1}]}}"#).is_ok());
        assert_eq!(complaint(&"[".repeat(100_000)), "422 invalid_type ");
        for no_text in [&b"{\"name\":\"\xff\"}"[..], b"{\"name\":\"n\",\"\xc0\xaf\":1}"] {
            assert_eq!(parse::<Outer>(no_text).unwrap_err().code(), "malformed_json");
        }
    }
}
