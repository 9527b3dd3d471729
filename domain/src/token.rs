//! API tokens: who may call, as what. The secret itself is never here, only its SHA-256.

use serde::{Deserialize, Serialize};

use crate::ids::AgentId;
use crate::limits::{self, LimitError};

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
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What was issued.
    pub issued: Issued,
    /// Whether it is worth nothing any more.
    pub revoked: bool,
}

/// What a token becomes by one more event.
pub fn evolve(token: Option<Token>, event: &TokenEvent) -> Option<Token> {
    match event {
        TokenEvent::TokenIssued(issued) => Some(Token { issued: issued.clone(), revoked: false }),
        TokenEvent::TokenRevoked {} => token.map(|token| Token { revoked: true, ..token }),
    }
}

/// One thing asked of a token.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenCommand {
    /// Issue it.
    Issue(Issued),
    /// Make it worth nothing, for good: a token that was revoked never comes back.
    Revoke,
}

/// Why a command on a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// There is no such token.
    #[error("there is no such token")]
    NoSuchToken,
    /// It was issued already.
    #[error("the token was issued already")]
    AlreadyIssued,
    /// A name that is blank or too long.
    #[error("the name {0}")]
    InvalidName(LimitError),
    /// No hash, so nobody could ever call with it; a secret in its place must not reach the log.
    #[error("the secret must come as its SHA-256 in 64 lower-case hexadecimal digits")]
    NotAHash,
}

impl TokenRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchToken => "not_found",
            Self::AlreadyIssued => "already_issued",
            Self::InvalidName(_) => "invalid_name",
            Self::NotAHash => "not_a_hash",
        }
    }

    /// The JSON pointer of the field it is about, unless it is about the state.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchToken | Self::AlreadyIssued | Self::NotAHash => None,
            Self::InvalidName(_) => Some("/name"),
        }
    }
}

/// Decides what follows from a command.
pub fn decide(
    token: Option<&Token>,
    command: TokenCommand,
) -> Result<Vec<TokenEvent>, TokenRefusal> {
    match (token, command) {
        (None, TokenCommand::Issue(issued)) => {
            let name = limits::name(&issued.name).map_err(TokenRefusal::InvalidName)?;
            let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if issued.secret_sha256.len() != 64 || !issued.secret_sha256.bytes().all(hex) {
                return Err(TokenRefusal::NotAHash);
            }
            Ok(vec![TokenEvent::TokenIssued(Issued { name, ..issued })])
        }
        (Some(_), TokenCommand::Issue(_)) => Err(TokenRefusal::AlreadyIssued),
        (None, TokenCommand::Revoke) => Err(TokenRefusal::NoSuchToken),
        (Some(Token { revoked: true, .. }), TokenCommand::Revoke) => Ok(Vec::new()),
        (Some(_), TokenCommand::Revoke) => Ok(vec![TokenEvent::TokenRevoked {}]),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use insta::assert_snapshot;

    use super::*;
    use crate::codec::Event;
    use crate::transcript::{happened, refused, transcript};

    fn spec(given: &[TokenEvent], when: TokenCommand) -> String {
        let token = given.iter().fold(None, evolve);
        let phrase = match &when {
            TokenCommand::Issue(_) => "issue",
            TokenCommand::Revoke => "revoke",
        };
        let then = match decide(token.as_ref(), when) {
            Ok(events) => happened(events.into_iter().map(Event::Token), &BTreeMap::new()),
            Err(refusal) => refused(refusal.code(), refusal.field(), &refusal),
        };
        transcript(given.iter().cloned().map(Event::Token), phrase, &then)
    }

    fn console() -> Issued {
        Issued {
            name: "console".into(),
            role: Role::Supervisor,
            agent: None,
            secret_sha256: "0f".repeat(32),
        }
    }

    #[test]
    fn a_token_is_issued_once() {
        assert_snapshot!(spec(&[], TokenCommand::Issue(console())), @"
        given nothing
        when  issue
        then  TokenIssued name: console, role: supervisor, secret_sha256: 0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
        ");
        let given = [TokenEvent::TokenIssued(console())];
        assert_snapshot!(spec(&given, TokenCommand::Issue(console())), @"
        given TokenIssued
        when  issue
        then  refused already_issued: the token was issued already
        ");
    }

    #[test]
    fn a_token_has_a_name_and_only_the_hash_of_a_secret() {
        let nameless = Issued { name: " ".into(), ..console() };
        assert_snapshot!(spec(&[], TokenCommand::Issue(nameless)), @r#"
        given nothing
        when  issue
        then  refused invalid_name at "/name": the name must not be blank
        "#);
        let in_clear = Issued { secret_sha256: "correct horse".into(), ..console() };
        assert_snapshot!(spec(&[], TokenCommand::Issue(in_clear)), @"
        given nothing
        when  issue
        then  refused not_a_hash: the secret must come as its SHA-256 in 64 lower-case hexadecimal digits
        ");
    }

    #[test]
    fn a_token_is_revoked_for_good() {
        let issued = TokenEvent::TokenIssued(console());
        assert_snapshot!(spec(std::slice::from_ref(&issued), TokenCommand::Revoke), @"
        given TokenIssued
        when  revoke
        then  TokenRevoked
        ");
        let given = [issued, TokenEvent::TokenRevoked {}];
        assert_snapshot!(spec(&given, TokenCommand::Revoke), @"
        given TokenIssued, TokenRevoked
        when  revoke
        then  nothing
        ");
        assert_snapshot!(spec(&given, TokenCommand::Issue(console())), @"
        given TokenIssued, TokenRevoked
        when  issue
        then  refused already_issued: the token was issued already
        ");
        assert_snapshot!(spec(&[], TokenCommand::Revoke), @"
        given nothing
        when  revoke
        then  refused not_found: there is no such token
        ");
    }
}
