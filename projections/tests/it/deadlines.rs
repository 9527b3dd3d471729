//! A timer runs from the event that sets it to the one that ends it, and rests in a merged ticket.

use docket_domain::definition::BaseStatus;
use docket_projections::deadlines;

use crate::desk::{Desk, On};
use crate::story::{MONDAY, created, merged, snoozed, ticket, unmerged};

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_rests_while_its_ticket_is_merged_and_ends_in_time_afterwards() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        let stream = ticket(1).id.stream();
        let wakes_at = MONDAY.plus_millis(900_000);
        let due = async || {
            desk.shown().await;
            deadlines::due(desk.views.documents(), wakes_at, None, 10).await.unwrap()
        };
        let opened =
            docket_domain::ticket::event::TicketEvent::TicketCreated(Box::new(created("1042")));
        desk.ticket(&stream, vec![opened, snoozed(wakes_at)]).await;
        let before = due().await;
        assert_eq!(
            before.iter().map(|it| (it.version, it.due_at)).collect::<Vec<_>>(),
            [(2, wakes_at)]
        );

        desk.ticket(&stream, vec![merged(BaseStatus::Snoozed)]).await;
        assert_eq!(due().await, []);

        desk.ticket(&stream, vec![unmerged(BaseStatus::Snoozed)]).await;
        assert_eq!(due().await, before);
    }
}
