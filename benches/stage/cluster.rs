//! A cluster of made-up workflows: some are lanes, all are in the overview.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use fermata::{
    backend::{Abilities, BackendName, BackendOverview, OverviewInstance, Watched},
    engine::{InstanceId, Status},
    view::Projector,
};

use super::histories::{at, worked};

/// Activities of each workflow that is a lane.
const ACTIVITIES: u64 = 120;

/// A projector with a cluster of so many workflows, of which as many as possible are lanes.
pub fn cluster(workflows: usize) -> Projector {
    let mut projector = Projector::new();
    let backend = BackendName::temporal("bench");
    projector.attached(backend.clone());
    let ids = (0..workflows).map(|number| format!("{}order-{number}", backend.prefix()));
    let ids: Vec<_> = ids.filter_map(|id| InstanceId::new(id).ok()).collect();
    for id in ids.iter().take(Watched::MAX_LANES) {
        projector.foreign(&worked(id.clone(), ACTIVITIES), Abilities::ALL);
    }
    projector.backend_overview(overview(backend, ids));
    projector
}

fn overview(backend: BackendName, ids: Vec<InstanceId>) -> BackendOverview {
    let workflow: Arc<str> = "Order".into();
    let mut counts = BTreeMap::new();
    let instances = ids.into_iter().enumerate().map(|(number, id)| {
        let started_at = at(number as f64 * 0.05);
        let (status, closed_at) = match number % 5 {
            0 => (Status::Failed, Some(started_at + Duration::from_secs(3))),
            1 => (Status::Completed, Some(started_at + Duration::from_secs(9))),
            _ => (Status::Running, None),
        };
        *counts.entry((Arc::clone(&workflow), status)).or_insert(0) += 1;
        OverviewInstance {
            id,
            workflow: Arc::clone(&workflow),
            status,
            started_at,
            closed_at,
        }
    });
    let instances = instances.collect();
    BackendOverview {
        backend,
        at: at(60.0),
        counts,
        instances,
    }
}
