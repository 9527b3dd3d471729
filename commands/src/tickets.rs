//! Commands on one ticket that need more than the ticket: taking the next one, waking a snoozed one.

use docket_domain::ids::{AgentId, TicketId};
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::{AssignMethod, WakeCause};
use uuid::Uuid;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::request::{Done, Request};

impl Desk {
    /// Gives a free ticket to an agent who takes the next one of a queue (S-50, S-82); refused when
    /// somebody else was faster.
    pub async fn take(
        &self,
        request: &Request,
        id: TicketId,
        agent: AgentId,
    ) -> Result<Done, CommandError> {
        let to = self.agent_ref(agent).await?;
        let command = TicketCommand::Assign { to, method: AssignMethod::Next };
        let free = |ticket: &docket_domain::ticket::state::TicketState| match ticket.assignee {
            None => Ok(()),
            Some(_) => Err(CommandError::AlreadyAssigned),
        };
        self.execute_if(request, id, &command, free).await
    }

    /// Ends a snooze whose time has come. The command's id derives from the snooze, so however many
    /// nodes and restarts try, it happens once; a snooze that ended otherwise is left alone.
    pub async fn wake_due(&self, id: TicketId, snooze_version: u64) -> Result<Done, CommandError> {
        let name = format!("wake/{snooze_version}");
        let request = Request::system("timer", Uuid::new_v5(&id.0, name.as_bytes()));
        self.execute(&request, id, &TicketCommand::Wake { cause: WakeCause::Timer }).await
    }
}
