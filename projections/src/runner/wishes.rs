//! What a node that does not project is asked for, and how the one that does hears of it.

use tokio::sync::oneshot;

use super::ProjectionError;
use super::work::{Command, Reply, Running, Work};
use crate::documents::Wish;

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
            // What was built while this node projected: whoever projects now does that again.
            Command::Built(_, _, reply) => ("", None, reply),
        };
        let documents = self.documents.clone();
        tokio::spawn(async move {
            let answer = match name {
                Some(name) => match documents.ask(what, &name).await {
                    Ok(None) => Ok(()),
                    Ok(Some(why)) => Err(ProjectionError::Refused(why)),
                    Err(error) => Err(error.into()),
                },
                None => Err(ProjectionError::Stopped),
            };
            // Whoever asked may have gone; then nobody needs the answer.
            let _ = reply.send(answer);
        });
    }

    /// What another node wishes, as a command to this one; none that this release does not know.
    fn command(&self, wish: &Wish, reply: Reply) -> Option<Command> {
        let name = wish.name.clone();
        let view = || self.registry.iter().find(|view| view.name == name).copied();
        Some(match wish.what.as_str() {
            "rebuild" => Command::Rebuild { views: vec![view()?], reply },
            "back" => Command::Back { view: view()?, reply },
            "drop" => Command::Drop { view: view()?, reply },
            "refold" => Command::Refold { subject: name, reply },
            "unpark" => Command::Unpark { stream: name, reply },
            _ => return None,
        })
    }
}

impl Running {
    /// Does what other nodes ask for, once each.
    pub async fn grant(&mut self) {
        // Where this cannot be read, nor can anything else, which the next batch says.
        for wish in self.work.documents.wishes().await.unwrap_or_default() {
            if !self.granting.insert(wish.id) {
                continue;
            }
            let (reply, done) = oneshot::channel();
            let documents = self.work.documents.clone();
            match self.work.command(&wish, reply) {
                Some(command) => self.obey(command).await,
                None => {
                    tracing::warn!(wish.what, wish.name, "a wish that this release cannot grant")
                }
            }
            tokio::spawn(async move {
                let why_not = match done.await {
                    Ok(Ok(())) => String::new(),
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => ProjectionError::Stopped.to_string(),
                };
                if let Err(error) = documents.answer(wish.id, &why_not).await {
                    tracing::warn!(%error, "another node does not hear that it was done");
                }
            });
        }
    }
}
