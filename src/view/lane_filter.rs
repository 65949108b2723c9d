//! The filter of the stage: what is typed, as criteria for lanes.

use super::{lane::LaneModel, lane_state::LaneState};
use crate::{backend::BackendName, engine::Status};

/// The field of the filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterField {
    /// What is typed.
    pub typed: String,
    /// Whether it has got the keyboard.
    pub begun: bool,
}

/// A filter of lanes: all of its words must match. `open`, `ended`, `failed` and the word of a state, such as
/// `waiting`, match by state, `tag:name=value` by tag, anything else by a part of title, workflow or id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaneFilter {
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Open,
    Ended,
    Failed,
    Status(Status),
    Tag(String, Option<String>),
    Part(String),
}

impl LaneFilter {
    /// Parses what was typed. Everything means something.
    pub fn parse(typed: &str) -> Self {
        let words = typed.split_whitespace().map(str::to_lowercase);
        Self {
            words: words.map(Word::parse).collect(),
        }
    }

    /// The part of a name that it looks for, if it does.
    pub fn named(&self) -> Option<&str> {
        let mut words = self.words.iter();
        words.find_map(|word| match word {
            Word::Part(part) => Some(part.as_str()),
            _ => None,
        })
    }

    /// Whether a lane matches.
    pub fn matches(&self, lane: &LaneModel) -> bool {
        self.words.iter().all(|word| word.matches(lane))
    }
}

impl Word {
    fn parse(word: String) -> Self {
        if let Some(tag) = word.strip_prefix("tag:") {
            return match tag.split_once('=') {
                Some((name, value)) => Self::Tag(name.to_owned(), Some(value.to_owned())),
                None => Self::Tag(tag.to_owned(), None),
            };
        }
        match word.as_str() {
            "open" => Self::Open,
            "ended" | "closed" => Self::Ended,
            "failed" => Self::Failed,
            "paused" => Self::Status(Status::Suspended),
            _ => {
                let mut all = Status::ALL.into_iter();
                let status = all.find(|status| status.to_string().to_lowercase() == word);
                status.map_or(Self::Part(word), Self::Status)
            }
        }
    }

    fn matches(&self, lane: &LaneModel) -> bool {
        match self {
            Self::Open => !lane.status.is_closed(),
            Self::Ended => lane.status.is_closed(),
            Self::Failed => {
                let state = lane.state();
                let retries = matches!(state, LaneState::Retrying { .. });
                retries || matches!(lane.status, Status::Failed | Status::Stalled)
            }
            Self::Status(status) => lane.status == *status,
            Self::Tag(name, value) => lane.tags.iter().any(|(known, has)| {
                let is_value = |value: &String| has.to_lowercase().contains(value);
                known.to_lowercase() == *name && value.as_ref().is_none_or(is_value)
            }),
            Self::Part(part) => {
                // Without the name of an engine, which all of its lanes have.
                let id = BackendName::shown(&lane.id);
                let texts = [lane.title(), &*lane.workflow, id];
                let is_named = texts.iter().any(|text| text.to_lowercase().contains(part));
                is_named || lane.state().label().to_lowercase() == *part
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Failure, Payload},
        view::test_history::TestHistory,
    };

    fn lane(history: &TestHistory) -> LaneModel {
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        lane
    }

    #[test]
    fn lanes_are_found_by_name_state_and_tag() {
        let mut bass = lane(&TestHistory::new("bass"));
        let tags = [("venue".to_owned(), "Hall B".to_owned())];
        bass.tags = std::sync::Arc::new(tags.into_iter().collect());
        let mut oboe = TestHistory::new("oboe");
        oboe.wait_for(1.0, "applause", None);
        let oboe = lane(&oboe);
        let mut harp = TestHistory::new("harp");
        let failure = Failure::new("test", "a string broke");
        harp.add(2.0, EventKind::ExecutionFailed { failure });
        harp.status = Status::Failed;
        let harp = lane(&harp);
        let mut drummer = TestHistory::new("drummer");
        let task = drummer.schedule(1.0, "strike", Payload::null());
        drummer.fail(2.0, task, 1, Some(9.0));
        let drummer = lane(&drummer);
        let all = [&bass, &oboe, &harp, &drummer];
        let found = |typed: &str| -> Vec<&str> {
            let filter = LaneFilter::parse(typed);
            let found = all.into_iter().filter(|lane| filter.matches(lane));
            found.map(|lane| lane.id.as_str()).collect()
        };
        assert_eq!(found(""), ["bass", "oboe", "harp", "drummer"]);
        assert_eq!(found("failed"), ["harp", "drummer"], "or fails and retries");
        assert_eq!(found("open failed"), ["drummer"]);
        assert_eq!(found("ENDED"), ["harp"]);
        assert_eq!(found("waiting"), ["oboe"]);
        assert_eq!(found("tag:venue=hall"), ["bass"]);
        assert_eq!(found("tag:venue"), ["bass"]);
        assert_eq!(found("ba"), ["bass"]);
        assert!(found("nothing").is_empty());
    }
}
