//! Holding a table that took its place against the one before, at the same position: beside what goes
//! on, so that it holds nothing up, and costs nothing where it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinHandle;

use super::status::Progress;
use super::work::{Reply, Running};
use crate::documents::{Differences, Snapshot, Table};
use crate::view::Registered;

/// A comparison that goes on; it ends with this.
pub(super) struct Comparing {
    view: &'static str,
    stops: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Drop for Comparing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// Says in how much tables differ from those whose place they have just taken; answers when that is
    /// known, or will not be.
    pub async fn compare(
        &mut self,
        before: &[(Registered, Table)],
        now: &[(Registered, Table)],
        reply: Reply,
    ) {
        self.comparing.retain(|comparing| !comparing.task.is_finished());
        let of = |view: &Registered| now.iter().find(|(it, _)| it.name == view.name);
        let pairs: Vec<(Table, Table)> = before
            .iter()
            .filter_map(|(view, before)| Some((before.clone(), of(view)?.1.clone())))
            .collect();
        let Some(view) = pairs.first().map(|(table, _)| table.view) else {
            // Whoever asked may have gone; then nobody needs the answer.
            let _ = reply.send(Ok(()));
            return;
        };
        // Before the next batch: the table before is not written any more.
        let snapshot = match self.work.documents.snapshot().await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::warn!(%error, view, "a table is not compared with the one before");
                let _ = reply.send(Ok(()));
                return;
            }
        };
        let stops = Arc::new(AtomicBool::new(false));
        let goes_on = compare(snapshot, pairs, self.work.progress.clone(), stops.clone(), reply);
        self.comparing.push(Comparing { view, stops, task: tokio::spawn(goes_on) });
    }

    /// Ends comparisons, of one view or of all: the table before must be free to go.
    pub async fn compare_no_more(&mut self, view: Option<&str>) {
        for comparing in &mut self.comparing {
            if view.is_none_or(|view| comparing.view == view) {
                comparing.stops.store(true, Ordering::Relaxed);
                // It panics no more than this task, and then it has ended, too.
                let _ = (&mut comparing.task).await;
            }
        }
        self.comparing.retain(|comparing| !comparing.stops.load(Ordering::Relaxed));
    }
}

async fn compare(
    mut snapshot: Snapshot,
    pairs: Vec<(Table, Table)>,
    progress: Arc<Progress>,
    stops: Arc<AtomicBool>,
    reply: Reply,
) {
    for (before, now) in &pairs {
        let goes_on = || !stops.load(Ordering::Relaxed);
        let view = now.view;
        match snapshot.differences((&before.name, &now.name), goes_on).await {
            Ok(Some(differences)) => {
                if differences != Differences::default() {
                    let Differences { rows, sums } = differences;
                    tracing::warn!(view, rows, sums, "the new table differs from the one before");
                }
                progress.compared(view, differences);
            }
            Ok(None) => tracing::info!(view, "a table is not compared with the one before"),
            Err(error) => {
                tracing::warn!(%error, view, "a table is not compared with the one before");
            }
        }
    }
    snapshot.close().await;
    let _ = reply.send(Ok(()));
}
