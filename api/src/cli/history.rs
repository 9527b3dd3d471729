//! `docket history`: a ticket's story in a terminal.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use docket_commands::Desk;
use docket_domain::instant::Instant;
use docket_projections::names::Names;
use docket_projections::recorded::Reader;
use docket_projections::timeline::{self, Entry};
use docket_store::vault::{KeyFile, Vault};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Failure;
use crate::config::Config;
use crate::docket::{KEY_FILE, Log};

/// How wide a line is where nobody says, in characters.
const WIDTH: usize = 80;

/// How far texts stand from the edge, behind time and ticket.
const MARGIN: usize = 18;

/// Which ticket.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket history 1042
  docket history 1042 --zone Europe/Warsaw
  docket history 0192f0c1-7c1e-7b1d-9a55-3d2c51d1a001 --data /var/lib/docket | less

It only reads, so it works while a server runs.")]
pub struct Args {
    /// Its number or id
    ticket: String,
    /// The zone that times are shown in [default: that of TZ where it names one, else the desk's]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// How many characters a line has [default: the terminal's, else 80]
    #[arg(long, env = "COLUMNS", value_name = "N")]
    width: Option<usize>,
}

/// Prints the story.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    let store = Log::open_read_only(&config).await?.store();
    let key = KeyFile::load_or_create(&config.data.join(KEY_FILE), &*store).await?;
    let vault = Arc::new(Vault::new(store.clone(), key));
    let desk = Desk::open(store.clone(), vault.clone(), super::clock()).await?;
    let reader = Reader::new(store, vault);
    let found = desk.find_ticket(&args.ticket).await?;
    let id = found.ok_or_else(|| Failure::Other(format!("there is no ticket {}", args.ticket)))?;
    let of_desk = desk.catalogue().settings().zone.clone();
    let (zone, notice) = zone(args.zone.as_deref(), std::env::var("TZ").ok().as_deref(), &of_desk)?;
    if let Some(notice) = notice {
        writeln!(std::io::stderr(), "{notice}")?;
    }
    let story = timeline::of_ticket(&reader, &Names::new(reader.clone()), id, &zone).await;
    let story = story.map_err(|error| Failure::Other(error.to_string()))?;
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let look = Look { zone, colour, width: args.width.unwrap_or_else(width).max(MARGIN + 30) };
    Ok(std::io::stdout().write_all(told(&story, &look).as_bytes())?)
}

/// The zone asked for, else that of TZ, else the desk's. TZ may hold what names no zone, as `CET-1` and
/// `:/etc/localtime`, and nobody wrote it for us: then there is a notice.
fn zone(
    asked: Option<&str>,
    tz: Option<&str>,
    of_desk: &str,
) -> Result<(TimeZone, Option<String>), Failure> {
    let named = |zone: &str| {
        TimeZone::get(zone).map_err(|_| Failure::Other(format!("there is no time zone {zone:?}")))
    };
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        return Ok((named(asked)?, None));
    }
    let Some(tz) = tz.filter(|tz| !tz.is_empty()) else { return Ok((named(of_desk)?, None)) };
    if let Ok(zone) = named(tz) {
        return Ok((zone, None));
    }
    let notice = format!("TZ={tz} names no zone; times are those of the desk's, {of_desk}");
    Ok((named(of_desk)?, Some(notice)))
}

/// How a story is shown.
struct Look {
    zone: TimeZone,
    colour: bool,
    width: usize,
}

