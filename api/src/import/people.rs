//! The people of a foreign log: resources became agents, and whoever asked a customer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use docket_commands::{AgentInput, CommandError, Desk, Request};
use docket_domain::customer::{Address, AddressKind, CustomerProfile};
use docket_domain::ids::{AgentId, CustomerId};
use docket_domain::party::AgentRef;
use docket_domain::personal::Personal;
use uuid::Uuid;

/// The people of one foreign system, each added once.
pub struct People {
    name: String,
    system: Uuid,
    agents: Mutex<HashMap<String, AgentRef>>,
    customers: Mutex<HashMap<String, CustomerId>>,
}

impl People {
    /// Those of a foreign system, and the id that stands for it.
    pub fn new(name: &str, system: Uuid) -> Self {
        let (agents, customers) = (Mutex::default(), Mutex::default());
        Self { name: name.to_owned(), system, agents, customers }
    }

    /// The agent that a resource became: the same in every run, since the id is derived from the
    /// name. Of two who add it at once, the second finds what the first wrote.
    pub async fn agent(&self, desk: &Desk, resource: &str) -> Result<AgentRef, CommandError> {
        let known = || self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = known().get(resource) {
            return Ok(agent.clone());
        }
        let id = AgentId(Uuid::new_v5(&self.system, format!("agent/{resource}").as_bytes()));
        let name = match &desk.agent(id).await?.state {
            Some(agent) => agent.profile.name.clone(),
            None => {
                let request = Request::system("import", Uuid::new_v5(&id.0, b"add"));
                let input = AgentInput { name: resource.to_owned(), ..AgentInput::default() };
                desk.add_agent(&request, Some(id), &input).await?;
                Personal::text(resource)
            }
        };
        let agent = AgentRef { id, name };
        known().insert(resource.to_owned(), agent.clone());
        Ok(agent)
    }

    /// The customer that a name became. Registered apart from the first ticket, so that nothing but
    /// the foreign event itself says that it comes from there.
    pub async fn customer(&self, desk: &Desk, name: &str) -> Result<CustomerId, CommandError> {
        let known = || self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(customer) = known().get(name) {
            return Ok(*customer);
        }
        let command = Uuid::new_v5(&self.system, format!("customer/{name}").as_bytes());
        let profile = CustomerProfile {
            name: Some(Personal::text(name)),
            addresses: vec![Address {
                kind: AddressKind::Handle,
                value: Personal::text(format!("{}/{name}", self.name)),
            }],
            tier: "standard".into(),
            entitlement: None,
        };
        let request = Request::system("import", command);
        let mut registered = desk.register_customer(&request, profile.clone()).await;
        if matches!(registered, Err(CommandError::AddressTaken)) {
            // Somebody registers the same customer at this moment, under the same command.
            registered = desk.register_customer(&request, profile).await;
        }
        let id = CustomerId::of_stream(&registered?.stream);
        let id = id.ok_or_else(|| CommandError::UnknownCustomer { customer: name.to_owned() })?;
        known().insert(name.to_owned(), id);
        Ok(id)
    }
}
