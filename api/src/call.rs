//! What every command's handler starts from: who asks, under which id, on what condition; and the
//! answer it ends with.

mod named;

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use docket_commands::{CommandError, Done, Home, Occurred, Request};
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::ticket::command::{NewMessage, TicketCommand};
use docket_domain::ticket::event::AttachmentRef;
use docket_domain::token::Role;
use docket_projections::recorded::Moment;
use serde::Serialize;
use uuid::Uuid;

use crate::auth::Principal;
use crate::docket::Docket;
use crate::gate::POSITION;
use crate::problem::Problem;

/// What a handler answers.
pub type Answer = Result<HttpResponse, Problem>;

/// The namespace of command ids: UUIDv5 over principal, method, path and key.
const COMMANDS: Uuid = Uuid::from_u128(0x0d6c_2b1e_41a7_5d0c_9f5e_3a5b_7c21_e604);

/// The earliest that something is said to have happened: from then on the zones of calendars are
/// frozen with them. Imported logs may be older.
const EARLIEST: Instant = Instant(631_152_000_000);

/// The longest idempotency key.
const KEY_LIMIT: usize = 255;

/// One call that changes something.
pub struct Call {
    /// The server.
    pub docket: web::Data<Docket>,
    /// Who calls.
    pub principal: Arc<Principal>,
    /// The id of the command: the same for a repetition under the same key.
    pub command_id: Uuid,
    /// Whether the caller gave the command a key, under which it may come again.
    pub repeatable: bool,
    /// The version that the caller saw and insists on.
    pub if_match: Option<u64>,
}

impl FromRequest for Call {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

impl Call {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let docket = request.app_data::<web::Data<Docket>>().ok_or_else(Problem::internal)?;
        let principal = request.extensions().get::<Arc<Principal>>().cloned();
        let principal = principal.ok_or_else(Problem::internal)?;
        let key = idempotency_key(request.headers())?;
        let command_id = match key {
            Some(key) => {
                let (method, path) = (request.method(), request.path());
                let name = format!("{}\n{method}\n{path}\n{key}", principal.token);
                Uuid::new_v5(&COMMANDS, name.as_bytes())
            }
            None => Uuid::now_v7(),
        };
        Ok(Self {
            docket: docket.clone(),
            principal,
            command_id,
            repeatable: key.is_some(),
            if_match: if_match(request.headers())?,
        })
    }

    /// The request as the desk takes it. `said` is the body, to tell a repetition from another
    /// command under the same key.
    pub fn request(&self, said: &[u8], occurred_at: Option<Instant>) -> Result<Request, Problem> {
        let occurred = match occurred_at {
            None => Occurred::Now,
            Some(at) if self.principal.role == Role::Admin && at < EARLIEST => {
                let detail = "occurred_at is 1990-01-01T00:00:00Z or later";
                return Err(Problem::field("/occurred_at", "occurred_at_out_of_range", detail));
            }
            Some(at) if self.principal.role == Role::Admin => Occurred::At(at),
            Some(_) => {
                let detail = "only an administrator's token may say when something happened";
                return Err(Problem::new(StatusCode::FORBIDDEN, "occurred_at_forbidden", detail));
            }
        };
        Ok(Request {
            command_id: self.command_id,
            fingerprint: self.docket.desk.fingerprint(said),
            repeatable: self.repeatable,
            actor: self.principal.actor(),
            channel: Some(Channel::Api),
            client: Some(self.principal.token.to_string()),
            occurred,
            if_match: self.if_match,
            causation_id: None,
            correlation_id: None,
            source: None,
        })
    }

    /// One command on one ticket, answered with the ticket.
    pub async fn execute(
        &self,
        id: &str,
        said: &[u8],
        occurred_at: Option<Instant>,
        command: TicketCommand,
    ) -> Answer {
        self.execute_with(id, said, occurred_at, async { Ok(command) }).await
    }

    /// As [`execute`](Self::execute), where outside facts must be gathered first: only if this is
    /// no repetition, which is answered even where those facts have changed.
    pub async fn execute_with(
        &self,
        id: &str,
        said: &[u8],
        occurred_at: Option<Instant>,
        gather: impl Future<Output = Result<TicketCommand, Problem>>,
    ) -> Answer {
        self.execute_all(id, said, occurred_at, async { Ok(vec![gather.await?]) }).await
    }

    /// As [`execute`](Self::execute), where what the command is about may be at home in an alias of the
    /// ticket.
    pub async fn execute_at_home(
        &self,
        id: &str,
        said: &[u8],
        occurred_at: Option<Instant>,
        (home, command): (Home, TicketCommand),
    ) -> Answer {
        let request = self.request(said, occurred_at)?;
        let id = self.ticket(id).await?;
        let done = self.docket.desk.execute_at_home(&request, id, home, &command).await;
        self.ticket_answer(done, StatusCode::OK).await
    }

