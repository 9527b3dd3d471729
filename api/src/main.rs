//! The docket binary.

use std::process::ExitCode;

use clap::Parser;
use docket_api::cli::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("docket: {failure}");
            ExitCode::FAILURE
        }
    }
}
