//! What depends on when it is asked.

use docket_domain::instant::Instant;

use crate::documents::Query;
use crate::ticket_list::filter::Shade;

/// Tickets with a draft that has been left unsent for too long, or without. There are few with one, so a page
/// starts from these.
pub(super) fn unsent(query: Query, wanted: Option<bool>, now: Instant) -> Query {
    let query = match wanted {
        None => return query,
        Some(false) => return query.sql(" AND unsent > ").bind(now.to_string()),
        Some(true) => query.sql(" AND stream IN (SELECT stream FROM {ticket_list} WHERE"),
    };
    query.sql(" unsent <> '9999' AND unsent <= ").bind(now.to_string()).sql(")")
}

/// Tickets that show one of these colours at `now`: the columns say when each begins. No instant sorts
/// behind all instants.
pub(super) fn shades(mut query: Query, shades: &[Shade], now: Instant) -> Query {
    let now = now.to_string();
    for (place, shade) in shades.iter().enumerate() {
        query = query.sql(if place == 0 { " AND (" } else { " OR " });
        query = match shade {
            Shade::Blue => query.sql("waits = 1 AND green > ").bind(now.as_str()),
            Shade::Green => query.sql("waits = 1 AND green <= ").bind(now.as_str()),
            Shade::Red => query.sql("red <= ").bind(now.as_str()),
            Shade::Orange => {
                query.sql("orange <= ").bind(now.as_str()).sql(" AND red > ").bind(now.as_str())
            }
            Shade::None => {
                let query = query.sql("waits = 0 AND orange > ").bind(now.as_str());
                query.sql(" AND red > ").bind(now.as_str())
            }
        };
    }
    if shades.is_empty() { query } else { query.sql(")") }
}
