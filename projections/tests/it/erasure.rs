//! What is erased leaves nothing behind in the views: the file itself is searched.

use docket_domain::codec::Event;
use docket_domain::customer::{Address, AddressKind, CustomerEvent, CustomerProfile};
use docket_domain::ids::TicketId;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::REGISTRY;
use docket_projections::ticket_list::filter::{Filter, Sort};
use docket_projections::ticket_list::page;
use docket_projections::view::{Registered, register};
use sqlx::{Connection, PgConnection};

use crate::desk::{Desk, On};
use crate::gate;
use crate::poison::with_a_list_that_panics;
use crate::story::{MONDAY, anna, assigned, by_customer, created, jan, message, replied, uuid};

const CANARIES: [&str; 6] = [
    "canarysubject",
    "canarybody",
    "canarynote",
    "canaryreply",
    "canaryname",
    "canary@example.com",
];

fn stream(n: u128) -> String {
    TicketId(uuid(n)).stream()
}

/// Which of the words stand anywhere in the views: in their files, in the index too; on a server in
/// what can be read of any table, since its files are its own.
async fn left_in(desk: &Desk, words: &[&str]) -> Vec<String> {
    let text = match &desk.on {
        On::Sqlite => left_in_the_files(desk),
        On::Postgres(database) => left_in_the_tables(database.url()).await,
    };
    let text = text.to_lowercase();
    words.iter().filter(|word| text.contains(**word)).map(|word| (*word).to_owned()).collect()
}

