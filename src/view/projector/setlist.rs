//! The set list, and the lanes of scenes that were reset.

use std::sync::Arc;

use super::Projector;
use crate::{engine::InstanceId, view::setlist::SetlistView};

impl Projector {
    /// Sets the set list.
    pub fn setlist(&mut self, view: SetlistView) {
        if self.setlist.as_deref() == Some(&view) {
            return;
        }
        self.version += 1;
        self.setlist = Some(Arc::new(view));
    }

    /// Hides the lanes of these instances and of their children as soon as they have ended, until what was
    /// hidden is shown again.
    pub fn put_away(&mut self, instances: impl IntoIterator<Item = InstanceId>) {
        self.version += 1;
        self.put_away.extend(instances);
        self.order.take();
    }
}
