//! Docket's events as a map can name them, and the commands that lead to them. A foreign event goes
//! through the same decisions as everybody's, so no rule is bent.

use docket_domain::party::{AgentRef, Channel};
use docket_domain::ticket::command::{NewCall, NewMessage, TicketCommand};
use docket_domain::ticket::event::{AssignMethod, CallOutcome, Direction, Outcome, Severity};
use serde::Deserialize;

use crate::import::template::{Choice, Coded, Template, Values};

/// What a rule of a map makes of an activity. `to` and `agent` name the attribute that holds the
/// resource; everything else is a text, in which `{name}` is an attribute's value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of Docket's events and their fields")]
pub enum Counterpart {
    TicketCreated {},
    TicketAssigned {
        to: String,
    },
    TicketUnassigned {
        reason: Option<Template>,
    },
    MessageReceived {
        body: Template,
        channel: Option<Coded<Channel>>,
    },
    TicketReplied {
        body: Template,
        channel: Option<Coded<Channel>>,
    },
    NoteAdded {
        body: Template,
    },
    CallLogged {
        direction: Coded<Direction>,
        outcome: Coded<CallOutcome>,
        agent: Option<String>,
        summary: Option<Template>,
    },
    TicketPrioritized {
        priority: Choice,
    },
    TicketReclassified {
        category: Option<Choice>,
        r#type: Option<Choice>,
    },
    TicketTransferred {
        queue: Choice,
        reason: Option<Template>,
    },
    TicketStatusChanged {
        status: Choice,
        substatus: Option<Choice>,
    },
    TicketTagged {
        #[serde(default)]
        add: Vec<Template>,
        #[serde(default)]
        remove: Vec<Template>,
    },
    TicketEscalated {
        reason: Template,
        to: Option<String>,
    },
    TicketDeescalated {
        reason: Option<Template>,
    },
    ComplaintRaised {
        claim: Template,
        severity: Coded<Severity>,
    },
    TicketClosed {
        outcome: Option<Coded<Outcome>>,
        resolution: Option<Template>,
        reason: Option<Template>,
    },
    TicketReopened {
        reason: Template,
    },
    RatingGiven {
        score: Coded<Number>,
        scale: u8,
        comment: Option<Template>,
    },
}

/// A small number in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Number(u8);

impl TryFrom<String> for Number {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.trim().parse().map(Self)
    }
}

/// The code for what a row does not say although its rule needs it.
pub const NO_VALUE: &str = "no_value";

impl Counterpart {
    /// The attribute that names an agent, if the event has one.
    pub fn agent(&self) -> Option<&str> {
        match self {
            Self::TicketAssigned { to } => Some(to),
            Self::TicketEscalated { to, .. } => to.as_deref(),
            Self::CallLogged { agent, .. } => agent.as_deref(),
            _ => None,
        }
    }

    /// The command that leads to the event, with the agent that the row names; `None` where the row
    /// does not say what the rule needs.
    pub fn command(&self, values: Values<'_>, agent: Option<AgentRef>) -> Option<TicketCommand> {
        let text =
            |template: &Option<Template>| template.as_ref().and_then(|t| t.fill_some(values));
        let choice = |choice: &Option<Choice>| choice.as_ref().and_then(|c| c.fill(values));
        let list = |list: &[Template]| list.iter().filter_map(|t| t.fill_some(values)).collect();
        Some(match self {
            Self::TicketCreated {} => return None,
            Self::TicketAssigned { .. } => {
                TicketCommand::Assign { to: agent?, method: AssignMethod::Import }
            }
            Self::TicketUnassigned { reason } => TicketCommand::Unassign { reason: text(reason) },
            Self::MessageReceived { .. }
            | Self::TicketReplied { .. }
            | Self::NoteAdded { .. }
            | Self::CallLogged { .. }
            | Self::RatingGiven { .. } => return self.contact(values, agent),
            Self::TicketPrioritized { priority } => {
                TicketCommand::Prioritize { priority: priority.fill(values)? }
            }
            Self::TicketReclassified { category, r#type } => TicketCommand::Reclassify {
                category: choice(category),
                ticket_type: choice(r#type),
                tier: None,
                channel: None,
            },
            Self::TicketTransferred { queue, reason } => {
                TicketCommand::Transfer { queue: queue.fill(values)?, reason: text(reason) }
            }
            Self::TicketStatusChanged { status, substatus } => TicketCommand::SetStatus {
                status: status.fill(values)?,
                substatus: choice(substatus),
            },
            Self::TicketTagged { add, remove } => {
                TicketCommand::Tag { add: list(add), remove: list(remove) }
            }
            Self::TicketEscalated { reason, .. } => {
                let reason = reason.fill_some(values)?;
                TicketCommand::Escalate { level: None, to: agent, reason }
            }
            Self::TicketDeescalated { reason } => {
                TicketCommand::Deescalate { level: None, reason: text(reason) }
            }
            Self::ComplaintRaised { claim, severity } => TicketCommand::RaiseComplaint {
                claim: claim.fill_some(values)?,
                severity: severity.fill(values)?,
                remedy: None,
                owner: None,
                limited: Vec::new(),
            },
            Self::TicketClosed { outcome, resolution, reason } => TicketCommand::Close {
                outcome: match outcome {
                    Some(outcome) => outcome.fill(values)?,
                    None => Outcome::Solved,
                },
                resolution: text(resolution),
                reason: text(reason),
            },
            Self::TicketReopened { reason } => {
                TicketCommand::Reopen { reason: reason.fill_some(values)? }
            }
        })
    }

    /// The command for what was said between customer and desk.
    fn contact(&self, values: Values<'_>, agent: Option<AgentRef>) -> Option<TicketCommand> {
        let text =
            |template: &Option<Template>| template.as_ref().and_then(|t| t.fill_some(values));
        let said = |body: &Template| {
            let body = body.fill_some(values)?;
            Some(NewMessage { body, attachments: Vec::new() })
        };
        let way = |channel: &Option<Coded<Channel>>| channel.as_ref().and_then(|c| c.fill(values));
        match self {
            Self::MessageReceived { body, channel } => Some(TicketCommand::Receive {
                message: said(body)?,
                channel: way(channel).unwrap_or(Channel::Api),
            }),
            Self::TicketReplied { body, channel } => Some(TicketCommand::Reply {
                message: said(body)?,
                channel: way(channel),
                // Who answered there saw the case as it stood.
                seen_version: u64::MAX,
            }),
            Self::NoteAdded { body } => {
                Some(TicketCommand::AddNote { message: said(body)?, mentions: Vec::new() })
            }
            Self::CallLogged { direction, outcome, summary, .. } => {
                let (direction, outcome) = (direction.fill(values)?, outcome.fill(values)?);
                let call = call(direction, outcome, agent, text(summary));
                Some(TicketCommand::LogCall(Box::new(call)))
            }
            Self::RatingGiven { score, scale, comment } => {
                let Number(score) = score.fill(values)?;
                Some(TicketCommand::Rate { score, scale: *scale, comment: text(comment) })
            }
            _ => None,
        }
    }
}

fn call(
    direction: Direction,
    outcome: CallOutcome,
    agent: Option<AgentRef>,
    summary: Option<String>,
) -> NewCall {
    NewCall {
        agent,
        direction,
        outcome,
        line: None,
        phone: None,
        ivr_path: Vec::new(),
        wait_ms: None,
        started_at: None,
        ended_at: None,
        summary,
        attachments: Vec::new(),
    }
}