fn left_in_the_files(desk: &Desk) -> String {
    let mut bytes = Vec::new();
    for name in ["views.sqlite", "views.sqlite-wal"] {
        bytes.extend(std::fs::read(desk.folder.path().join(name)).unwrap_or_default());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn left_in_the_tables(url: &str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let xml = "SELECT schema_to_xml('docket_views', true, false, '')::text";
    sqlx::query_scalar(xml).fetch_one(&mut connection).await.unwrap()
}

async fn a_desk_full_of_canaries(on: &On) -> Desk {
    a_desk_of(on, REGISTRY).await
}

/// The same, with these views.
async fn a_desk_of(on: &On, registry: &[Registered]) -> Desk {
    let desk = Desk::open_with(on, registry).await;
    let mut opening = created("1042");
    opening.subject = Personal::text("CanarySubject");
    opening.message = Some(message(1, "where is CanaryBody?"));
    opening.customer.name = Some(Personal::text("CanaryName"));
    opening.customer.email = Some(Personal::text("canary@example.com"));
    let profile = CustomerProfile {
        name: Some(Personal::text("CanaryName")),
        addresses: vec![Address {
            kind: AddressKind::Email,
            value: Personal::text("canary@example.com"),
        }],
        tier: "standard".into(),
        entitlement: None,
    };
    let registered = Event::Customer(CustomerEvent::CustomerRegistered { profile });
    desk.happens(&jan().id.stream(), vec![(by_customer(&jan()), registered)]).await;
    let note = TicketEvent::NoteAdded { message: message(3, "CanaryNote"), mentions: Vec::new() };
    let opening = TicketEvent::TicketCreated(Box::new(opening));
    desk.ticket(&stream(1), vec![opening, replied(2, "CanaryReply"), note]).await;
    desk.ticket(&stream(1), vec![assigned(anna())]).await;
    desk.shown().await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_customer_is_left() {
    for on in On::each() {
        let desk = a_desk_full_of_canaries(&on).await;
        assert_eq!(left_in(&desk, &CANARIES).await, CANARIES, "the search finds what is there");

        desk.views.rebuild("ticket_text").await.unwrap().await.unwrap().unwrap();

        let customer = jan().id.stream();
        desk.reader.vault.erase(&customer).await.unwrap();
        desk.views.refold_subject(&customer).await.unwrap();

        assert_eq!(left_in(&desk, &CANARIES).await, [""; 0]);
        let found = Filter { q: Some("canarybody".into()), ..Filter::default() };
        let found =
            page(desk.views.documents(), &found, Sort::Created, 10, None, MONDAY).await.unwrap();
        assert_eq!(found.data.len(), 0);
        let rows = desk.table("ticket_list").await;
        assert!(
            rows[0].contains(r#""subject":null"#) && rows[0].contains("Anna Nowak"),
            "{}",
            rows[0]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_agent_is_left() {
    for on in On::each() {
        let desk = a_desk_full_of_canaries(&on).await;
        assert_eq!(left_in(&desk, &["anna nowak"]).await, ["anna nowak"]);
        desk.reader.vault.erase(&anna().id.stream()).await.unwrap();
        desk.views.refold_subject(&anna().id.stream()).await.unwrap();
        assert_eq!(left_in(&desk, &["anna nowak"]).await, [""; 0]);
        assert_eq!(left_in(&desk, &CANARIES).await, CANARIES, "others stay");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_being_built_meanwhile_holds_nothing_either() {
    for on in On::each() {
        let desk = a_desk_full_of_canaries(&on).await;
        for n in 2..80 {
            let opening = TicketEvent::TicketCreated(Box::new(created(&n.to_string())));
            desk.ticket(&stream(n), vec![opening]).await;
        }
        let lists = desk.views.rebuild("ticket_list").await.unwrap();
        let texts = desk.views.rebuild("ticket_text").await.unwrap();
        desk.reader.vault.erase(&stream(1)).await.unwrap();
        desk.views.refold_subject(&stream(1)).await.unwrap();
        lists.await.unwrap().unwrap();
        texts.await.unwrap().unwrap();
        desk.views.documents().scrub().await.unwrap();
        let of_the_ticket = ["canarysubject", "canarybody", "canarynote", "canaryreply"];
        assert_eq!(left_in(&desk, &of_the_ticket).await, [""; 0]);
    }
}

/// Ends the right to project of the node that has it, as if another had had it for a moment.
async fn somebody_else_projected(desk: &Desk) {
    desk.tampers_with_its_views("UPDATE books SET epoch = epoch + 1, expires = 0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_build_from_before_this_node_projected_hides_no_erasure_from_one_that_goes_on() {
    let mut registry = REGISTRY.to_vec();
    registry.extend([register::<gate::Customers>(), register::<gate::Subjects>()]);
    for on in On::each() {
        let desk = a_desk_of(&on, &registry).await;
        // Given a build that the node which began it will not see the end of
        gate::CUSTOMERS.close();
        let first = desk.views.rebuild("gated_customers").await.unwrap();
        gate::CUSTOMERS.reached().await;
        somebody_else_projected(&desk).await;
        desk.ticket(&stream(2), vec![TicketEvent::TicketCreated(Box::new(created("2")))]).await;
        desk.shown().await;
        // and one that has read the text already
        gate::SUBJECTS.close();
        let second = desk.views.rebuild("gated_subjects").await.unwrap();
        gate::SUBJECTS.reached().await;
        gate::CUSTOMERS.open();
        let first = first.await;
        assert!(!matches!(first, Ok(Ok(()))), "{first:?}");

        // When the ticket is erased before the second takes its place
        desk.reader.vault.erase(&stream(1)).await.unwrap();
        desk.views.refold_subject(&stream(1)).await.unwrap();
        gate::SUBJECTS.open();
        second.await.unwrap().unwrap();

        // Then nothing of it is there
        assert_eq!(left_in(&desk, &["canarysubject"]).await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_either_of_tickets_that_the_list_never_showed() {
    for on in On::each() {
        let desk = a_desk_of(&on, &with_a_list_that_panics()).await;
        assert_eq!(desk.table("ticket_list").await, [""; 0]);
        assert_eq!(left_in(&desk, &CANARIES[1..4]).await, CANARIES[1..4], "others show them");
        desk.reader.vault.erase(&jan().id.stream()).await.unwrap();
        desk.views.refold_subject(&jan().id.stream()).await.unwrap();
        assert_eq!(left_in(&desk, &CANARIES).await, [""; 0]);
    }
}
