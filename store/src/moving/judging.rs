//! Whether a move may be, by what stands in both stores; and the mark at its target.

use super::house::House;
use super::marks::{ARRIVING, DEPARTED};
use super::tables::{EVENTS, Span};
use super::{PAGE, meta, named};
use crate::postgres::alongside::BESIDE_KURRENT;
use crate::{STORE_ID, StoreError};

/// Marks the target, if the move may be.
pub(super) async fn begin(from: &mut House, to: &mut House) -> Result<(), StoreError> {
    let begun = judge(from, to).await?;
    let begins = begun.is_some();
    if let Some(id) = begun {
        to.put(meta(), &[named(ARRIVING, Some(id))]).await?;
    }
    // Whoever comes from here on is refused by the mark; whoever came before would serve from what arrives.
    if let Some(users) = to.users().await? {
        if begins {
            to.remove(meta(), &[named(ARRIVING, None)]).await?;
        }
        return Err(StoreError::Refused(format!("{}: {users}; stop them first", to.shown())));
    }
    Ok(())
}

/// Looks whether the move may be, and changes nothing: the id that the target is to be marked with, `None`
/// where it is.
pub(super) async fn judge(from: &mut House, to: &mut House) -> Result<Option<String>, StoreError> {
    let refused = |why: String| Err(StoreError::Refused(why));
    let Some(id) = value(from, STORE_ID).await? else {
        return refused(format!("there is no log in {}", from.shown()));
    };
    for house in [&mut *from, &mut *to] {
        if value(house, BESIDE_KURRENT).await?.is_some() {
            let shown = house.shown();
            return refused(format!(
                "{shown} holds what stands beside a log in KurrentDB, and no log"
            ));
        }
    }
    if value(from, ARRIVING).await?.is_some() {
        return refused(format!("a log is being moved into {}: finish that first", from.shown()));
    }
    match value(from, DEPARTED).await?.map(|target| text(&target)) {
        Some(target) if target != to.shown() => {
            return refused(format!("this log has moved to {target} already"));
        }
        _ => {}
    }
    match value(to, ARRIVING).await? {
        Some(arriving) if arriving == id => return Ok(None),
        Some(_) => return refused(format!("another log is being moved into {}", to.shown())),
        None => {}
    }
    if value(to, STORE_ID).await? == Some(id.clone()) {
        return refused(format!("the log has arrived in {} already", to.shown()));
    }
    if to.last(&EVENTS).await? > 0 {
        return refused(format!("{} holds a log of its own; a move overwrites none", to.shown()));
    }
    Ok(Some(id))
}

/// A value in `meta`, in hexadecimal.
pub(super) async fn value(house: &mut House, name: &str) -> Result<Option<String>, StoreError> {
    let rows = house.page(meta(), &[], Span::default(), PAGE).await?;
    let found = rows.into_iter().find(|row| row.first() == Some(&Some(name.to_owned())));
    Ok(found.and_then(|mut row| row.pop().flatten()))
}

fn text(hex: &str) -> String {
    let bytes = crate::appending::known::from_hex(hex).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
