//! The HTTP server: built from options, the same for `serve`, `demo` and every test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use docket_projections::sla_clocks::report::Reports;
use docket_store::Clock;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use utoipa_actix_web::AppExt;

use crate::config::Config;
use crate::docket::{Docket, StartError};
use crate::{gate, head, openapi, routes, workers};

/// How long running requests may take to end once the server stops.
const DRAIN_SECONDS: u64 = 10;

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// A server that listens.
pub struct Server {
    /// Where.
    pub address: SocketAddr,
    /// What it serves.
    pub docket: Arc<Docket>,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
    workers: Vec<JoinHandle<()>>,
}

/// Opens the store and listens. Requests are welcome (`/readyz`) once [`Docket::set_ready`] is
/// called: whoever starts a server has something to say first.
pub async fn start(config: &Config, clock: Clock) -> Result<Server, StartError> {
    // An address that is taken must not cost a store; until it listens, callers are refused.
    let cannot = || StartError::io(format!("cannot listen on {}", config.listen));
    let socket = reserve(config.listen).map_err(cannot())?;
    let docket = Arc::new(Docket::open(config, clock).await?);
    let data = web::Data::from(docket.clone());
    let reports = web::Data::new(Reports::default());
    let http = HttpServer::new(move || {
        App::new()
            .into_utoipa_app()
            .configure(routes::configure)
            .configure(openapi::configure)
            .app_data(data.clone())
            .app_data(reports.clone())
            .map(|app| app.wrap(from_fn(gate::pass)).wrap(from_fn(head::answer)))
            .into_app()
    })
    .workers(config.workers.max(1))
    .tcp_nodelay(true)
    .client_request_timeout(HEADER_TIMEOUT)
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .listen(socket.listen(BACKLOG).and_then(TcpListener::into_std).map_err(cannot())?)
    .map_err(cannot())?;
    let address = http.addrs().first().copied().unwrap_or(config.listen);
    let server = http.run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    let workers = workers::start(&docket);
    Ok(Server { address, docket, handle, running, workers })
}

/// Takes an address for this process, without listening on it.
fn reserve(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A server that was just stopped does not keep its address from the next one.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Server {
    /// Stops: readiness goes off, streams end, running requests get ten seconds, and what waits is
    /// written down.
    pub async fn stop(self) {
        self.docket.stop();
        self.handle.stop(true).await;
        for worker in self.workers {
            worker.abort();
        }
        self.docket.close().await;
    }

    /// Serves until the process is asked to end (SIGINT, SIGTERM) or the server fails.
    pub async fn until_asked_to_stop(mut self) -> Result<(), StartError> {
        tokio::select! {
            ended = &mut self.running => if let Ok(Err(reason)) = ended {
                return Err(StartError::io("the server failed")(reason));
            },
            () = asked_to_stop() => tracing::info!("stopping; running requests get ten seconds"),
        }
        self.stop().await;
        Ok(())
    }
}

/// Resolves when the process is asked to end (SIGINT, SIGTERM).
pub async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        },
        Err(_) => drop(interrupted.await),
    }
}
