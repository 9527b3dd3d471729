//! Who calls: bearer tokens, looked up by the SHA-256 of their secret.
//!
//! The secret is 256 random bits and is shown once; the log holds only its hash. The table here is
//! a fold over the token streams, kept in memory because every request asks it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use docket_domain::codec::{self, Event};
use docket_domain::ids::{AgentId, TokenId};
use docket_domain::party::{Actor, ActorKind};
use docket_domain::token::{Issued, Role, TokenEvent};
use docket_projections::recorded::decode_closed;
use docket_store::{CategoryPages, EventStore, StoreError};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::attachments::hex;
use crate::problem::Problem;

/// What every secret begins with, so that a leaked one is recognised where it lies.
const PREFIX: &str = "dkt_";

/// Who calls, as the token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The token.
    pub token: TokenId,
    /// What it may do.
    pub role: Role,
    /// The agent who acts with it.
    pub agent: Option<AgentId>,
}

impl Principal {
    /// The actor of what this caller does: the agent, or the token where it stands for nobody.
    pub fn actor(&self) -> Actor {
        let kind = match self.role {
            Role::Admin => ActorKind::Admin,
            Role::Agent | Role::Supervisor | Role::Auditor | Role::Analyst => ActorKind::Agent,
        };
        Actor::new(kind, self.acts_as().to_string())
    }

    /// What kind of reader the access log knows them as.
    pub fn kind(&self) -> &'static str {
        match self.role {
            Role::Agent | Role::Supervisor => "agent",
            Role::Auditor => "auditor",
            Role::Analyst => "analyst",
            Role::Admin => "admin",
        }
    }

    /// The id that it acts under: the agent's, or the token's where it stands for nobody.
    pub fn acts_as(&self) -> Uuid {
        self.agent.map_or(self.token.0, |agent| agent.0)
    }
}

/// A new secret.
pub fn mint() -> Result<String, Problem> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|_| Problem::internal())?;
    Ok(secret(bits))
}

/// The secret that these bits are.
pub fn secret(bits: [u8; 32]) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits))
}

/// What the log keeps of a secret: its SHA-256, in hexadecimal.
pub fn fingerprint(secret: &str) -> String {
    hex(&digest(secret))
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The tokens that are worth something now.
#[derive(Debug, Default)]
pub struct Tokens {
    by_digest: RwLock<HashMap<[u8; 32], Arc<Principal>>>,
    /// The agents who left the desk: their tokens are worth nothing until they are back.
    gone: RwLock<HashSet<Uuid>>,
    reloading: Mutex<()>,
}

impl Tokens {
    /// Reads all tokens from the log.
    pub async fn load(store: &dyn EventStore) -> Result<Self, StoreError> {
        let tokens = Self::default();
        tokens.reload(store).await?;
        tokens.reload_agents(store).await?;
        Ok(tokens)
    }

    /// Reads again which agents are active.
    pub async fn reload_agents(&self, store: &dyn EventStore) -> Result<(), StoreError> {
        let _alone = self.reloading.lock().await;
        let mut gone = HashSet::new();
        let mut pages = CategoryPages::of(store, "agent");
        while let Some(page) = pages.next().await? {
            for event in &page {
                let decoded = decode_closed(event);
                let decoded = decoded.map_err(|error| StoreError::Integrity(error.to_string()))?;
                if let (Some(id), Event::Agent(event)) =
                    (AgentId::of_stream(&event.stream), decoded.event)
                    && let Some(profile) = event.profile()
                {
                    if profile.active {
                        gone.remove(&id.0)
                    } else {
                        gone.insert(id.0)
                    };
                }
            }
        }
        *self.gone.write().unwrap_or_else(PoisonError::into_inner) = gone;
        Ok(())
    }

    /// Reads them again.
    pub async fn reload(&self, store: &dyn EventStore) -> Result<(), StoreError> {
        // One at a time: what was read earlier must not replace what was read later, or a token
        // revoked in between would be worth something again.
        let _alone = self.reloading.lock().await;
        let mut found = HashMap::new();
        let mut pages = CategoryPages::of(store, "token");
        while let Some(page) = pages.next().await? {
            for event in &page {
                let decoded =
                    codec::decode(&event.stream, &event.event_type, event.schema, &event.payload);
                let decoded = decoded.map_err(|error| StoreError::Integrity(error.to_string()))?;
                if let (Some(id), Event::Token(event)) =
                    (TokenId::of_stream(&event.stream), decoded)
                {
                    apply(&mut found, id, event);
                }
            }
        }
        *self.by_digest.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    /// Takes back what a token is worth, at once. What is being read meanwhile may be from before, so that
    /// is waited for.
    pub async fn revoke(&self, token: TokenId) {
        let _alone = self.reloading.lock().await;
        let mut tokens = self.by_digest.write().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, principal| principal.token != token);
    }

    /// Whether a token is worth something still: what was let in once and lasts must ask again.
    pub fn holds(&self, token: TokenId) -> bool {
        let tokens = self.by_digest.read().unwrap_or_else(PoisonError::into_inner);
        let held = tokens.values().find(|principal| principal.token == token);
        held.is_some_and(|principal| !self.is_gone(principal))
    }

    /// Whether the agent whom a caller stands for left the desk.
    fn is_gone(&self, principal: &Principal) -> bool {
        let gone = self.gone.read().unwrap_or_else(PoisonError::into_inner);
        gone.contains(&principal.acts_as())
    }

    /// Whose secret this is.
    pub fn find(&self, secret: &str) -> Option<Arc<Principal>> {
        let tokens = self.by_digest.read().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&digest(secret)).cloned()
    }
}

fn apply(tokens: &mut HashMap<[u8; 32], Arc<Principal>>, id: TokenId, event: TokenEvent) {
    match event {
        TokenEvent::TokenIssued(Issued { role, agent, secret_sha256, .. }) => {
            if let Some(digest) = unhex(&secret_sha256) {
                tokens.insert(digest, Arc::new(Principal { token: id, role, agent }));
            }
        }
        TokenEvent::TokenRevoked {} => tokens.retain(|_, principal| principal.token != id),
    }
}

fn unhex(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// The caller of a request, from its `Authorization` header.
pub fn authenticate(
    tokens: &Tokens,
    headers: &header::HeaderMap,
) -> Result<Arc<Principal>, Problem> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(given) = given else {
        return Err(unauthorized("token_required", "send Authorization: Bearer with a token"));
    };
    let secret = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let found = secret.and_then(|(_, secret)| tokens.find(secret.trim()));
    let found = found
        .ok_or_else(|| unauthorized("token_invalid", "the token is unknown or was revoked"))?;
    if tokens.is_gone(&found) {
        let detail = "the agent whom the token stands for is not active";
        return Err(Problem::new(StatusCode::FORBIDDEN, "agent_inactive", detail));
    }
    Ok(found)
}

fn unauthorized(code: &'static str, detail: &str) -> Problem {
    let challenge = header::HeaderValue::from_static("Bearer realm=\"docket\"");
    Problem::new(StatusCode::UNAUTHORIZED, code, detail).header(header::WWW_AUTHENTICATE, challenge)
}

/// A caller whom the gate let in.
pub struct Caller(pub Arc<Principal>);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let principal = request.extensions().get::<Arc<Principal>>().cloned();
        std::future::ready(
            principal.map(Self).ok_or_else(|| unauthorized("token_required", "send a token")),
        )
    }
}
