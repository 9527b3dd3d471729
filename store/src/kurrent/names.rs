//! What Docket's streams are called in KurrentDB, so that they are told from those of other programs and of
//! other logs: by how their names begin. Nothing else is asked for, and nothing else is sent.

use std::sync::Arc;

use eventstore::SubscriptionFilter;

use super::Settings;
use crate::{Append, StoreError};

/// How the names of Docket's streams begin. No other category of streams can be read
/// (`docket_domain::codec`), so none is ever written.
pub const STREAMS: [&str; 6] =
    ["ticket-", "customer-", "agent-", "token-", "definition-", "reapplication-"];

/// How the prefixes of tests begin that write to a server which others use, too. No desk's may.
pub const TESTS: &str = "docket-test-";

/// The option in the URL that names the prefix. No client of KurrentDB knows it.
const OPTION: &str = "streamprefix";

/// Characters of a prefix, at most.
const LONGEST: usize = 64;

/// Events that the server looks through at a time: as many as it is asked for would be a message to itself for
/// every few dozen.
const WINDOW: u32 = 1_024;

/// The names of a log's streams.
#[derive(Clone)]
pub(super) struct Names {
    prefix: Arc<str>,
    /// How they begin, the prefix included.
    begin: Arc<[String]>,
}

impl Names {
    /// Reads the prefix out of a URL, and answers the URL without it; one that is not there is that of the
    /// settings.
    pub fn read(url: &str, settings: &Settings) -> Result<(Self, String), StoreError> {
        let (url, of_url) = without_option(url);
        if of_url.as_ref().is_some_and(|prefix| prefix.starts_with(TESTS)) {
            return Err(refused(&format!("one that begins with {TESTS} is for tests")));
        }
        let prefix = of_url.unwrap_or_else(|| settings.prefix.clone());
        check(&prefix)?;
        let begin = settings.streams.iter().map(|stream| format!("{prefix}{stream}"));
        Ok((Self { begin: begin.collect(), prefix: prefix.into() }, url))
    }

    /// What a stream is called in KurrentDB.
    pub fn of(&self, stream: &str) -> String {
        format!("{}{stream}", self.prefix)
    }

    /// The stream that has this name in KurrentDB; `None` where it is somebody else's.
    pub fn own<'a>(&self, name: &'a str) -> Option<&'a str> {
        let own = self.begin.iter().any(|begin| name.starts_with(begin.as_str()));
        name.strip_prefix(&*self.prefix).filter(|_| own)
    }

    /// Refuses an append whose events would never be found again.
    pub fn refuse_others(&self, append: &Append) -> Result<(), StoreError> {
        let mut writes = append.writes.iter().filter(|write| !write.events.is_empty());
        match writes.find(|write| self.own(&self.of(&write.stream)).is_none()) {
            None => Ok(()),
            Some(write) => Err(StoreError::Refused(format!(
                "{} is not the name of a stream of Docket's, so it would not be found in KurrentDB",
                write.stream
            ))),
        }
    }

    /// What the server leaves out: all streams but these.
    pub fn filter(&self) -> SubscriptionFilter {
        let filter = SubscriptionFilter::on_stream_name().max(WINDOW);
        self.begin.iter().fold(filter, |filter, begin| filter.add_prefix(begin))
    }
}

fn without_option(url: &str) -> (String, Option<String>) {
    let Some((place, options)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (mut left, mut prefix) = (Vec::new(), None);
    for option in options.split('&') {
        match option.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case(OPTION) => {
                prefix = Some(value.to_owned());
            }
            _ => left.push(option),
        }
    }
    let options = left.join("&");
    let mark = if options.is_empty() { "" } else { "?" };
    (format!("{place}{mark}{options}"), prefix)
}

/// Without these rules the streams of one log could be named as those of another.
fn check(prefix: &str) -> Result<(), StoreError> {
    let proper = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    if prefix.is_empty() {
        return Ok(());
    }
    if prefix.len() > LONGEST || !prefix.chars().all(proper) || !prefix.ends_with('-') {
        let rule =
            "it has at most 64 letters, digits, dots, dashes and underscores, the last a dash";
        return Err(refused(rule));
    }
    match STREAMS.iter().find(|stream| prefix.contains(**stream)) {
        None => Ok(()),
        Some(stream) => Err(refused(&format!("{stream} in it is how streams of a desk begin"))),
    }
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(format!("streamPrefix in the URL of KurrentDB is not to be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(Names, String), StoreError> {
        Names::read(url, &Settings::default())
    }

    #[test]
    fn a_url_names_the_prefix_and_the_client_never_sees_it() {
        let (names, url) = read("esdb://h:1?tls=false&streamPrefix=north-&x=1").unwrap();
        assert_eq!(url, "esdb://h:1?tls=false&x=1");
        assert_eq!(names.of("ticket-1"), "north-ticket-1");
        assert_eq!(names.own("north-ticket-1"), Some("ticket-1"));
        let (names, url) = read("esdb://h:1?streamPrefix=north-").unwrap();
        assert_eq!((url.as_str(), names.of("agent-1").as_str()), ("esdb://h:1", "north-agent-1"));
        let (names, url) = read("esdb://h:1").unwrap();
        assert_eq!((url.as_str(), names.of("agent-1").as_str()), ("esdb://h:1", "agent-1"));
    }

    #[test]
    fn the_streams_of_one_log_are_none_of_another() {
        let own = |url: &str, name: &str| read(url).unwrap().0.own(name).is_some();
        let (plain, north) = ("esdb://h", "esdb://h?streamPrefix=north-");
        assert!(own(plain, "ticket-1") && own(north, "north-ticket-1"));
        for name in ["north-ticket-1", "docket-test-7-ticket-1", "orders-1", "$stats-1", "tickets"]
        {
            assert!(!own(plain, name), "{name}");
        }
        for name in ["ticket-1", "north-2-ticket-1", "north-orders-1"] {
            assert!(!own(north, name), "{name}");
        }
    }

    #[test]
    fn a_prefix_that_could_be_confused_is_refused() {
        let longest = "a".repeat(64) + "-";
        for prefix in
            ["north", "$north-", "docket-test-1-", "ticket-", "x-agent-y-", "ü-", &longest]
        {
            let refused = read(&format!("esdb://me:s3cret@h?streamPrefix={prefix}")).map(drop);
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("streamPrefix") && !refused.contains("s3cret"), "{refused}");
        }
    }
}
