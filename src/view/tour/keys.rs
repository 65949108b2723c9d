//! The keys that a tour presses.

use crate::{
    conductor::setlist::Setlist,
    score::{Diagnostic, Problem, Suggestion, suggest},
    view::action::Action,
};

/// The action of a key, named as on the help sheet. Otherwise what is wrong with it, as a sentence.
pub(super) fn action_of(key: &str) -> Result<Action, String> {
    let named = |name: &str| Action::all().find(|action| action.keys() == name);
    // The help sheet writes a minus sign.
    let name = if key == "-" { "−" } else { key };
    if let Some(action) = named(name) {
        return Ok(action);
    }
    if named(&format!("Hold {name}")).is_some() {
        return Err(format!("{key} has to be held: a tour cannot press it"));
    }
    let keys: Vec<_> = Action::all().map(|action| action.keys()).collect();
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    let meant = match suggest(key, &keys) {
        meant @ Suggestion::DidYouMean(_) => meant,
        _ => Suggestion::None,
    };
    Err(format!(
        "no action has the key {key}: the help sheet shows all keys{meant}"
    ))
}

/// Finds the keys of a set list's tour that do nothing.
pub fn wrong_keys(list: &Setlist) -> Vec<Diagnostic> {
    let steps = list.pieces.iter().flat_map(|piece| &piece.tour);
    let wrong = steps.flat_map(|step| &step.press).filter_map(|key| {
        let sentence = action_of(&key.name).err()?;
        Some(Diagnostic::new(key.place, Problem::from(sentence)))
    });
    wrong.collect()
}
