//! The docket binary.

use std::process::ExitCode;

use clap::Parser;
use docket_api::cli::{self, Cli};

/// Commands allocate many small things on one thread and free them on another; this allocator is made
/// for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
