//! The docket binary.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use docket_api::cli::{self, Cli, Failure};
use rustix::fs::Mode;
use rustix::process::umask;

/// Commands allocate many small things on one thread and free them on another; this allocator is made
/// for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a shell answers for a program that ended because nobody read on (128 + SIGPIPE).
const NOBODY_READS_ON: u8 = 141;

#[tokio::main]
async fn main() -> ExitCode {
    // Whatever is written here may hold personal data, also where the folder is open to others.
    umask(Mode::RWXG | Mode::RWXO);
    match cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Io(error)) if error.kind() == ErrorKind::BrokenPipe => NOBODY_READS_ON.into(),
        Err(failure) => {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "docket: {failure}");
            ExitCode::FAILURE
        }
    }
}
