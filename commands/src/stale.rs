//! Refusing whoever insists on a version that was passed since, with what they missed.

use docket_domain::party::ActorKind;
use docket_store::Sealed;
use docket_store::batches::{Batches, PAGE_BYTES, bytes};

use crate::desk::Desk;
use crate::error::CommandError;
use crate::load;
use crate::request::Request;

/// How many missed events a stale asker is shown at most, and no more than a page of events has in
/// bytes; all of them are looked at.
const MISSED: usize = 200;

impl Desk {
    /// Refuses where the asker insists on a version that people or customers have passed since;
    /// what Docket itself wrote in between is no reason.
    pub(crate) async fn check_version(
        &self,
        request: &Request,
        stream: &str,
        actual: u64,
    ) -> Result<(), CommandError> {
        match request.if_match.filter(|seen| *seen != actual) {
            Some(seen) => Box::pin(self.missed(seen, stream, actual)).await,
            None => Ok(()),
        }
    }

    async fn missed(&self, seen: u64, stream: &str, actual: u64) -> Result<(), CommandError> {
        let (mut missed, mut by_people, mut version) = (Vec::new(), seen > actual, seen);
        let (mut size, mut batches) = (0, Batches::default());
        loop {
            let asked = batches.next();
            let page = self.store.read_stream(stream, version, asked, Sealed::With).await?;
            batches.learn(&page);
            let Some(last) = page.last() else { break };
            version = last.version;
            for event in page {
                let kind = load::envelope(&event)?.actor.kind;
                by_people |= kind.is_human() || kind == ActorKind::Customer;
                if missed.len() < MISSED && size < PAGE_BYTES {
                    size += bytes(&event);
                    missed.push(event);
                }
            }
        }
        if by_people { Err(CommandError::Stale { actual, missed }) } else { Ok(()) }
    }
}
