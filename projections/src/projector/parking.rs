//! Streams for which a view stands still, since it cannot fold them.

use std::sync::Arc;

use docket_store::Position;

use super::poison::Broken;
use super::{Projected, Projector, category};
use crate::documents::Parked;
use crate::view::Registered;

impl Projector {
    /// Leaves these streams alone from now on.
    pub fn parks(&mut self, parked: &[(Parked, Option<Arc<str>>)]) {
        for (parked, _) in parked {
            let target = self.targets.iter().find(|(view, _)| view.name == parked.view);
            self.parked.extend(target.map(|(view, _)| (view.name, parked.stream.clone())));
        }
    }

    /// Folds a stream for a view as all others from now on.
    pub fn unpark(&mut self, view: &str, stream: &str) {
        self.parked.retain(|(of, parked)| *of != view || parked != stream);
        self.forget(stream);
    }

    pub(super) fn is_parked_everywhere(&self, stream: &str) -> bool {
        let mut concerned =
            self.targets.iter().filter(|(view, _)| category(stream) == view.category);
        concerned.all(|(view, _)| self.parked.contains(&(view.name, stream.to_owned())))
    }

    pub(super) fn park_everywhere(&self, broken: &Broken, projected: &mut Projected) {
        for (view, table) in &self.targets {
            let known = self.parked.contains(&(view.name, broken.stream.clone()));
            if view.category == category(&broken.stream) && !known {
                let parked = park(view, &broken.stream, broken.position, broken.reason.clone());
                projected.parked.push((parked, Some(table.name.clone())));
            }
        }
    }
}

/// A stream that a view gives up.
pub(crate) fn park(view: &Registered, stream: &str, position: Position, reason: String) -> Parked {
    tracing::error!(view = view.name, stream, position, reason, "a stream is parked");
    Parked {
        view: view.name.to_owned(),
        stream: stream.to_owned(),
        position: position as i64,
        reason,
    }
}
