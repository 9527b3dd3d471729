//! The message icon and the ticket dot (S-45 to S-48).
//!
//! Their colours change while nothing happens, when a deadline passes. So what is written down is when
//! they change, and the colours are told whenever somebody looks.

use docket_domain::instant::Instant;
use docket_domain::sla::clock::{Clock, Verdict};
use docket_domain::sla::plan::ClockKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Before everything: nothing has turned any colour yet.
const NEVER: Instant = Instant(i64::MIN);

/// What a desk shows beside a ticket, and when that changes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Indicator {
    /// Blue while an answer is awaited in time, green once it is late.
    pub message: MessageIcon,
    /// Orange from the alarm before the end of execution time on, red from its end on.
    pub ticket: TicketDot,
    /// From when on the icon is green: the deadline, or the change that found it past; `null` where no answer is
    /// awaited, or none is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub green_at: Option<Instant>,
    /// From when on the dot is orange; `null` while that is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub orange_at: Option<Instant>,
    /// From when on it is red; `null` while that is open, and once it was closed in time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub red_at: Option<Instant>,
}

/// The message icon (S-45, S-48).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageIcon {
    /// Nothing waits.
    None,
    /// A customer's message waits, in time.
    Blue,
    /// A customer's message waits beyond its deadline.
    Green,
}

/// The ticket dot (S-46, S-47, S-48).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketDot {
    /// All is on time.
    None,
    /// The alarm before the deadline has gone.
    Orange,
    /// The deadline has passed, or had when the ticket was closed.
    Red,
}

impl Indicator {
    /// That of a ticket without clocks, which only knows whether a customer's message waits.
    pub fn without_clocks(waits: bool) -> Self {
        let message = if waits { MessageIcon::Blue } else { MessageIcon::None };
        let (green_at, orange_at, red_at) = (None, None, None);
        Self { message, ticket: TicketDot::None, green_at, orange_at, red_at }
    }

    /// What these clocks say, told before any deadline: see [`at`](Self::at). The icon follows the
    /// answers that are awaited, the dot the resolution; where a ticket has no clocks, `waits` says
    /// whether a message does.
    pub fn of(clocks: &[Clock], waits: bool) -> Self {
        if clocks.is_empty() {
            return Self::without_clocks(waits);
        }
        let awaited = || clocks.iter().filter(|it| it.kind.is_answer() && it.is_running());
        let resolutions = || clocks.iter().filter(|it| it.kind == ClockKind::Resolution);
        let open = || resolutions().filter(|it| it.is_running());
        Self {
            green_at: awaited().filter_map(late_at).min(),
            orange_at: open().filter_map(Clock::alarm_at).min(),
            red_at: resolutions().filter_map(red_at).min(),
            ..Self::without_clocks(awaited().next().is_some())
        }
    }

    /// The colours at `now`.
    pub fn at(self, now: Instant) -> Self {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let late = passed(self.green_at);
        let message = match self.message {
            MessageIcon::None => MessageIcon::None,
            MessageIcon::Blue | MessageIcon::Green if late => MessageIcon::Green,
            MessageIcon::Blue | MessageIcon::Green => MessageIcon::Blue,
        };
        let ticket = match (passed(self.red_at), passed(self.orange_at)) {
            (true, _) => TicketDot::Red,
            (false, true) => TicketDot::Orange,
            (false, false) => TicketDot::None,
        };
        Self { message, ticket, ..self }
    }

    /// As it is written down: without colours that depend on when somebody looks.
    pub fn untold(self) -> Self {
        self.at(NEVER)
    }
}

/// When a clock becomes late if nothing happens, or became it: at its deadline, or with the change that found it
/// past.
fn late_at(clock: &Clock) -> Option<Instant> {
    clock.breach(Instant::LATEST).map(|breach| breach.at)
}

/// When a resolution becomes late, or became it before it was closed; none once it was kept.
fn red_at(clock: &Clock) -> Option<Instant> {
    let counts = clock.is_running() || clock.verdict(Instant::LATEST) == Some(Verdict::Breached);
    late_at(clock).filter(|_| counts)
}

/// When the next of the promises that are open is due, or was; none where nothing is.
pub fn due_at(clocks: &[Clock]) -> Option<Instant> {
    clocks.iter().filter(|clock| clock.is_running()).filter_map(Clock::deadline).min()
}
