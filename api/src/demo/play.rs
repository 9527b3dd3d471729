//! Playing the stories: all stories' moments in one order of time, each through the real commands.

use docket_commands::{AgentInput, CommandError, Desk, Done, Occurred, Request};
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind};
use docket_domain::ticket::command::{NewMessage, TicketCommand, TicketRefusal};
use docket_domain::ticket::event::WakeCause;
use futures::future::try_join_all;
use uuid::Uuid;

use crate::demo::calendar::{DAY, MINUTE, arrivals};
use crate::demo::clock::DemoClock;
use crate::demo::dice::Dice;
use crate::demo::people::{Colleague, colleagues, guests, office_address};
use crate::demo::seeded::Seeded;
use crate::demo::story::{Act, By, Moment, Teller};
use crate::demo::watch::{Watch, Watches, set_rules};

/// Moments that lie closer together than this are recorded together: the store gathers them into
/// one commit, and `recorded_at` is at most this much later than the moment they occurred at.
pub(super) const WINDOW: i64 = 180 * MINUTE;

/// The namespace of everything that a seed makes.
const DEMO: Uuid = Uuid::from_u128(0x6f1d_52b7_0a3e_5c44_8d19_77e2_90ab_de30);

/// What desk is made up.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many tickets come in.
    pub tickets: usize,
    /// What decides everything else.
    pub seed: u64,
    /// When the year ends; nothing happens later.
    pub until: Instant,
}

impl Plan {
    /// When the first ticket can come in.
    pub fn begin(&self) -> Instant {
        self.until.plus_millis(-367 * DAY)
    }

    /// The agent whom the demo's agent token stands for.
    pub fn first_agent(&self) -> AgentId {
        colleagues(self.namespace()).first().map_or(AgentId(Uuid::nil()), |first| first.agent.id)
    }

    fn namespace(&self) -> Uuid {
        Uuid::new_v5(&DEMO, &self.seed.to_be_bytes())
    }
}

/// Fills a desk, whose clock it sets on the way. `progress` is told how many moments of how many
/// are played.
pub async fn seed(
    desk: &Desk,
    clock: &DemoClock,
    plan: Plan,
    progress: impl Fn(usize, usize),
) -> Result<Seeded, CommandError> {
    let namespace = plan.namespace();
    let colleagues = colleagues(namespace);
    clock.advance(plan.begin());
    for colleague in &colleagues {
        hire(desk, colleague).await?;
    }
    let rules = set_rules(desk, namespace, colleagues.first().map(|first| first.agent.id)).await?;
    let moments = told(plan, &colleagues);
    let all = moments.len();
    let mut play = Play {
        desk,
        namespace,
        colleagues: &colleagues,
        tickets: vec![None; plan.tickets],
        snoozes: vec![0; plan.tickets],
        watches: Watches::new(rules, plan.tickets),
        seeded: Seeded::default(),
    };
    let mut played = 0;
    let mut rest = moments.as_slice();
    while let Some(first) = rest.first() {
        play.seeded.events += play.watches.pass_until(desk, clock, first.at).await?;
        let (window, later) = rest.split_at(window(rest, first.at));
        if let Some(last) = window.last() {
            clock.advance(last.at);
        }
        play.window(window, played).await?;
        played += window.len();
        progress(played, all);
        rest = later;
    }
    play.seeded.events += play.watches.pass_until(desk, clock, plan.until).await?;
    Ok(play.seeded)
}

/// All moments of all stories in the order of time; within a story the order it was told in.
fn told(plan: Plan, colleagues: &[Colleague]) -> Vec<Moment> {
    let mut dice = Dice::new(plan.seed, 0);
    let guests = guests(&mut dice, plan.tickets);
    let mut teller = Teller::new(plan.seed, colleagues, &guests);
    let mut moments = Vec::with_capacity(plan.tickets * 10);
    for (story, at) in arrivals(&mut dice, plan.tickets, plan.until).into_iter().enumerate() {
        let tale = teller.tell(story, at);
        moments.extend(tale.into_iter().take_while(|moment| moment.at < plan.until));
    }
    moments.sort_by_key(|moment| moment.at);
    moments
}

/// How many moments can be played together: two tickets that meet are played alone.
fn window(moments: &[Moment], begin: Instant) -> usize {
    let apart = |moment: &Moment| {
        moment.at.millis() - begin.millis() > WINDOW || matches!(moment.act, Act::Merge { .. })
    };
    moments.iter().position(apart).unwrap_or(moments.len()).max(1)
}

async fn hire(desk: &Desk, colleague: &Colleague) -> Result<(), CommandError> {
    let id = colleague.agent.id;
    let request = Request::system("demo", Uuid::new_v5(&id.0, b"hired"));
    let email = Some(office_address(colleague.name));
    let input = AgentInput { name: colleague.name.into(), email, ..AgentInput::default() };
    desk.add_agent(&request, Some(id), &input).await?;
    Ok(())
}

struct Play<'a> {
    desk: &'a Desk,
    namespace: Uuid,
    colleagues: &'a [Colleague],
    /// The ticket of each story.
    tickets: Vec<Option<TicketId>>,
    /// The version of each story's last snooze.
    snoozes: Vec<u64>,
    /// The clocks of each story's ticket.
    watches: Watches,
    seeded: Seeded,
}

