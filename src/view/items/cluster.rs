//! Merging of narrow items.

use super::item::{Item, ItemKind, MIN_WIDTH};

/// Adds a narrow item to the open cluster, or closes the cluster and opens another.
pub(super) fn merge(cluster: &mut Option<Item>, done: &mut Vec<Item>, item: Item) {
    match cluster {
        Some(c) if item.left >= c.left - 0.5 && item.right <= c.left + MIN_WIDTH.max(3.0) => {
            c.left = c.left.min(item.left);
            c.right = c.right.max(item.right);
            c.count += item.count;
            c.rows = c.rows.union(item.rows);
            if let (
                ItemKind::Notes { low, high, .. },
                ItemKind::Notes {
                    low: l, high: h, ..
                },
            ) = (&mut c.kind, &item.kind)
            {
                *low = (*low).min(*l);
                *high = (*high).max(*h);
            }
        }
        _ => {
            if let Some(full) = cluster.replace(item) {
                done.push(full);
            }
        }
    }
}

/// Adds an item of a sub-row that several operations share: whatever overlaps becomes one.
pub(super) fn crowd(cluster: &mut Option<Item>, done: &mut Vec<Item>, item: Item) {
    match cluster {
        Some(c) if item.left <= c.right + 0.5 => {
            c.left = c.left.min(item.left);
            c.right = c.right.max(item.right);
            c.count += item.count;
        }
        _ => done.extend(cluster.replace(item)),
    }
}

/// Merges failures closer than three points into one tick that counts them.
pub(super) fn merge_failures(mut failures: Vec<Item>) -> Vec<Item> {
    failures.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut ticks: Vec<Item> = Vec::new();
    for failure in failures {
        match ticks.last_mut() {
            Some(tick) if failure.left - tick.left < 3.0 => {
                tick.right = tick.right.max(failure.right);
                tick.count += failure.count;
                tick.rows = tick.rows.union(failure.rows);
                tick.kind = failure.kind;
            }
            _ => ticks.push(failure),
        }
    }
    ticks
}