/// The story as text: a heading for each day, an entry for each event, wrapped at the width.
fn told(story: &[Entry], look: &Look) -> String {
    let zone = look.zone.iana_name().unwrap_or("UTC");
    let mut text = look.faint(&format!("Times are those of {zone}.")) + "\n";
    let mut day = String::new();
    for entry in story {
        let (date, time) = local(entry.at, &look.zone);
        if date != day {
            text += &format!("\n{}\n", look.bold(&date));
            day = date;
        }
        let number = &entry.ticket.number;
        let lines = wrapped(&entry.text, look.width.saturating_sub(MARGIN));
        for (place, line) in lines.iter().enumerate() {
            let margin = match place {
                0 => format!("  {time}  {number:<6}"),
                _ => " ".repeat(MARGIN),
            };
            let margin = format!("{margin:<MARGIN$}");
            let margin = if entry.ticket.merged { look.faint(&margin) } else { margin };
            text += &format!("{margin}{line}\n");
        }
    }
    text
}

impl Look {
    fn bold(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn faint(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Date and time of day, in a zone.
fn local(at: Instant, zone: &TimeZone) -> (String, String) {
    let Ok(timestamp) = Timestamp::from_millisecond(at.millis()) else {
        return (at.to_string(), String::new());
    };
    let zoned = timestamp.to_zoned(zone.clone());
    (zoned.strftime("%A, %-d %B %Y").to_string(), zoned.strftime("%H:%M:%S").to_string())
}

/// A text in lines of at most `width` characters, broken between words; line breaks in it stay.
/// Control characters that people put into texts do nothing to a terminal.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut length = 0;
        for word in paragraph.split_whitespace() {
            let word: String = word.chars().filter(|c| !c.is_control()).collect();
            let letters = word.chars().count();
            if length > 0 && length + 1 + letters > width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line += &word;
            length += letters;
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// The terminal's width.
fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use docket_domain::party::ActorKind;
    use docket_projections::timeline::{EntryActor, EntryTicket};
    use uuid::Uuid;

    use super::*;

    fn entry(at: &str, number: &str, text: &str) -> Entry {
        Entry {
            at: at.parse().unwrap(),
            ticket: EntryTicket {
                id: Uuid::nil(),
                number: number.into(),
                merged: number == "1043",
            },
            position: 1,
            version: 1,
            event_type: "NoteAdded".into(),
            actor: EntryActor { kind: ActorKind::Agent, id: String::new(), name: None },
            text: text.into(),
        }
    }

    #[test]
    fn a_story_is_told_day_by_day_in_local_time_and_wrapped() {
        let story = [
            entry("2026-03-28T23:30:00Z", "1042", "Jan opened the ticket “Parcel lost” by e-mail."),
            entry(
                "2026-03-29T01:30:00Z",
                "1043",
                "Jan wrote by phone: “Where is it? I have been waiting for a week.\nPlease\u{1b}[31m answer.”",
            ),
        ];
        let zone = TimeZone::get("Europe/Warsaw").unwrap();
        insta::assert_snapshot!(told(&story, &Look { zone, colour: false, width: 60 }), @r"
        Times are those of Europe/Warsaw.

        Sunday, 29 March 2026
          00:30:00  1042  Jan opened the ticket “Parcel lost” by
                          e-mail.
          03:30:00  1043  Jan wrote by phone: “Where is it? I have
                          been waiting for a week.
                          Please[31m answer.”
        ");
    }

    #[test]
    fn a_zone_that_was_asked_for_must_be_one_and_tz_need_not() {
        let chosen = |asked, tz| {
            let (zone, notice) = zone(asked, tz, "Europe/Warsaw").unwrap();
            format!("{} {}", zone.iana_name().unwrap(), notice.unwrap_or_default())
        };
        assert_eq!(chosen(Some("Asia/Tokyo"), Some("CET-1")), "Asia/Tokyo ");
        assert_eq!(chosen(None, Some("Asia/Tokyo")), "Asia/Tokyo ");
        assert_eq!(chosen(None, Some("")), "Europe/Warsaw ");
        assert_eq!(
            chosen(None, Some(":/etc/localtime")),
            "Europe/Warsaw TZ=:/etc/localtime names no zone; times are those of the desk's, Europe/Warsaw"
        );
        assert!(zone(Some("CET-1"), None, "Europe/Warsaw").is_err());
    }
}
