//! What an append is answered, as far as that is known beside the log.
//!
//! Whoever asks has made sure that nothing is under way that the append touches.

use uuid::Uuid;

use super::metadata::Place;
use crate::appending::queue::Answer;
use crate::{
    Append, Claim, DATA_KEYS, EventStore, KeyState, Outcome, Receipt, Sealed, StoreError, Version,
};

/// How an append ends without being written; `None` when it is to be written.
pub(super) async fn judge(
    beside: &dyn EventStore,
    append: &Append,
) -> Result<Option<Outcome>, StoreError> {
    for write in &append.writes {
        let types = write.events.iter().map(|event| event.event_type.as_str());
        if types.chain([write.stream.as_str()]).any(|name| name.starts_with('$')) {
            return Err(StoreError::Refused(
                "an append uses a name with a dollar sign before it, which is KurrentDB's"
                    .to_owned(),
            ));
        }
    }
    if let Some((receipt, fingerprint)) = landed(beside, append.command_id).await? {
        return Ok(Some(if fingerprint == append.fingerprint {
            Outcome::AlreadyAppended(receipt)
        } else {
            Outcome::KeyReused
        }));
    }
    for write in &append.writes {
        let expected = write.expected.version();
        let actual = version_from(beside, &write.stream, expected).await?;
        if actual != expected {
            let stream = write.stream.clone();
            return Ok(Some(Outcome::WrongVersion { stream, actual }));
        }
    }
    for claim in &append.claims {
        let owner = beside.claim_owner(&claim.space, &claim.key).await?;
        let Some(owner) = owner.filter(|owner| *owner != claim.owner) else { continue };
        let given_back = Claim { owner, ..claim.clone() };
        if !append.releases.contains(&given_back) {
            return Ok(Some(Outcome::Claimed(given_back)));
        }
    }
    let subjects: Vec<String> = append.new_keys.iter().map(|key| key.subject.clone()).collect();
    let states = beside.keys(&subjects).await?;
    let taken = subjects.iter().zip(states).find(|(_, state)| *state != KeyState::Missing);
    Ok(taken.map(|(subject, _)| {
        let (key, owner) = (subject.clone(), subject.clone());
        Outcome::Claimed(Claim { space: DATA_KEYS.to_owned(), key, owner })
    }))
}

/// The version of a stream, which is likely the one expected.
async fn version_from(
    beside: &dyn EventStore,
    stream: &str,
    expected: Version,
) -> Result<Version, StoreError> {
    let mut version = expected.saturating_sub(1);
    let there = beside.read_stream(stream, version, 2, Sealed::Without).await?;
    match (there.as_slice(), expected) {
        ([], 0) => return Ok(0),
        ([only], _) if only.version == expected => return Ok(expected),
        // The stream ends before: it is read from its beginning.
        ([], _) => version = 0,
        _ => {}
    }
    loop {
        let page = beside.read_stream(stream, version, 500, Sealed::Without).await?;
        match page.last() {
            Some(last) => version = last.version,
            None => return Ok(version),
        }
    }
}

/// Where an append landed that was just placed.
pub(super) async fn receipt(beside: &dyn EventStore, command: Uuid) -> Answer {
    let landed = landed(beside, command).await?;
    landed
        .map(|(receipt, _)| Outcome::Appended(receipt))
        .ok_or_else(|| StoreError::Unknown("the append is not placed yet".to_owned()))
}

/// Where a command landed, and its fingerprint.
pub(super) async fn landed(
    beside: &dyn EventStore,
    command: Uuid,
) -> Result<Option<(Receipt, [u8; 32])>, StoreError> {
    let Some((receipt, fingerprint)) = beside.find_command(command).await? else { return Ok(None) };
    let first = beside.read_all(receipt.first - 1, 1, Sealed::Without).await?;
    let first = first.first().ok_or_else(|| {
        StoreError::Integrity(format!("position {} is missing beside the log", receipt.first))
    })?;
    let recorded_at = Place::read(&first.envelope)?.recorded_at;
    Ok(Some((Receipt { recorded_at, ..receipt }, fingerprint)))
}
