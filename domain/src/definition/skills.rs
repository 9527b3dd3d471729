//! What whoever takes a ticket must be able to do, as queues and categories say it.

use std::collections::BTreeSet;

use crate::definition::catalogue::category_and_above;
use crate::definition::{Catalogue, FieldError, Problem};
use crate::limits::{self, LimitError};

impl Catalogue {
    /// The skills that whoever takes a ticket of this queue and category needs (S-14): those of the queue, and
    /// those of the category, or of the nearest one above it that names any. What was retired asks for none.
    pub fn skills_for(&self, queue: &str, category: Option<&str>) -> BTreeSet<String> {
        let of_queue = self.queues.get(queue).map(|it| it.document.skills.as_slice());
        let of_category = category.into_iter().flat_map(category_and_above).find_map(|path| {
            let skills = self.categories.get(path)?.document.skills.as_slice();
            (!skills.is_empty()).then_some(skills)
        });
        let named = of_queue.into_iter().chain(of_category).flatten();
        named.map(|skill| skill.trim().to_owned()).collect()
    }
}

/// What is wrong with the skills that a document names.
pub(super) fn errors(skills: &[String]) -> Vec<FieldError> {
    match limits::skills(skills) {
        Err((Some(index), error)) => {
            vec![FieldError::at(&format!("/skills/{index}"), error.into())]
        }
        Err((None, LimitError::TooMany { most })) => {
            vec![FieldError::at("/skills", Problem::TooMany(most))]
        }
        Err((None, error)) => vec![FieldError::at("/skills", error.into())],
        Ok(_) => Vec::new(),
    }
}
