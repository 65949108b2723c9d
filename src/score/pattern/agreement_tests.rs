//! Patterns and their steps as other implementations of the notation play them.
//!
//! Each line of `agreement.jsonl` has a pattern, the steps of its first cycles as `onset+length:key`, and whose
//! steps they are: of Tidal and Strudel alike (`both`), of Tidal where they differ, or of Strudel where Tidal
//! refuses the pattern.

use serde_json::Value;

use super::*;
use crate::score::pitch;

#[test]
fn patterns_sound_as_elsewhere() {
    let read = |word: &str| match word.parse::<i64>() {
        Ok(number) => Ok(number),
        Err(_) => pitch::note(word).map(|key| i64::from(key.number())),
    };
    let mut count = 0;
    for line in include_str!("agreement.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = case["pattern"].as_str().unwrap();
        let pattern = Pattern::parse(text, read).unwrap_or_else(|e| panic!("{text}: {e}"));
        let mut steps = Vec::new();
        for cycle in 0..case["cycles"].as_u64().unwrap() {
            let begin = Beats::whole(cycle as i64);
            let found = pattern.cycle(cycle, Seed::new(1)).into_iter();
            steps.extend(found.map(|step| (begin + step.start, step.value, step.length)));
        }
        steps.sort();
        let steps = steps.into_iter();
        let steps: Vec<String> = steps
            .map(|(at, key, length)| format!("{at}+{length}:{key}"))
            .collect();
        assert_eq!(steps.join(" "), case["steps"], "{text} ({})", case["as"]);
        count += 1;
    }
    assert!(count > 300, "{count}");
}

#[test]
fn what_no_one_reads_is_refused() {
    for text in [
        "c4 d4 .", "{}%4 c4", "<>", "_ c4", "! c4", "c4@x", "[c4", "c4]", "fx4", "do re mi",
    ] {
        let read = |word: &str| pitch::note(word);
        assert!(Pattern::parse(text, read).is_err(), "{text}");
    }
}
