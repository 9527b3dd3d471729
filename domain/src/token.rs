//! API tokens: who may call, as what. The secret itself is never here, only its SHA-256.

use serde::{Deserialize, Serialize};

use crate::ids::AgentId;

/// Something that happened to a token. These shapes are the storage format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TokenEvent {
    /// It was issued.
    TokenIssued(Issued),
    /// It is worth nothing any more.
    TokenRevoked {},
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works tickets.
    Agent,
    /// Works tickets and sees how the desk does.
    Supervisor,
    /// Reads everything, the access log included.
    Auditor,
    /// Reads everything but the access log.
    Analyst,
    /// May do everything.
    Admin,
}

/// A token as it is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The agent who acts with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// The SHA-256 of the secret, in hexadecimal.
    pub secret_sha256: String,
}

/// A token, as events made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What was issued.
    pub issued: Issued,
    /// Whether it is worth nothing any more.
    pub revoked: bool,
}

/// What can be asked of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenCommand {
    /// Issue it.
    Issue(Issued),
    /// Revoke it.
    Revoke,
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// There is no such token.
    #[error("there is no such token")]
    NoSuchToken,
    /// It was issued already.
    #[error("the token was issued already")]
    AlreadyIssued,
    /// Nobody could tell it from another.
    #[error("a token needs a name of 1 to 200 characters")]
    NoName,
}

impl TokenRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchToken => "not_found",
            Self::AlreadyIssued => "already_issued",
            Self::NoName => "token_without_name",
        }
    }

    /// The JSON pointer of the field it is about, if it is about the request.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchToken | Self::AlreadyIssued => None,
            Self::NoName => Some("/name"),
        }
    }
}

/// Decides what a command does; revoking twice is no event.
pub fn decide(
    token: Option<&Token>,
    command: TokenCommand,
) -> Result<Vec<TokenEvent>, TokenRefusal> {
    match (command, token) {
        (TokenCommand::Issue(_), Some(_)) => Err(TokenRefusal::AlreadyIssued),
        (TokenCommand::Issue(issued), None) => {
            if issued.name.trim().is_empty() || issued.name.chars().count() > 200 {
                return Err(TokenRefusal::NoName);
            }
            Ok(vec![TokenEvent::TokenIssued(issued)])
        }
        (TokenCommand::Revoke, None) => Err(TokenRefusal::NoSuchToken),
        (TokenCommand::Revoke, Some(token)) if token.revoked => Ok(Vec::new()),
        (TokenCommand::Revoke, Some(_)) => Ok(vec![TokenEvent::TokenRevoked {}]),
    }
}

/// The token after an event.
pub fn evolve(token: Option<Token>, event: &TokenEvent) -> Option<Token> {
    match event {
        TokenEvent::TokenIssued(issued) => Some(Token { issued: issued.clone(), revoked: false }),
        TokenEvent::TokenRevoked {} => token.map(|token| Token { revoked: true, ..token }),
    }
}
