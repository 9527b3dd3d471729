//! What readers and maps make of files, good and hostile.

use std::io::Cursor;

use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::Outcome;

use crate::import::columns;
use crate::import::map::{Activity, Map};
use crate::import::row::{Attributes, Found, Row, Unreadable};
use crate::import::source::{LARGEST_EVENT, Watched};
use crate::import::table::TableReader;
use crate::import::template::Values;
use crate::import::whole::record;
use crate::import::xes::XesReader;

const NOW: Instant = Instant(1_800_000_000_000);

fn read_xes(text: &str) -> Result<Vec<Found>, Unreadable> {
    let mut reader = XesReader::new(Watched::new(Cursor::new(text.as_bytes().to_vec())));
    let mut rows = Vec::new();
    while let Some(found) = reader.next_row()? {
        rows.push(found);
    }
    Ok(rows)
}

fn read_table(text: &[u8], delimiter: char) -> Result<Vec<Found>, Unreadable> {
    let mut reader = TableReader::new(Watched::new(Cursor::new(text.to_vec())), delimiter)?;
    let mut rows = Vec::new();
    while let Some(found) = reader.next_row()? {
        rows.push(found);
    }
    Ok(rows)
}

/// One line for each row: where it is, its case, its own attributes.
fn shown(rows: &[Found]) -> String {
    let line = |found: &Found| match found {
        Ok(Row { line, attributes, case, .. }) => format!("{line}: {case:?} {attributes:?}"),
        Err(reject) => format!("{}: rejected: {}", reject.line, reject.reason),
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_quotation_mark_that_is_never_closed_takes_in_nothing_in_silence() {
    let read = |text: &str| shown(&read_table(text.as_bytes(), ',').unwrap());
    insta::assert_snapshot!(read("case,note\n1,\"fine\"\n2,\"open\n3,lost\n"), @r#"
    2: None {"case": "1", "note": "fine"}
    3: rejected: a quotation mark in it is never closed, so it takes in all that follows
    "#);
    insta::assert_snapshot!(read("case,note\n1,\"open"), @"2: rejected: a quotation mark in it is never closed, so it takes in all that follows");
    // One that stands in a value without quotation marks around it opens nothing.
    insta::assert_snapshot!(read("case,note\n1,a 5\" disk\n2,fine\n"), @r#"
    2: None {"case": "1", "note": "a 5\" disk"}
    3: None {"case": "2", "note": "fine"}
    "#);
}

#[test]
fn nested_attributes_lists_and_repeated_names_are_all_kept() {
    let log = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xmlns="http://www.xes-standard.org/">
  <string key="creator" value="not an event's"><string key="inner" value="neither"/></string>
  <trace>
    <string key="concept:name" value="Case &amp; 1"/>
    <event>
      <string key="concept:name" value="Paid"/>
      <float key="amount" value="49.90"><string key="currency" value="EUR"/></float>
      <list key="items"><values><string key="item" value="a"/><string key="item" value="b"/></values></list>
      <string key="note" value="one"/>
      <string key="note" value="&#x17c;"/>
    </event>
    <event/>
  </trace>
</log>"#;
    insta::assert_snapshot!(shown(&read_xes(log).unwrap()), @r#"
    6: Some({"concept:name": "Case & 1"}) {"amount": "49.90", "amount/currency": "EUR", "concept:name": "Paid", "items/item": "a", "items/item#2": "b", "note": "one", "note#2": "ż"}
    13: rejected: an event without attributes
    "#);
}

#[test]
fn a_files_defaults_help_to_recognise_an_event_but_are_not_recorded_as_said() {
    let log = r#"<log><global scope="event"><string key="stage" value="UNKNOWN"/>
        <date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>
        <global scope="trace"><string key="concept:name" value="nobody"/></global>
        <trace><event><string key="concept:name" value="Paid"/></event></trace></log>"#;
    let rows = read_xes(log).unwrap();
    let row = rows[0].as_ref().unwrap();
    assert_eq!(row.get("stage"), Some("UNKNOWN"));
    assert_eq!(row.said("time:timestamp"), None, "a default is no time at which it happened");
    assert_eq!(row.of_case("concept:name"), None, "nor is it a case, nor the event's own name");
    assert_eq!(row.attributes.len(), 1);
}

#[test]
fn hostile_or_broken_logs_are_refused_with_the_line() {
    let refused = |text: &str| read_xes(text).unwrap_err().to_string();
    let bomb =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE l [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]>\n<log/>";
    assert_eq!(refused(bomb), "line 2: document type declarations are refused");
    let entity = "<log>\n<trace><event><string key=\"a\" value=\"&boom;\"/></event></trace></log>";
    assert!(refused(entity).starts_with("line 2: "), "{}", refused(entity));
    let cut = "<log><trace>\n<event><string key=\"a\" value=\"1\"/>";
    assert_eq!(refused(cut), "line 2: the file ends in the middle of the log");
    assert_eq!(refused("<html></html>"), "line 1: this is no XES log: it begins with <html>");
    for nothing in ["", "case,when\n1,2\n", "<?xml version=\"1.0\"?><!-- nothing -->"] {
        assert!(refused(nothing).ends_with("this is no XES log: there is no <log>"), "{nothing:?}");
    }
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><log/>";
    assert_eq!(refused(latin), "line 1: the encoding ISO-8859-1 is not read, only UTF-8");
    let deep = format!("<log><trace><event>{}", "<string key=\"a\" value=\"b\">".repeat(64));
    assert_eq!(refused(&deep), "line 1: elements are nested more than 32 deep");
    let huge = "x".repeat(LARGEST_EVENT as usize + 1);
    let huge =
        format!("<log><trace><event><string key=\"a\" value=\"{huge}\"/></event></trace></log>");
    assert!(refused(&huge).contains("more than 4 MiB for one event"), "{}", refused(&huge));
    let many = "<string key=\"a\" value=\"b\"/>".repeat(3_000);
    let many = format!("<log><trace><event>{many}</event></trace></log>");
    assert_eq!(refused(&many), "line 1: more than 2000 attributes in one place");
}

#[test]
fn tables_keep_quoted_lines_and_say_which_line_is_broken() {
    let table = b"\xef\xbb\xbfcase;when;what\n1;2026-01-01T00:00:00Z;\"two\nlines\"\n1;x;y;z\n2;\xff;b\n3;;c\n";
    insta::assert_snapshot!(shown(&read_table(table, ';').unwrap()), @r#"
    2: None {"case": "1", "what": "two\nlines", "when": "2026-01-01T00:00:00Z"}
    4: rejected: 4 values for 3 columns
    5: rejected: not UTF-8: invalid utf-8: invalid UTF-8 in field 1 near byte index 0
    6: None {"case": "3", "what": "c"}
    "#);
    let twice = read_table(b"a,a\n1,2\n", ',').unwrap_err().to_string();
    assert_eq!(twice, "line 1: two columns are named \"a\"");
}

const MAP: &str = r#"
system = "there"
case = "case"
time = "when"
zone = "Europe/Rome"
activity = ["what", "how"]
resource = "who"
public = ["how"]
[[event]]
when = { what = "Closed", how = ["full", "part"] }
type = "TicketClosed"
set = { outcome = "unsolved", resolution = "{how}: {note}" }
[[event]]
when = { what = "Closed" }
type = "TicketPrioritized"
set = { priority = { from = "how", is = { quick = "high" } } }
"#;

fn row(attributes: &[(&str, &str)]) -> Row {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Row { line: 7, attributes: attributes.iter().map(owned).collect(), ..Row::default() }
}

fn commands(map: &Map, activity: &Activity) -> Vec<Option<TicketCommand>> {
    let values = Values { row: &activity.row, case: &activity.case, system: &map.system };
    map.rules_for(&activity.row).map(|rule| rule.counterpart.command(values, None)).collect()
}

#[test]
fn a_map_reads_a_row_and_tries_its_rules_in_order() {
    let map = Map::parse(MAP).unwrap();
    let said = [
        ("case", "9"),
        ("when", "2010-01-13 08:40:25"),
        ("what", "Closed"),
        ("how", "part"),
        ("note", "late"),
    ];
    let activity = map.read(row(&said), NOW).unwrap();
    assert_eq!((activity.case.as_str(), activity.activity.as_str()), ("9", "Closed+part"));
    assert_eq!(
        activity.at.to_string(),
        "2010-01-13T07:40:25.000Z",
        "local time, in the map's zone"
    );
    let close = TicketCommand::Close {
        outcome: Outcome::Unsolved,
        resolution: Some("part: late".into()),
        reason: None,
    };
    assert_eq!(commands(&map, &activity), [Some(close), None], "the second says nothing of part");
}

#[test]
fn rows_that_cannot_be_placed_are_rejected_with_the_reason() {
    let map = Map::parse(MAP).unwrap();
    let reason = |said: &[(&str, &str)]| map.read(row(said), NOW).unwrap_err();
    assert_eq!(reason(&[("when", "2010-01-13T08:40:25Z")]).line, 7);
    assert_eq!(reason(&[("case", " ")]).reason, "no case: \"case\" is missing");
    assert_eq!(reason(&[("case", "9")]).reason, "no time: \"when\" is missing");
    let broken = [("case", "9"), ("when", "13 January")];
    assert_eq!(reason(&broken).reason, "not a time: \"13 January\"");
    let future = [("case", "9"), ("when", "2099-01-01T00:00:00Z")];
    assert_eq!(reason(&future).reason, "\"2099-01-01T00:00:00Z\" lies in the future");
    let nothing = [("case", "9"), ("when", "2010-01-13T08:40:25Z"), ("what", "Closed")];
    assert_eq!(reason(&nothing).reason, "no activity: \"how\" is missing");
}

#[test]
fn a_map_reads_only_columns_that_the_table_has() {
    let all = ["case", "when", "what", "how", "who", "note"];
    let missing = |extra: &str, columns: &[&str]| {
        let map = Map::parse(&format!("{MAP}\n{extra}")).unwrap();
        columns::missing(&map, columns).map(str::to_owned)
    };
    assert_eq!(missing("[ticket]\nsubject = \"{case} of {system}\"", &all), None);
    for name in all {
        let others: Vec<&str> = all.into_iter().filter(|other| *other != name).collect();
        assert_eq!(missing("", &others).as_deref(), Some(name));
    }
    let rule = |rest: &str| format!("[[event]]\nwhen = {{ what = \"a\" }}\n{rest}");
    for extra in [
        rule("type = \"NoteAdded\"\nset = { body = \"see {nope}\" }"),
        rule("type = \"TicketAssigned\"\nset = { to = \"nope\" }"),
        rule("type = \"TicketTagged\"\nset = { add = [\"a\", \"{nope}\"] }"),
        rule("type = \"TicketTransferred\"\nset = { queue = { from = \"nope\", is = {} } }"),
        "[ticket]\npriority = { from = \"nope\", is = {} }".to_owned(),
    ] {
        assert_eq!(missing(&extra, &all).as_deref(), Some("nope"), "{extra}");
    }
}

#[test]
fn an_event_without_a_name_does_not_take_that_of_its_case() {
    let map = MAP.replace("\"what\", \"how\"", "\"case\"");
    let map = Map::parse(&map).unwrap();
    let of_case = Attributes::from([("case".to_owned(), "c1".to_owned())]);
    let nameless = Row { case: Some(of_case.into()), ..row(&[("when", "2010-01-13T08:40:25Z")]) };
    let rejected = map.read(nameless, NOW).unwrap_err();
    assert_eq!(rejected.reason, "no activity: \"case\" is missing");
    assert_eq!(rejected.case.as_deref(), Some("c1"));
}

#[test]
fn what_has_no_counterpart_is_kept_whole_and_names_cannot_pose_as_markers() {
    let map = Map::parse(MAP).unwrap();
    let said = [
        ("case", "9"),
        ("when", "2010-01-13T08:40:25+02:00"),
        ("what", "Waited"),
        ("how", "long"),
        ("who", "Ann"),
        ("$personal", "x"),
    ];
    let activity = map.read(row(&said), NOW).unwrap();
    assert_eq!(commands(&map, &activity), []);
    let TicketCommand::RecordActivity { performer, attributes, public, refused, .. } =
        record(&activity, &map, None)
    else {
        panic!("an activity is recorded as one");
    };
    assert_eq!(performer.as_deref(), Some("Ann"));
    assert_eq!(refused, None);
    assert_eq!(public.into_iter().collect::<Vec<_>>(), [("how".to_owned(), "long".to_owned())]);
    let names: Vec<&str> = attributes.keys().map(String::as_str).collect();
    assert_eq!(names, ["$$personal", "case", "what", "when", "who"]);
}

#[test]
fn a_map_that_cannot_work_is_refused_before_anything_is_read() {
    let refused = |extra: &str| Map::parse(&format!("{MAP}\n{extra}")).unwrap_err().to_string();
    let rule = |rest: &str| format!("[[event]]\nwhen = {{ what = \"a\" }}\n{rest}");
    let unknown = refused(&rule("type = \"TicketVanished\""));
    assert!(unknown.contains("TicketVanished"), "{unknown}");
    let typo = refused(&rule("type = \"TicketClosed\"\nset = { outcom = \"solved\" }"));
    assert!(typo.contains("outcom"), "{typo}");
    let word = refused(&rule("type = \"TicketClosed\"\nset = { outcome = \"slved\" }"));
    assert!(word.contains("slved"), "{word}");
    let everything = refused("[[event]]\nwhen = {}\ntype = \"TicketClosed\"");
    assert!(everything.contains("fits everything"), "{everything}");
    let zone = Map::parse(&MAP.replace("Europe/Rome", "Europe/Rom")).unwrap_err().to_string();
    assert_eq!(zone, "there is no zone \"Europe/Rom\"");
    let format = |format: &str| Map::parse(&format!("time_format = \"{format}\"\n{MAP}"));
    assert!(format("%d.%m.%Y %H:%M").is_ok());
    for wrong in ["%d.%m.%Y %H:%M %J", "yyyy-mm-dd", "%H:%M"] {
        let said = format(wrong).unwrap_err().to_string();
        assert!(said.starts_with("time_format must say date and time"), "{wrong}: {said}");
    }
}
