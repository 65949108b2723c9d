//! Results of checks, as text and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

/// How well a part of the machine suits the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rating {
    Good,
    /// Good enough to play with.
    Usable,
    /// Not good enough for the stage.
    Bad,
}

impl Rating {
    /// Rates a figure of which less is better: good up to one limit, usable up to another.
    pub fn at_most<T: PartialOrd>(figure: T, good: T, usable: T) -> Self {
        match figure {
            figure if figure <= good => Self::Good,
            figure if figure <= usable => Self::Usable,
            _ => Self::Bad,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Usable => "usable",
            Self::Bad => "bad",
        }
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub name: &'static str,
    pub rating: Rating,
    /// What was measured.
    pub figure: String,
    /// What to do about it; shown unless the rating is good.
    pub remedy: &'static str,
    /// Figures for scripts.
    pub data: Value,
}

impl Finding {
    pub fn is_bad(&self) -> bool {
        self.rating == Rating::Bad
    }

    pub fn is_good(&self) -> bool {
        self.rating == Rating::Good
    }
}

/// One line for each check, with the remedy below it, and a summary.
pub(super) fn lines(findings: &[Finding]) -> Vec<String> {
    let width = findings.iter().map(|finding| finding.name.len()).max();
    let width = width.unwrap_or(0);
    let mut lines = Vec::new();
    for finding in findings {
        let (rating, name) = (finding.rating.word(), finding.name);
        lines.push(format!("{rating:<6}  {name:<width$}  {}", finding.figure));
        if !finding.is_good() {
            lines.push(format!("{:<6}  {:<width$}  -> {}", "", "", finding.remedy));
        }
    }
    let bad: Vec<_> = findings.iter().filter(|finding| finding.is_bad()).collect();
    lines.push(match bad.as_slice() {
        [] => "Ready for the stage.".to_owned(),
        bad => {
            let names: Vec<_> = bad.iter().map(|finding| finding.name).collect();
            format!("Not ready for the stage: {}.", names.join(", "))
        }
    });
    lines
}

pub(super) fn json(findings: &[Finding]) -> Value {
    let checks = findings.iter().map(|finding| {
        json!({
            "name": finding.name,
            "verdict": finding.rating.word(),
            "figure": finding.figure,
            "remedy": (!finding.is_good()).then_some(finding.remedy),
            "data": finding.data,
        })
    });
    json!({
        "fit": !findings.iter().any(Finding::is_bad),
        "checks": checks.collect::<Vec<_>>(),
    })
}

/// The distribution of measured times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Spread {
    pub median: Duration,
    pub p99: Duration,
    pub longest: Duration,
}

impl Spread {
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: f64| {
            let place = (times.len() as f64 * part) as usize;
            let last = times.len().saturating_sub(1);
            times.get(place.min(last)).copied().unwrap_or_default()
        };
        Self {
            median: at(0.5),
            p99: at(0.99),
            longest: at(1.0),
        }
    }

    pub fn words(self) -> String {
        let [median, p99, longest] = [self.median, self.p99, self.longest].map(millis);
        format!("median {median}, p99 {p99}, longest {longest}")
    }

    pub fn json(self) -> Value {
        json!({
            "median_us": self.median.as_micros() as u64,
            "p99_us": self.p99.as_micros() as u64,
            "longest_us": self.longest.as_micros() as u64,
        })
    }
}

/// `0.21 ms`, `14 ms`.
pub(super) fn millis(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ms if ms < 9.95 => format!("{ms:.2} ms"),
        _ => format!("{ms:.0} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &'static str, rating: Rating) -> Finding {
        Finding {
            name,
            rating,
            figure: "1 ms".into(),
            remedy: "Do it.",
            data: json!({ "us": 1000 }),
        }
    }

    #[test]
    fn a_bad_rating_fails_the_check_and_only_a_good_one_has_no_remedy() {
        let all = [
            finding("disk", Rating::Good),
            finding("sound", Rating::Usable),
        ];
        assert_eq!(
            lines(&all),
            [
                "good    disk   1 ms",
                "usable  sound  1 ms",
                "               -> Do it.",
                "Ready for the stage.",
            ]
        );
        assert_eq!(json(&all)["fit"], true);
        assert_eq!(json(&all)["checks"][0]["remedy"], Value::Null);
        let all = [finding("disk", Rating::Bad), finding("x", Rating::Bad)];
        assert_eq!(lines(&all)[4], "Not ready for the stage: disk, x.");
        assert_eq!(json(&all)["fit"], false);
        assert_eq!(json(&all)["checks"][1]["verdict"], "bad");
    }

    #[test]
    fn a_spread_has_median_percentile_and_maximum() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let spread = Spread::of(times);
        let ms = [spread.median, spread.p99, spread.longest].map(|time| time.as_millis());
        assert_eq!(ms, [101, 199, 200]);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
