//! What a node that does not project is asked for, and how the one that does hears of it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::ProjectionError;
use super::work::{Command, Reply, Running, Work};
use crate::documents::{Documents, Wish};

impl Work {
    /// Asks the node that projects to do what this one was asked for.
    pub fn pass_on(&self, command: Command) {
        let (what, name, reply) = match command {
            Command::Rebuild { views, reply } => {
                ("rebuild", views.first().map(|view| view.name.to_owned()), reply)
            }
            Command::Back { view, reply } => ("back", Some(view.name.to_owned()), reply),
            Command::Drop { view, reply } => ("drop", Some(view.name.to_owned()), reply),
            Command::Refold { subject, reply } => ("refold", Some(subject), reply),
            Command::Unpark { stream, reply } => ("unpark", Some(stream), reply),
        };
        let documents = self.documents.clone();
        tokio::spawn(async move {
            // Whoever asked may have gone; then nobody needs the answer.
            let _ = match name {
                Some(name) => ask(&documents, what, &name, reply).await,
                None => reply.send(Ok(())),
            };
        });
    }

    /// What another node wishes, as a command to this one; its answer back where this release does not
    /// know it.
    fn command(&self, wish: &Wish, reply: Reply) -> Result<Command, Reply> {
        let name = wish.name.clone();
        let view = self.registry.iter().find(|view| view.name == name).copied();
        Ok(match (wish.what.as_str(), view) {
            ("rebuild", Some(view)) => Command::Rebuild { views: vec![view], reply },
            ("back", Some(view)) => Command::Back { view, reply },
            ("drop", Some(view)) => Command::Drop { view, reply },
            ("refold", _) => Command::Refold { subject: name, reply },
            ("unpark", _) => Command::Unpark { stream: name, reply },
            _ => return Err(reply),
        })
    }
}

/// Asks another node and passes its answer back.
async fn ask(
    documents: &Documents,
    what: &str,
    name: &str,
    mut reply: Reply,
) -> Result<(), Result<(), ProjectionError>> {
    let wish = match documents.ask(what, name).await {
        Ok(wish) => wish,
        Err(error) => return reply.send(Err(error.into())),
    };
    // A rebuild goes on though nobody waits for it. Whoever goes on with an erasure asks again, and the
    // wishes of all those times must not pile up meanwhile.
    let withdrawn = async {
        match what {
            "refold" => reply.closed().await,
            _ => std::future::pending().await,
        }
    };
    let answer = tokio::select! {
        answer = documents.answer_to(wish) => answer,
        () = withdrawn => documents.withdraw(wish).await.map(|()| None),
    };
    reply.send(match answer {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(ProjectionError::Refused(why)),
        Err(error) => Err(error.into()),
    })
}

impl Running {
    /// Does what other nodes ask for, once each. What is not done when this node ceases to project is
    /// not answered: whoever projects next finds it again, and so does this one what could not be
    /// answered.
    pub async fn grant(&mut self) {
        while let Some(answered) = self.answers.try_join_next() {
            if let Ok(wish) = answered {
                self.granting.remove(&wish);
            }
        }
        // Where this cannot be read, nor can anything else, which the next batch says.
        for wish in self.work.documents.wishes().await.unwrap_or_default() {
            if !self.granting.insert(wish.id) {
                continue;
            }
            let (reply, done) = oneshot::channel();
            self.answers.spawn(answer(self.work.documents.clone(), wish.id, done));
            match self.work.command(&wish, reply) {
                Ok(command) => self.obey(command).await,
                Err(reply) => {
                    tracing::warn!(wish.what, wish.name, "a wish that this release cannot grant");
                    let why = "the release that projects cannot do this".to_owned();
                    let _ = reply.send(Err(ProjectionError::Refused(why)));
                }
            }
        }
    }
}

/// Answers a wish once it is done, or will not be.
async fn answer(
    documents: Arc<Documents>,
    wish: i64,
    done: oneshot::Receiver<Result<(), ProjectionError>>,
) -> i64 {
    if let Ok(done) = done.await {
        let why_not = done.err().map_or_else(String::new, |error| error.to_string());
        if let Err(error) = documents.answer(wish, &why_not).await {
            tracing::warn!(%error, "another node does not hear yet that it was done");
        }
    }
    wish
}
