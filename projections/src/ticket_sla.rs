//! What a ticket was promised and how that was kept, as `GET /v1/tickets/{id}/sla` answers it: each
//! clock with every stretch of its time, its deadline, its verdict, and why, in one sentence.
//!
//! The clocks themselves are the domain's; here they are put into words and figures as of a moment.

mod because;

use docket_domain::definition::Term;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::sla::clock::{
    BreachedBy, Clock, ClockState, Family, Pause, Stop, StoppedBy, Stretch, StretchKind, Verdict,
};
use docket_domain::sla::plan::{ClockKind, RowKeys};
use docket_domain::ticket::event::Outcome;
use serde::Serialize;
use utoipa::ToSchema;

use crate::indicator::Indicator;

/// A ticket's clocks as of a moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TicketSla {
    /// The moment that running clocks are read at.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Instant,
    /// The plan in force for the ticket: its clocks that run and are not late go by it, and all to come;
    /// each clock names its own. `null` for a ticket from before there were plans.
    pub plan: Option<Frozen>,
    /// The calendar that it counts by.
    pub calendar: Option<Frozen>,
    /// The time-zone database release that the calendar's offsets come from.
    pub tzdb: Option<String>,
    /// What a desk shows beside it (S-45 to S-48).
    pub indicator: Indicator,
    /// Every clock that it ever had.
    pub clocks: Vec<ClockReading>,
}

/// A definition in the version that was frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Frozen {
    /// Its key.
    pub key: String,
    /// Its version.
    pub version: u64,
}

/// One clock as of a moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClockReading {
    /// `assignment`, `first_response`, `next_reply`, `resolution` or `ola`.
    #[schema(value_type = String)]
    pub clock: ClockKind,
    /// Which one of its kind, from 1.
    pub instance: u32,
    /// Of a resolution: `first` counts to the first closing, `cumulative` goes on after a reopening
    /// without the time between; of an internal clock likewise, to the first transfer and after a return.
    pub measure: Option<&'static str>,
    /// The number of the ticket that a merge brought it from.
    pub carried_from: Option<String>,
    /// The plan that it was promised by: that of the ticket it was carried over from, if it was.
    pub plan: Frozen,
    /// The calendar that it counts by.
    pub calendar: Frozen,
    /// The row of the plan that sets the target; `null` where none does.
    #[schema(value_type = Option<Object>)]
    pub row: Option<RowKeys>,
    /// How much time there is, in milliseconds of the plan's time.
    pub target_ms: Option<i64>,
    /// How long before the deadline the warning comes.
    pub alarm_ms: Option<i64>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Instant,
    /// Whether what began it was recorded later than it happened.
    pub late_ingest: bool,
    /// When the warning comes; `null` while that is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub alarm_at: Option<Instant>,
    /// The first instant at which the target has elapsed; `null` while the clock pauses before it, and
    /// where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deadline: Option<Instant>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub stopped_at: Option<Instant>,
    /// How much time has counted.
    pub elapsed_ms: i64,
    /// `running`, `paused`, `stopped` or `no_deadline`.
    #[schema(value_type = String)]
    pub state: ClockState,
    /// `met`, `breached`, `merged` or `cancelled`; `null` while it is open.
    #[schema(value_type = Option<String>)]
    pub verdict: Option<Verdict>,
    /// When it was breached: at the deadline, or when a change made it past.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub breached_at: Option<Instant>,
    /// `deadline` or `retarget`.
    #[schema(value_type = Option<String>)]
    pub breached_by: Option<BreachedBy>,
    /// What ended it: `owner`, `reply`, `call`, `meeting`, `chat`, `transfer`, `no_reply_needed`,
    /// `resolution`, `merge`, `unmerge` or `split`.
    pub fulfilled_by: Option<&'static str>,
    /// When it turned out that the reply that ended it never arrived; the end stands (T22).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub bounced_at: Option<Instant>,
    /// How the ticket was closed, where that ended it (rule 6).
    #[schema(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// Its whole time, part by part.
    pub stretches: Vec<StretchReading>,
    /// Why it stands as it does, in a sentence.
    pub because: String,
}

/// A part of a clock's time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StretchReading {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub to: Instant,
    /// `open` counts; `closed` is outside opening hours, `paused` is not counted by rule.
    pub kind: &'static str,
    /// Why it pauses: the status' key, `customer_asked` in a snooze, `ticket_closed` or `other_queue`.
    pub reason: Option<String>,
}

impl TicketSla {
    /// What the clocks of a ticket say at `now`; `waits` says whether a customer's message waits, for a
    /// ticket that has none.
    pub fn of(family: &Family, id: TicketId, now: Instant, waits: bool) -> Self {
        let (clocks, terms) = (family.clocks(id), family.terms(id));
        Self {
            as_of: now,
            plan: terms.map(|terms| frozen(&terms.plan)),
            calendar: terms.map(|terms| frozen(&terms.calendar)),
            tzdb: terms.map(|terms| terms.tzdb.clone()),
            indicator: Indicator::of(clocks, waits).at(now),
            clocks: clocks.iter().map(|clock| ClockReading::of(clock, now)).collect(),
        }
    }
}

impl ClockReading {
    fn of(clock: &Clock, now: Instant) -> Self {
        let terms = clock.frozen().terms();
        let breach = clock.breach(now);
        let measure = if clock.went_on_at.is_some() { "cumulative" } else { "first" };
        Self {
            clock: clock.kind,
            instance: clock.instance,
            measure: clock.kind.is_resumed().then_some(measure),
            carried_from: clock.carried.as_ref().map(|carried| carried.number.clone()),
            plan: frozen(&terms.plan),
            calendar: frozen(&terms.calendar),
            row: clock.target.as_ref().map(|target| target.row.clone()),
            target_ms: clock.target.as_ref().map(|target| target.target_ms),
            alarm_ms: clock.target.as_ref().map(|target| target.alarm_ms),
            started_at: clock.started_at,
            late_ingest: clock.late_ingest,
            alarm_at: clock.alarm_at(),
            deadline: clock.deadline(),
            stopped_at: clock.stop.map(|stop| stop.at),
            elapsed_ms: clock.elapsed(now),
            state: clock.state(now),
            verdict: clock.verdict(now),
            breached_at: breach.map(|breach| breach.at),
            breached_by: breach.map(|breach| breach.by),
            fulfilled_by: clock.stop.map(|stop| stop.by.word()),
            bounced_at: clock.bounced_at,
            outcome: match clock.stop {
                Some(Stop { by: StoppedBy::Resolution(outcome), .. }) => Some(outcome),
                _ => None,
            },
            stretches: clock.stretches(now).into_iter().map(StretchReading::of).collect(),
            because: because::sentence(clock, now),
        }
    }
}

impl StretchReading {
    fn of(Stretch { from, to, kind }: Stretch) -> Self {
        let (kind, reason) = match kind {
            StretchKind::Open => ("open", None),
            StretchKind::Closed => ("closed", None),
            StretchKind::Paused(Pause::Status(key)) => ("paused", Some(key)),
            StretchKind::Paused(Pause::Snooze) => ("paused", Some("customer_asked".to_owned())),
            StretchKind::Paused(Pause::Closed) => ("paused", Some("ticket_closed".to_owned())),
            StretchKind::Paused(Pause::Elsewhere) => ("paused", Some("other_queue".to_owned())),
        };
        Self { from, to, kind, reason }
    }
}

fn frozen(term: &Term) -> Frozen {
    Frozen { key: term.key.clone(), version: term.version }
}
