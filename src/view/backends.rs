//! Other engines on the stage: what a strip shows of each of them.

use std::sync::Arc;

use super::{format, lane::LaneModel, snapshot::Snapshot};
use crate::{
    backend::{BackendName, BackendOverview, Link},
    engine::{Status, Timestamp},
};

/// A backend that is attached.
#[derive(Debug, Clone, PartialEq)]
pub struct BackendView {
    /// Its name.
    pub name: BackendName,
    /// Whether it answers.
    pub link: Link,
    /// How many instances it has; `None`: not known yet.
    pub overview: Option<Arc<BackendOverview>>,
    /// How many of them are lanes.
    pub lanes: usize,
}

/// How many instances of a backend were open at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Density {
    /// Open at that time, or closed since without a failure.
    pub open: u32,
    /// Failed at that time.
    pub failed: u32,
}

impl BackendView {
    /// A backend that was attached just now.
    pub fn new(name: BackendName) -> Self {
        Self {
            name,
            link: Link::Up,
            overview: None,
            lanes: 0,
        }
    }

    /// How many instances there are, or since when it does not answer: `1735 workflows, 64 lanes`.
    pub fn words(&self, now: Timestamp) -> String {
        if let Link::Down { since, reason } = &self.link {
            let gone = format::seconds(now.since(*since));
            return format!("away for {gone}: {reason}");
        }
        let Some(overview) = &self.overview else {
            return "counting…".to_owned();
        };
        let workflows = counted(overview.total(), "workflow");
        format!("{workflows}, {}", counted(self.lanes as u64, "lane"))
    }

    /// How many instances have which status: `1204 running · 31 failed`.
    pub fn statuses(&self) -> String {
        let Some(overview) = &self.overview else {
            return String::new();
        };
        let statuses = [
            (Status::Running, "running"),
            (Status::Suspended, "paused"),
            (Status::Failed, "failed"),
            (Status::Completed, "completed"),
            (Status::Canceled, "canceled"),
            (Status::Terminated, "terminated"),
        ];
        let counts = statuses.into_iter().filter_map(|(status, word)| {
            let count = overview.with_status(status);
            (count > 0).then(|| format!("{count} {word}"))
        });
        counts.collect::<Vec<_>>().join(" · ")
    }

    /// The workflows with the most instances, and how many: `Order 812 · Refund 40`.
    pub fn types(&self, most: usize) -> String {
        let Some(overview) = &self.overview else {
            return String::new();
        };
        let mut types: Vec<(Arc<str>, u64)> = Vec::new();
        for ((workflow, _), count) in &overview.counts {
            match types.last_mut() {
                Some((last, sum)) if last == workflow => *sum += count,
                _ => types.push((Arc::clone(workflow), *count)),
            }
        }
        types.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let named = types.iter().take(most);
        let named = named.map(|(workflow, count)| format!("{workflow} {count}"));
        named.collect::<Vec<_>>().join(" · ")
    }

    /// How many instances were open, and how many failed, between each two of these times, which do not go
    /// back. What is open is so until `now`.
    pub fn density(&self, edges: &[Timestamp], now: Timestamp) -> Vec<Density> {
        let parts = edges.len().saturating_sub(1);
        let mut density = vec![Density::default(); parts];
        let (Some(from), Some(until)) = (edges.first(), edges.last()) else {
            return density;
        };
        let part = |at: Timestamp| edges.partition_point(|edge| *edge <= at).saturating_sub(1);
        let instances = self
            .overview
            .iter()
            .flat_map(|overview| &overview.instances);
        // Where more of them are open than before, and where fewer.
        let mut change = vec![0i64; edges.len() + 1];
        for instance in instances {
            let closed = instance.closed_at.unwrap_or(now);
            if instance.started_at >= *until || closed < *from {
                continue;
            }
            change[part(instance.started_at)] += 1;
            change[part(closed) + 1] -= 1;
            if instance.status == Status::Failed
                && let Some(density) = density.get_mut(part(closed))
            {
                density.failed += 1;
            }
        }
        let mut open = 0i64;
        for (density, change) in density.iter_mut().zip(change) {
            open += change;
            density.open = u32::try_from(open.max(0)).unwrap_or(u32::MAX);
        }
        density
    }
}

