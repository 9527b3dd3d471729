//! `docket token`: tokens on a store that no server holds.

use std::io::Write;

use clap::{Subcommand, ValueEnum};
use docket_commands::Request;
use docket_domain::ids::{AgentId, TokenId};
use docket_domain::party::{Actor, ActorKind};
use docket_domain::token::{Issued, Role};
use uuid::Uuid;

use super::Failure;
use crate::auth;
use crate::config::Config;
use crate::docket::Docket;

/// What to do with tokens.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket token create --name ann --role agent --agent 0192f0c1-…
  docket token create --name grafana --role analyst
  docket token list
  docket token revoke 0192f0c1-…

While a server holds the store, use /v1/tokens instead.")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Issue a token and print its secret, this once
    #[command(after_help = "Examples:
  docket token create --name grafana --role analyst
  docket token create --name ann --role agent --agent 0192f0c1-7c1e-7b1d-9a55-3d2c51d1a001")]
    Create {
        /// What people call it
        #[arg(long)]
        name: String,
        /// What it may do
        #[arg(long)]
        role: RoleArg,
        /// The id of the agent who acts with it
        #[arg(long)]
        agent: Option<Uuid>,
    },
    /// List the tokens
    #[command(after_help = "Example:\n  docket token list --data /var/lib/docket")]
    List,
    /// Revoke a token
    #[command(after_help = "Example:
  docket token revoke 0192f0c1-7c1e-7b1d-9a55-3d2c51d1a001")]
    Revoke {
        /// Its id
        id: Uuid,
    },
}

/// What a token may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    /// Works tickets
    Agent,
    /// Works tickets and sees how the desk does
    Supervisor,
    /// Reads everything, the access log included
    Auditor,
    /// Reads everything but the access log
    Analyst,
    /// May do everything
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Agent => Self::Agent,
            RoleArg::Supervisor => Self::Supervisor,
            RoleArg::Auditor => Self::Auditor,
            RoleArg::Analyst => Self::Analyst,
            RoleArg::Admin => Self::Admin,
        }
    }
}

/// Does it.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    if !matches!(args.action, Action::Create { .. }) {
        super::must_be_there(&config)?;
    }
    let docket = Docket::open(&config, super::clock()).await?;
    let done = act(&docket, args.action).await;
    docket.close().await;
    done
}

async fn act(docket: &Docket, action: Action) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    match action {
        Action::Create { name, role, agent } => {
            let secret = auth::mint()?;
            issue(docket, name.trim(), role.into(), agent.map(AgentId), &secret).await?;
            writeln!(out, "{secret}")?;
        }
        Action::List => {
            for known in docket.desk.tokens().await? {
                let state = if known.token.revoked { "revoked" } else { "valid" };
                let Issued { name, role, .. } = known.token.issued;
                writeln!(out, "{}  {state:7}  {role:?}  {name}", known.id)?;
            }
        }
        Action::Revoke { id } => {
            docket.desk.revoke_token(&request(docket), TokenId(id)).await?;
        }
    }
    Ok(())
}

/// Issues a token with this secret, in the name of whoever operates the machine.
pub async fn issue(
    docket: &Docket,
    name: &str,
    role: Role,
    agent: Option<AgentId>,
    secret: &str,
) -> Result<(), Failure> {
    let secret_sha256 = auth::fingerprint(secret);
    let issued = Issued { name: name.to_owned(), role, agent, secret_sha256 };
    docket.desk.issue_token(&request(docket), issued).await?;
    docket.tokens.reload(&*docket.store).await?;
    Ok(())
}

fn request(docket: &Docket) -> Request {
    let mut request = Request::system("command line", Uuid::now_v7());
    request.actor = Actor::new(ActorKind::Admin, "command line");
    request.client = Some("command line".to_owned());
    request.fingerprint = docket.desk.fingerprint(b"command line");
    request
}
