//! `docket openapi`: the contract as a document.

use std::io::Write;

use super::Failure;

/// Nothing to choose.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  docket openapi > openapi.json")]
pub struct Args {}

/// Prints the document.
pub fn run(_: &Args) -> Result<(), Failure> {
    let text = crate::openapi::collect().to_pretty_json();
    let text = text.map_err(|error| Failure::Other(error.to_string()))?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