/// `1 lane`, `3 lanes`.
fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

impl Snapshot {
    /// The engine of a lane that is open, if it does not answer.
    pub fn away(&self, lane: &LaneModel) -> Option<&BackendName> {
        let own = lane.backend.as_ref().filter(|_| !lane.status.is_closed())?;
        let mut backends = self.backends.iter();
        let backend = backends.find(|backend| backend.name == *own)?;
        matches!(backend.link, Link::Down { .. }).then_some(&backend.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{backend::OverviewInstance, engine::InstanceId};

    fn view(instances: &[(&str, Status, u64, Option<u64>)]) -> BackendView {
        let mut counts = BTreeMap::new();
        let instances = instances.iter().map(|(workflow, status, started, closed)| {
            *counts.entry((Arc::from(*workflow), *status)).or_insert(0) += 1;
            OverviewInstance {
                id: InstanceId::new("temporal:default/a").unwrap(),
                workflow: Arc::from(*workflow),
                status: *status,
                started_at: Timestamp(*started),
                closed_at: closed.map(Timestamp),
            }
        });
        let instances = instances.collect();
        let name = BackendName::temporal("default");
        BackendView {
            overview: Some(Arc::new(BackendOverview {
                backend: name.clone(),
                at: Timestamp(100),
                counts,
                instances,
            })),
            ..BackendView::new(name)
        }
    }

    #[test]
    fn a_strip_counts_by_status_and_by_workflow() {
        let view = view(&[
            ("Order", Status::Running, 0, None),
            ("Order", Status::Failed, 0, Some(50)),
            ("Refund", Status::Running, 0, None),
        ]);
        assert_eq!(view.words(Timestamp(0)), "3 workflows, 0 lanes");
        assert_eq!(view.statuses(), "2 running · 1 failed");
        assert_eq!(view.types(5), "Order 2 · Refund 1");
        assert_eq!(view.types(1), "Order 2");
    }

    #[test]
    fn a_backend_that_is_away_says_since_when() {
        let mut view = view(&[]);
        view.link = Link::Down {
            since: Timestamp(0),
            reason: "connection refused".into(),
        };
        let words = view.words(Timestamp(3_000_000_000));
        assert!(
            words.contains("connection refused") && words.contains('3'),
            "{words}"
        );
    }

    #[test]
    fn the_density_is_how_many_were_open_at_each_time() {
        let view = view(&[
            ("a", Status::Running, 10, None),
            ("a", Status::Completed, 20, Some(59)),
            ("a", Status::Failed, 30, Some(39)),
            ("a", Status::Completed, 1, Some(2)),
            ("a", Status::Running, 200, None),
        ]);
        let edges: Vec<_> = (1..=11).map(|ten| Timestamp(ten * 10)).collect();
        let density = view.density(&edges, Timestamp(79));
        let open: Vec<_> = density.iter().map(|density| density.open).collect();
        assert_eq!(open, [1, 2, 3, 2, 2, 1, 1, 0, 0, 0]);
        let failed: Vec<_> = density.iter().map(|density| density.failed).collect();
        assert_eq!(failed, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_density_of_nothing_and_of_no_time_is_empty() {
        let same = [Timestamp(5); 3];
        assert_eq!(
            view(&[]).density(&same, Timestamp(9)),
            [Density::default(); 2]
        );
        let one = view(&[("a", Status::Running, 0, None)]);
        assert!(one.density(&[], Timestamp(9)).is_empty());
        assert!(one.density(&[Timestamp(5)], Timestamp(9)).is_empty());
    }
}
