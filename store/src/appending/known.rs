//! What the database holds of the streams, commands, claims and data keys that a batch names.
//!
//! A statement costs more than a row it finds, so an adapter asks all in one, whose answer is one
//! row of JSON lists.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::checked::Checked;
use crate::{Millis, Position, Receipt, Version};

/// Where an earlier command landed, and its fingerprint.
pub(crate) type Landed = (Receipt, [u8; 32]);

/// What the database holds of the streams, commands, claims and keys that a batch names.
#[derive(Default)]
pub(crate) struct Known {
    pub commands: HashMap<Uuid, Landed>,
    pub versions: HashMap<String, Version>,
    pub owners: HashMap<(String, String), String>,
    pub keys: HashSet<String>,
}

/// What a batch names, in the order of its appends.
pub(crate) struct Named<'a> {
    pub commands: Vec<Uuid>,
    pub streams: Vec<&'a str>,
    /// Spaces and keys.
    pub places: Vec<(&'a str, &'a str)>,
    pub subjects: Vec<&'a str>,
}

impl<'a> Named<'a> {
    pub fn by(appends: &'a [Checked]) -> Self {
        let appends = || appends.iter().map(|checked| &checked.append);
        Self {
            commands: appends().map(|append| append.command_id).collect(),
            streams: appends()
                .flat_map(|append| &append.writes)
                .map(|write| write.stream.as_str())
                .collect(),
            places: appends()
                .flat_map(|append| append.claims.iter().chain(&append.releases))
                .map(|claim| (claim.space.as_str(), claim.key.as_str()))
                .collect(),
            subjects: appends()
                .flat_map(|append| &append.new_keys)
                .map(|key| key.subject.as_str())
                .collect(),
        }
    }

    /// Takes the database's answer in: lists of [command, fingerprint in hexadecimal, first, last,
    /// recorded_at], of versions (0 for a stream that does not exist) in the order of the streams,
    /// of [space, key, owner], and of the subjects that have a key or a tombstone.
    pub fn known(&self, answer: &Lists) -> Result<Known, sqlx::Error> {
        let (commands, versions, owners, keys) = answer;
        let versions: Vec<Version> = parsed(versions)?;
        let owners: Vec<(String, String, String)> = parsed(owners)?;
        let streams = self.streams.iter().map(|stream| (*stream).to_owned());
        Ok(Known {
            commands: landed(commands)?.into_iter().collect(),
            versions: streams.zip(versions).collect(),
            owners: owners.into_iter().map(|(space, key, owner)| ((space, key), owner)).collect(),
            keys: parsed(keys)?,
        })
    }
}

/// Four JSON lists: commands, versions, owners and keys.
pub(crate) type Lists = (String, String, String, String);

/// One of the commands that an adapter answers.
#[derive(Deserialize)]
struct CommandRow(Uuid, String, Position, Position, Millis);

/// Where commands landed, from a list as [`Named::known`] takes it.
pub(crate) fn landed(commands: &str) -> Result<Vec<(Uuid, Landed)>, sqlx::Error> {
    let commands: Vec<CommandRow> = parsed(commands)?;
    commands
        .into_iter()
        .map(|CommandRow(id, fingerprint, first, last, recorded_at)| {
            let fingerprint = from_hex(&fingerprint)
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| sqlx::Error::Decode("a fingerprint has another length".into()))?;
            Ok((id, (Receipt { first, last, recorded_at }, fingerprint)))
        })
        .collect()
}

fn parsed<T: DeserializeOwned>(answer: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(answer).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| (digit as char).to_digit(16).map(|value| value as u8);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)).collect()
}
