//! `docket completions`: what a shell needs to complete the command line.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Failure};

/// Which shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  docket completions bash > /etc/bash_completion.d/docket")]
pub struct Args {
    /// The shell.
    shell: Shell,
}

/// Prints the completions.
pub fn run(args: &Args) -> Result<(), Failure> {
    // Made whole first: the generator panics where it cannot write.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "docket", &mut text);
    Ok(std::io::stdout().write_all(&text)?)
}
