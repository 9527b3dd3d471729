//! A desk whose server ended and came back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use docket_api::config::Options;
use docket_api::server;

use super::{Desk, config, ready};

impl Desk {
    /// Stops the server and starts it again, on a port of its own, with all that is kept.
    pub async fn restarted(self) -> Self {
        let Self { server, mut admin, mut callers, mut anonymous, data, clock, database, .. } =
            self;
        let (store, views) = (self.store, self.views);
        server.stop().await;
        let options = Options { store: store.clone(), views: views.clone(), ..Options::default() };
        let config = config(data.path(), options);
        let reading = clock.clone();
        let server = server::start(&config, Arc::new(move || reading.load(Ordering::SeqCst)));
        let server = server.await.expect("the server starts");
        for caller in callers.values_mut().chain([&mut admin, &mut anonymous]) {
            caller.url = format!("http://{}", server.address);
        }
        server.docket.set_ready();
        ready(&server).await;
        Self {
            server,
            admin,
            callers,
            anonymous,
            ann: self.ann,
            data,
            clock,
            store,
            views,
            database,
            #[cfg(feature = "kurrentdb")]
            kurrent: self.kurrent,
        }
    }
}
