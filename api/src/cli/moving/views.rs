//! The views of a log that moves: built at the target from what was copied, and held against those of
//! the source.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use docket_projections::REGISTRY;
use docket_projections::documents::{Documents, Snapshot, Views};
use docket_projections::names::Names;
use docket_projections::recorded::Reader;
use docket_projections::runner::{ProjectionError, Projections};
use docket_store::STORE_ID;
use docket_store::vault::{KeyFile, Vault};

use super::say;
use crate::cli::{Failure, clock};
use crate::config::Config;
use crate::docket::{KEY_FILE, Log};

/// How often to say that it goes on.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rows that are compared at once.
const PAGE: usize = 1_000;

/// What became of comparing a view.
pub struct Compared {
    /// Its name.
    pub view: &'static str,
    /// How many rows it has at the target; `None` where the source has no such table to compare with.
    pub rows: Option<u64>,
}

/// Throws away whatever views the target has, and builds them from what was copied. Nothing may be
/// copied meanwhile: events come before the keys that open them.
pub async fn build_anew(url: &str, config: &Config) -> Result<(), Failure> {
    let log = Log::open_read_only(&config.at(url)).await?;
    let views = log.views(&config.data);
    if Snapshot::open(&views).await.is_ok() {
        // They may be of a run that was cut short, and know somebody who was erased since.
        let id = log.store().meta(STORE_ID).await?.unwrap_or_default();
        Documents::open(&views, &id).await?.emptied(&id).await?.close().await;
    }
    let built = follow(&log, &views, config, &[]).await;
    log.close().await;
    built
}

/// Brings the views of a log to its end, without those who were erased meanwhile.
pub async fn catch_up(url: &str, config: &Config, erased: &[String]) -> Result<(), Failure> {
    let log = Log::open_read_only(&config.at(url)).await?;
    let done = follow(&log, &log.views(&config.data), config, erased).await;
    log.close().await;
    done
}

async fn follow(
    log: &Log,
    views: &Views,
    config: &Config,
    erased: &[String],
) -> Result<(), Failure> {
    let failed = |error: ProjectionError| Failure::Other(error.to_string());
    let store = log.store();
    let key = KeyFile::load_or_create(&config.data.join(KEY_FILE), &*store).await?;
    let reader = Reader::new(store.clone(), Arc::new(Vault::new(store.clone(), key)));
    let names = Arc::new(Names::new(reader.clone()));
    let projections = Projections::start(views, reader, names, clock(), REGISTRY).await;
    let projections = projections.map_err(failed)?;
    while !projections.wait_for(store.head(), PATIENCE).await {
        let lag = projections.lag();
        let why = lag.failing.unwrap_or_default();
        say(&format!("  the views are at {} of {} {why}", lag.position, lag.head))?;
    }
    let mut done = Ok(());
    for subject in erased {
        done = done.and(projections.refold_subject(subject).await);
    }
    projections.stop().await;
    done.map_err(failed)
}

/// Holds the views of the target against those of the source, which are brought to its end first.
pub async fn compare(from: &str, to: &str, config: &Config) -> Result<Vec<Compared>, Failure> {
    let log = Log::open_read_only(&config.at(from)).await?;
    let views = log.views(&config.data);
    let mut compared = Vec::new();
    let there_are_some = Snapshot::open(&views).await;
    log.close().await;
    let Ok(found) = there_are_some else {
        compared.extend(REGISTRY.iter().map(|view| Compared { view: view.name, rows: None }));
        return Ok(compared);
    };
    found.close().await;
    catch_up(from, config, &[]).await?;
    let (mut here, mut there) = (snapshot(from, config).await?, snapshot(to, config).await?);
    for view in REGISTRY {
        let tables = (here.table(view.name).await?, there.table(view.name).await?);
        let (Some(ours), Some(theirs)) = tables else {
            compared.push(Compared { view: view.name, rows: None });
            continue;
        };
        let rows = alike(&mut here, &ours, &mut there, &theirs).await?;
        let rows = rows.ok_or_else(|| {
            let view = view.name;
            Failure::Other(format!(
                "the view {view} is not the same at the target as at the source; docket verify says \
                 which of the two is not what the log amounts to"
            ))
        })?;
        compared.push(Compared { view: view.name, rows: Some(rows) });
    }
    here.close().await;
    there.close().await;
    Ok(compared)
}

async fn snapshot(url: &str, config: &Config) -> Result<Snapshot, Failure> {
    let log = Log::open_read_only(&config.at(url)).await?;
    let opened = Snapshot::open(&log.views(&config.data)).await;
    log.close().await;
    Ok(opened?)
}

/// How many rows two tables have, if they say the same.
async fn alike(
    here: &mut Snapshot,
    ours: &str,
    there: &mut Snapshot,
    theirs: &str,
) -> Result<Option<u64>, Failure> {
    let (mut rows, mut behind) = (0, (String::new(), String::new()));
    loop {
        let left = here.page(ours, &behind, PAGE).await?;
        let right = there.page(theirs, &behind, PAGE).await?;
        let alike = left.len() == right.len()
            && left.iter().zip(&right).all(|((stream, key, doc), right)| {
                // What one of the two cannot hold is not held against the other.
                let doc = there.kept_document(doc);
                (stream, &*there.kept(key), &*doc)
                    == (&right.0, &*here.kept(&right.1), &*here.kept_document(&right.2))
            });
        if !alike {
            return Ok(None);
        }
        rows += left.len() as u64;
        match left.into_iter().last() {
            Some((stream, key, _)) => behind = (stream, key),
            None => break,
        }
    }
    let sums = |sums: Vec<(String, i64)>| sums.into_iter().collect::<BTreeMap<_, _>>();
    let (ours, theirs) = (sums(here.sums(ours).await?), sums(there.sums(theirs).await?));
    Ok((ours == theirs).then_some(rows))
}