    /// As [`execute_with`](Self::execute_with), where several commands are one: all or nothing.
    pub async fn execute_all(
        &self,
        id: &str,
        said: &[u8],
        occurred_at: Option<Instant>,
        gather: impl Future<Output = Result<Vec<TicketCommand>, Problem>>,
    ) -> Answer {
        let request = self.request(said, occurred_at)?;
        let execute = async {
            let id = self.ticket(id).await?;
            let commands = match gather.await {
                Ok(commands) => commands,
                // Where there is no such ticket, that is said before what is wrong with the rest.
                Err(refused) => {
                    self.present_ticket(&id.to_string()).await?;
                    return Err(refused);
                }
            };
            Ok(self.docket.desk.execute_all(&request, id, &commands).await)
        };
        // In a box, since whoever passes a future on holds it several times over.
        self.once(&request, StatusCode::OK, Box::pin(execute)).await
    }

    /// Does something to a ticket, unless it was done when the call was made before, and answers with
    /// the ticket. What `act` gathers first may have changed since then: a repetition does not ask.
    pub async fn once(
        &self,
        request: &Request,
        status: StatusCode,
        act: impl Future<Output = Result<Result<Done, CommandError>, Problem>>,
    ) -> Answer {
        let done = match self.earlier(request).await? {
            Some(done) => Ok(done),
            None => act.await?,
        };
        self.ticket_answer(done, status).await
    }

    /// What this call did when it was made before, if it was.
    pub async fn earlier(&self, request: &Request) -> Result<Option<Done>, Problem> {
        Ok(self.docket.desk.earlier(request).await?)
    }

    /// Something to be said, with its files looked up.
    pub async fn message(&self, body: String, attachments: &[Uuid]) -> Result<NewMessage, Problem> {
        let attachments = self.files(attachments).await?;
        Ok(NewMessage { body, attachments })
    }

    /// Files that a body names, as the event will name them.
    pub async fn files(&self, ids: &[Uuid]) -> Result<Vec<AttachmentRef>, Problem> {
        self.docket.attachments.refs(ids, self.docket.now()).await
    }

    /// Answers with the ticket as the command left it.
    pub async fn ticket_answer(
        &self,
        done: Result<Done, CommandError>,
        status: StatusCode,
    ) -> Answer {
        let done = match done {
            Ok(done) => done,
            Err(error) => return Err(self.docket.refusal(&self.principal, error).await),
        };
        self.told(&done, status).await.map_err(Problem::though_done)
    }

    async fn told(&self, done: &Done, status: StatusCode) -> Answer {
        let case = self.docket.cases.after(&self.docket.reader, done).await?;
        let id = TicketId::of_stream(&done.stream).ok_or_else(|| Problem::not_found("ticket"))?;
        let mut document = self.docket.shown(id, &case, Moment::Now).await?;
        if done.repeated || done.events.is_empty() {
            // No event says who was answered: so the reading does.
            self.docket.read_by(&self.principal, "ticket", id.to_string())?;
        }
        if done.repeated {
            let then = Moment::Version(done.version);
            let shown_then = self.docket.shown(id, &case, then).await?;
            (document.due_at, document.indicator) = (shown_then.due_at, shown_then.indicator);
            self.docket.name_people_at(&mut document, done.position).await?;
        }
        let mut response = HttpResponse::build(status);
        if status == StatusCode::CREATED {
            response.insert_header((header::LOCATION, format!("/v1/tickets/{}", document.id)));
        }
        response.insert_header(etag(done.version));
        response.insert_header((POSITION, done.position));
        json(response, &document)
    }

    /// Answers with something else that a command made or changed.
    pub fn answer(&self, done: &Done, status: StatusCode, document: &impl Serialize) -> Answer {
        let mut response = HttpResponse::build(status);
        response.insert_header(etag(done.version));
        response.insert_header((POSITION, done.position));
        json(response, document)
    }
}

/// A document as an answer.
pub fn json(mut response: actix_web::HttpResponseBuilder, document: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(document).map_err(|_| Problem::internal())?;
    Ok(response.content_type("application/json").body(body))
}

/// The version of what is answered, as clients send it back in `If-Match`.
pub fn etag(version: u64) -> (header::HeaderName, HeaderValue) {
    let value = HeaderValue::from_str(&format!("\"{version}\""));
    (header::ETAG, value.unwrap_or_else(|_| HeaderValue::from_static("\"0\"")))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        let printable = key.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        printable && (1..=KEY_LIMIT).contains(&key.len())
    });
    let detail = "Idempotency-Key has 1 to 255 printable ASCII characters";
    key.map(Some)
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid", detail))
}

fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let mut seen = None;
    for tag in text.split(',').map(str::trim) {
        let weak = tag.strip_prefix("W/");
        let opaque = weak.unwrap_or(tag).strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        let opaque = opaque.ok_or_else(|| {
            let detail = "If-Match has ETags as answers gave them, such as \"7\", or is *";
            Problem::new(StatusCode::BAD_REQUEST, "if_match_invalid", detail)
        })?;
        // A weak one never matches (RFC 9110, 13.1.1), and what no answer gave matches nothing.
        let strong = opaque.parse().ok().filter(|_| weak.is_none());
        seen = seen.max(strong);
    }
    let detail = "no ETag in If-Match is one that an answer gave: weak ones never match";
    seen.map(Some).ok_or_else(|| Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail))
}
