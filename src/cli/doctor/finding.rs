//! What a check found, for people in a hurry and for scripts.

use std::time::Duration;

use serde_json::{Value, json};

/// How good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Good,
    /// The show can go on with it.
    Usable,
    /// Not fit for the stage.
    Bad,
}

impl Verdict {
    /// The smaller the better: good up to one figure, usable up to another.
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

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub name: &'static str,
    pub verdict: Verdict,
    /// What was measured, in a few words.
    pub figure: String,
    /// What to do about it, a sentence; said unless it is good.
    pub remedy: &'static str,
    /// The figures for scripts.
    pub data: Value,
}

impl Finding {
    pub fn is_bad(&self) -> bool {
        self.verdict == Verdict::Bad
    }

    pub fn is_good(&self) -> bool {
        self.verdict == Verdict::Good
    }
}

/// A line each, with the remedy below, and the sum of it.
pub(super) fn lines(findings: &[Finding]) -> Vec<String> {
    let width = findings.iter().map(|finding| finding.name.len()).max();
    let width = width.unwrap_or(0);
    let mut lines = Vec::new();
    for finding in findings {
        let (verdict, name) = (finding.verdict.word(), finding.name);
        lines.push(format!("{verdict:<6}  {name:<width$}  {}", finding.figure));
        if !finding.is_good() {
            lines.push(format!("{:<6}  {:<width$}  -> {}", "", "", finding.remedy));
        }
    }
    let bad: Vec<_> = findings.iter().filter(|finding| finding.is_bad()).collect();
    lines.push(match bad.as_slice() {
        [] => "Fit for the stage.".to_owned(),
        bad => {
            let names: Vec<_> = bad.iter().map(|finding| finding.name).collect();
            format!("Not fit for the stage: {}.", names.join(", "))
        }
    });
    lines
}

pub(super) fn json(findings: &[Finding]) -> Value {
    let checks = findings.iter().map(|finding| {
        json!({
            "name": finding.name,
            "verdict": finding.verdict.word(),
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

/// How some lengths of time are spread.
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

    fn finding(name: &'static str, verdict: Verdict) -> Finding {
        Finding {
            name,
            verdict,
            figure: "1 ms".into(),
            remedy: "Do it.",
            data: json!({ "us": 1000 }),
        }
    }

    #[test]
    fn only_what_is_bad_makes_a_machine_unfit_and_only_what_is_good_needs_no_remedy() {
        let all = [
            finding("disk", Verdict::Good),
            finding("sound", Verdict::Usable),
        ];
        assert_eq!(
            lines(&all),
            [
                "good    disk   1 ms",
                "usable  sound  1 ms",
                "               -> Do it.",
                "Fit for the stage.",
            ]
        );
        assert_eq!(json(&all)["fit"], true);
        assert_eq!(json(&all)["checks"][0]["remedy"], Value::Null);
        let all = [finding("disk", Verdict::Bad), finding("x", Verdict::Bad)];
        assert_eq!(lines(&all)[4], "Not fit for the stage: disk, x.");
        assert_eq!(json(&all)["fit"], false);
        assert_eq!(json(&all)["checks"][1]["verdict"], "bad");
    }

    #[test]
    fn a_spread_tells_the_middle_and_the_end() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let spread = Spread::of(times);
        let ms = [spread.median, spread.p99, spread.longest].map(|time| time.as_millis());
        assert_eq!(ms, [101, 199, 200]);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
