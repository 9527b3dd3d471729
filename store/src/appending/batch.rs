//! Deciding a batch of appends together: what each is answered, and what there is to write. An
//! append sees the effects of those before it.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::checked::Checked;
use super::known::{Known, Landed};
use crate::{
    Append, Claim, Millis, NewEvent, NewKey, Outcome, Position, Receipt, StreamWrite, Version,
    event_id,
};

/// One event with its place.
pub(crate) struct EventRow {
    pub position: Position,
    pub stream: Arc<str>,
    pub version: Version,
    pub event_id: Uuid,
    pub payload_hash: [u8; 32],
    pub event: NewEvent,
}

/// A batch being decided, and in the end what it writes.
pub(crate) struct Batch {
    known: Known,
    pub head: Position,
    pub recorded_at: Millis,
    pub events: Vec<EventRow>,
    pub commands: Vec<(Uuid, Landed)>,
    /// Claims as they end up; `None` means given back.
    pub claims: BTreeMap<(String, String), Option<String>>,
    pub keys: Vec<NewKey>,
}

impl Batch {
    /// Starts a batch behind `head`, with what the database knows of its appends.
    pub fn new(known: Known, head: Position, recorded_at: Millis) -> Self {
        Self {
            known,
            head,
            recorded_at,
            events: Vec::new(),
            commands: Vec::new(),
            claims: BTreeMap::new(),
            keys: Vec::new(),
        }
    }

    /// Answers one append, and takes it in if it is to be written.
    pub fn decide(&mut self, checked: Checked) -> Outcome {
        let append = &checked.append;
        if let Some((receipt, fingerprint)) = self.known.commands.get(&append.command_id) {
            return if *fingerprint == append.fingerprint {
                Outcome::AlreadyAppended(*receipt)
            } else {
                Outcome::KeyReused
            };
        }
        if let Some(conflict) = self.conflict(append) {
            return conflict;
        }
        Outcome::Appended(self.accept(checked))
    }

    fn conflict(&self, append: &Append) -> Option<Outcome> {
        let version = append.writes.iter().find_map(|write| self.wrong_version(write));
        version
            .or_else(|| append.claims.iter().find_map(|claim| self.held_by_other(append, claim)))
            .or_else(|| {
                let taken =
                    append.new_keys.iter().find(|key| self.known.keys.contains(&key.subject))?;
                Some(Outcome::Claimed(Claim {
                    space: crate::DATA_KEYS.to_owned(),
                    key: taken.subject.clone(),
                    owner: taken.subject.clone(),
                }))
            })
    }

    fn wrong_version(&self, write: &StreamWrite) -> Option<Outcome> {
        let actual = self.known.versions.get(&write.stream).copied().unwrap_or(0);
        (actual != write.expected.version())
            .then(|| Outcome::WrongVersion { stream: write.stream.clone(), actual })
    }

    /// A claim fails on another owner, unless the same append gives that owner's hold back.
    fn held_by_other(&self, append: &Append, claim: &Claim) -> Option<Outcome> {
        let place = (claim.space.clone(), claim.key.clone());
        let owner = self.known.owners.get(&place)?;
        let released = append.releases.iter().any(|release| {
            release.space == claim.space && release.key == claim.key && release.owner == *owner
        });
        (*owner != claim.owner && !released)
            .then(|| Outcome::Claimed(Claim { owner: owner.clone(), ..claim.clone() }))
    }

    fn accept(&mut self, checked: Checked) -> Receipt {
        let Append { command_id, fingerprint, writes, claims, releases, new_keys } = checked.append;
        let first = self.head + 1;
        let mut hashes = checked.payload_hashes.into_iter();
        for write in writes {
            self.accept_stream(command_id, first, write, &mut hashes);
        }
        let receipt = Receipt { first, last: self.head, recorded_at: self.recorded_at };
        self.known.commands.insert(command_id, (receipt, fingerprint));
        self.commands.push((command_id, (receipt, fingerprint)));
        for release in releases {
            self.release(release);
        }
        for Claim { space, key, owner } in claims {
            self.known.owners.insert((space.clone(), key.clone()), owner.clone());
            self.claims.insert((space, key), Some(owner));
        }
        self.known.keys.extend(new_keys.iter().map(|key| key.subject.clone()));
        self.keys.extend(new_keys);
        receipt
    }

    fn accept_stream(
        &mut self,
        command_id: Uuid,
        first: Position,
        write: StreamWrite,
        hashes: &mut impl Iterator<Item = [u8; 32]>,
    ) {
        let stream: Arc<str> = write.stream.as_str().into();
        let version = self.known.versions.entry(write.stream).or_insert(0);
        for (event, payload_hash) in write.events.into_iter().zip(hashes) {
            self.head += 1;
            *version += 1;
            self.events.push(EventRow {
                position: self.head,
                stream: Arc::clone(&stream),
                version: *version,
                event_id: event_id(command_id, (self.head - first) as usize),
                payload_hash,
                event,
            });
        }
    }

    fn release(&mut self, release: Claim) {
        let place = (release.space, release.key);
        if self.known.owners.get(&place) == Some(&release.owner) {
            self.known.owners.remove(&place);
            self.claims.insert(place, None);
        }
    }
}
