//! The statuses that rules are about; administrators' own are based on them.

use serde::{Deserialize, Serialize};

/// The six statuses that Docket knows the meaning of (S-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseStatus {
    /// The customer wrote last.
    New,
    /// Somebody works on it.
    InProgress,
    /// The customer's turn.
    AwaitingCustomer,
    /// Put aside until a time.
    Snoozed,
    /// Merged into another ticket; takes no writes.
    Merged,
    /// Done.
    Closed,
}

impl BaseStatus {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::InProgress,
        Self::AwaitingCustomer,
        Self::Snoozed,
        Self::Merged,
        Self::Closed,
    ];

    /// The one whose own key this is.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|base| base.key() == key)
    }

    /// Whether people set it by hand, and settings by rule; the others come with their command.
    pub fn can_be_set(self) -> bool {
        match self {
            Self::New | Self::InProgress | Self::AwaitingCustomer => true,
            Self::Snoozed | Self::Merged | Self::Closed => false,
        }
    }

    /// The key of the status of the same name that is always there.
    pub fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in_progress",
            Self::AwaitingCustomer => "awaiting_customer",
            Self::Snoozed => "snoozed",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}
