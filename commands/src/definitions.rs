//! Definitions: published as whole versions, in force for every command after.

use docket_domain::codec::Event;
use docket_domain::definition::{
    Catalogue, DefinitionEvent, DefinitionKind, DefinitionRefusal, Document, FieldError, Problem,
    ZoneOffsets, defaults, publish, retire,
};
use docket_domain::party::{Actor, ActorKind};
use docket_domain::sla::defaults::service_defaults;
use docket_store::{CategoryPages, Claim, Sealed};
use uuid::Uuid;

use crate::append::{Appended, Plan, Write};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::load::{self, Last};
use crate::request::{Done, Request};
use crate::zones;

/// The command that publishes the default calendar and plan on a store from before them.
const SERVICE_DEFAULTS: Uuid = Uuid::from_u128(0x5b0c_42f0_9c1e_5f6b_8e54_6f1d_4c11_9a02);

/// The namespace of the command that publishes the defaults: one command on every store.
const DEFAULTS: Uuid = Uuid::from_u128(0x5b0c_42f0_9c1e_5f6b_8e54_6f1d_4c11_9a01);

impl Desk {
    /// Publishes a whole new version of a definition; the same document again changes nothing. Agents
    /// that it names are there.
    pub async fn publish(
        &self,
        request: &Request,
        key: &str,
        document: &Document,
    ) -> Result<Done, CommandError> {
        let missing = self.missing_agents(document).await?;
        self.define(request, document.kind(), key, |catalogue| {
            let offsets = zone_offsets(document)?;
            let mut wrong = missing.clone();
            match publish(catalogue, key, document.clone(), offsets) {
                // What is in force stays so, whoever left since.
                Ok(events) if events.is_empty() || wrong.is_empty() => Ok(events),
                Ok(_) => Err(DefinitionRefusal::Invalid { errors: wrong }.into()),
                Err(DefinitionRefusal::Invalid { mut errors }) => {
                    errors.append(&mut wrong);
                    Err(DefinitionRefusal::Invalid { errors }.into())
                }
                Err(refusal) => Err(refusal.into()),
            }
        })
        .await
    }

    async fn missing_agents(&self, document: &Document) -> Result<Vec<FieldError>, CommandError> {
        let mut missing = Vec::new();
        for (place, agent) in document.agents() {
            match self.agent_ref(agent).await {
                Ok(_) => {}
                Err(CommandError::UnknownAgent { .. }) => {
                    missing.push(FieldError::at(&place, Problem::NoAgent(agent)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }

    /// Publishes what is in force at another desk, whose agents need not be this one's.
    pub async fn copy(
        &self,
        request: &Request,
        key: &str,
        document: &Document,
    ) -> Result<Done, CommandError> {
        self.define(request, document.kind(), key, |catalogue| {
            let offsets = zone_offsets(document)?;
            Ok(publish(catalogue, key, document.clone(), offsets)?)
        })
        .await
    }

    /// Takes a definition out of use; what used it keeps it.
    pub async fn retire(
        &self,
        request: &Request,
        kind: DefinitionKind,
        key: &str,
    ) -> Result<Done, CommandError> {
        self.define(request, kind, key, |catalogue| Ok(retire(catalogue, kind, key)?)).await
    }

    /// Reads the definitions in force again, since another process may have changed them.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn reload_definitions(&self) -> Result<(), CommandError> {
        // One at a time: what was read earlier must not replace what was read later.
        let _alone = self.defining.lock().await;
        self.load_catalogue().await.map(drop)
    }

    /// Reads the definitions in force; answers how many events they are made of.
    pub(crate) async fn load_catalogue(&self) -> Result<usize, CommandError> {
        let (mut catalogue, mut events) = (Catalogue::default(), 0);
        let mut pages = CategoryPages::of(&*self.store, "definition");
        while let Some(page) = pages.next().await? {
            events += page.len();
            for recorded in load::decode_all(&self.vault, &page).await? {
                if let Event::Definition(event) = &recorded.event {
                    catalogue.apply(recorded.version, recorded.occurred_at, event);
                }
            }
        }
        self.set_catalogue(catalogue);
        Ok(events)
    }

    /// Publishes the default definitions in one append; another node may have been faster.
    pub(crate) async fn publish_defaults(&self) -> Result<(), CommandError> {
        self.publish_all(DEFAULTS, defaults()).await
    }

    /// Publishes the default calendar and plan on a store from before there were any. One that was
    /// there and was retired stays retired.
    pub(crate) async fn publish_service_defaults(&self) -> Result<(), CommandError> {
        let mut missing = Vec::new();
        for (key, document) in service_defaults(&self.catalogue().settings().zone) {
            if self.stream_version(&document.kind().stream(&key)).await? == 0 {
                missing.push((key, document));
            }
        }
        if missing.is_empty() { Ok(()) } else { self.publish_all(SERVICE_DEFAULTS, missing).await }
    }

    async fn publish_all(
        &self,
        command_id: Uuid,
        documents: Vec<(String, Document)>,
    ) -> Result<(), CommandError> {
        let request = Request::system("setup", command_id);
        let mut plan = Plan::default();
        for (key, document) in documents {
            let zone_offsets = zone_offsets(&document)?;
            let stream = document.kind().stream(&key);
            let event = DefinitionEvent::DefinitionPublished { key, document, zone_offsets };
            let actor = Actor::new(ActorKind::System, "setup");
            plan.writes.push(definition(stream, 0, actor, vec![event]));
        }
        self.append(&request, plan).await?;
        self.load_catalogue().await.map(drop)
    }

    async fn define(
        &self,
        request: &Request,
        kind: DefinitionKind,
        key: &str,
        decide: impl Fn(&Catalogue) -> Result<Vec<DefinitionEvent>, CommandError>,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        self.moment(request, Last::NONE)?;
        let _alone = self.defining.lock().await;
        let stream = kind.stream(key);
        for _ in 0..TRIES {
            let version = self.stream_version(&stream).await?;
            self.check_version(request, &stream, version).await?;
            // Behind the version: another process may have published what this one has not followed
            // yet, and what is decided must be decided on all that the version stands for.
            let known = self.load_catalogue().await?;
            let events = decide(&self.catalogue())?;
            if events.is_empty() {
                return Ok(self.nothing_to_do(stream, version));
            }
            let write = definition(stream.clone(), version, request.actor.clone(), events);
            let claims = vec![next_to(known, &stream)];
            let plan = Plan { claims, ..Plan::of(write) };
            if let Appended::Done(done) = self.append(request, plan).await? {
                self.load_catalogue().await?;
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// The version of a stream, read from the log: a retired definition is in no catalogue.
    async fn stream_version(&self, stream: &str) -> Result<u64, CommandError> {
        let mut version = 0;
        loop {
            let page = self.store.read_stream(stream, version, 500, Sealed::Without).await?;
            let Some(last) = page.last() else { return Ok(version) };
            version = last.version;
        }
    }
}

/// The right to be the next after so many events of definitions. They name each other, so what is decided on
/// all of them holds only where no other server defines anything meanwhile, in whatever stream.
fn next_to(known: usize, stream: &str) -> Claim {
    Claim { space: "definitions-after".into(), key: known.to_string(), owner: stream.to_owned() }
}

fn definition(stream: String, version: u64, actor: Actor, events: Vec<DefinitionEvent>) -> Write {
    let events = events.into_iter().map(Event::Definition).collect();
    Write { stream, version, subjects: Vec::new(), actor, channel: None, events }
}

fn zone_offsets(document: &Document) -> Result<Option<ZoneOffsets>, CommandError> {
    document.zone().map(zones::resolve).transpose()
}
