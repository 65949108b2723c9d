//! Names of lanes, ports and parts, interned as numbers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A lane: an instance that plays. The trace names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub u32);

/// A port that messages are sent to. The number is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub u16);

/// A part: a track of its own in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId(pub u16);

/// The interned names. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<Mutex<Tables>>);

#[derive(Debug, Default)]
struct Tables {
    lanes: Table,
    parts: Table,
    ports: Vec<String>,
}

#[derive(Debug, Default)]
struct Table {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Table {
    fn number(&mut self, name: &str, most: usize) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        if self.names.len() > most {
            return most; // Everything beyond shares the last number.
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

impl Names {
    /// The lane of that name, a new one if necessary.
    pub fn lane(&self, name: &str) -> LaneId {
        let most = u32::MAX as usize;
        LaneId(u32::try_from(self.tables().lanes.number(name, most)).unwrap_or(u32::MAX))
    }

    /// The part of that name, a new one if necessary. The 65,536th and all later names share one
    /// part.
    pub fn part(&self, name: &str) -> PartId {
        let most = usize::from(u16::MAX);
        PartId(u16::try_from(self.tables().parts.number(name, most)).unwrap_or(u16::MAX))
    }

    /// The name of a lane; empty if there is no such lane.
    pub fn lane_name(&self, lane: LaneId) -> String {
        let tables = self.tables();
        let name = tables.lanes.names.get(lane.0 as usize);
        name.cloned().unwrap_or_default()
    }

    /// The name of a part; empty if there is no such part.
    pub fn part_name(&self, part: PartId) -> String {
        let tables = self.tables();
        let name = tables.parts.names.get(usize::from(part.0));
        name.cloned().unwrap_or_default()
    }

    /// The name of a port, even of a removed one; empty if there never was one.
    pub fn port_name(&self, port: PortId) -> String {
        let tables = self.tables();
        tables
            .ports
            .get(usize::from(port.0))
            .cloned()
            .unwrap_or_default()
    }

    /// A new port, or `None` if there are `limit` already.
    pub(super) fn new_port(&self, name: String, limit: usize) -> Option<PortId> {
        let ports = &mut self.tables().ports;
        let id = PortId(u16::try_from(ports.len()).ok()?);
        if ports.len() >= limit {
            return None;
        }
        ports.push(name);
        Some(id)
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // No change can panic halfway, so the tables are consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let names = Names::default();
        let (order, cart) = (names.lane("order"), names.lane("cart"));
        assert_ne!(order, cart);
        assert_eq!(names.lane("order"), order);
        assert_eq!(names.lane_name(cart), "cart");
        assert_eq!(names.part_name(PartId(7)), "");
    }

    #[test]
    fn surplus_parts_share_the_last_number() {
        let names = Names::default();
        for n in 0..70_000 {
            names.part(&n.to_string());
        }
        assert_eq!(names.part("69999"), PartId(u16::MAX));
        assert_eq!(names.part("3"), PartId(3));
    }
}
