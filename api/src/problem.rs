//! The one place where something that went wrong becomes `application/problem+json` (RFC 9457).
//!
//! Three kinds are never mixed: a *refusal* (a rule says no: 409 about the state, 422 about the
//! request), a *conflict* (412: others were faster), and *unavailable* (503 with `Retry-After`).

mod errors;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// What went wrong, as the client is told. Boxed, so that the good way stays small.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

/// The members of a problem document, and the headers that go with it.
#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    errors: Vec<Fault>,
    missed: Vec<Box<RawValue>>,
    headers: Vec<(header::HeaderName, HeaderValue)>,
    trace_id: String,
}

/// One thing wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Where: a JSON pointer into the body, or `/name` of a parameter.
    pub pointer: String,
    /// What kind of fault; stable.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    /// In words.
    pub detail: String,
}

/// A problem as it leaves.
#[derive(Serialize, ToSchema)]
pub struct Document<'a> {
    /// `about:blank`: the code says more than a page could.
    r#type: &'a str,
    /// The status in words.
    title: &'a str,
    /// The status.
    status: u16,
    /// The stable code that clients act on.
    code: &'a str,
    /// What went wrong, in words.
    detail: &'a str,
    /// What is wrong with the request, and where.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
    /// The events that the asker had not seen, as histories show them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<Object>)]
    missed: &'a [Box<RawValue>],
    /// The id of the request.
    trace_id: &'a str,
}

impl Problem {
    /// A problem of this status and stable code.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
            missed: Vec::new(),
            headers: Vec::new(),
            trace_id: String::new(),
        }))
    }

    /// The request names something wrong: 422, with the faults.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let detail = errors.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>();
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail.join("; "));
        problem.0.errors = errors;
        problem
    }

    /// One fault of one field: 422 under the fault's own code, or `invalid_request` where that says
    /// only what is wrong with the field's form.
    pub fn field(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let (code, detail) = (code.into(), detail.into());
        let fault = Fault { pointer: pointer.into(), code: code.clone(), detail: detail.clone() };
        let of_form = ["invalid_value", "unknown_field", "missing_field"].contains(&&*code);
        let code = if of_form { "invalid_request".into() } else { code };
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        problem.0.errors = vec![fault];
        problem
    }

    /// There is no such thing, or the caller may not see it.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    /// The server cannot now; the same request later may do.
    pub fn unavailable(code: &'static str, detail: impl Into<String>, seconds: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
            .header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// What a command did is on disk, and only its answer could not be made: who asks again under the same key
    /// gets it.
    pub fn though_done(self) -> Self {
        if !self.0.status.is_server_error() {
            return self;
        }
        let detail = "it took effect, but the answer could not be made; send it again under the same Idempotency-Key";
        Self::unavailable("outcome_unknown", detail, 1)
    }

    /// Something of ours broke. What it was is logged, never told.
    pub fn internal() -> Self {
        let detail = "an error on our side; the trace_id finds it in the server's log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Others were faster: 412, with the events that the asker had not seen, as histories show them; or
    /// there were none, since the version that was named is yet to come.
    pub fn stale(actual: u64, missed: Vec<Box<RawValue>>) -> Self {
        let detail = match missed[..] {
            [] => format!("no answer gave the version in If-Match: {actual} is the last"),
            [..] => format!("people went on: version {actual} is the last; see what was missed"),
        };
        let mut problem = Self::new(StatusCode::PRECONDITION_FAILED, "stale", detail);
        problem.0.missed = missed;
        problem
    }

    /// Says which field of this body a fault is in, where the maker of the fault could not know.
    pub fn at(mut self, pointer: &str) -> Self {
        if let [fault] = self.0.errors.as_mut_slice() {
            pointer.clone_into(&mut fault.pointer);
        }
        self
    }

    /// Says which field of this body a rule means that knows the field by another name.
    pub fn pointing(mut self, from: &str, to: &str) -> Self {
        for fault in self.0.errors.iter_mut().filter(|fault| fault.pointer == from) {
            to.clone_into(&mut fault.pointer);
        }
        self
    }

    /// Says in which member of this body the faults are.
    pub fn under(mut self, member: &str) -> Self {
        for fault in &mut self.0.errors {
            fault.pointer.insert_str(0, member);
        }
        self
    }

    /// What is wrong, in words, each with its place: for a terminal.
    pub fn told(&self) -> String {
        let told = |fault: &Fault| match fault.pointer.as_str() {
            "" => fault.detail.clone(),
            pointer => format!("{pointer}: {}", fault.detail),
        };
        match self.0.errors.as_slice() {
            [] => self.0.detail.clone(),
            faults => faults.iter().map(told).collect::<Vec<_>>().join("; "),
        }
    }

    /// The thing that the path names is the one that a rule misses: 404 instead of a fault.
    pub fn missing(self, what: &str) -> Self {
        let missing = ["unknown_agent", "unknown_customer"].contains(&self.code());
        if missing { Self::not_found(what) } else { self }
    }

    /// What is kept beside the log could not be read or written.
    pub fn side(error: &sqlx::Error) -> Self {
        tracing::error!(%error, "the side store failed");
        Self::unavailable("side_store_unavailable", "what is kept beside the log is unavailable", 5)
    }

    /// A rule says no: 404 where the thing itself is missing, 422 where the request names something
    /// wrong, 409 where the state does not allow it.
    fn refused(code: &'static str, field: Option<&'static str>, detail: String) -> Self {
        match field {
            Some(pointer) => Self::field(pointer, code, detail),
            None if code == "not_found" => Self::new(StatusCode::NOT_FOUND, code, detail),
            None => Self::new(StatusCode::CONFLICT, code, detail),
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The first fault as tests name it: its pointer and its code.
    #[cfg(test)]
    pub fn first_fault(&self) -> String {
        let fault = self.0.errors.first();
        fault.map(|fault| format!("{} {}", fault.pointer, fault.code)).unwrap_or_default()
    }

    /// Says which request it answers.
    pub fn traced(mut self, request_id: &str) -> Self {
        request_id.clone_into(&mut self.0.trace_id);
        self
    }

    /// The answer to the request of this id.
    pub fn response(&self, trace_id: &str) -> HttpResponse {
        let parts = &*self.0;
        let document = Document {
            r#type: "about:blank",
            title: parts.status.canonical_reason().unwrap_or_default(),
            status: parts.status.as_u16(),
            code: &parts.code,
            detail: &parts.detail,
            errors: &parts.errors,
            missed: &parts.missed,
            trace_id,
        };
        let mut response = HttpResponse::build(parts.status);
        response.content_type("application/problem+json");
        for (name, value) in &parts.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.body(serde_json::to_vec(&document).unwrap_or_default())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response(&self.0.trace_id)
    }
}
