//! Whom and what a call names: tickets by number or id, agents.

use docket_commands::{AgentInput, CommandError, Request};
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::party::AgentRef;
use uuid::Uuid;

use super::Call;
use crate::problem::Problem;

impl Call {
    /// The ticket that a path names.
    pub async fn ticket(&self, id_or_number: &str) -> Result<TicketId, Problem> {
        self.docket.locate(id_or_number).await?.ok_or_else(|| Problem::not_found("ticket"))
    }

    /// As [`ticket`](Self::ticket), where it must be there before anything else is looked at.
    pub async fn present_ticket(&self, id_or_number: &str) -> Result<TicketId, Problem> {
        let found = self.docket.desk.find_ticket(id_or_number).await?;
        found.ok_or_else(|| Problem::not_found("ticket"))
    }

    /// The ticket that a field of the body names.
    pub async fn named_ticket(&self, pointer: &str, named: &str) -> Result<TicketId, Problem> {
        let found = self.docket.desk.find_ticket(named).await?;
        found.ok_or_else(|| Problem::field(pointer, "unknown_ticket", "there is no such ticket"))
    }

    /// An active agent whom a field of the body names.
    pub async fn agent(&self, pointer: &str, id: Uuid) -> Result<AgentRef, Problem> {
        let found = self.docket.desk.agent_ref(AgentId(id)).await;
        found.map_err(|error| Problem::from(error).at(pointer))
    }

    /// As [`agent`](Self::agent), where the field may be absent.
    pub async fn maybe_agent(
        &self,
        pointer: &str,
        id: Option<Uuid>,
    ) -> Result<Option<AgentRef>, Problem> {
        match id {
            Some(id) => self.agent(pointer, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Refuses where a field of the body names a calendar that is not in force, unless the command took effect
    /// before. One that is retired later holds on for whom it was promised; see
    /// [`Catalogue::terms_of`](docket_domain::definition::Catalogue::terms_of).
    pub async fn calendar(
        &self,
        pointer: &str,
        key: Option<&str>,
        request: &Request,
    ) -> Result<(), Problem> {
        let Some(key) = key else { return Ok(()) };
        let desk = &self.docket.desk;
        let in_force = || desk.catalogue().calendars.contains_key(key);
        if in_force() || self.earlier(request).await?.is_some() {
            return Ok(());
        }
        if self.docket.follows_from().is_some() {
            // Another process may have published it a moment ago.
            desk.reload_definitions().await?;
        }
        let unknown = || Problem::field(pointer, "unknown_calendar", "there is no such calendar");
        if in_force() { Ok(()) } else { Err(unknown()) }
    }

    /// The agent whom the caller is, where a field that names one is absent. Whoever works with a token
    /// that stands for no agent is known as one from then on, under the token's name and id.
    pub async fn agent_or_self(
        &self,
        pointer: &str,
        id: Option<Uuid>,
    ) -> Result<AgentRef, Problem> {
        match id.or(self.principal.agent.map(|agent| agent.0)) {
            Some(id) => self.agent(pointer, id).await,
            None => self.token_as_agent().await,
        }
    }

    async fn token_as_agent(&self) -> Result<AgentRef, Problem> {
        let token = self.principal.token;
        let (desk, agent) = (&self.docket.desk, AgentId(token.0));
        match desk.agent_ref(agent).await {
            Err(CommandError::UnknownAgent { .. }) => {}
            found => return Ok(found?),
        }
        let named = self.docket.names.of([token.stream()]).await?;
        let name = named.get(&token.stream()).and_then(|name| name.as_deref());
        let input =
            AgentInput { name: name.unwrap_or("token").to_owned(), ..AgentInput::default() };
        let request = Request::system("tokens", Uuid::new_v5(&token.0, b"agent"));
        desk.add_agent(&request, Some(agent), &input).await?;
        Ok(desk.agent_ref(agent).await?)
    }
}
