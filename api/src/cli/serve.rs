//! `docket serve`: the API on a durable store.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use docket_domain::token::Role;

use super::{Failure, token};
use crate::config::Config;
use crate::docket::Docket;
use crate::server;

/// The file, in the data folder, of the first administrator's token.
const ADMIN_TOKEN: &str = "admin.token";

/// Nothing to choose beside the common options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket serve
  docket serve --listen 127.0.0.1:9000 --data /var/lib/docket
  DOCKET_LOG=debug docket serve --log-format json")]
pub struct Args {}

/// Serves until the process is asked to end.
pub async fn run(_: Args, config: Config) -> Result<(), Failure> {
    let server = server::start(&config, super::clock()).await?;
    if server.docket.desk.tokens().await?.is_empty() {
        let file = config.data.join(ADMIN_TOKEN);
        first_token(&server.docket, &file).await?;
        writeln!(std::io::stdout(), "An administrator's token is in {}", file.display())?;
    }
    server.docket.set_ready();
    writeln!(std::io::stdout(), "Docket listens on http://{}", server.address)?;
    tracing::info!(address = %server.address, "ready");
    Ok(server.until_asked_to_stop().await?)
}

/// Issues an administrator's token on a store that holds none, and writes it where only the owner
/// of the data folder reads it. The file is written first: a token nobody knows is worth nothing,
/// and a file without a token is overwritten at the next start.
async fn first_token(docket: &Docket, file: &Path) -> Result<(), Failure> {
    let secret = crate::auth::mint()?;
    let temporary = file.with_extension("new");
    // What a start that was killed left behind must not keep its permissions.
    if temporary.exists() {
        std::fs::remove_file(&temporary)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let mut writing = options.write(true).create_new(true).mode(0o600).open(&temporary)?;
    writing.write_all(secret.as_bytes())?;
    writing.write_all(b"\n")?;
    writing.sync_all()?;
    std::fs::rename(&temporary, file)?;
    token::issue(docket, "first administrator", Role::Admin, None, &secret).await
}
