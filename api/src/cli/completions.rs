//! `docket completions`: what a shell needs to complete the command line.

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
    clap_complete::generate(args.shell, &mut Cli::command(), "docket", &mut std::io::stdout());
    Ok(())
}
