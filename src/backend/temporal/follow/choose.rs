//! Which workflows are lanes.

use std::collections::{HashMap, HashSet};

use super::{
    super::super::{BackendName, Watched},
    overview::Listed,
};
use crate::engine::Status;

/// A workflow that is to be a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The server's id of it.
    pub workflow: String,
    /// Its latest run, if the overview has it.
    pub latest_run: Option<String>,
}

/// How a workflow comes before others that are not chosen.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Failed,
    /// It is open, and a lane already: lanes that are read do not give way to each newer workflow.
    OpenLane,
    Open,
    Closed,
}

/// The lanes: those that are chosen, then failures, then what is open, then the rest, the newest first.
/// Failures take half of the lanes at most as long as others match.
pub(super) fn choose(
    watched: &Watched,
    listed: &[Listed],
    open: &HashSet<&str>,
    backend: &BackendName,
) -> Vec<Wanted> {
    let mut latest: HashMap<&str, &Listed> = HashMap::with_capacity(listed.len());
    for one in listed {
        let known = latest.entry(one.workflow.as_str()).or_insert(one);
        if one.started_at > known.started_at {
            *known = one;
        }
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut taken: HashSet<String> = HashSet::new();
    for id in &watched.chosen {
        let Some((name, own)) = BackendName::split(id) else {
            continue;
        };
        if name == *backend && taken.insert(own.to_owned()) {
            let run = latest.get(own).map(|one| one.run.clone());
            wanted.push(Wanted {
                workflow: own.to_owned(),
                latest_run: run,
            });
        }
    }
    let matching = watched.matching.trim().to_lowercase();
    let matches = |one: &Listed| {
        one.workflow.to_lowercase().contains(&matching)
            || one.name.to_lowercase().contains(&matching)
    };
    let mut others: Vec<_> = latest
        .into_values()
        .filter(|one| !taken.contains(&one.workflow) && matches(one))
        .map(|one| (rank(one, open), one))
        .collect();
    others.sort_by(|(a_rank, a), (b_rank, b)| {
        let newest_first = || (b.latest_time(), &b.workflow).cmp(&(a.latest_time(), &a.workflow));
        a_rank.cmp(b_rank).then_with(newest_first)
    });
    let failures = others
        .iter()
        .filter(|(rank, _)| *rank == Rank::Failed)
        .count();
    let rest = others.len() - failures;
    let room = Watched::MAX_LANES.saturating_sub(wanted.len());
    let most_failures = (room / 2).max(room.saturating_sub(rest)).min(failures);
    let (failed, others) = others.split_at(failures);
    let picked = failed.iter().take(most_failures).chain(others);
    wanted.extend(picked.map(|(_, one)| Wanted {
        workflow: one.workflow.clone(),
        latest_run: Some(one.run.clone()),
    }));
    wanted.truncate(Watched::MAX_LANES);
    wanted
}

fn rank(one: &Listed, open: &HashSet<&str>) -> Rank {
    match one.status {
        Status::Failed => Rank::Failed,
        status if status.is_closed() => Rank::Closed,
        _ if open.contains(one.workflow.as_str()) => Rank::OpenLane,
        _ => Rank::Open,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{InstanceId, Timestamp};

    fn listed(workflow: &str, status: Status, started: u64) -> Listed {
        Listed {
            workflow: workflow.to_owned(),
            run: format!("{workflow}-{started}"),
            name: Arc::from("Order"),
            status,
            started_at: Timestamp(started),
            closed_at: status.is_closed().then_some(Timestamp(started + 1)),
        }
    }

    fn chosen(watched: &Watched, all: &[Listed], open: &[&str]) -> Vec<String> {
        let open = open.iter().copied().collect();
        let wanted = choose(watched, all, &open, &BackendName::temporal("default"));
        wanted.into_iter().map(|one| one.workflow).collect()
    }

    #[test]
    fn what_is_chosen_comes_first_then_failures_then_what_is_open_then_the_newest() {
        let all = [
            listed("done", Status::Completed, 1),
            listed("old", Status::Running, 2),
            listed("new", Status::Running, 3),
            listed("broken", Status::Failed, 4),
            listed("pick", Status::Completed, 0),
        ];
        let id = |text| InstanceId::new(text).unwrap();
        let watched = Watched {
            chosen: vec![
                id("temporal:default/pick"),
                id("temporal:other/x"),
                id("own"),
            ],
            matching: String::new(),
        };
        let expected = ["pick", "broken", "new", "old", "done"];
        assert_eq!(chosen(&watched, &all, &[]), expected);
        // A lane that is open stays before newer ones.
        let expected = ["pick", "broken", "old", "new", "done"];
        assert_eq!(chosen(&watched, &all, &["old"]), expected);
        let watched = Watched {
            matching: "OLD".to_owned(),
            ..Watched::default()
        };
        assert_eq!(chosen(&watched, &all, &[]), ["old"]);
    }

    #[test]
    fn there_are_64_lanes_at_most_and_failures_take_half_of_them() {
        let failed = (0..500).map(|n| listed(&format!("f{n}"), Status::Failed, n));
        let mut all: Vec<_> = failed.collect();
        let watched = Watched::default();
        assert_eq!(chosen(&watched, &all, &[]).len(), Watched::MAX_LANES);
        all.extend((0..500).map(|n| listed(&format!("r{n}"), Status::Running, n)));
        let lanes = chosen(&watched, &all, &[]);
        assert_eq!(lanes.len(), Watched::MAX_LANES);
        let failures = lanes.iter().filter(|id| id.starts_with('f')).count();
        assert_eq!(failures, 32);
        assert_eq!((lanes[0].as_str(), lanes[32].as_str()), ("f499", "r499"));
    }

    #[test]
    fn a_workflow_with_several_runs_is_one_lane_of_its_latest() {
        let all = [
            listed("a", Status::ContinuedAsNew, 1),
            listed("a", Status::Running, 5),
            listed("a", Status::ContinuedAsNew, 3),
        ];
        let open = HashSet::new();
        let backend = BackendName::temporal("default");
        let wanted = choose(&Watched::default(), &all, &open, &backend);
        let expected = Wanted {
            workflow: "a".to_owned(),
            latest_run: Some("a-5".to_owned()),
        };
        assert_eq!(wanted, [expected]);
    }
}
