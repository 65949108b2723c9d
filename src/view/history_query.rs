//! The search for histories: what is typed, as criteria.
//!
//! `status:failed tag:venue=hall since:2h before:1d drummer` means: failed, with that tag, started between
//! a day and two hours ago, and `drummer` is part of the name or the id.

use std::time::Duration;

use crate::engine::{InstanceSummary, Runs, Search, Status, Timestamp};

/// A search for histories. Ages count back from the moment at which it is parsed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryQuery {
    /// The criteria that the store applies.
    pub search: Search,
    /// Parts of the id or of the workflow's name, in lower case; all of them must occur.
    pub words: Vec<String>,
    /// What was not understood, in a sentence: it restricts nothing.
    pub problem: Option<String>,
}

impl HistoryQuery {
    /// Parses what was typed, at the moment `now`.
    pub fn parse(typed: &str, now: Timestamp) -> Self {
        let mut query = Self::default();
        query.search.runs = Runs::Latest;
        for word in typed.split_whitespace() {
            if let Err(problem) = query.add(word, now) {
                query.problem.get_or_insert(problem);
            }
        }
        query
    }

    fn add(&mut self, word: &str, now: Timestamp) -> Result<(), String> {
        let search = &mut self.search;
        match word.split_once(':') {
            // Still being typed.
            Some((_, "")) => {}
            Some(("status", status)) => search.statuses.extend(statuses(status)?),
            Some(("tag", tag)) => {
                let (name, value) = tag
                    .split_once('=')
                    .ok_or("Write a tag as tag:name=value.")?;
                search.tags.push((name.to_owned(), value.to_owned()));
            }
            Some(("since", age)) => search.since = Some(before(now, age)?),
            Some(("before", age)) => search.before = Some(before(now, age)?),
            _ => self.words.push(word.to_lowercase()),
        }
        Ok(())
    }

    /// Whether all words occur in the id or the name of an instance.
    pub fn matches(&self, summary: &InstanceSummary) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let id = summary.id.as_str().to_lowercase();
        let workflow = summary.workflow.to_lowercase();
        let occurs = |word: &String| id.contains(word) || workflow.contains(word);
        self.words.iter().all(occurs)
    }
}

/// The statuses whose names start with `typed`. `open` and `closed` match several.
fn statuses(typed: &str) -> Result<Vec<Status>, String> {
    let typed = typed.to_lowercase();
    let all = Status::ALL.into_iter();
    let found: Vec<_> = match typed.as_str() {
        "open" => all.filter(|status| !status.is_closed()).collect(),
        "closed" => all.filter(|status| status.is_closed()).collect(),
        begin => all
            .filter(|status| status.to_string().to_lowercase().starts_with(begin))
            .collect(),
    };
    match found.is_empty() {
        true => Err(format!(
            "Unknown status “{typed}”: use open, closed, running, failed, completed …"
        )),
        false => Ok(found),
    }
}

/// The moment that is an age such as `90m`, `2h` or `7d` before another.
fn before(now: Timestamp, age: &str) -> Result<Timestamp, String> {
    let wrong = || format!("“{age}” is not an age: write 30s, 90m, 2h, 7d or 3w.");
    let unit = age.chars().next_back().ok_or_else(wrong)?;
    let number = age.strip_suffix(unit).ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3600.0,
        'd' => 86_400.0,
        'w' => 7.0 * 86_400.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let length = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
    let ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
    Ok(Timestamp(now.0.saturating_sub(ns)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::InstanceId, view::test_history::s};

    #[test]
    fn words_that_are_typed_become_criteria() {
        let typed = "status:FAIL tag:venue=hall since:2h before:90s Drum";
        let query = HistoryQuery::parse(typed, s(0.0));
        assert_eq!(query.problem, None);
        assert_eq!(query.search.statuses, [Status::Failed]);
        let tag = ("venue".to_owned(), "hall".to_owned());
        assert_eq!(query.search.tags, [tag]);
        let ago = |seconds: u64| Some(Timestamp(s(0.0).0 - seconds * 1_000_000_000));
        assert_eq!(query.search.since, ago(7200));
        assert_eq!(query.search.before, ago(90));
        assert_eq!(query.search.runs, Runs::Latest);
        let named = |id: &str, workflow: &str| {
            query.matches(&InstanceSummary::new(
                InstanceId::new(id).unwrap(),
                workflow,
            ))
        };
        assert!(named("x-1", "stubborn-Drummer") && named("drum-7", "other"));
        assert!(!named("x-1", "tutti"));
    }

    #[test]
    fn open_and_closed_stand_for_several_statuses() {
        let of = |typed: &str| HistoryQuery::parse(typed, s(0.0)).search.statuses;
        assert!(of("status:closed").contains(&Status::Terminated));
        assert!(!of("status:closed").contains(&Status::Suspended));
        assert!(of("status:open").contains(&Status::Stalled));
    }

    #[test]
    fn what_is_not_understood_is_said_and_restricts_nothing() {
        for (typed, said) in [
            ("status:well", "Unknown status “well”"),
            ("since:soon", "“soon” is not an age"),
            ("since:-2h", "“-2h” is not an age"),
            ("since:1e300w", "not an age"),
            ("since:é", "not an age"),
            ("tag:venue", "tag:name=value"),
        ] {
            let query = HistoryQuery::parse(typed, s(0.0));
            let problem = query.problem.clone().unwrap();
            assert!(problem.contains(said), "{typed}: {problem}");
            let plain = HistoryQuery::parse("", s(0.0)).search;
            assert_eq!(query.search, plain, "{typed}");
        }
        assert_eq!(HistoryQuery::parse("status: tag:", s(0.0)).problem, None);
    }
}
