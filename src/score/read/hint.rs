//! "Did you mean".

/// What was probably meant by `word`, or what there is if that is short enough to say.
pub(super) fn hint<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    let near = known
        .iter()
        .map(|k| (distance(word, k.as_ref()), k.as_ref()))
        .min();
    match near {
        Some((distance, near)) if distance <= 2.min(near.chars().count() / 2).max(1) => {
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
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(x != y))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1] {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_understood() {
        let known = ["instrument", "pattern", "bars", "velocity"];
        for (slip, meant) in [("instrumnet", "instrument"), ("bar", "bars"), ("Pattern", "pattern")] {
            assert_eq!(hint(slip, &known), format!("did you mean `{meant}`?"));
        }
        assert_eq!(hint("x", &["bars", "beats"]), "there is bars, beats");
        assert_eq!(hint("x", &[] as &[&str]), "there is none");
    }
}
