//! API tokens: issued and revoked as events, so that who could do what when is on record.

use docket_domain::codec::Event;
use docket_domain::envelope::Recorded;
use docket_domain::ids::TokenId;
use docket_domain::instant::Instant;
use docket_domain::token::{Issued, Token, TokenCommand, TokenEvent, decide, evolve};
use docket_store::CategoryPages;

use crate::append::{Appended, Plan, Write};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::load::{self, Folded, Last};
use crate::request::{Done, Request};

/// A token that was issued at some time.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownToken {
    /// Which token.
    pub id: TokenId,
    /// What it is, and whether it still holds.
    pub token: Token,
    /// When it was issued.
    pub issued_at: Instant,
}

impl Desk {
    /// All tokens ever issued.
    pub async fn tokens(&self) -> Result<Vec<KnownToken>, CommandError> {
        let mut tokens: Vec<KnownToken> = Vec::new();
        let mut pages = CategoryPages::of(&*self.store, "token");
        while let Some(page) = pages.next().await? {
            for recorded in load::decode_all(&self.vault, &page).await? {
                apply(&mut tokens, recorded);
            }
        }
        Ok(tokens)
    }

    /// Issues a token. Only the hash of its secret comes here.
    pub async fn issue_token(
        &self,
        request: &Request,
        issued: Issued,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        if let Some(agent) = issued.agent {
            self.agent_ref(agent).await?;
        }
        let id = TokenId(self.mint());
        self.append_token(request, id, 0, decide(None, TokenCommand::Issue(issued))?).await
    }

    /// Revokes a token; one that is revoked already stays so.
    pub async fn revoke_token(&self, request: &Request, id: TokenId) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        let stream = id.stream();
        for _ in 0..TRIES {
            let token: Folded<Option<Token>> =
                load::fold(&*self.store, &self.vault, &stream, Folded::default(), after).await?;
            let events = decide(token.state.as_ref(), TokenCommand::Revoke)?;
            self.check_version(request, &stream, token.version).await?;
            if events.is_empty() {
                return Ok(self.nothing_to_do(stream, token.version));
            }
            match self.append_token(request, id, token.version, events).await {
                // Somebody else revoked it.
                Err(CommandError::Contended) => {}
                answer => return answer,
            }
        }
        Err(CommandError::Contended)
    }

    async fn append_token(
        &self,
        request: &Request,
        id: TokenId,
        version: u64,
        events: Vec<TokenEvent>,
    ) -> Result<Done, CommandError> {
        self.moment(request, Last::NONE)?;
        let write = Write {
            stream: id.stream(),
            version,
            subjects: Vec::new(),
            actor: request.actor.clone(),
            channel: None,
            events: events.into_iter().map(Event::Token).collect(),
        };
        match self.append(request, Plan::of(write)).await? {
            Appended::Done(done) => Ok(done),
            Appended::Outrun => Err(CommandError::Contended),
        }
    }
}

fn after(token: Option<Token>, recorded: &Recorded<Event>) -> Option<Token> {
    match &recorded.event {
        Event::Token(event) => evolve(token, event),
        Event::Ticket(_) | Event::Customer(_) | Event::Agent(_) | Event::Definition(_) => token,
    }
}

fn apply(tokens: &mut Vec<KnownToken>, recorded: Recorded<Event>) {
    let (Some(id), Event::Token(event)) = (TokenId::of_stream(&recorded.stream), &recorded.event)
    else {
        return;
    };
    // A category is read stream by stream, so the token an event belongs to is the last one.
    let before = tokens.pop_if(|known| known.id == id);
    let issued_at = before.as_ref().map_or(recorded.occurred_at, |known| known.issued_at);
    if let Some(token) = evolve(before.map(|known| known.token), event) {
        tokens.push(KnownToken { id, token, issued_at });
    }
}
