//! At whose ends something looks, so that it is known when it would find the same again.

use std::cell::RefCell;

use fixedbitset::FixedBitSet;
use netpol_eval::PeerId;

/// At whose ends something looks that is watched.
#[derive(Debug, Default)]
pub(crate) struct Watch(RefCell<Option<FixedBitSet>>);

impl Watch {
    /// What comes of something, and at whose ends it looks.
    pub(crate) fn watched<T>(&self, look: impl FnOnce() -> T) -> (T, FixedBitSet) {
        self.0.replace(Some(FixedBitSet::new()));
        let found = look();
        (found, self.0.take().unwrap_or_default())
    }

    /// Somebody looks at the ends of a peer.
    pub(crate) fn see(&self, peer: PeerId) {
        if let Some(seen) = self.0.borrow_mut().as_mut() {
            seen.grow_and_insert(peer.index());
        }
    }
}
