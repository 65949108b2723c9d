//! `schedule`.

use super::Reader;
use crate::{
    engine::Times,
    score::{Variables, document::Recurrence, error::Problem, source::Node},
};

impl Reader<'_> {
    pub(super) fn schedule(&mut self, node: &Node) -> Option<Recurrence> {
        let map = self.map(
            node,
            "`schedule`",
            &["every", "cron", "after", "on", "read"],
        )?;
        let read = map.get("read");
        let kinds: Vec<_> = map
            .entries
            .iter()
            .filter(|entry| entry.key != "read")
            .collect();
        if let Some(read) = read
            && map.get("on").is_none()
        {
            let message = "`read` goes with `on`: it is the part of the events that the score gets";
            return self.report(read.place, message.into());
        }
        match kinds[..] {
            [entry] => match entry.key.as_str() {
                "every" => {
                    let interval = self.settled(&entry.node)?;
                    let times = Times::every(interval).map_err(|error| error.to_string().into());
                    self.times(&entry.node, times)
                }
                "cron" => {
                    let text =
                        self.string(&entry.node, "a cron expression such as \"0 9 * * 1\"")?;
                    let times = Times::cron(text).map_err(|error| error.to_string().into());
                    self.times(&entry.node, times)
                }
                "after" => self.settled(&entry.node).map(Recurrence::After),
                "on" => self.start_events(&entry.node, read).map(Recurrence::On),
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

    /// A duration that may be an expression, but not of data: there is none before the score starts.
    fn settled(&mut self, node: &Node) -> Option<std::time::Duration> {
        let span = self.span(node)?;
        match span.get("schedule", &serde_json::Value::Null, &Variables::new()) {
            Ok(duration) => Some(duration),
            Err(error) => self.report(node.place, error.to_string().into()),
        }
    }

    fn times(&mut self, node: &Node, times: Result<Times, Problem>) -> Option<Recurrence> {
        match times {
            Ok(times) => Some(Recurrence::At(times)),
            Err(problem) => self.report(node.place, problem),
        }
    }
}
