//! What a worker asks the server about scores.

use std::sync::Arc;

use crate::{
    app::WORKFLOW,
    backend::{Backend, BackendError, BackendName},
    engine::{Event, InstanceId, Search, Status},
};

/// Scores that are asked for at once.
const PAGE: usize = 200;

/// The scores of a namespace.
#[derive(Clone)]
pub(super) struct Cluster {
    /// The namespace.
    pub backend: Arc<dyn Backend>,
}

impl Cluster {
    /// The history of the latest run of a score.
    pub async fn history(&self, instance: &InstanceId) -> Result<Vec<Event>, BackendError> {
        let Some(id) = self.id(instance) else {
            return Ok(Vec::new());
        };
        let imported = self.backend.history(&id, None).await?;
        Ok(imported.history.events)
    }

    /// The scores that are under way, as far as the server has listed them.
    pub async fn running(&self) -> Result<Vec<InstanceId>, BackendError> {
        let search = Search {
            workflow: Some(WORKFLOW.to_owned()),
            status: Some(Status::Running),
            ..Search::default()
        };
        let (mut running, mut from) = (Vec::new(), None);
        loop {
            let page = self.backend.search(&search, from, PAGE).await?;
            let ids = page
                .instances
                .iter()
                .map(|found| BackendName::shown_id(&found.id));
            running.extend(ids);
            from = page.next;
            if from.is_none() {
                return Ok(running);
            }
        }
    }

    /// Whether the server has listed that a score has ended.
    pub async fn has_ended(&self, instance: &InstanceId) -> bool {
        let Some(id) = self.id(instance) else {
            return true;
        };
        let search = Search {
            id_prefix: Some(id.to_string()),
            ..Search::default()
        };
        // One that cannot be asked for may go on.
        let Ok(page) = self.backend.search(&search, None, PAGE).await else {
            return false;
        };
        let latest = page.instances.iter().find(|found| found.id == id);
        latest.is_some_and(|latest| latest.status.is_closed())
    }

    /// The id of a score behind the name of the backend.
    fn id(&self, instance: &InstanceId) -> Option<InstanceId> {
        InstanceId::new(format!("{}{instance}", self.backend.name().prefix())).ok()
    }
}
