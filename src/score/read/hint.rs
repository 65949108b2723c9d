//! "Did you mean".

/// How many words are compared. Nobody oversees more, and a stranger's text could have very many.
const MAX_CANDIDATES: usize = 1000;

/// What was probably meant by `word`, or what there is if that is short enough to say.
pub(super) fn hint<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    let near = known
        .iter()
        .take(MAX_CANDIDATES)
        .map(|k| (distance(word, k.as_ref()), k.as_ref()))
        .min();
    match near {
        Some((distance, near)) if distance <= 2.min(near.chars().count() / 2) => {
            format!("did you mean `{near}`?")
        }
        _ if known.is_empty() => "there is none".to_owned(),
        _ if known.len() > 16 => String::new(),
        _ => {
            let all: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
            format!("there is {}", all.join(", "))
        }
    }
}

/// How many letters must be changed, added, taken away or swapped with their neighbour. Letter
/// case does not count. Long words are cut: nobody mistypes those.
fn distance(a: &str, b: &str) -> usize {
    let letters = |s: &str| -> Vec<char> { s.to_lowercase().chars().take(40).collect() };
    let (a, b) = (letters(a), letters(b));
    // Rows of the table: `row` for the letters of `a` so far, `above` and `upper` before that.
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
    fn slips_of_the_finger_are_understood() {
        let known = ["instrument", "pattern", "bars", "velocity"];
        for (slip, meant) in [
            ("instrumnet", "instrument"),
            ("bar", "bars"),
            ("Pattern", "pattern"),
        ] {
            assert_eq!(hint(slip, &known), format!("did you mean `{meant}`?"));
        }
        assert_eq!(hint("x", &["bars", "beats"]), "there is bars, beats");
        assert_eq!(hint("x", &[] as &[&str]), "there is none");
    }
}
