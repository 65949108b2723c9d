//! `schedule`.

use super::Reader;
use crate::{
    engine::Times,
    score::{document::Recurrence, error::Problem, source::Node},
};

impl Reader<'_> {
    pub(super) fn schedule(&mut self, node: &Node) -> Option<Recurrence> {
        let map = self.map(node, "`schedule`", &["every", "cron", "after", "on"])?;
        match map.entries {
            [entry] => match entry.key.as_str() {
                "every" => {
                    let interval = self.duration(&entry.node)?;
                    let times = Times::every(interval).map_err(|error| error.to_string().into());
                    self.times(&entry.node, times)
                }
                "cron" => {
                    let text =
                        self.string(&entry.node, "a cron expression such as \"0 9 * * 1\"")?;
                    let times = Times::cron(text).map_err(|error| error.to_string().into());
                    self.times(&entry.node, times)
                }
                "after" => self.duration(&entry.node).map(Recurrence::After),
                "on" => self.start_events(&entry.node).map(Recurrence::On),
                // An unknown key, which is reported already.
                _ => None,
            },
            [] => self.wrong_type(node, "one of `every`, `cron`, `after`, `on`"),
            [_, second, ..] => {
                let message = "a schedule takes only one of `every`, `cron`, `after` and `on`";
                self.report(second.place, message.into())
            }
        }
    }

    fn times(&mut self, node: &Node, times: Result<Times, Problem>) -> Option<Recurrence> {
        match times {
            Ok(times) => Some(Recurrence::At(times)),
            Err(problem) => self.report(node.place, problem),
        }
    }
}
