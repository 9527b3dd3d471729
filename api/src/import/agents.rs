//! The agents that the resources of a foreign log became.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use docket_commands::{AgentInput, CommandError, Desk, Request};
use docket_domain::ids::AgentId;
use docket_domain::party::AgentRef;
use docket_domain::personal::Personal;
use uuid::Uuid;

/// The agents that resources became, each added once.
pub struct Agents {
    system: Uuid,
    known: Mutex<HashMap<String, AgentRef>>,
}

impl Agents {
    /// Those of one foreign system.
    pub fn new(system: Uuid) -> Self {
        Self { system, known: Mutex::default() }
    }

    /// The agent that a resource became: the same in every run, since the id is derived from the
    /// name. Of two who add it at once, the second finds what the first wrote.
    pub async fn of(&self, desk: &Desk, resource: &str) -> Result<AgentRef, CommandError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = known().get(resource) {
            return Ok(agent.clone());
        }
        let id = AgentId(Uuid::new_v5(&self.system, format!("agent/{resource}").as_bytes()));
        let name = match desk.agent(id).await?.state {
            Some(agent) => agent.profile.name,
            None => {
                let request = Request::system("import", Uuid::new_v5(&id.0, b"add"));
                let input = AgentInput { name: resource.to_owned(), email: None };
                desk.add_agent(&request, Some(id), &input).await?;
                Personal::text(resource)
            }
        };
        let agent = AgentRef { id, name };
        known().insert(resource.to_owned(), agent.clone());
        Ok(agent)
    }
}
