//! A category read from its beginning to its end, page by page.

use crate::{EventStore, Sealed, StoreError, StoredEvent, Version};

/// How many events one page has at most.
const PAGE: usize = 500;

/// The events of all streams of a category, stream by stream, without what is sealed. For categories
/// that hold no personal text and few events: definitions, tokens, agents.
pub struct CategoryPages<'a> {
    store: &'a dyn EventStore,
    category: &'static str,
    after: Option<(String, Version)>,
}

impl<'a> CategoryPages<'a> {
    /// From the beginning of a category.
    pub fn of(store: &'a dyn EventStore, category: &'static str) -> Self {
        Self { store, category, after: None }
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<StoredEvent>>, StoreError> {
        let after = self.after.as_ref().map(|(stream, version)| (stream.as_str(), *version));
        let page = self.store.read_category(self.category, after, PAGE, Sealed::Without).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some((last.stream.clone(), last.version));
        Ok(Some(page))
    }
}
