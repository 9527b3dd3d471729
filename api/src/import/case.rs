//! One row into the log: the ticket of its case, its agents, and the command that its rule leads to.

use std::sync::Arc;

use docket_commands::{CommandError, CustomerInput, Desk, NewTicket, Occurred, Request};
use docket_domain::envelope::Source;
use docket_domain::ids::TicketId;
use docket_domain::party::{Actor, ActorKind};
use docket_domain::personal::Personal;
use docket_domain::ticket::command::{TicketCommand, TicketDetails, TicketRefusal};
use docket_domain::ticket::event::OpenedBy;
use docket_store::EventStore;
use uuid::Uuid;

use crate::import::counterpart::{Counterpart, NO_VALUE};
use crate::import::map::{Activity, Map};
use crate::import::people::People;
use crate::import::report::{Fate, Report};
use crate::import::template::{Choice, Values};
use crate::import::whole;

/// The namespace of everything that is derived from foreign names.
const FOREIGN: Uuid = Uuid::from_u128(0x1d0c_6a2e_7c55_5b0e_9a41_3f0a_2f6b_c0de);

/// The code for a mapped event that would change nothing.
const NOTHING_TO_DO: &str = "nothing_to_do";

/// Puts rows through the desk.
pub struct Importer {
    desk: Arc<Desk>,
    map: Arc<Map>,
    system: Uuid,
    people: People,
    /// In a dry run, the store that is only looked at: what it has already would not be imported.
    untouched: Option<Arc<dyn EventStore>>,
}

/// A case on its way through the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Case {
    /// How many of its rows were read.
    rows: u64,
    /// Its ticket.
    ticket: Option<TicketId>,
    /// Whether an earlier run has been here, and may have brought in more than the ticket.
    known: bool,
}

impl Case {
    /// Leaves out a row, whose place stays its own.
    pub fn skip(&mut self) {
        self.rows += 1;
    }
}

/// A row on its way into the log.
struct Step<'a> {
    activity: &'a Activity,
    /// What ties the events of its case together.
    case_id: Uuid,
    /// The id of the row's own command.
    id: Uuid,
    fingerprint: [u8; 32],
    actor: Actor,
    /// Whether it is the first of its case here: then it carries what was said of the case.
    first: bool,
}

impl Importer {
    /// Imports through a desk by a map.
    pub fn new(desk: Arc<Desk>, map: Arc<Map>, untouched: Option<Arc<dyn EventStore>>) -> Self {
        let system = Uuid::new_v5(&FOREIGN, map.system.as_bytes());
        let people = People::new(&map.system, system);
        Self { desk, map, system, people, untouched }
    }

    /// The id that stands for a case of the foreign system.
    pub fn case_id(&self, case: &str) -> Uuid {
        Uuid::new_v5(&self.system, format!("case/{case}").as_bytes())
    }

    /// Brings in the next row of a case.
    pub async fn take(
        &self,
        case_id: Uuid,
        case: &mut Case,
        activity: &Activity,
        report: &mut Report,
    ) -> Result<Fate, CommandError> {
        let place = case.rows;
        case.skip();
        let step = self.step(case_id, place, activity, case.ticket.is_none()).await?;
        let fate = match case.ticket {
            Some(ticket) => self.work(&step, ticket, case.known).await?,
            None => self.begin(&step, case, report).await?,
        };
        Ok(if self.untouched_has(step.id).await? { Fate::Known } else { fate })
    }

    async fn untouched_has(&self, command: Uuid) -> Result<bool, CommandError> {
        match &self.untouched {
            Some(store) => Ok(store.find_command(command).await?.is_some()),
            None => Ok(false),
        }
    }

