//! Suggestions for unknown words.

use crate::score::error::Suggestion;

/// The most words that are compared: an untrusted text could have many.
const MAX_CANDIDATES: usize = 1000;
/// The most words that a message lists.
const MAX_LISTED: usize = 16;

/// The known word that was probably meant by `word`, or all known words if there are few.
pub(crate) fn suggest<S: AsRef<str>>(word: &str, known: &[S]) -> Suggestion {
    let nearest = known
        .iter()
        .take(MAX_CANDIDATES)
        .map(|k| (distance(word, k.as_ref()), k.as_ref()))
        .min();
    match nearest {
        Some((distance, near)) if distance <= 2.min(near.chars().count() / 2) => {
            Suggestion::DidYouMean(near.to_owned())
        }
        _ if known.is_empty() => Suggestion::NoneDefined,
        _ if known.len() > MAX_LISTED => Suggestion::None,
        _ => {
            let all = known.iter().map(|word| word.as_ref().to_owned());
            Suggestion::Available(all.collect())
        }
    }
}

/// The edit distance of two words: letters that must be changed, inserted, deleted or swapped with
/// their neighbor, ignoring case. Long words are cut.
fn distance(a: &str, b: &str) -> usize {
    let letters = |s: &str| -> Vec<char> { s.to_lowercase().chars().take(40).collect() };
    let (a, b) = (letters(a), letters(b));
    // Rows of the table: `row` is the current one, `above` and `upper` are the two before it.
    let mut upper: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut before = None;
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut left = i + 1;
        let mut b_before = None;
        for (j, (y, pair)) in b.iter().zip(above.windows(2)).enumerate() {
            let [diagonal, up] = pair else { continue };
            let mut least = (diagonal + usize::from(x != y)).min(up + 1).min(left + 1);
            if before == Some(y) && b_before == Some(x) {
                let swapped = j.checked_sub(1).and_then(|j| upper.get(j));
                least = swapped.map_or(least, |swapped| least.min(swapped + 1));
            }
            row.push(least);
            left = least;
            b_before = Some(y);
        }
        upper = std::mem::replace(&mut above, row);
        before = Some(x);
    }
    above.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_recognized() {
        let known = ["instrument", "pattern", "bars", "velocity"];
        for (typed, meant) in [
            ("instrumnet", "instrument"),
            ("bar", "bars"),
            ("Pattern", "pattern"),
        ] {
            let suggestion = Suggestion::DidYouMean(meant.to_owned());
            assert_eq!(suggest(typed, &known), suggestion);
        }
        let all = suggest("x", &["bars", "beats"]);
        assert_eq!(all.to_string(), "; available: bars, beats");
        assert_eq!(suggest("x", &[] as &[&str]), Suggestion::NoneDefined);
    }
}
