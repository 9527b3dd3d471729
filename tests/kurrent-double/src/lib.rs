//! A double of KurrentDB's protocol, for tests.
//!
//! It shows the protocol **as we understand it**, not how KurrentDB behaves: what passes here has been
//! run against this double, and against no server. What it has over a server is that it fails when it
//! is told to: see [`Fault`]. Built from the protocol files that ship with the client (see `proto/`);
//! it keeps its log in memory, and answers appends, batch appends and reads. Deliberately absent:
//! subscriptions, deletion, users and TLS. Of a cluster there is who leads, and no vote. What is absent is answered as unimplemented.

#![expect(clippy::result_large_err, reason = "the errors are tonic's")]

mod all;
mod batches;
mod cluster;
mod counts;
mod faults;
mod log;
mod proto;
mod quick;
mod reads;
mod streams;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use docket_test_servers::free_port;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tonic::transport::Server;

use self::cluster::Nodes;
pub use self::counts::Counts;
pub use self::faults::{Fault, Faults};
pub use self::log::{Answer, Expected, Kept, Log, Proposed};
use self::quick::Incoming;
use self::streams::Service;

/// The longest message it takes in; a server has a limit of its own.
const LARGEST_MESSAGE: usize = 64 << 20;

/// How long its threads may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running double, on a port and threads of its own.
pub struct Double {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    faults: Arc<Faults>,
    counts: Arc<Counts>,
    nodes: Nodes,
    /// `None` while it is stopped.
    server: Option<Runtime>,
}

impl Double {
    /// Starts one with an empty log.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        Self::start_node(Arc::default(), Nodes::default()).await
    }

    /// Starts another node of the same log, with faults of its own. It leads once those before it are
    /// stopped; until then it answers what is asked of the leader with where that is.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start_another(&self) -> Self {
        Self::start_node(Arc::clone(&self.log), self.nodes.clone()).await
    }

    async fn start_node(log: Arc<Mutex<Log>>, nodes: Nodes) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut double = Self {
            address,
            log,
            faults: Arc::default(),
            counts: Arc::default(),
            nodes,
            server: None,
        };
        // A port that was free a moment ago may be another process' by now.
        while !double.listens().await {
            double.address.set_port(free_port());
        }
        double
    }

    /// Where it is, as the client wants it.
    pub fn url(&self) -> String {
        // The client sleeps so long before its first connection, half a second unless it is told.
        format!("esdb://{}?tls=false&discoveryInterval=5", self.address)
    }

    /// Where it and another node are, as the client wants it: it asks them who leads.
    pub fn url_with(&self, other: &Self) -> String {
        let (one, other) = (self.address, other.address);
        format!("esdb://{one},{other}?tls=false&discoveryInterval=5")
    }

    /// How to make it fail.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What reading `$all` has cost.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Its log, to look into.
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it as a kill would: every connection is cut, nothing is answered any more.
    pub fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.nodes.leave(self.address);
            // Its port is free afterwards. A thread, since a test's runtime must not be blocked by another.
            let ending = std::thread::spawn(move || server.shutdown_timeout(PATIENCE));
            // A thread that only waits cannot panic.
            let _ = ending.join();
        }
    }

    /// Starts it on the same port, with the log as it was.
    ///
    /// # Panics
    /// When another process has taken the port meanwhile.
    pub async fn start_again(&mut self) {
        assert!(self.listens().await, "{} is another process' by now", self.address);
    }

    /// Starts it on its port, unless another process has that.
    #[expect(clippy::expect_used, reason = "a double that cannot start fails its test")]
    async fn listens(&mut self) -> bool {
        self.stop();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kurrent-double")
            .enable_all()
            .build()
            .expect("threads");
        let (bound, address) = oneshot::channel();
        let (wanted, log, faults) = (self.address, Arc::clone(&self.log), Arc::clone(&self.faults));
        let (counts, nodes) = (Arc::clone(&self.counts), self.nodes.clone());
        runtime.spawn(async move {
            // Whoever waits for the address learns that there is none.
            let Ok(listener) = TcpListener::bind(wanted).await else { return };
            let address = listener.local_addr().expect("a bound port has an address");
            let incoming = Incoming { listener, faults: Arc::clone(&faults) };
            let service = Service { address, log, faults, counts, nodes: nodes.clone() };
            let streams = proto::StreamsServer::new(service.clone())
                .max_decoding_message_size(LARGEST_MESSAGE)
                .max_encoding_message_size(LARGEST_MESSAGE);
            let features = proto::ServerFeaturesServer::new(service);
            // Whoever started it waits for this.
            let _ = bound.send(address);
            Server::builder()
                .add_service(streams)
                .add_service(features)
                .add_service(proto::GossipServer::new(nodes))
                .serve_with_incoming(incoming)
                .await
                .expect("it serves");
        });
        self.server = Some(runtime);
        let Ok(address) = address.await else { return false };
        self.address = address;
        self.nodes.join(address);
        true
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.stop();
    }
}
