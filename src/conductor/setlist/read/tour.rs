//! Reads the steps of a tour.

use std::time::Duration;

use super::{Reader, value};
use crate::{
    conductor::setlist::{TourKey, TourMoment, TourStep},
    score::source::{Node, Value},
};

const STEP_KEYS: [&str; 3] = ["after", "say", "press"];
/// The most steps of a piece.
const MAX_STEPS: usize = 200;
/// The most keys of a step.
const MAX_KEYS: usize = 40;
/// The longest caption, in characters.
const MAX_CAPTION: usize = 300;
/// The longest name of a key, in characters.
const MAX_KEY: usize = 20;
/// The longest time between two steps, in seconds.
const MAX_SECONDS: f64 = 3_600.0;

impl Reader<'_> {
    pub(super) fn tour(&mut self, node: &Node) -> Option<Vec<TourStep>> {
        let Value::List(items) = &node.value else {
            return self.wrong_type(node, "a list of steps: each has `after`, `say` or `press`");
        };
        if items.len() > MAX_STEPS {
            let sentence = format!("more than {MAX_STEPS} steps: shorten the tour of the piece");
            return self.report(node.place, sentence);
        }
        let steps: Vec<_> = items.iter().map(|item| self.step(item)).collect();
        steps.into_iter().collect()
    }

    fn step(&mut self, node: &Node) -> Option<TourStep> {
        let entries = self.map(node, "a step of a tour", &STEP_KEYS)?;
        let after = value(entries, "after").map(|node| self.after(node));
        let say = value(entries, "say").map(|node| self.say(node));
        let press = value(entries, "press").map(|node| self.press(node));
        Some(TourStep {
            after: after.unwrap_or(Some(TourMoment::After(Duration::ZERO)))?,
            say: say.unwrap_or(Some(None))?,
            press: press.unwrap_or(Some(Vec::new()))?,
        })
    }

    fn after(&mut self, node: &Node) -> Option<TourMoment> {
        const EXPECTED: &str = "seconds from 0 to 3600, or end: when the piece has ended";
        let seconds = match &node.value {
            Value::Int(seconds) => *seconds as f64,
            Value::Float(seconds) => *seconds,
            Value::String(word) if word == "end" => return Some(TourMoment::AtEnd),
            _ => return self.invalid(node, EXPECTED),
        };
        match (0.0..=MAX_SECONDS).contains(&seconds) {
            true => Some(TourMoment::After(Duration::from_secs_f64(seconds))),
            false => self.invalid(node, EXPECTED),
        }
    }

    fn say(&mut self, node: &Node) -> Option<Option<std::sync::Arc<str>>> {
        let caption = self.text(node, "text: the caption from now on")?;
        if caption.chars().count() > MAX_CAPTION {
            let sentence = format!("the caption is longer than {MAX_CAPTION} characters");
            return self.report(node.place, sentence);
        }
        Some(Some(caption.trim().into()))
    }

    fn press(&mut self, node: &Node) -> Option<Vec<TourKey>> {
        let Value::List(items) = &node.value else {
            return Some(vec![self.key(node)?]);
        };
        if items.is_empty() || items.len() > MAX_KEYS {
            let sentence = format!("a step presses 1 to {MAX_KEYS} keys");
            return self.report(node.place, sentence);
        }
        let keys: Vec<_> = items.iter().map(|item| self.key(item)).collect();
        keys.into_iter().collect()
    }

    fn key(&mut self, node: &Node) -> Option<TourKey> {
        // A digit is a number in YAML.
        let name = match &node.value {
            Value::Int(digit @ 0..=9) => digit.to_string(),
            _ => self
                .text(node, "the name of a key, such as Shift+N")?
                .to_owned(),
        };
        if name.is_empty() || name.chars().count() > MAX_KEY {
            return self.invalid(node, "the name of a key, such as Shift+N");
        }
        Some(TourKey {
            name: name.into(),
            place: node.place,
        })
    }
}
