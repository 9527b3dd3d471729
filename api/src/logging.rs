//! Log lines: for people on a terminal, JSON elsewhere.
//!
//! What is logged names routes by pattern, requests by id, and nothing personal: no texts, names,
//! addresses, secrets, nor targets with their queries.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// Starts logging to standard error; `DOCKET_LOG` filters, `info` unless said. Does nothing when
/// logging has started already.
pub fn start(format: Option<LogFormat>) {
    let by_terminal =
        || if std::io::stderr().is_terminal() { LogFormat::Human } else { LogFormat::Json };
    // Foreign crates log what they like, statements and targets included: only their warnings. And of
    // the parser of requests nothing, since anybody could fill the log with what is none.
    let filter = EnvFilter::try_from_env("DOCKET_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,actix_http::h1::dispatcher=off,docket=info,docket_api=info,docket_commands=info,docket_projections=info,docket_store=info"));
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(coloured)
        .with_writer(std::io::stderr);
    let started = match format.unwrap_or_else(by_terminal) {
        LogFormat::Human => lines.compact().finish().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had started already");
    }
}
