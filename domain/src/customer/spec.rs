//! The rules of a customer by example.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::codec::Event;
use crate::transcript::{happened, refused, transcript};

fn spec(given: &[CustomerEvent], when: CustomerCommand) -> String {
    let customer = given.iter().fold(None, evolve);
    let phrase = match &when {
        CustomerCommand::Register { .. } => "register",
        CustomerCommand::Change { .. } => "change",
        CustomerCommand::Learn { .. } => "learn",
    };
    let then = match decide(customer.as_ref(), when) {
        Ok(events) => happened(events.into_iter().map(Event::Customer), &BTreeMap::new()),
        Err(refusal) => refused(refusal.code(), refusal.field(), &refusal),
    };
    transcript(given.iter().cloned().map(Event::Customer), phrase, &then)
}

fn jan() -> CustomerProfile {
    CustomerProfile {
        name: Some(Personal::text("Jan Kowalski")),
        addresses: vec![email("jan@example.com")],
        tier: "standard".into(),
        entitlement: None,
    }
}

fn email(text: &str) -> Address {
    Address { kind: AddressKind::Email, value: Personal::text(text) }
}

fn register(profile: CustomerProfile) -> CustomerCommand {
    CustomerCommand::Register { profile }
}

fn change(to: CustomerProfile) -> CustomerCommand {
    CustomerCommand::Change { to }
}

fn registered() -> Vec<CustomerEvent> {
    vec![CustomerEvent::CustomerRegistered { profile: jan() }]
}

