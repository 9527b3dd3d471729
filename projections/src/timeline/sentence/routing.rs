//! Why the desk chose whom.

use docket_domain::ticket::event::Routed;

/// By which rules somebody was chosen, and of how many.
pub(super) fn chosen(routed: &Routed) -> String {
    let Routed { queue, skills, candidates, of } = routed;
    let had = candidates.first().map_or(0, |chosen| chosen.load);
    let able = match skills.as_slice() {
        [] => String::new(),
        skills => format!(" for {}", skills.join(" and ")),
    };
    let among = match of {
        0 | 1 => "the only one who could take it".to_owned(),
        of => format!("of {of} who could take it the one with least"),
    };
    let (name, version) = (&queue.name, queue.version);
    format!(", chosen{able} by the queue “{name}” (version {version}): {among}, {had} at hand")
}