    async fn step<'a>(
        &self,
        case_id: Uuid,
        index: u64,
        activity: &'a Activity,
        first: bool,
    ) -> Result<Step<'a>, CommandError> {
        let actor = match &activity.resource {
            Some(resource) => self.people.agent(&self.desk, resource).await?.id.to_string(),
            None => self.map.system.clone(),
        };
        Ok(Step {
            activity,
            case_id,
            id: Uuid::new_v5(&case_id, &index.to_be_bytes()),
            fingerprint: self.desk.fingerprint(format!("{:?}", activity.row.attributes).as_bytes()),
            actor: Actor::new(ActorKind::External, actor),
            first,
        })
    }

    /// The first row of a case: its ticket is opened, by the row itself where its rule says so.
    async fn begin(
        &self,
        step: &Step<'_>,
        case: &mut Case,
        report: &mut Report,
    ) -> Result<Fate, CommandError> {
        let new = self.new_ticket(step.activity).await?;
        let first = self.map.rules_for(&step.activity.row).next();
        let by_row =
            first.is_some_and(|rule| matches!(rule.counterpart, Counterpart::TicketCreated {}));
        let request = if by_row {
            self.request(step, true)
        } else {
            let opening = Uuid::new_v5(&step.case_id, b"open");
            Request {
                command_id: opening,
                fingerprint: [0; 32],
                source: None,
                ..self.request(step, true)
            }
        };
        let done = self.desk.open_ticket(&request, &new).await?;
        let ticket = TicketId::of_stream(&done.stream).ok_or(TicketRefusal::NoSuchTicket)?;
        case.ticket = Some(ticket);
        case.known = done.repeated;
        let known = done.repeated || self.untouched_has(request.command_id).await?;
        report.tickets += u64::from(!known);
        match (by_row, done.repeated) {
            (true, true) => Ok(Fate::Known),
            (true, false) => Ok(Fate::Mapped("TicketCreated".into())),
            (false, known) => self.work(step, ticket, known).await,
        }
    }

    /// A row of a case whose ticket is there: the first rule that is not refused, else as it is.
    async fn work(
        &self,
        step: &Step<'_>,
        ticket: TicketId,
        known: bool,
    ) -> Result<Fate, CommandError> {
        // The log is asked here, once, and not for every try below.
        let request = self.request(step, false);
        if known && let Some(fate) = self.earlier(step).await? {
            return Ok(fate);
        }
        self.set_fields(step, &request, ticket).await?;
        let mut refused = None;
        for rule in self.map.rules_for(&step.activity.row) {
            let reason = match self.command(step, &rule.counterpart).await? {
                None => NO_VALUE,
                Some(command) => match self.desk.execute(&request, ticket, &command).await {
                    Ok(done) if done.events.is_empty() => NOTHING_TO_DO,
                    Ok(_) => return Ok(Fate::Mapped(rule.event_type.clone())),
                    Err(CommandError::Ticket(refusal)) => refusal.code(),
                    Err(other) => return Err(other),
                },
            };
            refused.get_or_insert(reason.to_owned());
        }
        let keep = whole::record(step.activity, &self.map, refused.clone());
        let source = Some(self.source(step, false));
        self.desk.execute(&Request { source, ..request }, ticket, &keep).await?;
        Ok(refused.map_or(Fate::Unmapped, Fate::Refused))
    }

    /// Whether an earlier run brought the row in. What that run made of it is not read again.
    async fn earlier(&self, step: &Step<'_>) -> Result<Option<Fate>, CommandError> {
        match self.desk.store().find_command(step.id).await? {
            None => Ok(None),
            Some((_, fingerprint)) if fingerprint != step.fingerprint => {
                Err(CommandError::KeyReused)
            }
            Some(_) => Ok(Some(Fate::Known)),
        }
    }

    /// Custom fields follow the row's values before its own event, so that the event is decided on
    /// the case as it was there.
    async fn set_fields(
        &self,
        step: &Step<'_>,
        request: &Request,
        ticket: TicketId,
    ) -> Result<(), CommandError> {
        for field in &self.map.fields {
            let Some(value) = step.activity.row.said(field) else { continue };
            let request = Request {
                command_id: Uuid::new_v5(&step.id, field.as_bytes()),
                source: None,
                // Whoever was killed between a field and its event finds the field set.
                repeatable: false,
                ..request.clone()
            };
            let command =
                TicketCommand::SetField { field: field.clone(), value: Some(value.to_owned()) };
            match self.desk.execute(&request, ticket, &command).await {
                Ok(_) | Err(CommandError::Ticket(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    async fn command(
        &self,
        step: &Step<'_>,
        rule: &Counterpart,
    ) -> Result<Option<TicketCommand>, CommandError> {
        if matches!(rule, Counterpart::TicketCreated {}) {
            return Ok(None);
        }
        let named = rule.agent().and_then(|attribute| step.activity.row.said(attribute));
        let agent = match named.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => Some(self.people.agent(&self.desk, name).await?),
            None => None,
        };
        Ok(rule.command(self.values(step.activity), agent))
    }

    async fn new_ticket(&self, activity: &Activity) -> Result<NewTicket, CommandError> {
        let (new, values) = (&self.map.ticket, self.values(activity));
        let subject = new.subject.fill_some(values).unwrap_or_else(|| activity.case.clone());
        let customer = new.customer.fill_some(values).unwrap_or_else(|| self.map.system.clone());
        let customer = self.people.customer(&self.desk, &customer).await?;
        let choice = |choice: &Option<Choice>| choice.as_ref().and_then(|c| c.fill(values));
        let details = TicketDetails {
            opened_by: OpenedBy::Customer,
            channel: new.channel,
            endpoint: None,
            queue: choice(&new.queue),
            category: choice(&new.category),
            ticket_type: choice(&new.ticket_type),
            priority: choice(&new.priority),
            subject: Personal::text(subject.chars().take(500).collect::<String>()),
            tags: new.tags.iter().filter_map(|tag| tag.fill_some(values)).collect(),
            message: None,
            origin: None,
        };
        Ok(NewTicket { customer: CustomerInput::Id(customer), details })
    }

    fn request(&self, step: &Step<'_>, repeatable: bool) -> Request {
        Request {
            command_id: step.id,
            fingerprint: step.fingerprint,
            repeatable,
            actor: step.actor.clone(),
            channel: None,
            client: Some("import".into()),
            occurred: Occurred::Imported(step.activity.at),
            if_match: None,
            causation_id: None,
            correlation_id: Some(step.case_id),
            source: Some(self.source(step, true)),
        }
    }

    /// Where a row comes from. What an external activity records itself is not said beside it.
    fn source(&self, step: &Step<'_>, mapped: bool) -> Source {
        Source {
            system: self.map.system.clone(),
            case: step.activity.case.clone(),
            activity: step.activity.activity.clone(),
            said: whole::said(step.activity, &self.map, mapped, step.first),
        }
    }

    fn values<'a>(&'a self, activity: &'a Activity) -> Values<'a> {
        Values { row: &activity.row, case: &activity.case, system: &self.map.system }
    }
}
