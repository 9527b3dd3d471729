//! Chains of escalation: what is done of itself when a clock warns, is breached, or has been breached for
//! a while. A chain is part of its plan, so that a ticket freezes both in one version.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ClockKind;
use crate::definition::{Catalogue, DefinitionKind, FieldError, Problem};
use crate::duration;
use crate::ids::AgentId;
use crate::limits;
use crate::sla::plan::target_length;

/// The highest level of attention.
pub(crate) const HIGHEST_LEVEL: u8 = 9;

/// How many steps a plan may have.
const MOST_STEPS: usize = 50;

/// One step of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which clock it watches.
    pub clock: ClockKind,
    /// What it begins with.
    pub at: StepAt,
    /// How much more of the plan's time passes before it is taken, ISO 8601; none when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The level of attention that the ticket is raised to, 1 to 9; one that it has already stays.
    pub level: u8,
    /// To whom it is raised.
    pub to: Whom,
    /// Who else is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Whom>,
    /// The priority it is given, unless it has one of that level or a higher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The queue it is moved to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// What the customer is told: that it takes longer (S-92).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<String>,
}

/// Which step it is: of which clock, when, and to whom, and which of several such in its chain. Its place
/// says less, since a chain may change under a clock that runs; what else a step does is no part of it,
/// so that a better wording is no other step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(Uuid);

/// The namespace of the ids of steps.
const STEPS: Uuid = Uuid::from_u128(0x5b0c_42f0_9c1e_5f6b_8e54_6f1d_4c11_9a03);

impl StepId {
    /// Of a step that watches `clock`, begins so, is taken so much later, and brings it to these; `nth`
    /// of its chain that does, from 0.
    pub fn of(clock: ClockKind, at: StepAt, after: Option<&str>, to: &Whom, nth: u32) -> Self {
        let after = after.and_then(|after| duration::parse(after).ok());
        let later = after.map(|it| (it.weeks, it.days, it.millis)).unwrap_or_default();
        let to = match to {
            Whom::Owner => "owner".into(),
            Whom::Manager => "manager".into(),
            Whom::Agent(agent) => format!("agent {agent}"),
            Whom::Team(queue) => format!("team {queue}"),
            Whom::Role(role) => format!("role {role}"),
        };
        let told = format!("{} {} {later:?} {nth} {to}", clock.word(), at.word());
        Self(Uuid::new_v5(&STEPS, told.as_bytes()))
    }

    /// Its word in the ids of commands.
    pub fn word(self) -> String {
        self.0.to_string()
    }
}

impl Step {
    /// The agents whom it names.
    pub fn agents(&self) -> Vec<AgentId> {
        let all = std::iter::once(&self.to).chain(&self.notify);
        all.filter_map(|whom| if let Whom::Agent(agent) = whom { Some(*agent) } else { None })
            .collect()
    }
}

/// The ids of a chain's steps, in their order, each with which of several such it is.
pub(in crate::sla) fn identified(chain: &[Step]) -> Vec<(StepId, u32)> {
    let mut ids: Vec<(StepId, u32)> = Vec::with_capacity(chain.len());
    for Step { clock, at, after, to, .. } in chain {
        let nth_of = |nth| StepId::of(*clock, *at, after.as_deref(), to, nth);
        let free = |nth: &u32| !ids.iter().any(|(id, _)| *id == nth_of(*nth));
        let nth = (0..).find(free).unwrap_or_default();
        ids.push((nth_of(nth), nth));
    }
    ids
}

/// What a step begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAt {
    /// The clock's warning.
    Warning,
    /// The clock's breach.
    Breach,
}

/// Whom something is brought to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The ticket's owner then.
    Owner,
    /// The manager of the queue that the ticket lies in then.
    Manager,
    /// An agent.
    Agent(AgentId),
    /// Those who work a queue: its key.
    Team(String),
    /// All of a role: its word, such as `supervisor`.
    Role(String),
}

/// The roles that people have.
const ROLES: [&str; 5] = ["agent", "supervisor", "auditor", "analyst", "admin"];

impl StepAt {
    /// Its word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Breach => "breach",
        }
    }
}

/// What is wrong with a chain, each with its cell.
pub(super) fn errors(steps: &[Step], catalogue: &Catalogue) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut wrong = |place: String, problem| errors.push(FieldError::at(&place, problem));
    if steps.len() > MOST_STEPS {
        wrong("/escalation".into(), Problem::TooMany(MOST_STEPS));
    }
    for (index, step) in steps.iter().enumerate() {
        let at = |field: &str| format!("/escalation/{index}/{field}");
        if !(1..=HIGHEST_LEVEL).contains(&step.level) {
            wrong(at("level"), Problem::EscalationLevel);
        }
        if let Some(Err(problem)) = step.after.as_deref().map(target_length) {
            wrong(at("after"), problem);
        }
        if let Some(Err(error)) = step.announce.as_deref().map(limits::value) {
            wrong(at("announce"), error.into());
        }
        let named = [
            ("priority", DefinitionKind::Priority, &step.priority),
            ("queue", DefinitionKind::Queue, &step.queue),
        ];
        for (field, kind, key) in named {
            let key = key.iter().find(|key| catalogue.document(kind, key).is_none());
            key.into_iter().for_each(|key| {
                wrong(at(field), Problem::Unknown { kind, key: key.clone() });
            });
        }
        let to = std::iter::once((at("to"), &step.to));
        let told = step.notify.iter().enumerate().map(|(n, it)| (at(&format!("notify/{n}")), it));
        for (place, whom) in to.chain(told) {
            if let Some(problem) = whom.problem(catalogue) {
                wrong(place, problem);
            }
        }
        if steps[..index].contains(step) {
            wrong(format!("/escalation/{index}"), Problem::Repeated);
        }
    }
    errors
}

impl Whom {
    fn problem(&self, catalogue: &Catalogue) -> Option<Problem> {
        match self {
            Self::Owner | Self::Manager | Self::Agent(_) => None,
            Self::Team(key) => {
                let kind = DefinitionKind::Queue;
                let unknown = catalogue.document(kind, key).is_none();
                unknown.then(|| Problem::Unknown { kind, key: key.clone() })
            }
            Self::Role(role) => (!ROLES.contains(&role.as_str())).then_some(Problem::Role),
        }
    }
}
