//! Whose turn it is to project. One node at a time holds the lease and writes; the others look on,
//! serve reads, pass on what they are asked for, and take over when it ends.

use std::time::Duration;

use docket_store::Position;

use super::ProjectionError;
use super::work::{LONGEST_REST, REST, Running, Work, stopped};
use crate::documents::Documents;

/// How long a lease lasts, and how often it is renewed.
const LEASE: Duration = Duration::from_secs(15);
const RENEW: Duration = Duration::from_secs(5);

/// How often a node that does not project looks how far the views are.
const LOOK: Duration = Duration::from_millis(25);

/// Events read at once to learn which names changed.
const EVENTS: usize = 1024;

impl Work {
    pub async fn run(self) {
        let mut rest = REST;
        let mut stopping = self.stopping.clone();
        while !*self.stopping.borrow() {
            match self.turn().await {
                Ok(()) => rest = REST,
                Err(error) => {
                    tracing::warn!(%error, "the views cannot be followed; trying again");
                    self.progress.failed(error.to_string());
                    tokio::select! {
                        () = tokio::time::sleep(rest) => rest = (rest * 2).min(LONGEST_REST),
                        () = stopped(&mut stopping) => {}
                    }
                    self.find_again().await;
                }
            }
        }
        // Another node takes over at once; if this fails, when the lease ends.
        if let Err(error) = self.documents.give_back().await {
            tracing::debug!(%error, "the lease of the views was not given back");
        }
    }

    /// One turn: to project until another node does, or to look on until nobody does.
    async fn turn(&self) -> Result<(), ProjectionError> {
        self.progress.leads(false);
        // The release that comes last builds its tables, or no server of it would ever be ready.
        let held_by_older = self.documents.is_older(&self.registry).await?;
        if !self.documents.take(LEASE, held_by_older).await? {
            return self.look_on().await;
        }
        self.progress.leads(true);
        let mut stopping = self.stopping.clone();
        let lead = async {
            // The first build may take minutes; what is left of it is dropped at the next start.
            let running = tokio::select! {
                started = Running::start(self.clone()) => started?,
                () = stopped(&mut stopping) => return Ok(()),
            };
            running.follow().await;
            Ok(())
        };
        tokio::select! {
            led = lead => led,
            () = keep(&self.documents) => {
                tracing::warn!("another node projects the views now");
                Ok(())
            }
        }
    }

    /// Follows the node that projects until there is none, or one of an older release.
    async fn look_on(&self) -> Result<(), ProjectionError> {
        let mut stopping = self.stopping.clone();
        let mut asked = self.asked.lock().await;
        let mut seen = self.progress.cursor();
        let mut erasures = 0;
        while !*stopping.borrow() {
            let standing = self.documents.standing().await?;
            if standing.is_free {
                return Ok(());
            }
            self.documents.look_up_tables().await?;
            seen = self.forget_names(seen, standing.cursor).await?;
            if std::mem::replace(&mut erasures, standing.erasures) != standing.erasures {
                self.names.forget_all();
            }
            let (building, complete) = self.documents.building(&self.registry).await?;
            self.progress.looks_on(standing.cursor, &building, complete);
            if !complete && self.documents.is_older(&self.registry).await? {
                return Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                Some(command) = asked.recv() => self.pass_on(command),
                () = stopped(&mut stopping) => {}
            }
        }
        Ok(())
    }

    /// Forgets the names that changed behind a position, up to `cursor` at least: what another node
    /// projected may lie beyond the log's end as this one knows it. Answers up to where that was.
    async fn forget_names(
        &self,
        mut seen: Position,
        cursor: Position,
    ) -> Result<Position, ProjectionError> {
        while self.reader.store.head().max(cursor) > seen {
            let events = self.reader.store.written(seen, EVENTS).await?;
            let Some(last) = events.last() else { break };
            seen = last.position;
            for event in &events {
                self.names.forget(&event.stream);
            }
        }
        Ok(seen)
    }

    /// Looks for the database, which may have another primary by now.
    pub(super) async fn find_again(&self) {
        if let Err(error) = self.documents.find_again().await {
            tracing::debug!(%error, "the database of the views is not found yet");
        }
    }
}

/// Renews the lease until it is lost. Where it cannot be renewed, whoever writes finds out.
async fn keep(documents: &Documents) {
    loop {
        tokio::time::sleep(RENEW).await;
        match documents.renew(LEASE).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "the lease of the views cannot be renewed"),
        }
    }
}