impl Play<'_> {
    /// Plays moments that lie close together: those of a story one after another, the stories at
    /// once.
    async fn window(&mut self, moments: &[Moment], first: usize) -> Result<(), CommandError> {
        let mut stories: Vec<Vec<(usize, &Moment)>> = Vec::new();
        for (index, moment) in moments.iter().enumerate() {
            let same = |story: &&mut Vec<(usize, &Moment)>| story[0].1.story == moment.story;
            match stories.iter_mut().find(same) {
                Some(story) => story.push((first + index, moment)),
                None => stories.push(vec![(first + index, moment)]),
            }
        }
        if let [moment] = moments
            && matches!(moment.act, Act::Merge { .. })
        {
            return self.merge(first, moment).await;
        }
        let this = &*self;
        let played = try_join_all(stories.iter().map(|story| this.story(story))).await?;
        for (story, (ticket, snooze, watch, seeded)) in stories.iter().zip(played) {
            let story = story[0].1.story;
            self.tickets[story] = ticket;
            self.snoozes[story] = snooze;
            self.watches.put(story, watch);
            self.seeded.add(seeded);
        }
        Ok(())
    }

    /// Plays the merge of a story's ticket, which is played alone; its story is over then.
    async fn merge(&mut self, index: usize, moment: &Moment) -> Result<(), CommandError> {
        let (story, mut seeded) = (moment.story, Seeded::default());
        let (ticket, snooze) = (self.tickets[story], self.snoozes[story]);
        match self.moment(index, moment, ticket, snooze).await {
            Ok(done) => {
                seeded.events += done.events.len() as u64;
                self.watches.merge(story, &done);
            }
            Err(error) => seeded.refuse(&moment.act, error)?,
        }
        self.seeded.add(seeded);
        Ok(())
    }

    async fn story(
        &self,
        moments: &[(usize, &Moment)],
    ) -> Result<(Option<TicketId>, u64, Watch, Seeded), CommandError> {
        let story = moments[0].1.story;
        let (mut watch, rules) = (self.watches.get(story), self.watches.plan.as_ref());
        let (mut ticket, mut snooze) = (self.tickets[story], self.snoozes[story]);
        let mut seeded = Seeded::default();
        for (index, moment) in moments {
            seeded.events += watch.note_until(self.desk, moment.at, rules).await?;
            match self.moment(*index, moment, ticket, snooze).await {
                Ok(done) => {
                    seeded.events += done.events.len() as u64;
                    watch.take(&done, rules);
                    // A message to a ticket closed long ago goes on in a new one.
                    ticket = TicketId::of_stream(&done.stream).or(ticket);
                    if matches!(&moment.act, Act::Do(command) if is_snooze(command)) {
                        snooze = done.version;
                    }
                }
                Err(error) => seeded.refuse(&moment.act, error)?,
            }
        }
        Ok((ticket, snooze, watch, seeded))
    }

    async fn moment(
        &self,
        index: usize,
        moment: &Moment,
        ticket: Option<TicketId>,
        snooze: u64,
    ) -> Result<Done, CommandError> {
        let request = self.request(index, moment);
        if let Act::Open(new) = &moment.act {
            return self.desk.open_ticket(&request, new).await;
        }
        let ticket = ticket.ok_or(TicketRefusal::NoSuchTicket)?;
        match &moment.act {
            Act::Open(_) => Err(TicketRefusal::AlreadyOpened.into()),
            Act::Write(text, channel) => {
                let message = NewMessage { body: text.clone(), attachments: Vec::new() };
                self.desk.receive_message(&request, ticket, message, *channel).await
            }
            Act::Do(command) => self.desk.execute(&request, ticket, command).await,
            Act::Settle { kept } => {
                let command = self.settle(ticket, *kept).await?;
                self.desk.execute(&request, ticket, &command).await
            }
            Act::Wake => {
                let name = format!("wake/{snooze}");
                let request =
                    Request { command_id: Uuid::new_v5(&ticket.0, name.as_bytes()), ..request };
                let command = TicketCommand::Wake { cause: WakeCause::Timer };
                self.desk.execute(&request, ticket, &command).await
            }
            Act::Merge { into } => {
                let into = self.tickets[*into].ok_or(TicketRefusal::NoSuchTicket)?;
                self.desk.merge(&request, ticket, into).await
            }
        }
    }

    async fn settle(&self, ticket: TicketId, kept: bool) -> Result<TicketCommand, CommandError> {
        let folded = self.desk.ticket(ticket).await?;
        let state = folded.state.present().ok_or(TicketRefusal::NoSuchTicket)?;
        let last = state.commitments.last().ok_or(TicketRefusal::UnknownCommitment)?.id;
        Ok(if kept {
            TicketCommand::KeepCommitment { commitment: last, note: None }
        } else {
            let reason = "Could not be done in time".into();
            TicketCommand::BreakCommitment { commitment: last, reason }
        })
    }

    fn request(&self, index: usize, moment: &Moment) -> Request {
        let actor = match moment.by {
            By::Agent(index) => {
                let id = self.colleagues[index].agent.id;
                Actor::new(ActorKind::Agent, id.to_string())
            }
            By::Customer => Actor::new(ActorKind::System, "demo"),
            By::Timer => Actor::new(ActorKind::System, "timer"),
        };
        Request {
            command_id: Uuid::new_v5(&self.namespace, &(index as u64).to_be_bytes()),
            fingerprint: [0; 32],
            repeatable: false,
            actor,
            channel: None,
            client: Some("demo".into()),
            occurred: Occurred::At(moment.at),
            if_match: None,
            causation_id: None,
            correlation_id: None,
            source: None,
        }
    }
}

fn is_snooze(command: &TicketCommand) -> bool {
    matches!(command, TicketCommand::Snooze { .. })
}
