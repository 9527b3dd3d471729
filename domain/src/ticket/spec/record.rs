use insta::assert_snapshot;

use super::*;

fn rate(score: u8) -> C {
    C::Rate { score, scale: 5, comment: Some("quick!".into()) }
}

fn score(score: u8) -> C {
    let rubric = Some("tone/3".into());
    C::ScoreQuality { agent: None, score, scale: 10, rubric, comment: None }
}

fn log_time(minutes: u32) -> C {
    C::LogTime { agent: anna(), minutes, note: None }
}

fn correct(corrects: u64) -> C {
    C::Correct { corrects, text: "It was the other parcel.".into() }
}

#[test]
fn the_customer_is_asked_to_rate_the_owner() {
    let given = story([assign(anna()), close()]);
    assert_snapshot!(spec(&given, C::RequestRating { scale: 5 }), @"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  ask for a rating from 1 to 5
    then  RatingRequested agent: Anna, scale: 5
    ");
    assert_snapshot!(spec(&given, C::RequestRating { scale: 0 }), @r#"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  ask for a rating from 1 to 0
    then  refused score_outside_scale at "/score": the score must be from 1 to 0
    "#);
}

#[test]
fn a_rating_lies_on_its_scale() {
    let given = story([assign(anna()), close()]);
    assert_snapshot!(spec(&given, rate(5)), @r#"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  rate 5 of 5
    then  RatingGiven agent: Anna, comment: "quick!", scale: 5, score: 5
    "#);
    assert_snapshot!(spec(&given, rate(0)), @r#"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  rate 0 of 5
    then  refused score_outside_scale at "/score": the score must be from 1 to 5
    "#);
    assert_snapshot!(spec(&given, rate(6)), @r#"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  rate 6 of 5
    then  refused score_outside_scale at "/score": the score must be from 1 to 5
    "#);
}

#[test]
fn quality_control_scores_the_owners_work_from_zero() {
    let given = story([assign(anna()), close()]);
    assert_snapshot!(spec(&given, score(0)), @"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  score the work 0 of 10
    then  QualityScored agent: Anna, rubric: tone/3, scale: 10, score: 0
    ");
    assert_snapshot!(spec(&given, score(11)), @r#"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  score the work 11 of 10
    then  refused score_outside_scale at "/score": the score must be from 0 to 10
    "#);
}

#[test]
fn time_is_logged_in_minutes_and_none_is_nothing() {
    assert_snapshot!(spec(&story([close()]), log_time(25)), @"
    given TicketCreated → new, TicketClosed → closed
    when  log 25 minutes
    then  TimeLogged agent: Anna, minutes: 25
    ");
    assert_snapshot!(spec(&story([]), log_time(0)), @"
    given TicketCreated → new
    when  log 0 minutes
    then  nothing
    ");
}

#[test]
fn a_correction_names_an_event_of_this_ticket() {
    let given = story([note("wrong"), close()]);
    assert_snapshot!(spec(&given, correct(2)), @r#"
    given TicketCreated → new, NoteAdded, TicketClosed → closed
    when  correct event 2
    then  CorrectionRecorded corrects: 2, text: "It was the other parcel."
    "#);
    assert_snapshot!(spec(&given, correct(0)), @r#"
    given TicketCreated → new, NoteAdded, TicketClosed → closed
    when  correct event 0
    then  refused unknown_version at "/corrects": there is no event 0 in the ticket
    "#);
    assert_snapshot!(spec(&given, correct(4)), @r#"
    given TicketCreated → new, NoteAdded, TicketClosed → closed
    when  correct event 4
    then  refused unknown_version at "/corrects": there is no event 4 in the ticket
    "#);
}

#[test]
fn a_fact_from_elsewhere_is_never_refused() {
    let activity = || C::RecordActivity {
        activity: "Take in charge ticket".into(),
        performer: Some("Value 2".into()),
        attributes: [("seriousness".to_owned(), "Value 1".to_owned())].into(),
        public: [("workgroup".to_owned(), "1".to_owned())].into(),
        refused: Some("ticket_closed".into()),
    };
    assert_snapshot!(spec(&story([close()]), activity()), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  record the activity "Take in charge ticket"
    then  ExternalActivityRecorded activity: Take in charge ticket, attributes: {seriousness: Value 1}, performer: "Value 2", public: {workgroup: 1}, refused: ticket_closed
    "#);
    let merged = spec(&story([merge(ticket(900))]), activity());
    assert!(merged.contains("ExternalActivityRecorded"), "{merged}");
}
