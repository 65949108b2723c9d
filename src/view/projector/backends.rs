//! Other engines: their instances are lanes like all others.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::Projector;
use crate::{
    backend::{Abilities, BackendName, BackendOverview, Link},
    engine::{Committed, InstanceId},
    view::{
        backends::BackendView,
        serving::{ServingView, WaitingActivitiesView},
    },
};

impl Projector {
    /// A backend was attached.
    pub fn attached(&mut self, name: BackendName) {
        self.change_backends(|backends| {
            backends.retain(|backend| backend.name != name);
            backends.push(BackendView::new(name));
        });
    }

    /// Sets what is served.
    pub fn serving(&mut self, serving: Option<ServingView>) {
        self.version += 1;
        self.serving = serving;
    }

    /// Sets which activities wait for a worker.
    pub fn waiting_activities(&mut self, waiting: BTreeMap<InstanceId, WaitingActivitiesView>) {
        let before = std::mem::replace(&mut self.waiting_activities, waiting);
        let ids: BTreeSet<_> = before
            .into_keys()
            .chain(self.waiting_activities.keys().cloned())
            .collect();
        self.version += 1;
        for id in &ids {
            if let Some(lane) = self.lanes.get_mut(id) {
                let model = lane.model();
                model.waiting_activities = self.waiting_activities.get(id).cloned();
                model.version += 1;
            }
        }
    }

    /// A backend was detached: its lanes go with it.
    pub fn detached(&mut self, name: &BackendName) {
        let lanes = self.lanes.keys();
        let own = lanes.filter(|id| BackendName::split(id).is_some_and(|(of, _)| of == *name));
        for id in own.cloned().collect::<Vec<_>>() {
            self.purged(&id);
        }
        self.change_backends(|backends| backends.retain(|backend| backend.name != *name));
    }

    /// An instance of a backend has new events.
    pub fn foreign(&mut self, commit: &Committed, abilities: Abilities) {
        self.committed(commit);
        let lane = self.lane(&commit.instance.id);
        if lane.model.abilities != abilities {
            lane.model().abilities = abilities;
        }
        self.count_lanes();
    }

    /// An instance of a backend is no longer watched.
    pub fn unwatched(&mut self, id: &InstanceId) {
        self.purged(id);
        self.count_lanes();
    }

    /// Sets the overview of a backend.
    pub fn backend_overview(&mut self, overview: BackendOverview) {
        let overview = Arc::new(overview);
        self.change_backends(|backends| {
            let mut backends = backends.iter_mut();
            let known = backends.find(|backend| backend.name == overview.backend);
            if let Some(backend) = known {
                backend.overview = Some(overview);
            }
        });
    }

    /// Sets whether a backend answers.
    pub fn backend_link(&mut self, name: &BackendName, link: Link) {
        self.change_backends(|backends| {
            let mut backends = backends.iter_mut();
            if let Some(backend) = backends.find(|backend| backend.name == *name) {
                backend.link = link;
            }
        });
    }

    fn count_lanes(&mut self) {
        let mut backends = self.backends.to_vec();
        for backend in &mut backends {
            let lanes = self.lanes.values().map(|lane| &lane.model.backend);
            let own = lanes.filter(|of| of.as_ref() == Some(&backend.name));
            backend.lanes = own.count();
        }
        if *self.backends != *backends {
            self.change_backends(|known| *known = backends);
        }
    }

    fn change_backends(&mut self, change: impl FnOnce(&mut Vec<BackendView>)) {
        self.version += 1;
        let mut backends = self.backends.to_vec();
        change(&mut backends);
        self.backends = backends.into();
    }
}
