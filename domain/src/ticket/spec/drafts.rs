//! Replies that are kept until they are sent (S-56).

use insta::assert_snapshot;

use super::*;

fn draft(author: AgentRef, body: &str) -> C {
    C::Draft { author, body: body.into() }
}

fn unsent_after(after: &str) -> Desk {
    Desk::under(Settings { unsent_after: Some(after.into()), ..Settings::default() })
}

#[test]
fn a_draft_says_from_when_on_it_has_been_left_for_too_long() {
    assert_snapshot!(spec(&story([]), draft(anna(), "We are")), @r#"
    given TicketCreated → new
    when  Anna drafts "We are"
    then  ReplyDrafted author: Anna, body: "We are", unsent_at: 2026-03-02T10:30:00.000Z
    "#);
    let off = unsent_after("PT0S");
    assert_snapshot!(off.spec(&story([]), draft(anna(), "We are")), @r#"
    given TicketCreated → new
    when  Anna drafts "We are"
    then  ReplyDrafted author: Anna, body: "We are"
    "#);
    let soon = unsent_after("PT5M");
    assert_snapshot!(soon.spec(&story([]), draft(anna(), "We are")), @r#"
    given TicketCreated → new
    when  Anna drafts "We are"
    then  ReplyDrafted author: Anna, body: "We are", unsent_at: 2026-03-02T10:05:00.000Z
    "#);
}

#[test]
fn who_goes_on_writing_does_not_begin_anew() {
    let begun = story([draft(anna(), "We are")]);
    assert_snapshot!(spec(&begun, draft(anna(), "We are looking")), @r#"
    given TicketCreated → new, ReplyDrafted
    when  Anna drafts "We are looking"
    then  ReplyDrafted author: Anna, body: "We are looking", unsent_at: 2026-03-02T09:31:00.000Z
    "#);
    assert_snapshot!(spec(&begun, draft(anna(), "We are")), @r#"
    given TicketCreated → new, ReplyDrafted
    when  Anna drafts "We are"
    then  nothing
    "#);
    // Two write at once: each sees that the other does.
    assert_snapshot!(spec(&begun, draft(piotr(), "Here it is")), @r#"
    given TicketCreated → new, ReplyDrafted
    when  Piotr drafts "Here it is"
    then  ReplyDrafted author: Piotr, body: "Here it is", unsent_at: 2026-03-02T10:30:00.000Z
    "#);
}

#[test]
fn whoever_replies_has_sent_what_they_kept_and_nobody_elses() {
    let both = story([draft(piotr(), "Here it is"), draft(anna(), "We are looking")]);
    assert_snapshot!(spec(&both, reply("We are looking for it.")), @r#"
    given TicketCreated → new, ReplyDrafted, ReplyDrafted
    when  reply "We are looking for it."
    then  TicketReplied answers: [1042-1], channel: email, message: 1042-2 "We are looking for it.", seen_version: 3, status: new → awaiting_customer
          DraftEnded author: Anna, end: sent
    "#);
    let of_piotr = story([draft(piotr(), "Here it is")]);
    assert_snapshot!(spec(&of_piotr, reply("We are looking for it.")), @r#"
    given TicketCreated → new, ReplyDrafted
    when  reply "We are looking for it."
    then  TicketReplied answers: [1042-1], channel: email, message: 1042-2 "We are looking for it.", seen_version: 2, status: new → awaiting_customer
    "#);
}

#[test]
fn a_draft_is_thrown_away_once_after_the_end_too() {
    let discard = || C::DiscardDraft { author: anna() };
    let kept = story([draft(anna(), "We are")]);
    assert_snapshot!(spec(&kept, discard()), @"
    given TicketCreated → new, ReplyDrafted
    when  Anna discards the draft
    then  DraftEnded author: Anna, end: discarded
    ");
    assert_snapshot!(spec(&story([draft(anna(), "We are"), discard()]), discard()), @"
    given TicketCreated → new, ReplyDrafted, DraftEnded
    when  Anna discards the draft
    then  nothing
    ");
    assert_snapshot!(spec(&story([draft(anna(), "We are"), close()]), discard()), @"
    given TicketCreated → new, ReplyDrafted, TicketClosed → closed
    when  Anna discards the draft
    then  DraftEnded author: Anna, end: discarded
    ");
    assert_snapshot!(spec(&story([close()]), draft(anna(), "We are")), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  Anna drafts "We are"
    then  refused ticket_closed: the ticket is closed; reopen it first
    "#);
}
