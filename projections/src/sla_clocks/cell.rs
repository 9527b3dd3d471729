//! What a report needs of a clock, as one short text: a month of a large desk is some hundred thousand
//! of them, and a table of that many rows and columns would take seconds to hand over.

use docket_domain::instant::Instant;

use super::ClockRow;

/// What separates the fields of a cell; no key holds one.
pub(super) const BETWEEN: char = '\t';

/// How the values of a dimension name what has none, in answers and filters.
pub const NOTHING: &str = "none";

/// How a clock stands in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Kept by what was promised.
    Met,
    /// In time, but by closing or filing instead of an answer: reported apart (rules 4 and 5).
    Apart,
    /// Late.
    Breached,
    /// Not decided yet.
    Open,
    /// Went on at the survivor of a merge.
    Merged,
    /// What it waited for cannot come any more.
    Cancelled,
}

/// A clock, read back from its cell: its times, and the rest as it is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'c> {
    /// What clocks of one kind have in common: to be read with [`Kind::read`].
    pub kind: &'c str,
    /// When it was decided, or will be.
    pub decided_at: Instant,
    /// How much time had counted when it ended.
    pub elapsed_ms: Option<i64>,
}

/// What clocks of one kind have in common: everything but their times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind<'c> {
    /// The values of the dimensions, in the order of [`Dimension::ALL`].
    values: [&'c str; 11],
    verdict: &'c str,
    /// Whether a change of the target made it late.
    pub retargeted: bool,
}

/// What clocks can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Dimension {
    /// What it measures.
    Clock,
    /// Of a resolution, `first` or `cumulative`.
    Measure,
    /// The queue.
    Queue,
    /// The plan with its version.
    Plan,
    /// The customer's tier.
    Tier,
    /// The priority.
    Priority,
    /// The ticket's type.
    Type,
    /// The channel.
    Channel,
    /// The owner.
    Agent,
    /// What ended it.
    FulfilledBy,
    /// How the ticket was closed.
    Outcome,
}

impl Dimension {
    /// All of them, in the order of a cell.
    pub const ALL: [Self; 11] = [
        Self::Clock,
        Self::Measure,
        Self::Queue,
        Self::Plan,
        Self::Tier,
        Self::Priority,
        Self::Type,
        Self::Channel,
        Self::Agent,
        Self::FulfilledBy,
        Self::Outcome,
    ];

    /// Its name in questions and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Measure => "measure",
            Self::Queue => "queue",
            Self::Plan => "plan",
            Self::Tier => "tier",
            Self::Priority => "priority",
            Self::Type => "type",
            Self::Channel => "channel",
            Self::Agent => "agent",
            Self::FulfilledBy => "fulfilled_by",
            Self::Outcome => "outcome",
        }
    }

    /// Whether there are clocks that are nothing in this dimension: of no type, without an owner, not ended.
    pub fn may_be_nothing(self) -> bool {
        match self {
            Self::Measure | Self::Type | Self::Agent | Self::FulfilledBy | Self::Outcome => true,
            Self::Clock
            | Self::Queue
            | Self::Plan
            | Self::Tier
            | Self::Priority
            | Self::Channel => false,
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// The cell of a row.
pub(super) fn write(row: &ClockRow) -> String {
    let word = |value: serde_json::Result<String>| {
        // Words are written as JSON texts elsewhere; here without their quotation marks.
        value.unwrap_or_default().trim_matches('"').to_owned()
    };
    let verdict = row.verdict.map(|verdict| word(serde_json::to_string(&verdict)));
    let outcome = row.outcome.map(|outcome| word(serde_json::to_string(&outcome)));
    let by = row.breached_by.map(|by| word(serde_json::to_string(&by)));
    let agent = row.agent.map(|agent| agent.to_string());
    let fields = [
        row.clock.word(),
        row.measure.as_deref().unwrap_or_default(),
        &row.queue,
        &row.plan,
        &row.tier,
        &row.priority,
        row.ticket_type.as_deref().unwrap_or_default(),
        &row.channel,
        agent.as_deref().unwrap_or_default(),
        row.fulfilled_by.as_deref().unwrap_or_default(),
        outcome.as_deref().unwrap_or_default(),
        verdict.as_deref().unwrap_or_default(),
        by.as_deref().unwrap_or_default(),
    ];
    let mut cell = String::with_capacity(128);
    for field in fields {
        cell.extend(field.chars().filter(|it| !it.is_control()));
        cell.push(BETWEEN);
    }
    let decided = row.decided_at.map_or(i64::MAX, |at| at.0);
    let elapsed = row.elapsed_ms.map_or_else(String::new, |elapsed| elapsed.to_string());
    cell.push_str(&format!("{decided}{BETWEEN}{elapsed}"));
    cell
}

impl<'c> Cell<'c> {
    /// Reads a cell; none where it is not one.
    pub fn read(cell: &'c str) -> Option<Self> {
        let (rest, elapsed_ms) = cell.rsplit_once(BETWEEN)?;
        let (kind, decided_at) = rest.rsplit_once(BETWEEN)?;
        let decided_at = Instant(decided_at.parse().ok()?);
        Some(Self { kind, decided_at, elapsed_ms: elapsed_ms.parse().ok() })
    }

    /// How it stands at `now`: a deadline that passed decides. None where it is no cell.
    pub fn standing(&self, now: Instant) -> Option<Standing> {
        Kind::read(self.kind).map(|kind| kind.standing(self.decided_at < now))
    }
}

impl<'c> Kind<'c> {
    /// Reads what a cell says beside its times; none where it is not one.
    pub fn read(kind: &'c str) -> Option<Self> {
        let mut fields = kind.split(BETWEEN);
        let mut values = [""; 11];
        for value in &mut values {
            *value = fields.next()?;
        }
        let (verdict, by) = (fields.next()?, fields.next()?);
        Some(Self { values, verdict, retargeted: by == "retarget" })
    }

    /// Whether it is this in a dimension, by the value or [`NOTHING`].
    pub fn is(&self, dimension: Dimension, value: &str) -> bool {
        let own = self.value(dimension);
        own == value || (own.is_empty() && value == NOTHING)
    }

    /// What it is in one dimension; empty for nothing.
    pub fn value(&self, dimension: Dimension) -> &'c str {
        self.values[dimension as usize]
    }

    /// How a clock of this kind stands, whose moment of decision has passed or not.
    pub fn standing(&self, passed: bool) -> Standing {
        let answer = matches!(self.value(Dimension::Clock), "first_response" | "next_reply");
        let by = self.value(Dimension::FulfilledBy);
        match self.verdict {
            "met" if answer && matches!(by, "resolution" | "no_reply_needed") => Standing::Apart,
            "met" => Standing::Met,
            "breached" => Standing::Breached,
            "merged" => Standing::Merged,
            "cancelled" => Standing::Cancelled,
            _ if by.is_empty() && passed => Standing::Breached,
            _ => Standing::Open,
        }
    }
}