#[test]
fn a_customer_registers_once() {
    assert_snapshot!(spec(&[], register(jan())), @r#"
    given nothing
    when  register
    then  CustomerRegistered profile: {addresses: [{kind: email, value: "jan@example.com"}], name: "Jan Kowalski", tier: standard}
    "#);
    assert_snapshot!(spec(&registered(), register(jan())), @"
    given CustomerRegistered
    when  register
    then  refused already_registered: the customer is registered already
    ");
}

#[test]
fn a_customer_is_found_by_some_address() {
    let nowhere = CustomerProfile { addresses: Vec::new(), ..jan() };
    assert_snapshot!(spec(&[], register(nowhere.clone())), @r#"
    given nothing
    when  register
    then  refused address_required at "": a customer needs at least one address: email, phone or handle
    "#);
    assert_snapshot!(spec(&registered(), change(nowhere)), @r#"
    given CustomerRegistered
    when  change
    then  refused address_required at "": a customer needs at least one address: email, phone or handle
    "#);
}

#[test]
fn an_address_is_kept_once_however_it_is_written() {
    let addresses =
        vec![email("jan@example.com"), email(" Jan@Example.COM "), email("j@example.com")];
    assert_snapshot!(spec(&[], register(CustomerProfile { addresses, ..jan() })), @r#"
    given nothing
    when  register
    then  CustomerRegistered profile: {addresses: [{kind: email, value: "jan@example.com"}, {kind: email, value: "j@example.com"}], name: "Jan Kowalski", tier: standard}
    "#);
}

#[test]
fn a_contact_teaches_what_is_not_known_and_replaces_nothing() {
    let learn = |name: Option<&str>, addresses: Vec<Address>| {
        let name = name.map(str::to_owned);
        spec(&registered(), CustomerCommand::Learn { name, addresses })
    };
    let phone = Address { kind: AddressKind::Phone, value: Personal::text("+48 600 000 000") };
    assert_snapshot!(learn(None, vec![phone, email("j@example.com")]), @r#"
    given CustomerRegistered
    when  learn
    then  CustomerChanged from: {addresses: [{kind: email, value: "jan@example.com"}], name: "Jan Kowalski", tier: standard}, to: {addresses: [{kind: email, value: "jan@example.com"}, {kind: phone, value: "+48 600 000 000"}, {kind: email, value: "j@example.com"}], name: "Jan Kowalski", tier: standard}
    "#);
    assert_snapshot!(learn(Some("Johnny"), vec![email("JAN@example.com")]), @"
    given CustomerRegistered
    when  learn
    then  nothing
    ");
    let nameless = vec![CustomerEvent::CustomerRegistered {
        profile: CustomerProfile { name: None, ..jan() },
    }];
    let name = Some("Jan Kowalski".to_owned());
    let learn = CustomerCommand::Learn { name, addresses: Vec::new() };
    assert_snapshot!(spec(&nameless, learn.clone()), @r#"
    given CustomerRegistered
    when  learn
    then  CustomerChanged from: {addresses: [{kind: email, value: "jan@example.com"}], tier: standard}, to: {addresses: [{kind: email, value: "jan@example.com"}], name: "Jan Kowalski", tier: standard}
    "#);
    assert_snapshot!(spec(&[], learn), @"
    given nothing
    when  learn
    then  refused not_found: there is no such customer
    ");
}

#[test]
fn an_address_is_one() {
    let with = |kind, text: &str| {
        let addresses = vec![Address { kind, value: Personal::text(text) }];
        spec(&[], register(CustomerProfile { addresses, ..jan() }))
    };
    assert_snapshot!(with(AddressKind::Email, "jan"), @r#"
    given nothing
    when  register
    then  refused invalid_address at "/email": not an e-mail address such as jan@example.com
    "#);
    assert_snapshot!(with(AddressKind::Phone, "call me"), @r#"
    given nothing
    when  register
    then  refused invalid_address at "/phone": not a phone number of 3 to 15 digits such as +48 22 123 45 67
    "#);
    assert_snapshot!(with(AddressKind::Handle, "@"), @r#"
    given nothing
    when  register
    then  refused invalid_address at "/handle": the handle must not be blank
    "#);
}

#[test]
fn a_name_is_trimmed_and_not_blank() {
    let named = |name: &str| CustomerProfile { name: Some(Personal::text(name)), ..jan() };
    assert_snapshot!(spec(&[], register(named(" Jan Nowak "))), @r#"
    given nothing
    when  register
    then  CustomerRegistered profile: {addresses: [{kind: email, value: "jan@example.com"}], name: "Jan Nowak", tier: standard}
    "#);
    assert_snapshot!(spec(&[], register(named("  "))), @r#"
    given nothing
    when  register
    then  refused invalid_name at "/name": the name must not be blank
    "#);
}

#[test]
fn a_tier_is_standard_or_premium() {
    let tier = |tier: &str| CustomerProfile { tier: tier.into(), ..jan() };
    assert_snapshot!(spec(&registered(), change(tier("premium"))), @r#"
    given CustomerRegistered
    when  change
    then  CustomerChanged from: {addresses: [{kind: email, value: "jan@example.com"}], name: "Jan Kowalski", tier: standard}, to: {addresses: [{kind: email, value: "jan@example.com"}], name: "Jan Kowalski", tier: premium}
    "#);
    assert_snapshot!(spec(&registered(), change(tier("gold"))), @r#"
    given CustomerRegistered
    when  change
    then  refused unknown_tier at "/tier": there is no tier "gold": tiers are standard and premium
    "#);
}

#[test]
fn a_change_that_changes_nothing_is_none() {
    assert_snapshot!(spec(&registered(), change(jan())), @"
    given CustomerRegistered
    when  change
    then  nothing
    ");
}

#[test]
fn only_a_customer_who_is_there_changes() {
    assert_snapshot!(spec(&[], change(jan())), @"
    given nothing
    when  change
    then  refused not_found: there is no such customer
    ");
}

#[test]
fn an_erased_customer_can_still_be_changed() {
    let address = Address { kind: AddressKind::Email, value: Personal::Erased };
    let erased = CustomerProfile {
        name: Some(Personal::Erased),
        addresses: vec![address],
        tier: "standard".into(),
        entitlement: None,
    };
    let given = [CustomerEvent::CustomerRegistered { profile: erased.clone() }];
    assert_snapshot!(spec(&given, change(erased.clone())), @"
    given CustomerRegistered
    when  change
    then  nothing
    ");
    let premium = spec(&given, change(CustomerProfile { tier: "premium".into(), ..erased }));
    assert!(premium.contains("then  CustomerChanged"), "{premium}");
}

#[test]
fn an_address_is_compared_in_one_form() {
    let form = |kind, text| Address::parse(kind, text).ok().and_then(|it| it.normalised());
    let email = |text| form(AddressKind::Email, text);
    assert_eq!(
        email(" Jan.Kowalski+x@Example.COM "),
        Some("email:jan.kowalski+x@example.com".into())
    );
    for wrong in ["", "jan", "@example.com", "jan@", "jan@.com", "a b@example.com", "<a@b.c>"] {
        assert_eq!(email(wrong), None, "{wrong:?}");
    }
    let phone = |text| form(AddressKind::Phone, text);
    assert_eq!(phone("+48 (22) 123-45-67"), Some("phone:+48221234567".into()));
    assert_eq!(phone("0048 22 123 45 67"), phone("+48 22 123 45 67"));
    assert_eq!(phone("22 123 45 67"), Some("phone:221234567".into()));
    for wrong in ["", "12", "+", "12345678901234567", "22 123 ext 5", "٣٣٣"] {
        assert_eq!(phone(wrong), None, "{wrong:?}");
    }
    let handle = |text| form(AddressKind::Handle, text);
    assert_eq!(handle("@Jan_K"), Some("handle:jan_k".into()));
    assert_eq!(handle("jan_k"), handle("@JAN_K"));
    assert_eq!(handle("  "), None);
    let erased = Address { kind: AddressKind::Email, value: Personal::Erased };
    assert_eq!(erased.normalised(), None);
}

proptest! {
    #[test]
    fn whatever_is_given_as_an_address_its_form_is_its_own_form(text in "\\PC{0,40}") {
        for kind in [AddressKind::Email, AddressKind::Phone, AddressKind::Handle] {
            let Ok(address) = Address::parse(kind, &text) else { continue };
            let form = address.normalised().unwrap();
            let (_, bare) = form.split_once(':').unwrap();
            let again = Address { kind, value: Personal::text(bare) };
            prop_assert_eq!(again.normalised(), Some(form));
        }
    }
}
