//! Complaints: where each stands, in which order they are listed, and that no filter loses one.

use docket_domain::definition::BaseStatus;
use docket_domain::ids::{ComplaintId, TicketId};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{Decision, Severity, TicketEvent};
use docket_projections::complaints::{
    ComplaintRow, Filter, ShownComplaint, Status, TicketState, page,
};
use docket_projections::ticket_list::filter::Assignee;

use crate::desk::{Desk, On};
use crate::story::{MONDAY, anna, closed, created, merged, piotr, priority, term, unmerged, uuid};

/// When the list is looked at: a hundred seconds after the first.
const LOOKED: i64 = 100_000;

fn raised(n: u128, severity: Severity) -> TicketEvent {
    TicketEvent::ComplaintRaised {
        complaint_id: ComplaintId(uuid(n)),
        claim: Personal::text("it took a month"),
        severity,
        remedy: None,
        owner: [None, Some(anna()), Some(piotr())][n as usize % 3].clone(),
    }
}

fn decided(n: u128, decision: Decision) -> TicketEvent {
    TicketEvent::ComplaintDecided {
        complaint_id: ComplaintId(uuid(n)),
        decision,
        reasoning: Personal::text("the courier was late"),
        compensation: None,
        amount: None,
        solution: None,
        decided_by: None,
        authority: None,
        in_place_of: None,
        told_at: n.is_multiple_of(2).then_some(MONDAY),
        told_by: None,
    }
}

fn reclassified(to: &str) -> TicketEvent {
    TicketEvent::TicketReclassified {
        from_category: None,
        category: Some(term(to)),
        from_type: None,
        ticket_type: None,
        terms_follow: false,
    }
}

/// Thirty tickets a second apart, each with a complaint, most of which are decided; some have a second.
async fn a_desk_that_hears_complaints(on: &On) -> Desk {
    let desk = Desk::open_on(on).await;
    for n in 0..30_u128 {
        desk.later(1_000);
        let mut opening = created(&(1000 + n).to_string());
        opening.queue = term(["inbox", "claims", "press"][n as usize % 3]);
        opening.category =
            [Some(term("complaint")), Some(term("complaint/new")), Some(term("complaints")), None]
                [n as usize % 4]
                .clone();
        let severity = [Severity::Minor, Severity::Major][n as usize / 3 % 2];
        let first = 0x100 + n;
        let stream = TicketId(uuid(n)).stream();
        let opened = TicketEvent::TicketCreated(Box::new(opening));
        desk.ticket(&stream, vec![opened, raised(first, severity)]).await;
        desk.later(n as i64 % 5 * 7);
        let decision = [Decision::Accepted, Decision::PartlyAccepted, Decision::Rejected];
        let mut then = Vec::new();
        if n % 5 > 0 {
            then.push(decided(first, decision[n as usize % 3]));
        }
        if n % 5 == 1 {
            then.push(raised(0x200 + n, Severity::Minor));
        }
        if n % 5 == 2 {
            then.push(closed(MONDAY));
        }
        if !then.is_empty() {
            desk.ticket(&stream, then).await;
        }
    }
    desk.shown().await;
    desk
}

async fn all(desk: &Desk, filter: &Filter, size: usize) -> Vec<ShownComplaint> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    let now = MONDAY.plus_millis(LOOKED);
    loop {
        let documents = desk.views.documents();
        let found = page(documents, filter, size, cursor.as_deref(), now).await.unwrap();
        all.extend(found.data);
        assert_eq!(found.page.has_more, found.page.next.is_some());
        cursor = found.page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

fn filters() -> Vec<Filter> {
    let f = Filter::default;
    let at = |seconds: i64| Some(MONDAY.plus_millis(seconds * 1_000));
    let some = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    vec![
        f(),
        Filter { severity: vec![Severity::Major], ..f() },
        Filter { severity: vec![Severity::Major, Severity::Minor], ..f() },
        Filter { status: Some(Status::Open), ..f() },
        Filter { status: Some(Status::Decided), ..f() },
        Filter { queue: some(&["claims"]), ..f() },
        Filter { queue: some(&["claims"]), status: Some(Status::Open), ..f() },
        Filter { queue: some(&["claims", "press"]), ..f() },
        Filter { category: Some("complaint".to_owned()), ..f() },
        Filter { category: Some("complaint/new".to_owned()), ..f() },
        Filter { owner: Some(Assignee::Nobody), ..f() },
        Filter { owner: Some(Assignee::Agent(anna().id.0)), ..f() },
        Filter { raised_from: at(5), raised_until: at(20), ..f() },
        Filter { raised_from: at(5), status: Some(Status::Open), ..f() },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_lets_through_what_it_says_what_is_open_and_oldest_first() {
    for on in On::each() {
        let desk = a_desk_that_hears_complaints(&on).await;
        let every = all(&desk, &Filter::default(), 200).await;
        assert_eq!(every.len(), 36, "each complaint once");
        let place =
            |it: &ShownComplaint| (it.complaint.decided_at.is_some(), it.complaint.raised_at);
        assert!(every.is_sorted_by_key(place));
        for filter in filters() {
            let passes = |it: &&ShownComplaint| filter.passes(&it.complaint);
            let expected: Vec<ShownComplaint> = every.iter().filter(passes).cloned().collect();
            assert!(!expected.is_empty(), "{filter:?}");
            for size in [1, 4, 200] {
                assert_eq!(all(&desk, &filter, size).await, expected, "{filter:?} by {size}");
            }
        }
        let first = &every[0];
        assert_eq!(first.waited_ms, LOOKED - (first.complaint.raised_at.0 - MONDAY.0));
    }
}

async fn only(desk: &Desk) -> ComplaintRow {
    desk.shown().await;
    let mut all = all(desk, &Filter::default(), 200).await;
    assert_eq!(all.len(), 1);
    all.remove(0).complaint
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_follows_its_ticket_and_what_is_decided_stays_where_it_was_decided() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        let stream = TicketId(uuid(1)).stream();
        let opening = TicketEvent::TicketCreated(Box::new(created("1042")));
        desk.ticket(&stream, vec![opening, raised(7, Severity::Minor)]).await;
        let up = || TicketEvent::TicketPrioritized {
            from: priority("medium", 3),
            to: priority("high", 4),
        };
        desk.ticket(&stream, vec![reclassified("complaint/lost"), up()]).await;
        let open = only(&desk).await;
        assert_eq!(open.category.as_deref(), Some("complaint/lost"));
        assert_eq!((open.priority.as_str(), open.decision), ("high", None));
        assert_eq!((open.owner, open.ticket_state), (Some(anna().id.0), TicketState::Open));

        let then = vec![decided(7, Decision::Rejected), reclassified("other"), closed(MONDAY)];
        desk.ticket(&stream, then).await;
        let decided = only(&desk).await;
        assert_eq!(decided.category.as_deref(), Some("complaint/lost"));
        assert_eq!(decided.decision, Some(Decision::Rejected));
        assert_eq!((decided.told_at, decided.ticket_state), (None, TicketState::Closed));

        desk.ticket(&stream, vec![merged(BaseStatus::Closed)]).await;
        assert_eq!(only(&desk).await.ticket_state, TicketState::Merged);
        desk.ticket(&stream, vec![unmerged(BaseStatus::Closed)]).await;
        assert_eq!(only(&desk).await.ticket_state, TicketState::Closed);
    }
}
