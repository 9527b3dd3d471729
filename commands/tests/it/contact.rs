//! What a customer gives of themselves with a contact: learnt, or kept with the ticket, never lost.

use docket_commands::{CustomerChanges, CustomerInput, NewTicket, Occurred, Request};
use docket_domain::codec::Event;
use docket_domain::customer::{Address, AddressKind, CustomerProfile};
use docket_domain::ids::{CustomerId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::{ActorKind, Channel};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{GivenContact, TicketCreated, TicketEvent};

use crate::{DAY, NOON, Scene, details, request, said, scene};

const EMAIL: AddressKind = AddressKind::Email;
const PHONE: AddressKind = AddressKind::Phone;

fn address(kind: AddressKind, value: &str) -> Address {
    Address { kind, value: Personal::text(value) }
}

fn contact(name: Option<&str>, addresses: &[(AddressKind, &str)]) -> NewTicket {
    let addresses = addresses.iter().map(|(kind, value)| address(*kind, value)).collect();
    let customer = CustomerInput::Contact { name: name.map(str::to_owned), addresses };
    NewTicket { customer, details: details() }
}

/// How a ticket began, and what was written because of it before.
struct Opened {
    ticket: TicketCreated,
    types: Vec<&'static str>,
    actors: Vec<ActorKind>,
}

impl Scene {
    async fn contacted(&self, request: &Request, new: &NewTicket) -> Opened {
        let done = self.desk.open_ticket(request, new).await.unwrap();
        let mut opened = None;
        let mut types = Vec::new();
        for event in &done.events {
            types.push(match &event.event {
                Event::Customer(_) => "customer",
                Event::Ticket(TicketEvent::TicketCreated(created)) => {
                    opened = Some((**created).clone());
                    "ticket"
                }
                other => panic!("unexpected {other:?}"),
            });
        }
        let actors = done.events.iter().map(|event| event.envelope.actor.kind).collect();
        Opened { ticket: opened.unwrap(), types, actors }
    }

    async fn profile(&self, id: CustomerId) -> CustomerProfile {
        self.desk.customer(id).await.unwrap().state.clone().unwrap().profile
    }
}

#[tokio::test]
async fn a_returning_customers_new_name_and_address_are_learnt_with_the_contact() {
    let scene = scene().await;
    let first = contact(None, &[(EMAIL, "jan@example.com")]);
    let first = scene.contacted(&request("first"), &first).await;
    assert_eq!(first.types, ["customer", "ticket"]);

    let more = contact(Some("Jan"), &[(EMAIL, "Jan@Example.com"), (PHONE, "+48 600 000 000")]);
    let more = scene.contacted(&request("more"), &more).await;
    assert_eq!(more.types, ["customer", "ticket"]);
    assert_eq!(more.actors, [ActorKind::Customer; 2]);
    let customer = more.ticket.customer;
    assert_eq!(customer.id, first.ticket.customer.id);
    assert_eq!(customer.name, Some(Personal::text("Jan")));
    assert_eq!(more.ticket.contact, None, "all of it is in the register");

    // The new address is a claim: it leads to the same customer from now on.
    let by_phone = contact(Some("Jan"), &[(PHONE, "0048600000000")]);
    let by_phone = scene.contacted(&request("by phone"), &by_phone).await;
    assert_eq!(by_phone.types, ["ticket"], "nothing is new");
    assert_eq!(by_phone.ticket.customer.id, customer.id);
}

#[tokio::test]
async fn a_known_name_is_not_replaced_and_the_given_one_stays_with_the_ticket() {
    let scene = scene().await;
    let first = contact(Some("Jan Kowalski"), &[(EMAIL, "jan@example.com")]);
    scene.contacted(&request("first"), &first).await;
    let other = contact(Some("Janina"), &[(EMAIL, "jan@example.com")]);
    let other = scene.contacted(&request("other"), &other).await;
    assert_eq!(other.types, ["ticket"]);
    assert_eq!(other.ticket.customer.name, Some(Personal::text("Jan Kowalski")));
    let kept = GivenContact { name: Some(Personal::text("Janina")), addresses: Vec::new() };
    assert_eq!(other.ticket.contact, Some(kept));
}

#[tokio::test]
async fn an_address_of_another_customer_stays_theirs_and_with_the_ticket() {
    let scene = scene().await;
    let jan = contact(None, &[(EMAIL, "jan@example.com")]);
    let jan = scene.contacted(&request("jan"), &jan).await.ticket.customer.id;
    let eva = contact(None, &[(PHONE, "+48 600 000 000")]);
    let eva = scene.contacted(&request("eva"), &eva).await.ticket.customer.id;

    let both = contact(None, &[(EMAIL, "jan@example.com"), (PHONE, "+48 600 000 000")]);
    let both = scene.contacted(&request("both"), &both).await.ticket;
    assert_eq!(both.customer.id, jan, "the first address that leads to anybody says who it is");
    let kept = both.contact.unwrap();
    assert_eq!(kept.addresses, [address(PHONE, "+48 600 000 000")]);
    assert_eq!(scene.profile(jan).await.addresses.len(), 1);
    assert_eq!(scene.profile(eva).await.addresses.len(), 1);
}

#[tokio::test]
async fn what_comes_in_late_teaches_nothing_and_stays_with_the_ticket() {
    let scene = scene().await;
    let first = contact(None, &[(EMAIL, "jan@example.com")]);
    scene.contacted(&request("first"), &first).await;
    scene.pass(DAY);
    let yesterday = Occurred::At(Instant(NOON - 1));
    let late = Request { occurred: yesterday, ..request("late") };
    let new = contact(Some("Jan"), &[(EMAIL, "jan@example.com"), (PHONE, "600 000 000")]);
    let late = scene.contacted(&late, &new).await;
    assert_eq!(late.types, ["ticket"]);
    let kept = late.ticket.contact.unwrap();
    assert_eq!((kept.name, kept.addresses.len()), (Some(Personal::text("Jan")), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_bring_the_same_new_address_at_once_one_learns_it() {
    let scene = scene().await;
    for email in ["jan@example.com", "eva@example.com"] {
        scene.contacted(&request(email), &contact(None, &[(EMAIL, email)])).await;
    }
    let tasks = ["jan@example.com", "eva@example.com"].map(|email| {
        let desk = scene.desk.clone();
        let new = contact(None, &[(EMAIL, email), (PHONE, "+48 600 000 000")]);
        tokio::spawn(async move { desk.open_ticket(&request(&format!("{email} 2")), &new).await })
    });
    let mut learnt = 0;
    for task in tasks {
        let done = task.await.unwrap().unwrap();
        learnt += done.events.iter().filter(|it| matches!(it.event, Event::Customer(_))).count();
    }
    assert_eq!(learnt, 1);
}

#[tokio::test]
async fn messages_to_a_ticket_closed_long_ago_meet_in_the_one_that_follows_it() {
    let scene = scene().await;
    let old = scene.open("old").await;
    scene.close("close", old).await;
    scene.pass(15 * DAY);
    let write = async |name: &str| {
        let done =
            scene.desk.receive_message(&request(name), old, said("Again"), Channel::Email).await;
        TicketId::of_stream(&done.unwrap().stream).unwrap()
    };
    let (first, second) = tokio::join!(write("first"), write("second"));
    assert_eq!(first, second, "two at once open one");
    assert_ne!(first, old);
    assert_eq!(write("first").await, first, "a repetition is answered as before");
    assert_eq!(scene.state(first).await.messages.len(), 2);

    scene.close("close the follow-up", first).await;
    scene.pass(15 * DAY);
    let next = write("third").await;
    assert!(next != old && next != first);
    assert_eq!(write("fourth").await, next, "along the chain");
    assert_eq!(scene.state(next).await.messages.len(), 2);

    scene.merge(next, scene.open("other").await).await;
    let root = write("fifth").await;
    assert_eq!(scene.desk.root_of(next).await.unwrap(), root, "and where a merge leads");
}

#[tokio::test]
async fn an_address_leads_to_whoever_holds_it_now() {
    let scene = scene().await;
    let email = |value: &str| address(EMAIL, value);
    let register = async |name: &str, address: &str| {
        let profile = CustomerProfile {
            name: None,
            addresses: vec![email(address)],
            tier: "standard".into(),
            entitlement: None,
        };
        let done = scene.desk.register_customer(&request(name), profile).await.unwrap();
        CustomerId::of_stream(&done.stream).unwrap()
    };
    // Asked twice, since what was asked before is remembered.
    let leads_to = async |address: &str| {
        let first = scene.desk.customer_of(&email(address)).await.unwrap();
        assert_eq!(scene.desk.customer_of(&email(address)).await.unwrap(), first, "{address}");
        first
    };
    assert_eq!(leads_to("jan@example.com").await, None);
    let jan = register("jan", "jan@example.com").await;
    assert_eq!(leads_to("jan@example.com").await, Some(jan));

    let addresses = vec![email("kowalski@example.com")];
    let changes = CustomerChanges { addresses, ..CustomerChanges::default() };
    scene.desk.change_customer(&request("change"), jan, &changes).await.unwrap();
    assert_eq!(leads_to("jan@example.com").await, None);
    assert_eq!(leads_to("kowalski@example.com").await, Some(jan));

    let another = register("another", "jan@example.com").await;
    assert_eq!(leads_to("jan@example.com").await, Some(another));
}
