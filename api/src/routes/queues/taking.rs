//! Taking the next ticket of a queue: the first that is free indeed, and that the agent can do.

use std::time::Duration;

use docket_commands::{CommandError, Counted, Done, Request};
use docket_domain::agent::AgentProfile;
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::ticket::command::TicketRefusal;
use docket_projections::agent_loads;
use docket_projections::ticket_list::free::{self, Free};

use crate::call::Call;
use crate::docket::Docket;
use crate::problem::Problem;

/// How many free tickets are looked at in one go.
const CANDIDATES: usize = 20;

/// How long a list that lags is waited for before its first free ticket is taken.
const CATCH_UP: Duration = Duration::from_secs(1);

/// How often an agent's tickets are counted again because others were given meanwhile.
const TRIES: usize = 32;

/// Gives an agent the next ticket of a queue; none where nothing waits that the agent has the skills for.
pub(super) async fn next(
    call: &Call,
    request: &Request,
    queue: &str,
    agent: AgentId,
) -> Result<Option<Done>, Problem> {
    let desk = &call.docket.desk;
    let profile = desk.profile_of(agent).await?;
    for _ in 0..TRIES {
        let counted = count(&call.docket, agent, &profile).await?;
        counted.check_room(&profile)?;
        match take_first(call, request, queue, (agent, &profile, counted)).await? {
            None => return Ok(None),
            Some(Ok(done)) => return Ok(Some(done)),
            Some(Err(CommandError::GivenMeanwhile)) => {}
            Some(Err(error)) => return Err(call.docket.refusal(&call.principal, error).await),
        }
    }
    Err(CommandError::Contended.into())
}

/// What an agent has at hand. What was acknowledged before this
/// call counts: the most urgent ticket may be the newest, too. A list that stays further behind than that gives
/// the first it knows.
async fn count(
    docket: &Docket,
    agent: AgentId,
    profile: &AgentProfile,
) -> Result<Counted, Problem> {
    docket.views.wait_for(docket.store.head(), CATCH_UP).await;
    if profile.capacity.is_none() {
        return Ok(Counted { open: 0, given: 0 });
    }
    let load = agent_loads::of(docket.views.documents(), agent).await?;
    Ok(Counted { open: load.open, given: load.given })
}

/// Takes the first ticket that is free indeed: the list may lag, and others take at the same time, so
/// that whoever is second tries the next, to the end of the list.
async fn take_first(
    call: &Call,
    request: &Request,
    queue: &str,
    (agent, profile, counted): (AgentId, &AgentProfile, Counted),
) -> Result<Option<Result<Done, CommandError>>, Problem> {
    let catalogue = call.docket.desk.catalogue();
    let newest_first = catalogue.queues.get(queue).is_some_and(|it| it.document.newest_first);
    let mut last: Option<Free> = None;
    loop {
        let documents = call.docket.views.documents();
        let page = free::unowned(documents, queue, newest_first, last.as_ref(), CANDIDATES).await?;
        let can = |it: &&Free| profile.can(&catalogue.skills_for(queue, it.category()));
        for candidate in page.iter().filter(can) {
            let id = TicketId(candidate.ticket());
            match call.docket.desk.take(request, id, queue, (agent, counted)).await {
                Err(
                    CommandError::NotFree
                    | CommandError::Ticket(
                        TicketRefusal::TicketClosed | TicketRefusal::TicketMerged { .. },
                    ),
                ) => {}
                taken => return Ok(Some(taken)),
            }
        }
        if page.len() < CANDIDATES {
            return Ok(None);
        }
        last = page.into_iter().next_back();
    }
}
