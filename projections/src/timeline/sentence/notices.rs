//! What customers are to be told by itself.

use docket_domain::definition::Term;
use docket_domain::ticket::event::{HoursOf, Notice};
use jiff::tz::TimeZone;

use crate::timeline::words::{agent, moment};

/// The predicate of a notice that is due.
pub(super) fn due(template: &Term, notice: &Notice, zone: &TimeZone) -> String {
    let Notice::AfterHours { calendar, hours_of, opens_at } = notice;
    let whose = match hours_of {
        HoursOf::Owner(owner) => format!("of {}", agent(owner)),
        HoursOf::Queue => "of the queue".to_owned(),
        HoursOf::Desk => "of the desk".to_owned(),
    };
    format!(
        "noted that nobody is there, in the hours {whose}, “{}” (version {}), and that the customer is to be \
         told by the template “{}” (version {}) that it will be read from {} on",
        calendar.name,
        calendar.version,
        template.name,
        template.version,
        moment(*opens_at, zone)
    )
}
