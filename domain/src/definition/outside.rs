//! What a document depends on that no other document says: people.

use crate::definition::{Document, Queue};
use crate::ids::AgentId;
use crate::sla::plan::{Plan, Whom};

impl Document {
    /// The agents that it names, each with its place.
    pub fn agents(&self) -> Vec<(String, AgentId)> {
        match self {
            Self::Queue(queue) => of_queue(queue),
            Self::Plan(plan) => of_plan(plan),
            Self::Category(_)
            | Self::Status(_)
            | Self::Priority(_)
            | Self::Type(_)
            | Self::Calendar(_)
            | Self::Template(_)
            | Self::Settings(_) => Vec::new(),
        }
    }
}

fn of_queue(queue: &Queue) -> Vec<(String, AgentId)> {
    let manager = queue.manager.map(|it| ("/manager".to_owned(), it));
    let pushed_to = queue.routing.iter().flat_map(|routing| routing.agents.iter().enumerate());
    let pushed_to = pushed_to.map(|(nth, it)| (format!("/routing/agents/{nth}"), *it));
    manager.into_iter().chain(pushed_to).collect()
}

fn of_plan(plan: &Plan) -> Vec<(String, AgentId)> {
    let mut agents = Vec::new();
    for (index, step) in plan.escalation.iter().enumerate() {
        let told = step.notify.iter().enumerate().map(|(n, it)| (format!("notify/{n}"), it));
        for (field, whom) in std::iter::once(("to".to_owned(), &step.to)).chain(told) {
            if let Whom::Agent(agent) = whom {
                agents.push((format!("/escalation/{index}/{field}"), *agent));
            }
        }
    }
    agents
}
