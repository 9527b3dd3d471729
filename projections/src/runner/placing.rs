//! Letting tables take the places of those in use: new ones, and those that were kept.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tokio::sync::oneshot;

use super::ProjectionError;
use super::build::{self, Built, CatchUp};
use super::work::{Building, Reply, Running};
use crate::documents::{Build, Kept, Move, Table};
use crate::view::Registered;

impl Running {
    /// Sees to views that have no table in use: one that was put aside by another release is taken
    /// back, all others are built.
    pub async fn complete(&mut self, missing: Vec<Registered>) -> Result<(), ProjectionError> {
        let mut to_build = Vec::new();
        for view in missing {
            match self.work.documents.kept(&view).await? {
                Some(kept) if kept.at <= self.cursor => {
                    self.waiting.push((built_of(view, &kept), vec![view], oneshot::channel().0));
                }
                _ => to_build.push(view),
            }
        }
        self.put_in_place().await;
        if !to_build.is_empty() {
            self.build(to_build, oneshot::channel().0);
        }
        Ok(())
    }

    /// Begins builds again, of views that have a table in use, that ended with whoever projected
    /// before: what they had is dropped.
    pub fn begin_again(&mut self, begun: &[Build], in_use: &[(Registered, Table)]) {
        let is_begun = |view: &str| begun.iter().any(|build| build.view == view);
        let views = in_use.iter().map(|(view, _)| *view);
        let again: Vec<Registered> = views.filter(|view| is_begun(view.name)).collect();
        for view in again {
            tracing::info!(view.name, "its table was being built, and is begun again");
            self.build(vec![view], oneshot::channel().0);
        }
    }

    /// Puts the table that a view had before in use again, brought forward to now.
    pub async fn take_back(&mut self, view: Registered, reply: Reply) {
        if self.work.progress.is_building(view.name) {
            let why = format!("{} is being built; it can be taken back after that", view.name);
            let _ = reply.send(Err(ProjectionError::Refused(why)));
            return;
        }
        let answer = match self.work.documents.kept(&view).await {
            Ok(Some(kept)) => {
                self.waiting.push((built_of(view, &kept), vec![view], reply));
                return self.put_in_place().await;
            }
            Ok(None) => Err(ProjectionError::NothingKept(view.name.to_owned())),
            Err(error) => Err(error.into()),
        };
        // Whoever asked may have gone; then nobody needs the answer.
        let _ = reply.send(answer);
    }

    /// Begins to build tables beside those in use. Whoever asks for one that is being built already
    /// is answered with who asked first.
    pub fn build(&mut self, views: Vec<Registered>, reply: Reply) {
        if let Err(view) = self.work.progress.builds(&views) {
            self.joined.push((view, reply));
            return;
        }
        let (reader, documents) = (self.work.reader.clone(), self.work.documents.clone());
        self.builds.spawn(async move {
            let building = AssertUnwindSafe(build::beside(&reader, &documents, &views));
            let built = building.catch_unwind().await.unwrap_or(Err(ProjectionError::Stopped));
            Building { built, views, reply }
        });
    }

    /// Lets tables take their places whose building came to its end.
    pub async fn place(&mut self, Building { built, views, reply }: Building) {
        match built {
            Ok(built) => self.waiting.push((built, views, reply)),
            Err(error) => self.failed(&views, reply, error),
        }
        self.put_in_place().await;
    }

    /// Lets tables that were built take their places, once the cursor has reached them.
    pub async fn put_in_place(&mut self) {
        let (now, later) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(b, ..)| b.at <= self.cursor);
        self.waiting = later;
        for (built, views, reply) in now {
            let tables = built.tables.clone();
            let before = self.work.documents.in_use(&views);
            let put = self.put(built).await;
            if let Err(error) = &put {
                self.in_doubt |= error.leaves_in_doubt();
                build::discard(&self.work.documents, &tables).await;
            }
            if !self.refolded.is_empty()
                && let Err(error) = self.work.documents.scrub().await
            {
                tracing::error!(%error, "erased text may still stand in the views' file");
            }
            match put {
                Ok(()) => {
                    self.stands(&views);
                    let reply = self.with_joined(&views, reply);
                    self.compare(&before, &tables, reply).await;
                }
                Err(error) => self.failed(&views, reply, error),
            }
        }
        if self.builds.is_empty() && self.waiting.is_empty() {
            self.refolded.clear();
        }
    }

    async fn put(&mut self, built: Built) -> Result<(), ProjectionError> {
        let tables = built.tables.clone();
        let mut changes = Vec::new();
        let mut catching_up = CatchUp::new(&self.work.reader, &self.work.documents, built);
        catching_up.until(self.cursor).await?;
        for stream in &self.refolded {
            changes.extend(catching_up.projector.refold(stream, self.cursor).await?);
        }
        self.work.documents.write(&changes, &[], None).await?;
        for (view, _) in &tables {
            self.compare_no_more(Some(view.name)).await;
        }
        let stays = Move { from: self.cursor, to: self.cursor };
        self.work.documents.flip(&tables, &catching_up.parked, stays).await?;
        self.projector.retarget(&tables);
        self.projector.parks(&catching_up.parked);
        Ok(())
    }

    fn failed(&mut self, views: &[Registered], reply: Reply, error: ProjectionError) {
        tracing::error!(%error, "a view could not be built");
        self.stands(views);
        let _ = self.with_joined(views, reply).send(Err(error));
    }

    /// One reply for all who asked for tables of these views.
    fn with_joined(&mut self, views: &[Registered], reply: Reply) -> Reply {
        let of_these = |joined: &str| views.iter().any(|view| view.name == joined);
        let joined: Vec<Reply> = self
            .joined
            .extract_if(.., |(view, _)| of_these(view))
            .map(|(_, reply)| reply)
            .collect();
        if joined.is_empty() { reply } else { to_all(reply, joined) }
    }

    /// Nothing is built for these views any more.
    fn stands(&self, views: &[Registered]) {
        self.work.progress.built(views);
        if self.projector.targets().len() == self.work.registry.len() {
            self.work.progress.ready();
        }
    }
}

/// Passes an answer on to whoever asked first, and to those who joined.
fn to_all(first: Reply, joined: Vec<Reply>) -> Reply {
    let (reply, answered) = oneshot::channel();
    tokio::spawn(async move {
        let answer = answered.await.unwrap_or(Err(ProjectionError::Stopped));
        for reply in joined {
            let why_not = |error: &ProjectionError| ProjectionError::Refused(error.to_string());
            let _ = reply.send(answer.as_ref().map_err(why_not).map(drop));
        }
        let _ = first.send(answer);
    });
    reply
}

fn built_of(view: Registered, kept: &Kept) -> Built {
    Built { tables: vec![(view, kept.table.clone())], at: kept.at, parked: kept.parked() }
}
